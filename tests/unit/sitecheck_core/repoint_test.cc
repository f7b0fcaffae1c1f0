// After a promotion the other local replicas follow the new writer (spec.md section 3); a pool of two local nodes.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

namespace {

Bench two(std::uint8_t id = 1) {
  Bench b(id);
  b.config.pools[0].nodes = {{"db1", true, 1}, {"db2", true, 2}, {"far", false, 3}};
  return b;
}

std::vector<Rejoin> of_node(const Bench& b, NodeIndex node) {
  auto all = b.all<Rejoin>();
  std::erase_if(all, [&](const Rejoin& r) { return r.node != node; });
  return all;
}

bool alarm(const Bench& b, const std::string& word) {
  const auto alarms = b.view().alarms;
  return std::any_of(alarms.begin(), alarms.end(),
                     [&](const std::string& a) { return a.find(word) != std::string::npos; });
}

ecv::NodeState state_of(const Bench& b, const std::string& name) {
  const auto nodes = b.view().nodes;
  return std::find_if(nodes.begin(), nodes.end(), [&](const NodeView& n) { return n.name == name; })->state;
}

}  // namespace

TEST(Repoint, AtTheWritersSiteTheOtherNodeFollowsItsNodeOnce) {
  Bench b = two();
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(10));
  const auto asked = of_node(b, 1);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].of, "site1");
  EXPECT_EQ(asked[0].source, 0U);
  EXPECT_TRUE(of_node(b, 0).empty());
  EXPECT_TRUE(of_node(b, 2).empty());  // a node of another site is watched only
  EXPECT_EQ(b.count(Counter::kRepointed), 1U);
}

TEST(Repoint, AtAnotherSiteEveryLocalNodeFollowsTheWritersSite) {
  Bench b = two(2);
  b.io = "No";
  b.peer_state = ecv::PoolState::kActive;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(6, 1);
  b.start();
  b.run(base::seconds(5));
  ASSERT_EQ(of_node(b, 0).size(), 1U);
  ASSERT_EQ(of_node(b, 1).size(), 1U);
  EXPECT_EQ(of_node(b, 1)[0].of, "site1");
}

TEST(Repoint, ReplicationThatRunsSinceBeforeThisProcessIsLeftAlone) {
  Bench b = two(2);
  b.peer_state = ecv::PoolState::kActive;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(6, 1);
  b.start();
  b.run(base::seconds(10));
  EXPECT_TRUE(b.all<Rejoin>().empty());
}

// The writer moves within its site: its standbys elsewhere follow it there, since the node that wrote may be switched
// off.
TEST(Repoint, WhereTheWritersSiteHasSeveralNodesTheOneThatWritesIsFollowed) {
  Bench b(2);
  b.config.pools[0].nodes = {{"db1", true, 1}, {"db2", true, 2}};
  for (const auto* name : {"far1", "far2"}) {
    b.config.pools[0].nodes.push_back({name, false, 3});
    b.config.pools[0].nodes.back().site = "site1";
  }
  b.peer_state = ecv::PoolState::kActive;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(6, 1);
  b.open_nodes = {2};
  b.start();
  b.run(base::seconds(5));
  // That it replicates does not tell from which of them: it is set up once.
  for (const NodeIndex node : {0U, 1U}) {
    ASSERT_EQ(of_node(b, node).size(), 1U);
    EXPECT_EQ(of_node(b, node)[0].of, "site1");
    EXPECT_EQ(of_node(b, node)[0].source, 2U);
  }
  b.open_nodes = {2, 3};  // in doubt nothing changes
  b.run(base::seconds(5));
  b.open_nodes = {};
  b.run(base::seconds(5));
  EXPECT_EQ(b.all<Rejoin>().size(), 2U);
  b.open_nodes = {3};
  b.run(base::seconds(10));
  for (const NodeIndex node : {0U, 1U}) {
    ASSERT_EQ(of_node(b, node).size(), 2U);
    EXPECT_EQ(of_node(b, node)[1].source, 3U);
  }
  EXPECT_EQ(b.state(), State::kStandby);
}

// From a dead writer the other site takes over; where it cannot, another node of this one does.
TEST(Repoint, ADeadWriterIsReplacedWithinItsSiteWhereNoOtherSiteCan) {
  Bench b = two();
  b.peer_eligible = false;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(10));
  const auto epoch = b.view().epoch;
  b.dead_nodes = {0};
  b.run(base::seconds(20));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().writer, "db2");
  EXPECT_GT(b.view().epoch.counter(), epoch.counter());
}

TEST(Repoint, IsTriedAgainAfterAWhileAndAlarmedMeanwhile) {
  Bench b = two();
  b.rejoin_ok = false;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(4));
  EXPECT_EQ(of_node(b, 1).size(), 1U);
  EXPECT_TRUE(alarm(b, "db2 does not follow"));
  b.rejoin_ok = true;
  b.run(base::seconds(6));
  EXPECT_EQ(of_node(b, 1).size(), 2U);
  EXPECT_FALSE(alarm(b, "db2 does not follow"));
}

TEST(Repoint, ANodeThatLosesItsSourceForGoodIsAlarmedAndSetUpAgain) {
  Bench b = two();
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(3));
  ASSERT_EQ(of_node(b, 1).size(), 1U);
  b.io = "No";
  b.io_errno = 1236;
  b.run(base::seconds(2));
  EXPECT_TRUE(alarm(b, "db2: replication lost its source with error 1236; it is set up again"));
  EXPECT_EQ(of_node(b, 1).size(), 1U);
  b.run(base::seconds(6));
  EXPECT_EQ(of_node(b, 1).size(), 2U);
  b.io = "Yes";
  b.io_errno = 0;
  b.run(base::seconds(20));
  EXPECT_FALSE(alarm(b, "db2: replication lost"));
  EXPECT_LE(of_node(b, 1).size(), 3U);
  EXPECT_EQ(b.state(), State::kActive);
}

TEST(Repoint, ANodeWithErrantTransactionsStaysOutAndThePoolGoesOn) {
  Bench b = two();
  b.gtids[1] = "0-1-10,0-9-3";
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(20));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_TRUE(of_node(b, 1).empty());
  EXPECT_TRUE(alarm(b, "db2 holds transactions that the writer lacks and stays out: 0-9-1..3"));
  EXPECT_EQ(state_of(b, "db2"), ecv::NodeState::kFenced);
  EXPECT_EQ(b.count(Counter::kNodeErrant), 1U);
  EXPECT_EQ(b.count(Counter::kQuarantined), 0U);
  b.give(Command{1, Operation::kRecoverAcceptErrant, 0, 1, "ann", "duplicates"});
  b.run(base::seconds(2));
  EXPECT_EQ(of_node(b, 1).size(), 1U);
  EXPECT_EQ(state_of(b, "db2"), ecv::NodeState::kStandby);
  EXPECT_FALSE(alarm(b, "stays out"));
}

TEST(Repoint, ANodeThatReturnsAtTheWritersSiteIsAStandbyAgain) {
  Bench b = two();
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(3));
  b.dead_nodes = {1};
  b.run(base::seconds(3));
  EXPECT_EQ(state_of(b, "db2"), ecv::NodeState::kFailedOffline);
  b.dead_nodes.clear();
  b.run(base::seconds(2));
  EXPECT_EQ(state_of(b, "db2"), ecv::NodeState::kAwaitingRecovery);
  b.run(b.config.auto_recover_after + base::seconds(2));
  EXPECT_EQ(state_of(b, "db2"), ecv::NodeState::kStandby);
}

TEST(Repoint, ANodeWhoseReplicationStopsFails) {
  Bench b = two();
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(3));
  b.io = "No";  // the writer's own does not matter
  b.run(base::seconds(3));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(state_of(b, "db2"), ecv::NodeState::kFailedOnline);
}

// I1 within a site: only the writer may be open.
TEST(Repoint, AnotherNodeFoundWritableIsClosedWhileTheWriterWrites) {
  Bench b = two();
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(3));
  b.log.clear();
  b.open_nodes = {1};
  b.run(base::seconds(1));
  const auto asked = b.all<AssertReadOnly>();
  ASSERT_FALSE(asked.empty());
  for (const auto& a : asked) EXPECT_EQ(a.node, 1U);
  EXPECT_EQ(b.state(), State::kActive);
}

}  // namespace core::testing
