#include "sitecheck/core/node.h"

#include <gtest/gtest.h>

namespace core::testing {

namespace {

using base::Instant;
using base::milliseconds;
using ecv::NodeState;
using ecv::NodeStatus;

class NodeBench {
 public:
  explicit NodeBench(bool local = true) : NodeBench(site(), NodeConfig{"db", local, 1}) {}
  NodeBench(const SiteConfig& site, const NodeConfig& config) : node_(site, config) {}

  Node::Outcome poll(PollResult result, NodePolled p = {}) {
    now_ += milliseconds(250);
    p.result = result;
    if (result == PollResult::kOk && !p.read_only) p.read_only = true;
    return node_.poll(p, context, now_);
  }
  Node::Outcome good() { return poll(PollResult::kOk, replica()); }
  Node::Outcome bad() { return poll(PollResult::kRefused); }
  static NodePolled replica() {
    NodePolled p;
    p.io = p.sql = "Yes";
    return p;
  }
  static NodePolled broken(int sql_errno) {
    NodePolled p;
    p.io = "Yes";
    p.sql = "No";
    p.sql_errno = sql_errno;
    return p;
  }
  Node* operator->() { return &node_; }
  [[nodiscard]] Instant now() const { return now_; }

  Node::Context context{};

  static SiteConfig site() {
    SiteConfig c;
    c.timing = *ecv::preset("lan");
    return c;
  }

 private:
  Instant now_{base::seconds(100)};
  Node node_;
};

}  // namespace

TEST(Node, BeginsUnknownAndIsStandbyAfterAGoodPoll) {
  NodeBench n;
  EXPECT_EQ(n->state(), NodeState::kUnknown);
  n.good();
  EXPECT_EQ(n->state(), NodeState::kStandby);
  EXPECT_EQ(n->status(), NodeStatus::kOkInfo);  // a change of STATE
  n.good();
  EXPECT_EQ(n->status(), NodeStatus::kOk);
}

TEST(Node, LevelsRiseWithFailedPollsAndFailAtFall) {
  NodeBench n;
  n.good();
  n.good();
  EXPECT_TRUE(n.bad().first_error);
  EXPECT_EQ(n->status(), NodeStatus::kOkInfo);
  EXPECT_FALSE(n.bad().first_error);
  EXPECT_EQ(n->status(), NodeStatus::kOkWarn);
  EXPECT_TRUE(n.bad().failed);
  EXPECT_EQ(n->status(), NodeStatus::kFail);
  EXPECT_EQ(n->state(), NodeState::kFailedOffline);
}

TEST(Node, OneGoodPollHeals) {
  NodeBench n;
  n.good();
  n.bad();
  n.bad();
  n.good();
  EXPECT_EQ(n->view().req, 0);
  n.bad();
  n.bad();
  EXPECT_FALSE(n->failed());
}

TEST(Node, AFailureIsStickyUntilRecovery) {
  NodeBench n;
  n.good();
  for (int i = 0; i < 3; ++i) n.bad();
  n.good();
  EXPECT_EQ(n->state(), NodeState::kAwaitingRecovery);
  EXPECT_FALSE(n->may_return(n.now()));
  for (int i = 0; i < 20; ++i) n.good();
  EXPECT_EQ(n->state(), NodeState::kAwaitingRecovery);
  EXPECT_TRUE(n->may_return(n.now()));  // after auto_recover_after; the pool proves its data first
}

TEST(Node, FailsAgainAtOnceWhileItAwaitsRecovery) {
  NodeBench n;
  n.good();
  for (int i = 0; i < 3; ++i) n.bad();
  n.good();
  EXPECT_TRUE(n.bad().failed);
}

TEST(Node, FlappingKeepsItOutUntilAPersonBringsItBack) {
  NodeBench n;
  n.good();
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 3; ++i) n.bad();
    n.good();
  }
  EXPECT_TRUE(n->flapping());
  for (int i = 0; i < 40; ++i) n.good();
  EXPECT_FALSE(n->may_return(n.now()));
  n->recover(n.now());
  EXPECT_TRUE(n->may_return(n.now()));
}

// A source that has purged what a replica lacks refuses it each time: an alarm says what to do, and the node is well.
TEST(Node, ASourceThatRefusesItAgainAndAgainIsNoFlapping) {
  NodeBench n;
  n.good();
  auto refused = NodeBench::replica();
  refused.io = "No";
  refused.io_errno = 1236;
  for (int round = 0; round < 9; ++round) {
    for (int i = 0; i < 3; ++i) n.poll(PollResult::kOk, refused);
    EXPECT_EQ(n->state(), NodeState::kFailedOnline);
    n.good();
  }
  EXPECT_FALSE(n->flapping());
  // What truly fails meanwhile counts: the server, or the applying of what came.
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3; ++i) n.bad();
    n.good();
    refused.sql = "No";
    refused.sql_errno = 1062;
    for (int i = 0; i < 3; ++i) n.poll(PollResult::kOk, refused);
    n.good();
  }
  EXPECT_TRUE(n->flapping());
}

TEST(Node, BrokenReplicationFailsAStandbyOnline) {
  NodeBench n;
  n.good();
  n.poll(PollResult::kOk, NodeBench::broken(1062));
  n.poll(PollResult::kOk, NodeBench::broken(1062));
  EXPECT_EQ(n->state(), NodeState::kStandby);
  auto p = NodeBench::broken(1062);
  p.replication_error = "Duplicate entry '7' for key 'PRIMARY'";
  EXPECT_TRUE(n.poll(PollResult::kOk, p).failed);
  EXPECT_EQ(n->state(), NodeState::kFailedOnline);
  EXPECT_EQ(n->message(), "replication stopped with error 1062: Duplicate entry '7' for key 'PRIMARY'");
}

TEST(Node, BrokenReplicationDoesNotFailTheWriter) {
  NodeBench n;
  n.context.writer = true;
  for (int i = 0; i < 10; ++i) {
    auto p = NodeBench::broken(1062);
    p.read_only = false;
    p.write = WriteProbe::kOk;
    n.poll(PollResult::kOk, p);
  }
  EXPECT_EQ(n->state(), NodeState::kActive);
}

TEST(Node, AWriterThatCannotWriteFails) {
  for (const auto probe : {WriteProbe::kFailed, WriteProbe::kReadOnly}) {
    NodeBench n;
    n.context.writer = true;
    NodePolled p;
    p.read_only = probe == WriteProbe::kReadOnly;
    p.write = probe;
    for (int i = 0; i < 3; ++i) n.poll(PollResult::kOk, p);
    EXPECT_TRUE(n->failed());
    EXPECT_EQ(n->message(),
              probe == WriteProbe::kFailed ? "a write failed" : "read_only was found set: somebody closed it");
  }
}

TEST(Node, TooManyConnectionsAndAccessDeniedDegradeButNeverFail) {
  for (const auto result : {PollResult::kDegraded, PollResult::kMisconfigured}) {
    NodeBench n;
    n.good();
    for (int i = 0; i < 20; ++i) n.poll(result);
    EXPECT_FALSE(n->failed());
    EXPECT_EQ(n->status(), NodeStatus::kOkWarn);
    EXPECT_FALSE(n->trouble().empty());
    n.good();
    EXPECT_TRUE(n->trouble().empty());
  }
}

TEST(Node, AStandbyWhoseSourceIsUnreachableStaysEligible) {
  for (const int error : {2003, 2013}) {
    NodeBench n;
    n.good();
    n->set_closed(true);
    auto p = NodeBench::replica();
    p.io = "Connecting";
    p.io_errno = error;
    n.context.must_follow = true;
    for (int i = 0; i < 20; ++i) n.poll(PollResult::kOk, p);
    EXPECT_EQ(n->unfit(std::nullopt), "");
  }
}

TEST(Node, AFatalErrorOfTheIoThreadDisqualifies) {
  NodeBench n;
  n.good();
  n->set_closed(true);
  auto p = NodeBench::replica();
  p.io = "No";
  p.io_errno = 1236;
  n.poll(PollResult::kOk, p);
  EXPECT_NE(n->unfit(std::nullopt), "");
}

TEST(Node, LagAtLastContactDisqualifiesBeyondItsLimit) {
  NodeBench n;
  auto p = NodeBench::replica();
  p.lag_ms = 9000;
  n.poll(PollResult::kOk, p);
  n->set_closed(true);
  p.lag_ms.reset();  // NULL while the source cannot be reached
  p.io = "Connecting";
  p.io_errno = 2003;
  n.poll(PollResult::kOk, p);
  EXPECT_EQ(n->unfit(std::nullopt), "");
  EXPECT_NE(n->unfit(base::Duration(base::seconds(5))), "");
}

TEST(Node, TheHeartbeatTellsTheLagOfAReplicaWhoseIoThreadIsStopped) {
  NodeBench n(NodeBench::site(), {"db", true, 1, PromoteWish::kAllow, base::seconds(5)});
  auto p = NodeBench::replica();
  n->set_closed(true);
  p.lag_ms = 0;
  n.context.behind = base::seconds(0);
  n.poll(PollResult::kOk, p);
  n.poll(PollResult::kOk, p);
  EXPECT_EQ(n->view().lag_by, LagSource::kHeartbeat);
  EXPECT_EQ(n->status(), NodeStatus::kOk);
  p.io = "No";
  p.lag_ms.reset();  // NULL; some servers go on saying 0
  for (const auto said : {std::optional<std::int64_t>(), std::optional<std::int64_t>(0)}) {
    p.lag_ms = said;
    n.context.behind = base::seconds(60);
    n.poll(PollResult::kOk, p);
    EXPECT_EQ(n->view().lag_ms, 60'000);
    EXPECT_EQ(n->status(), NodeStatus::kOkWarn);
    EXPECT_NE(n->message().find("by heartbeat"), std::string::npos) << n->message();
    EXPECT_NE(n->unfit(base::Duration(base::seconds(30))).find("behind"), std::string::npos);
  }
}

TEST(Node, WithoutAHeartbeatTheServersOwnWordCounts) {
  NodeBench n;
  auto p = NodeBench::replica();
  n.context.behind = base::milliseconds(200);
  p.lag_ms = 1000;  // whole seconds: the same lag
  n.poll(PollResult::kOk, p);
  EXPECT_EQ(n->view().lag_ms, 200);
  p.lag_ms = 9000;  // a heartbeat overtook the data
  n.poll(PollResult::kOk, p);
  EXPECT_EQ(n->view().lag_ms, 9000);
  EXPECT_EQ(n->view().lag_by, LagSource::kSecondsBehind);
  n.context.behind.reset();
  p.lag_ms = 3000;
  n.poll(PollResult::kOk, p);
  EXPECT_EQ(n->view().lag_ms, 3000);
}

TEST(Node, AWatchedNodeShowsWhatItIs) {
  NodeBench n(false);
  NodePolled p;
  p.read_only = false;
  n.poll(PollResult::kOk, p);
  EXPECT_EQ(n->state(), NodeState::kActive);
  n.good();
  EXPECT_EQ(n->state(), NodeState::kStandby);
}

TEST(Node, APositionThatCannotBeReadMakesItUnfit) {
  NodeBench n;
  auto p = NodeBench::replica();
  p.gtid = "rubbish";
  n.poll(PollResult::kOk, p);
  n->set_closed(true);
  EXPECT_NE(n->unfit(std::nullopt), "");
  p.gtid = std::string(kMaxPosition + 1, '1');
  n.poll(PollResult::kOk, p);
  EXPECT_NE(n->unfit(std::nullopt), "");
  n.good();
  EXPECT_EQ(n->unfit(std::nullopt), "");
}

TEST(Node, LevelsStandWhereTheyAreConfigured) {
  auto site = NodeBench::site();
  site.timing.fall = 10;
  site.levels = Levels{3, 8};
  NodeBench n(site, {"db", true, 1});
  n.good();
  std::vector<NodeStatus> seen;
  for (int i = 0; i < 10; ++i) {
    n.bad();
    seen.push_back(n->status());
  }
  using enum NodeStatus;
  EXPECT_EQ(seen, (std::vector{kOkInfo, kOkInfo, kOkWarn, kOkWarn, kOkWarn, kOkWarn, kOkWarn, kOkCritical, kOkCritical,
                               kFail}));
}

TEST(Node, HealByStepTakesBackOneFailedPollAtATime) {
  auto site = NodeBench::site();
  site.heal_by_step = true;
  NodeBench n(site, {"db", true, 1});
  n.good();
  n.bad();
  n.bad();
  n.good();
  EXPECT_EQ(n->view().req, 1);
  EXPECT_TRUE(n.bad().first_error);  // looked at again at once, though the count is not at zero
  EXPECT_TRUE(n.bad().failed);
  EXPECT_EQ(n->state(), NodeState::kFailedOffline);
  n.good();
  n.good();
  EXPECT_TRUE(n->failed());
  n.good();
  EXPECT_EQ(n->state(), NodeState::kAwaitingRecovery);
}

TEST(Node, LagAboveItsWarningIsAWarningOfAStandbyOnly) {
  NodeBench n(NodeBench::site(), {"db", true, 1, PromoteWish::kAllow, base::seconds(5)});
  auto p = NodeBench::replica();
  p.lag_ms = 5000;
  n.poll(PollResult::kOk, p);
  n.poll(PollResult::kOk, p);
  EXPECT_EQ(n->status(), NodeStatus::kOk);
  p.lag_ms = 6000;
  n.poll(PollResult::kOk, p);
  EXPECT_EQ(n->status(), NodeStatus::kOkWarn);
  EXPECT_NE(n->message().find("behind"), std::string::npos);
  n->set(NodeState::kActive);
  n.context.writer = true;
  p.read_only = false;
  p.write = WriteProbe::kOk;
  n.poll(PollResult::kOk, p);
  n.poll(PollResult::kOk, p);
  EXPECT_EQ(n->status(), NodeStatus::kOk);
}

}  // namespace core::testing
