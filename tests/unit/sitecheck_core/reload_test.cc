// The configuration read anew (Site::reconfigure): what is kept, what is refused, what begins.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

namespace {

using ecv::NodeState;

Bench pair_of_nodes(std::uint8_t id = 1) {
  Bench b(id);
  b.config.pools[0].nodes = {{"db1", true, 1}, {"db2", true, 2}};
  return b;
}

// This site writes.
Bench writing() {
  Bench b = pair_of_nodes();
  b.start();
  EXPECT_TRUE(b.reach(State::kActive));
  b.node_read_only = false;
  b.run(base::seconds(5));
  return b;
}

// The other site writes, and this one follows it.
Bench following() {
  Bench b = pair_of_nodes(2);
  b.peer_state = ecv::PoolState::kActive;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(6, 1);
  b.start();
  b.run(base::seconds(5));
  EXPECT_EQ(b.state(), State::kStandby);
  return b;
}

NodeView node(const Bench& b, const std::string& name) {
  const auto nodes = b.view().nodes;
  const auto at = std::find_if(nodes.begin(), nodes.end(), [&](const NodeView& n) { return n.name == name; });
  EXPECT_NE(at, nodes.end()) << name;
  return at == nodes.end() ? NodeView{} : *at;
}

NodePolled polled(PoolIndex pool, NodeIndex index, PollResult result) {
  NodePolled out;
  out.pool = pool;
  out.node = index;
  out.result = result;
  return out;
}

bool alarmed(const Bench& b, const std::string& word) {
  const auto alarms = b.view().alarms;
  return std::any_of(alarms.begin(), alarms.end(),
                     [&](const std::string& a) { return a.find(word) != std::string::npos; });
}

}  // namespace

TEST(Reload, AWriterKeepsStateEpochAndPermitWhenAReplicaIsAdded) {
  Bench b = writing();
  const auto before = b.view();
  b.config.pools[0].nodes.push_back({"db3", true, 3});
  EXPECT_TRUE(b.reconfigure().empty());
  const auto after = b.view();
  EXPECT_EQ(after.state, State::kActive);
  EXPECT_EQ(after.epoch, before.epoch);
  EXPECT_EQ(after.writer, "db1");
  EXPECT_GE(after.permit.value(), before.permit.value());
  EXPECT_EQ(node(b, "db1").state, NodeState::kActive);
  EXPECT_EQ(node(b, "db2").state, NodeState::kStandby);
  EXPECT_EQ(node(b, "db3").state, NodeState::kUnknown);
  EXPECT_FALSE(node(b, "db3").polled_at);
  b.run(base::seconds(5));
  EXPECT_EQ(node(b, "db3").state, NodeState::kStandby);
  EXPECT_EQ(b.view().epoch, before.epoch);
  EXPECT_TRUE(b.all<Fence>().empty());
}

TEST(Reload, ANodeThatIsAddedIsClosedBeforeItCounts) {
  Bench b = following();
  b.open_nodes = {2};
  b.config.pools[0].nodes.push_back({"db3", true, 3});
  EXPECT_TRUE(b.reconfigure().empty());
  const auto asked = b.all<AssertReadOnly>();
  EXPECT_TRUE(std::any_of(asked.begin(), asked.end(), [](const AssertReadOnly& a) { return a.node == 2; }));
}

TEST(Reload, AReplicaThatIsNotUpYetCostsTheOtherSitesWriterNoGrant) {
  Bench b = following();
  b.unclosable = b.dead_nodes = {2};
  b.config.pools[0].nodes.push_back({"db3", true, 3});
  EXPECT_TRUE(b.reconfigure().empty());
  b.run(base::seconds(2));
  const auto answer = b.ask(ecv::Want::kRenew, ecv::PoolState::kActive);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, ecv::AnswerKind::kGrant) << answer->reason;
  EXPECT_TRUE(b.view().eligible) << b.view().reason;
}

TEST(Reload, ASiteWhoseOnlyNodeIsReplacedGrantsNobodyUntilTheNewOneIsClosed) {
  Bench b = following();
  b.unclosable = {0};
  b.config.pools[0].nodes = {{"other", true, 1}};
  EXPECT_TRUE(b.reconfigure().empty());
  const auto answer = b.ask(ecv::Want::kRenew, ecv::PoolState::kActive);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, ecv::AnswerKind::kRefuse);
  EXPECT_EQ(answer->reason, "not confirmed read-only");
}

TEST(Reload, ANewNodeOfHigherPriorityDoesNotTakeTheBestOnesPlaceBeforeItIsClosed) {
  Bench b = following();
  b.unclosable = {2};
  b.config.pools[0].nodes.push_back({"db0", true, 0});
  EXPECT_TRUE(b.reconfigure().empty());
  b.run(base::seconds(3));
  EXPECT_TRUE(b.view().eligible) << b.view().reason;
}

TEST(Reload, TheActiveWriterIsNotRemovedAndTheRefusalSaysWhatToDo) {
  Bench b = writing();
  b.config.pools[0].nodes.erase(b.config.pools[0].nodes.begin());
  const auto why = b.reconfigure();
  ASSERT_EQ(why.size(), 1U);
  EXPECT_EQ(why[0],
            "node db1 of pool main is the active writer and cannot be removed; hand the writer over first: sitecheck "
            "switchover main --to SITE");
  EXPECT_EQ(b.view().nodes.size(), 2U);
  EXPECT_EQ(b.state(), State::kActive);
}

TEST(Reload, TheActiveWriterKeepsItsAddressAndItsSite) {
  Bench b = writing();
  b.config.pools[0].nodes[0].at = "192.0.2.9:3306";
  EXPECT_NE(b.reconfigure().at(0).find("keeps its address"), std::string::npos);
  b.config.pools[0].nodes[0].at.clear();
  b.config.pools[0].nodes[0].local = false;
  EXPECT_NE(b.reconfigure().at(0).find("keeps its address and site"), std::string::npos);
}

TEST(Reload, AnActivePoolIsNotRemoved) {
  Bench b = writing();
  b.config.pools.clear();
  EXPECT_NE(b.reconfigure().at(0).find("pool main is ACTIVE here and cannot be removed"), std::string::npos);
}

TEST(Reload, NodesAreNotChangedInTheMiddleOfAPromotion) {
  Bench b = pair_of_nodes();
  b.silent_steps = {PromoteStep::kStopReplication};
  b.start();
  ASSERT_TRUE(b.reach(State::kPromoting));
  b.config.pools[0].nodes.push_back({"db3", true, 3});
  EXPECT_NE(b.reconfigure().at(0).find("pool main is PROMOTING"), std::string::npos);
  b.config.pools[0].nodes.pop_back();
  b.config.pools[0].max_lag = base::seconds(7);  // what is no node may change
  EXPECT_TRUE(b.reconfigure().empty());
}

TEST(Reload, AReplicaIsForgottenWithItsAlarms) {
  Bench b = writing();
  b.dead_nodes = {1};
  b.warning = "it lacks a right";
  b.run(base::seconds(3));
  EXPECT_TRUE(alarmed(b, "db1: it lacks"));
  b.give(polled(0, 1, PollResult::kMisconfigured));
  ASSERT_TRUE(alarmed(b, "db2: misconfigured"));
  b.config.pools[0].nodes.pop_back();
  EXPECT_TRUE(b.reconfigure().empty());
  EXPECT_FALSE(alarmed(b, "db2"));
  EXPECT_TRUE(alarmed(b, "db1: it lacks"));
  EXPECT_EQ(b.view().nodes.size(), 1U);
  EXPECT_EQ(b.state(), State::kActive);
}

TEST(Reload, IndicesFollowTheNamesWhereNodesAndPoolsAreReordered) {
  Bench b = following();
  b.dead_nodes = {1};
  b.run(base::seconds(3));
  ASSERT_EQ(node(b, "db2").state, NodeState::kFailedOffline);
  const auto failed = node(b, "db2").req;
  PoolConfig other;
  other.name = "other";
  other.nodes = {{"x", true, 1}};
  b.config.pools.insert(b.config.pools.begin(), other);
  std::swap(b.config.pools[1].nodes[0], b.config.pools[1].nodes[1]);
  EXPECT_TRUE(b.reconfigure().empty());
  const auto main = b.site->pool(1, b.now);
  EXPECT_EQ(main.name, "main");
  EXPECT_EQ(main.state, State::kStandby);
  EXPECT_EQ(main.nodes[0].name, "db1");  // views stand in the order of priority
  EXPECT_EQ(main.nodes[1].state, NodeState::kFailedOffline);
  EXPECT_EQ(main.nodes[1].req, failed);
  EXPECT_EQ(b.site->pool(0, b.now).state, State::kInit);
  b.give(polled(1, 0, PollResult::kRefused));  // db2, at its new place
  EXPECT_EQ(b.site->pool(1, b.now).nodes[1].req, failed + 1);
}

TEST(Reload, AnOfflineMarkAndAQuarantineStay) {
  Bench b = following();
  Command offline;
  offline.operation = Operation::kSetOffline;
  offline.node = 1;
  b.give(offline);
  b.config.pools[0].nodes.push_back({"db3", true, 3});
  EXPECT_TRUE(b.reconfigure().empty());
  EXPECT_EQ(node(b, "db2").state, NodeState::kMaint);
  b.run(base::seconds(5));
  EXPECT_EQ(node(b, "db2").state, NodeState::kMaint);
}

TEST(Reload, ThresholdsHoldFromTheNextPollOn) {
  Bench b = following();
  b.dead_nodes = {1};
  b.config.timing.fall = 20;
  EXPECT_TRUE(b.reconfigure().empty());
  b.run(base::seconds(2));
  EXPECT_EQ(node(b, "db2").state, NodeState::kStandby);
  b.config.timing.fall = 3;
  EXPECT_TRUE(b.reconfigure().empty());
  b.run(base::milliseconds(300));
  EXPECT_EQ(node(b, "db2").state, NodeState::kFailedOffline);
}

TEST(Reload, OtherExternalCheckpointsAreAnotherConfigurationUntilThePeerHasThemToo) {
  Bench b = following();
  b.peer_hash = config_hash(b.config);
  EXPECT_FALSE(alarmed(b, "differ"));
  b.config.checkpoints.push_back({"d", Scope::kExternal, "d"});
  EXPECT_TRUE(b.reconfigure().empty());
  EXPECT_TRUE(alarmed(b, "the peer's checkpoints, arbiter or timing differ"));  // at once: its last word says so
  EXPECT_EQ(b.ask(ecv::Want::kRenew, ecv::PoolState::kActive)->kind, ecv::AnswerKind::kGrant);  // grants go on
  b.peer_hash = config_hash(b.config);
  b.run(base::seconds(1));
  EXPECT_FALSE(alarmed(b, "differ"));
  // The old one again, and then the peer is lost: nobody takes its place.
  b.config.checkpoints.pop_back();
  EXPECT_TRUE(b.reconfigure().empty());
  b.peer_speaks = false;
  b.run(base::seconds(20));
  EXPECT_EQ(b.state(), State::kStandby);
}

TEST(Reload, CheckpointsThatStayKeepTheirStandingAndARoundBeginsAtOnce) {
  Bench b = following();
  const auto before = b.site->checkpoints();
  ASSERT_TRUE(before.items[0].ok);
  b.config.checkpoints = {{"b", Scope::kExternal, "b"}, {"x", Scope::kExternal, "x"}, {"a", Scope::kExternal, "else"}};
  const auto rounds = b.all<StartRound>().size();
  const auto against = b.site->against(b.config);
  ASSERT_TRUE(against.empty());
  std::vector<Action> actions;
  b.site->reconfigure({b.config, {1, 2, false}, {{}}}, b.now, actions);
  const auto after = b.site->checkpoints();
  EXPECT_TRUE(after.items[0].ok);
  EXPECT_EQ(after.items[1].message, "not checked yet");
  EXPECT_EQ(after.items[2].message, "not checked yet");  // another target
  EXPECT_TRUE(std::any_of(actions.begin(), actions.end(),
                          [](const Action& a) { return std::holds_alternative<StartRound>(a); }));
  EXPECT_EQ(b.all<StartRound>().size(), rounds);
}

TEST(Reload, WhatWasProvedByOtherCheckpointsDoesNotCountTowardsASubstitution) {
  Bench b = following();
  b.peer_speaks = false;
  b.run(base::milliseconds(2500));
  const auto resets = b.count(Counter::kGapReset);
  b.config.checkpoints.pop_back();
  EXPECT_TRUE(b.reconfigure().empty());
  EXPECT_GT(b.count(Counter::kGapReset), resets);
  b.run(base::milliseconds(2500));
  EXPECT_EQ(b.state(), State::kStandby);
}

TEST(Reload, AReloadThatChangesNothingDoesNothing) {
  Bench b = writing();
  const auto before = b.view();
  EXPECT_TRUE(b.reconfigure().empty());
  b.run(base::seconds(2));
  EXPECT_EQ(b.view().epoch, before.epoch);
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().promotions, before.promotions);
}

TEST(Reload, APoolThatIsAddedBeginsClosedWithTheMoratorium) {
  Bench b = following();
  PoolConfig other;
  other.name = "other";
  other.nodes = {{"x", true, 1}};
  b.config.pools.push_back(other);
  EXPECT_TRUE(b.reconfigure().empty());
  EXPECT_EQ(b.site->pool(1, b.now).state, State::kInit);
  const auto asked = b.all<AssertReadOnly>();
  EXPECT_TRUE(std::any_of(asked.begin(), asked.end(), [](const AssertReadOnly& a) { return a.pool == 1; }));
  b.config.pools.pop_back();  // and it may go again
  EXPECT_TRUE(b.reconfigure().empty());
  EXPECT_EQ(b.state(), State::kStandby);
}

TEST(Reload, ThePreferredWriterOfAWatchedPoolIsSetOfflineFirst) {
  Bench b;
  b.config.peers.clear();
  b.config.pools[0].kind = "multi_writer";
  b.config.pools[0].preferred_writer = true;
  b.config.pools[0].nodes = {{"g1", true, 1}, {"g2", true, 2}};
  b.peer_speaks = false;
  b.node_read_only = false;
  b.open_nodes = {1};
  b.start();
  b.run(base::seconds(1));
  ASSERT_EQ(b.view().writer, "g1");
  const auto promotions = b.view().promotions;
  b.config.pools[0].nodes.erase(b.config.pools[0].nodes.begin());
  EXPECT_NE(b.reconfigure().at(0).find("g1 of pool main is the preferred writer"), std::string::npos);
  b.config.pools[0].nodes = {{"g3", true, 3}, {"g1", true, 1}};
  EXPECT_TRUE(b.reconfigure().empty());
  EXPECT_EQ(b.view().writer, "g1");
  EXPECT_EQ(b.view().promotions, promotions);
}

}  // namespace core::testing
