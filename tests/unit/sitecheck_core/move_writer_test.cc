// `move-role` of the writer: to another node of the same site, without losing a transaction.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

namespace {

Bench two(PromoteWish second = PromoteWish::kAllow) {
  Bench b;
  b.config.pools[0].nodes = {{"db1", true, 1}, {"db2", true, 2, second}};
  b.start();
  EXPECT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(10));
  EXPECT_EQ(b.view().writer, "db1");
  return b;
}

Command order(std::optional<NodeIndex> node = 1, bool dry_run = false) {
  return {7, Operation::kMoveWriter, 0, node, "ann", "new disk", "", dry_run};
}

const CommandReply* reply(const Bench& b) {
  for (const auto& action : b.log) {
    const auto* found = std::get_if<CommandReply>(&action);
    if (found != nullptr && found->id == 7) return found;
  }
  return nullptr;
}

// Runs until it is replied to.
const CommandReply* wait_reply(Bench& b) {
  for (int i = 0; i < 2000 && reply(b) == nullptr; ++i) b.run_ms(10);
  return reply(b);
}

template <typename A>
std::size_t place(const Bench& b, const std::function<bool(const A&)>& is) {
  return static_cast<std::size_t>(std::find_if(b.log.begin(), b.log.end(),
                                               [&](const Action& action) {
                                                 const auto* a = std::get_if<A>(&action);
                                                 return a != nullptr && is(*a);
                                               }) -
                                  b.log.begin());
}

}  // namespace

TEST(MoveWriter, TheOldNodeIsClosedBeforeTheNewOneOpensUnderANewEpoch) {
  Bench b = two();
  const auto before = b.view().epoch;
  b.log.clear();
  b.give(order());
  const auto* said = wait_reply(b);
  ASSERT_NE(said, nullptr);
  EXPECT_TRUE(said->ok) << said->message;
  EXPECT_NE(said->message.find("db2 writes with epoch"), std::string::npos) << said->message;
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().writer, "db2");
  EXPECT_GT(b.view().epoch.counter(), before.counter());
  const auto fenced = place<Fence>(b, [](const Fence&) { return true; });
  const auto cleared = place<ClearPermit>(b, [](const ClearPermit&) { return true; });
  const auto armed =
      place<Promote>(b, [](const Promote& p) { return p.step == PromoteStep::kArmGuard && p.node == 1; });
  const auto opened =
      place<Promote>(b, [](const Promote& p) { return p.step == PromoteStep::kOpenWrites && p.node == 1; });
  EXPECT_LT(fenced, cleared);
  EXPECT_LT(cleared, armed);
  EXPECT_LT(armed, opened);
  EXPECT_LT(opened, b.log.size());
  EXPECT_FALSE(b.view().switchover);
  // The permit was renewed all the while, and the old writer follows the new one.
  b.run(base::seconds(10));
  EXPECT_EQ(b.state(), State::kActive);
  const auto* rejoin = b.last<Rejoin>();
  ASSERT_NE(rejoin, nullptr);
  EXPECT_EQ(rejoin->node, 0U);
  EXPECT_EQ(rejoin->of, "site1");
  EXPECT_EQ(rejoin->source, 1U);
  EXPECT_EQ(b.all<Promote>()[1].record.writer, "db2");
}

TEST(MoveWriter, ItWaitsUntilTheTargetHoldsEveryTransaction) {
  Bench b = two();
  b.gtids[1] = b.gtid;
  b.gtid = "0-1-11";
  b.run_ms(300);
  b.give(order());
  b.run_ms(500);
  EXPECT_EQ(b.state(), State::kDraining);
  EXPECT_EQ(b.view().switchover->step, SwitchoverStep::kCatchingUp);
  EXPECT_EQ(b.view().switchover->still_lacks, "0-1-11");
  EXPECT_EQ(b.said().target, "");  // nobody else is handed anything
  b.gtids[1] = "0-1-11";
  const auto* said = wait_reply(b);
  ASSERT_NE(said, nullptr);
  EXPECT_TRUE(said->ok) << said->message;
  EXPECT_EQ(b.view().writer, "db2");
}

TEST(MoveWriter, ATargetThatDoesNotCatchUpLeavesTheOldWriterWriting) {
  Bench b = two();
  const auto before = b.view().epoch;
  b.gtids[1] = b.gtid;
  b.gtid = "0-1-11";
  b.run_ms(300);
  b.give(order());
  const auto* said = wait_reply(b);
  ASSERT_NE(said, nullptr);
  EXPECT_FALSE(said->ok);
  EXPECT_NE(said->message.find("writes again"), std::string::npos) << said->message;
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().writer, "db1");
  EXPECT_EQ(b.view().epoch, before);
  EXPECT_FALSE(b.node_read_only);
}

TEST(MoveWriter, ATargetThatDiesMeanwhileLeavesTheOldWriterWriting) {
  Bench b = two();
  b.gtids[1] = b.gtid;
  b.gtid = "0-1-11";
  b.run_ms(300);
  b.give(order());
  b.run_ms(300);
  b.dead_nodes.insert(1);
  const auto* said = wait_reply(b);
  ASSERT_NE(said, nullptr);
  EXPECT_FALSE(said->ok);
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().writer, "db1");
}

TEST(MoveWriter, ATargetThatCannotBeOpenedLeavesBothClosedAndTheElectionToItself) {
  Bench b = two();
  b.failing_steps.insert(PromoteStep::kInsertEpochRow);
  b.give(order());
  const auto* said = wait_reply(b);
  ASSERT_NE(said, nullptr);
  EXPECT_FALSE(said->ok);
  EXPECT_NE(said->message.find("was not opened"), std::string::npos) << said->message;
  EXPECT_NE(b.state(), State::kActive);
  EXPECT_TRUE(b.node_read_only);
  EXPECT_TRUE(b.open_nodes.empty());
  EXPECT_FALSE(b.view().permit);
  b.failing_steps.clear();
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(60)));
}

TEST(MoveWriter, AWriterThatCannotBeClosedWritesOn) {
  Bench b = two();
  b.closing = Closing::kUnknown;
  b.give(order());
  const auto* said = wait_reply(b);
  ASSERT_NE(said, nullptr);
  EXPECT_FALSE(said->ok);
  EXPECT_EQ(b.view().writer, "db1");
}

TEST(MoveWriter, WhatStandsAgainstItIsToldAndADryRunChangesNothing) {
  Bench b = two();
  b.log.clear();
  b.give(order(1, true));
  ASSERT_NE(reply(b), nullptr);
  EXPECT_TRUE(reply(b)->ok);
  EXPECT_NE(reply(b)->message.find("open db2 with a new epoch"), std::string::npos) << reply(b)->message;
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_TRUE(b.all<Fence>().empty());
  const auto against = [&](std::optional<NodeIndex> node, const std::string& why) {
    b.log.clear();
    b.give(order(node));
    ASSERT_NE(reply(b), nullptr);
    EXPECT_FALSE(reply(b)->ok);
    EXPECT_NE(reply(b)->message.find(why), std::string::npos) << reply(b)->message;
    EXPECT_TRUE(b.all<Fence>().empty());
  };
  against(0, "is the writer already");
  against(5, "no node of this site");
  against(std::nullopt, "no node of this site");
  b.give(Command{8, Operation::kSetOffline, 0, 1, "ann", ""});
  against(1, "db2 is MAINT");
  Bench never = two(PromoteWish::kNever);
  never.give(order());
  EXPECT_NE(reply(never)->message.find("promote: never"), std::string::npos);
}

TEST(MoveWriter, IsOrderedAtTheSiteThatIsActive) {
  Bench b = two();
  b.peer_speaks = b.quorum = false;
  b.run(base::seconds(10));
  ASSERT_NE(b.state(), State::kActive);
  b.give(order());
  ASSERT_NE(reply(b), nullptr);
  EXPECT_FALSE(reply(b)->ok);
}

// A person takes the node that writes out: no commit is lost, and the site goes on writing.
TEST(SetOffline, TheWriterMovesToAnotherNodeFirst) {
  Bench b = two();
  b.log.clear();
  b.give(Command{7, Operation::kSetOffline, 0, 0, "ann", "new disk"});
  const auto* said = wait_reply(b);
  ASSERT_NE(said, nullptr);
  EXPECT_TRUE(said->ok) << said->message;
  EXPECT_NE(said->message.find("db2 writes"), std::string::npos) << said->message;
  b.run(base::seconds(10));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().writer, "db2");
  EXPECT_EQ(b.view().nodes[0].state, ecv::NodeState::kMaint);
  EXPECT_TRUE(b.all<Rejoin>().empty());  // nothing is done at a node in MAINT
  b.give(Command{8, Operation::kSetOnline, 0, 0, "ann", "disk is in"});
  b.run(base::seconds(10));
  EXPECT_EQ(b.view().nodes[0].state, ecv::NodeState::kStandby);
  EXPECT_EQ(b.view().writer, "db2");
}

TEST(SetOffline, AWriterThatNobodyCanTakeOverFromIsFencedAndTheOthersStayIn) {
  Bench b = two(PromoteWish::kNever);
  b.give(Command{7, Operation::kSetOffline, 0, 0, "ann", "new disk"});
  b.run(base::seconds(10));
  ASSERT_NE(reply(b), nullptr);
  EXPECT_TRUE(reply(b)->ok);
  EXPECT_EQ(b.view().nodes[0].state, ecv::NodeState::kMaint);
  EXPECT_NE(b.view().nodes[1].state, ecv::NodeState::kMaint);
  EXPECT_NE(b.state(), State::kActive);
  EXPECT_NE(b.state(), State::kMaint);
}

TEST(SetOffline, WhatDoesNotCatchUpLeavesTheWriterWhereItIsAndOnline) {
  Bench b = two();
  b.gtids[1] = b.gtid;
  b.gtid = "0-1-11";
  b.run_ms(300);
  b.give(Command{7, Operation::kSetOffline, 0, 0, "ann", "new disk"});
  const auto* said = wait_reply(b);
  ASSERT_NE(said, nullptr);
  EXPECT_FALSE(said->ok);
  b.run(base::seconds(3));
  EXPECT_EQ(b.view().writer, "db1");
  EXPECT_EQ(b.view().nodes[0].state, ecv::NodeState::kActive);
}

TEST(SetOffline, OneNodeOfSeveralStaysOfflineOverARestart) {
  Bench b = two();
  b.give(Command{7, Operation::kSetOffline, 0, 1, "ann", "new disk"});
  b.run(base::seconds(2));
  EXPECT_EQ(b.view().nodes[1].state, ecv::NodeState::kMaint);
  const auto* kept = b.last<Persist>();
  ASSERT_NE(kept, nullptr);
  EXPECT_FALSE(kept->record.maint);
  b.loaded.record = kept->record;
  b.start();
  b.run(base::seconds(10));
  EXPECT_EQ(b.view().nodes[1].state, ecv::NodeState::kMaint);
  EXPECT_EQ(b.state(), State::kActive);
  b.give(Command{8, Operation::kSetOnline, 0, 1, "ann", "disk is in"});
  b.run(base::seconds(10));
  EXPECT_EQ(b.view().nodes[1].state, ecv::NodeState::kStandby);
  EXPECT_TRUE(b.last<Persist>()->record.offline.empty());
}

}  // namespace core::testing
