#include "sitecheck/core/watched.h"

#include <gtest/gtest.h>

#include "sitecheck/core/site.h"

namespace core::testing {

namespace {

using base::Instant;
using base::milliseconds;
using base::seconds;
using ecv::NodeState;
using ecv::NodeStatus;

// A site with one pool of a kind whose nodes are watched; polls go in round by round.
class World {
 public:
  explicit World(const std::string& kind, int nodes = 3, bool preferred = false) {
    config_.site = "site1";
    config_.id = 7;
    config_.timing = *ecv::preset("lan");
    config_.checkpoints_clear_after = seconds(2);
    PoolConfig pool;
    pool.name = "main";
    pool.kind = kind;
    pool.guard = "none";
    pool.preferred_writer = preferred;
    for (int i = 0; i < nodes; ++i) pool.nodes.push_back({"db" + std::to_string(i + 1), true, 10 * (i + 1)});
    config_.pools.push_back(pool);
    polls.resize(static_cast<std::size_t>(nodes));
    for (std::size_t i = 0; i < polls.size(); ++i) {
      polls[i].node = i;
      polls[i].read_only = false;
      polls[i].write = WriteProbe::kOk;
    }
  }

  void start() { site_ = std::make_unique<Site>(config_, Identity{77, 99, false}, std::span(&loaded, 1), now); }
  SiteConfig& config() { return config_; }
  // Each node is polled once, 250 ms later. Without `only`: every one.
  void round(std::optional<NodeIndex> only = {}) {
    now += milliseconds(250);
    std::vector<Event> events;
    for (const auto& p : polls) {
      if (!only || *only == p.node) events.emplace_back(p);
    }
    step(std::move(events));
  }
  void rounds(int n) {
    for (int i = 0; i < n; ++i) round();
  }
  void step(std::vector<Event> events) {
    actions.clear();
    site_->step(events, now, actions);
    for (const auto& a : actions) {
      if (const auto* round = std::get_if<StartRound>(&a)) round_ = round->round;
      if (const auto* persist = std::get_if<Persist>(&a)) persisted = persist->record;
      if (const auto* reply = std::get_if<CommandReply>(&a)) replied = *reply;
      if (std::holds_alternative<Journal>(a) || std::holds_alternative<Changed>(a)) continue;
      if (std::holds_alternative<StartRound>(a) || std::holds_alternative<ProbeNow>(a)) continue;
      if (std::holds_alternative<Persist>(a) || std::holds_alternative<CommandReply>(a)) continue;
      ++deeds;
    }
    if (round_ && !config_.checkpoints.empty()) {
      RoundDone done;
      done.round = *std::exchange(round_, std::nullopt);
      done.items.assign(config_.checkpoints.size(), {quorum, ""});
      std::vector<Action> more;
      const std::vector<Event> events_of_round = {done};
      site_->step(events_of_round, now, more);
      for (const auto& a : more) {
        if (const auto* round = std::get_if<StartRound>(&a)) round_ = round->round;
      }
    }
  }
  void order(Operation operation, std::optional<NodeIndex> node = {}) {
    Command c;
    c.operation = operation;
    c.node = node;
    c.who = "root";
    step({c});
  }
  [[nodiscard]] PoolView view() const { return site_->pool(0, now); }
  [[nodiscard]] ecv::Report report() const { return site_->report(0, now); }
  // By the order of the configuration, which is that of the priorities.
  [[nodiscard]] const NodeView node(std::size_t i) const { return view().nodes.at(i); }
  [[nodiscard]] std::vector<std::string> active() const {
    std::vector<std::string> out;
    for (const auto& n : view().nodes) {
      if (n.state == NodeState::kActive) out.push_back(n.name);
    }
    return out;
  }

  Instant now{seconds(1000)};
  LoadedPool loaded;
  std::vector<NodePolled> polls;
  std::vector<Action> actions;
  std::optional<Record> persisted;
  std::optional<CommandReply> replied;
  bool quorum = true;
  int deeds = 0;  // actions that change something in the world

 private:
  SiteConfig config_;
  std::unique_ptr<Site> site_;
  std::optional<std::uint64_t> round_;
};

using Names = std::vector<std::string>;

}  // namespace

TEST(MultiWriter, EveryGoodNodeIsActive) {
  World w("multi_writer");
  w.start();
  EXPECT_EQ(w.view().state, State::kInit);
  w.round();
  EXPECT_EQ(w.active(), (Names{"db1", "db2", "db3"}));
  EXPECT_EQ(w.view().state, State::kActive);
  EXPECT_EQ(w.report().state, ecv::PoolState::kActive);
  EXPECT_EQ(w.report().lease_ms, 2000);
  EXPECT_EQ(w.report().epoch, ecv::Epoch::make(1, 7));
  EXPECT_EQ(w.report().guard, "none");
  EXPECT_EQ(w.report().arbiter, "none");
}

TEST(MultiWriter, ChangesNothingAtAnyNode) {
  World w("multi_writer");
  w.start();
  w.rounds(4);
  w.polls[0].result = PollResult::kUnreachable;
  w.rounds(10);
  w.polls[1].read_only = true;
  w.rounds(10);
  EXPECT_EQ(w.deeds, 0);
}

TEST(MultiWriter, ANodeThatDoesNotAnswerFailsAfterItsPollsAndTheOthersStay) {
  World w("multi_writer");
  w.start();
  w.rounds(2);
  w.polls[1].result = PollResult::kUnreachable;
  w.polls[1].message = "no answer";
  w.round();
  EXPECT_EQ(w.active().size(), 3U);  // one error is no failure
  w.rounds(2);
  EXPECT_EQ(w.node(1).state, NodeState::kFailedOffline);
  EXPECT_EQ(w.active(), (Names{"db1", "db3"}));
  EXPECT_EQ(w.view().state, State::kActive);
}

TEST(MultiWriter, AFaultThatTheNodeTellsFailsItOnlineWithItsMessage) {
  World w("multi_writer");
  w.start();
  w.rounds(2);
  w.polls[2].fault = "wsrep_cluster_status is non-Primary";
  w.polls[2].read_only.reset();
  w.rounds(3);
  EXPECT_EQ(w.node(2).state, NodeState::kFailedOnline);
  EXPECT_EQ(w.node(2).status, NodeStatus::kFail);
  EXPECT_EQ(w.node(2).message, "wsrep_cluster_status is non-Primary");
}

TEST(MultiWriter, ANodeThatComesBackWaitsAndIsActiveAgain) {
  World w("multi_writer");
  w.start();
  w.rounds(2);
  w.polls[0].result = PollResult::kRefused;
  w.rounds(4);
  w.polls[0].result = PollResult::kOk;
  w.rounds(2);
  EXPECT_EQ(w.node(0).state, NodeState::kAwaitingRecovery);
  w.rounds(21);  // auto_recover_after is 5 s
  EXPECT_EQ(w.node(0).state, NodeState::kActive);
}

TEST(MultiWriter, ADonorStandsAsideWithoutHavingFailed) {
  World w("multi_writer");
  w.start();
  w.rounds(2);
  w.polls[0].aside = "wsrep_local_state is 2 (Donor/Desynced)";
  w.round();
  EXPECT_EQ(w.node(0).state, NodeState::kStandby);
  EXPECT_EQ(w.node(0).status, NodeStatus::kOkInfo);
  EXPECT_EQ(w.node(0).message, "wsrep_local_state is 2 (Donor/Desynced)");
  w.polls[0].aside.clear();
  w.round();
  EXPECT_EQ(w.node(0).state, NodeState::kActive);  // at once: it never failed
}

TEST(MultiWriter, AReadOnlyNodeIsStandby) {
  World w("multi_writer");
  w.start();
  w.polls[0].read_only = true;
  w.polls[1].write = WriteProbe::kReadOnly;
  w.rounds(2);
  EXPECT_EQ(w.node(0).state, NodeState::kStandby);
  EXPECT_EQ(w.node(0).message, "read_only is set");
  EXPECT_EQ(w.node(1).state, NodeState::kStandby);
  EXPECT_EQ(w.active(), (Names{"db3"}));
}

TEST(MultiWriter, ANodeThatCannotWriteFails) {
  World w("multi_writer");
  w.start();
  w.rounds(2);
  w.polls[0].write = WriteProbe::kFailed;
  w.rounds(3);
  EXPECT_EQ(w.node(0).state, NodeState::kFailedOnline);
}

TEST(MultiWriter, BrokenReplicationDoesNotTakeANodeOut) {
  World w("multi_writer");
  w.start();
  w.polls[0].io = "No";
  w.polls[0].sql = "No";
  w.polls[0].sql_errno = 1062;
  w.rounds(10);
  EXPECT_EQ(w.node(0).state, NodeState::kActive);
}

TEST(MultiWriter, AWarningIsShownAndAlarms) {
  World w("multi_writer");
  w.start();
  w.polls[0].warning = "wsrep_cluster_size is 2 of 3 expected";
  w.rounds(2);
  EXPECT_EQ(w.node(0).state, NodeState::kActive);
  EXPECT_EQ(w.node(0).status, NodeStatus::kOkWarn);
  EXPECT_EQ(w.node(0).message, "wsrep_cluster_size is 2 of 3 expected");
  ASSERT_EQ(w.view().alarms.size(), 1U);
  EXPECT_EQ(w.view().alarms[0], "db1: wsrep_cluster_size is 2 of 3 expected");
  w.polls[0].warning.clear();
  w.round();
  EXPECT_TRUE(w.view().alarms.empty());
}

TEST(MultiWriter, TooManyConnectionsFailNobody) {
  World w("multi_writer");
  w.start();
  w.rounds(2);
  for (auto& p : w.polls) p.result = PollResult::kDegraded;
  w.rounds(10);
  EXPECT_EQ(w.active().size(), 3U);
  EXPECT_GT(w.report().lease_ms, 0);
  EXPECT_EQ(w.node(0).status, NodeStatus::kOkWarn);
}

TEST(MultiWriter, WithoutAGoodNodeItSaysWhy) {
  World w("multi_writer", 2);
  w.start();
  w.rounds(2);
  for (auto& p : w.polls) p.fault = "wsrep_ready is OFF";
  w.rounds(3);
  EXPECT_EQ(w.view().state, State::kStandby);
  EXPECT_EQ(w.report().lease_ms, 0);
  EXPECT_EQ(w.report().epoch.value, 0U);
  EXPECT_EQ(w.view().reason, "db1 is FAILED_ONLINE: wsrep_ready is OFF; db2 is FAILED_ONLINE: wsrep_ready is OFF");
}

TEST(MultiWriter, AClaimEndsALeaseAfterTheLastGoodPoll) {
  World w("multi_writer");
  w.start();
  w.rounds(2);
  w.now += milliseconds(1999);
  EXPECT_EQ(w.report().lease_ms, 1);
  w.now += milliseconds(1);
  EXPECT_EQ(w.report().lease_ms, 0);
  EXPECT_EQ(w.report().epoch.value, 0U);
}

TEST(MultiWriter, TheClaimsEpochIsNoLowerThanWhatAFailoverPoolLeft) {
  World w("multi_writer");
  w.loaded.slots = LoadedPool::Slots::kValid;
  w.loaded.record.max_epoch = ecv::Epoch::make(41, 2);
  w.start();
  w.round();
  EXPECT_EQ(w.report().epoch, ecv::Epoch::make(41, 7));
}

TEST(MultiWriter, TheNodesOfAnotherSiteMakeNoClaim) {
  World w("multi_writer", 2);
  w.config().pools[0].nodes[1].local = false;
  w.start();
  w.polls[0].result = PollResult::kRefused;
  w.rounds(4);
  EXPECT_EQ(w.active(), (Names{"db2"}));
  EXPECT_EQ(w.view().state, State::kStandby);
  EXPECT_EQ(w.report().lease_ms, 0);
}

TEST(PreferredWriter, IsTheFirstByPriorityOnceAllWereLookedAt) {
  World w("multi_writer", 3, true);
  w.start();
  w.round(2);
  EXPECT_EQ(w.active(), Names{});  // db3 was looked at first; db1 may be well
  w.round(1);
  w.round(0);
  EXPECT_EQ(w.active(), (Names{"db1"}));
  EXPECT_EQ(w.node(1).state, NodeState::kStandby);
  EXPECT_EQ(w.view().state, State::kActive);
}

TEST(PreferredWriter, FailsOverInsideThePoolAndStaysThere) {
  World w("multi_writer", 3, true);
  w.start();
  w.rounds(2);
  w.polls[0].result = PollResult::kRefused;
  w.rounds(3);
  EXPECT_EQ(w.active(), (Names{"db2"}));
  EXPECT_EQ(w.view().promotions, 2U);  // db1 at the start, then db2
  w.polls[0].result = PollResult::kOk;
  w.rounds(30);
  EXPECT_EQ(w.node(0).state, NodeState::kStandby);  // no failback
  EXPECT_EQ(w.active(), (Names{"db2"}));
}

TEST(PreferredWriter, IsTheSameAfterARestart) {
  World w("multi_writer", 3, true);
  w.loaded.slots = LoadedPool::Slots::kValid;
  w.loaded.record.writer = "db3";
  w.start();
  w.rounds(2);
  EXPECT_EQ(w.active(), (Names{"db3"}));
  EXPECT_FALSE(w.persisted);
  w.polls[2].fault = "wsrep_connected is OFF";
  w.rounds(3);
  EXPECT_EQ(w.active(), (Names{"db1"}));
  ASSERT_TRUE(w.persisted);
  EXPECT_EQ(w.persisted->writer, "db1");
}

TEST(PreferredWriter, OneThatBecomesADonorHandsOnAtOnce) {
  World w("multi_writer", 2, true);
  w.start();
  w.rounds(2);
  w.polls[0].aside = "wsrep_local_state is 2 (Donor/Desynced)";
  w.round();
  EXPECT_EQ(w.active(), (Names{"db2"}));
}

TEST(PreferredWriter, APersonMovesItAtOnceAndItStays) {
  World w("multi_writer", 3, true);
  w.start();
  w.rounds(2);
  w.order(Operation::kMoveWriter, 2);
  ASSERT_TRUE(w.replied && w.replied->ok);
  EXPECT_EQ(w.replied->message,
            "db3 is the preferred writer; db1 is STANDBY: what is connected to it may write there until it connects "
            "anew");
  EXPECT_EQ(w.active(), (Names{"db3"}));  // in the step of the order itself
  EXPECT_EQ(w.node(0).state, NodeState::kStandby);
  EXPECT_EQ(w.view().promotions, 2U);
  w.rounds(30);
  EXPECT_EQ(w.active(), (Names{"db3"}));
  ASSERT_TRUE(w.persisted);
  EXPECT_EQ(w.persisted->writer, "db3");  // over a restart too
  EXPECT_EQ(w.deeds, 0);
  w.polls[2].result = PollResult::kRefused;
  w.rounds(3);
  EXPECT_EQ(w.active(), (Names{"db1"}));  // what a person prefers is not nailed down
}

TEST(PreferredWriter, ADryRunOnlySaysWhatWouldBe) {
  World w("multi_writer", 2, true);
  w.start();
  w.rounds(2);
  Command c;
  c.operation = Operation::kMoveWriter;
  c.node = 1;
  c.dry_run = true;
  w.step({c});
  ASSERT_TRUE(w.replied && w.replied->ok);
  EXPECT_EQ(w.replied->message.rfind("db2 would be the preferred writer at once", 0), 0U) << w.replied->message;
  EXPECT_EQ(w.active(), (Names{"db1"}));
}

TEST(PreferredWriter, MovesOnlyToALocalNodeThatIsWell) {
  World w("multi_writer", 4, true);
  w.config().pools[0].nodes[3].local = false;
  w.polls[1].aside = "wsrep_local_state is 2 (Donor/Desynced)";
  w.polls[2].fault = "wsrep_ready is OFF";
  w.start();
  w.rounds(4);
  const auto refused = [&](std::optional<NodeIndex> node) {
    w.replied.reset();
    w.order(Operation::kMoveWriter, node);
    EXPECT_TRUE(w.replied && !w.replied->ok);
    EXPECT_EQ(w.active()[0], "db1");
    return w.replied ? w.replied->message : "";
  };
  EXPECT_EQ(refused(0), "db1 is the preferred writer already");
  EXPECT_EQ(refused(1), "db2 is STANDBY: wsrep_local_state is 2 (Donor/Desynced)");
  EXPECT_EQ(refused(2), "db3 is FAILED_ONLINE: wsrep_ready is OFF");
  EXPECT_EQ(refused(3), "db4 belongs to another site, which prefers a writer of its own");
  EXPECT_EQ(refused(std::nullopt), "no such node");
  EXPECT_EQ(refused(9), "no such node");
}

TEST(PreferredWriter, OneThatIsSetOfflineHandsOnAtOnceAndDoesNotTakeBack) {
  World w("multi_writer", 2, true);
  w.start();
  w.rounds(2);
  w.order(Operation::kSetOffline, 0);
  EXPECT_EQ(w.active(), (Names{"db2"}));
  w.order(Operation::kMoveWriter, 0);
  ASSERT_TRUE(w.replied);
  EXPECT_EQ(w.replied->message.rfind("db1 is MAINT", 0), 0U) << w.replied->message;
  w.order(Operation::kSetOnline, 0);
  w.rounds(4);
  EXPECT_EQ(w.node(0).state, NodeState::kStandby);
  EXPECT_EQ(w.active(), (Names{"db2"}));
}

TEST(MultiWriter, WithoutAPreferredWriterThereIsNoneToMoveOrToPromote) {
  World w("multi_writer", 2);
  w.start();
  w.rounds(2);
  w.order(Operation::kMoveWriter, 1);
  ASSERT_TRUE(w.replied && !w.replied->ok);
  EXPECT_NE(w.replied->message.find("every node that is well is ACTIVE"), std::string::npos) << w.replied->message;
  w.order(Operation::kPromoteForce);
  ASSERT_TRUE(w.replied && !w.replied->ok);
  EXPECT_NE(w.replied->message.find("galera-candidate"), std::string::npos) << w.replied->message;
  EXPECT_EQ(w.active().size(), 2U);
}

TEST(PreferredWriter, IsNotMovedWhileTheCheckpointsAreLost) {
  World w("multi_writer", 2, true);
  for (const auto* id : {"a", "b", "c"}) w.config().checkpoints.push_back({id, Scope::kExternal, id});
  w.start();
  w.rounds(4);
  w.quorum = false;
  w.rounds(60);
  ASSERT_TRUE(w.active().empty());
  w.order(Operation::kMoveWriter, 1);
  ASSERT_TRUE(w.replied && !w.replied->ok);
  EXPECT_EQ(w.replied->message, "the quorum of the checkpoints is lost: no node is ACTIVE");
}

TEST(Single, IsActiveWhileItIsWell) {
  World w("single", 1);
  w.start();
  w.round();
  EXPECT_EQ(w.view().state, State::kActive);
  EXPECT_EQ(w.report().lease_ms, 2000);
  w.polls[0].result = PollResult::kRefused;
  w.rounds(3);
  EXPECT_EQ(w.view().state, State::kStandby);
  EXPECT_EQ(w.node(0).state, NodeState::kFailedOffline);
  w.polls[0].result = PollResult::kOk;
  w.rounds(25);
  EXPECT_EQ(w.view().state, State::kActive);
}

TEST(Single, ThatIsReadOnlyDoesNotClaim) {
  World w("single", 1);
  w.polls[0].read_only = true;
  w.start();
  w.rounds(2);
  EXPECT_EQ(w.view().state, State::kStandby);
  EXPECT_EQ(w.view().reason, "db1 is STANDBY: read_only is set");
}

// Spec: a reachable database must not hide that the site is cut off; no grant is held here.
TEST(Watched, TheLossOfTheCheckpointsTakesItOutAndTheirReturnBringsItBack) {
  World w("multi_writer");
  for (const auto* id : {"a", "b", "c"}) w.config().checkpoints.push_back({id, Scope::kExternal, id});
  w.start();
  w.rounds(4);
  EXPECT_EQ(w.view().status, ecv::PoolStatus::kOk);
  w.quorum = false;
  w.rounds(60);  // a slow round finds it, 10 s later at most; then a lease
  EXPECT_EQ(w.view().status, ecv::PoolStatus::kFail);
  EXPECT_EQ(w.active(), Names{});
  EXPECT_EQ(w.node(0).state, NodeState::kStandby);
  EXPECT_EQ(w.report().lease_ms, 0);
  EXPECT_EQ(w.view().reason, "the quorum of the checkpoints was lost");
  w.quorum = true;
  w.rounds(12);
  EXPECT_EQ(w.view().status, ecv::PoolStatus::kOk);
  EXPECT_EQ(w.active().size(), 3U);
}

TEST(Watched, ANodeIsSetOfflineAndOnline) {
  World w("multi_writer", 2);
  w.start();
  w.rounds(2);
  w.order(Operation::kSetOffline, 0);
  EXPECT_TRUE(w.replied->ok);
  EXPECT_EQ(w.node(0).state, NodeState::kMaint);
  w.rounds(2);
  EXPECT_EQ(w.active(), (Names{"db2"}));
  w.order(Operation::kSetOnline, 0);
  w.rounds(1);
  EXPECT_EQ(w.active().size(), 2U);
}

TEST(Watched, WithAllNodesOfflineItIsMaintAndStaysSoOverARestart) {
  World w("single", 1);
  w.start();
  w.rounds(2);
  w.order(Operation::kSetOffline, 0);
  EXPECT_EQ(w.view().state, State::kMaint);
  ASSERT_TRUE(w.persisted);
  EXPECT_TRUE(w.persisted->maint);
  World again("single", 1);
  again.loaded.slots = LoadedPool::Slots::kValid;
  again.loaded.record = *w.persisted;
  again.start();
  again.rounds(3);
  EXPECT_EQ(again.view().state, State::kMaint);
}

TEST(Watched, ANodeThatIsSetOfflineStaysSoOverARestart) {
  World w("multi_writer", 2);
  w.start();
  w.rounds(2);
  w.order(Operation::kSetOffline, 0);
  ASSERT_TRUE(w.persisted);
  EXPECT_FALSE(w.persisted->maint);
  World again("multi_writer", 2);
  again.loaded.slots = LoadedPool::Slots::kValid;
  again.loaded.record = *w.persisted;
  again.start();
  again.rounds(3);
  EXPECT_EQ(again.node(0).state, NodeState::kMaint);
  EXPECT_EQ(again.active(), (Names{"db2"}));
}

TEST(Watched, RecoverEndsTheWaitOfANode) {
  World w("multi_writer", 2);
  w.start();
  w.rounds(2);
  w.polls[0].result = PollResult::kRefused;
  w.rounds(4);
  w.polls[0].result = PollResult::kOk;
  w.round();
  w.order(Operation::kRecover, 0);
  w.round();
  EXPECT_EQ(w.node(0).state, NodeState::kActive);
}

TEST(Watched, RefusesWhatOnlyAnArbitratedPoolCanDo) {
  for (const auto operation : {Operation::kSwitchover, Operation::kAbortSwitchover, Operation::kPromoteForce,
                               Operation::kRecoverAcceptErrant}) {
    World w("multi_writer", 2);
    w.start();
    w.rounds(2);
    w.order(operation);
    ASSERT_TRUE(w.replied);
    EXPECT_FALSE(w.replied->ok);
    EXPECT_NE(w.replied->message.find("kind multi_writer"), std::string::npos);
    EXPECT_EQ(w.active().size(), 2U);
  }
}

TEST(Watched, AnEventOfNoNodeChangesNothing) {
  World w("single", 1);
  w.start();
  NodePolled strange;
  strange.node = 9;
  w.step({strange, GuardStatus{0, true, "", {}}, Persisted{0, 77, false, "late"}, RejoinDone{0, 1, true, ""}});
  w.order(Operation::kSetOffline, 9);
  EXPECT_FALSE(w.replied->ok);
  w.round();
  EXPECT_EQ(w.view().state, State::kActive);
  EXPECT_TRUE(w.view().alarms.empty());
}

TEST(Watched, TheWriterOfTheViewIsTheOnlyActiveNode) {
  World all("multi_writer");
  all.start();
  all.rounds(2);
  EXPECT_EQ(all.view().writer, "");  // there are three
  World one("multi_writer", 3, true);
  one.start();
  one.rounds(2);
  EXPECT_EQ(one.view().writer, "db1");
}

TEST(Watched, AnAlarmNamesItsNode) {
  World w("multi_writer");
  w.start();
  w.polls[1].warning = "wsrep_cluster_size is 2 of 3 expected";
  w.rounds(2);
  EXPECT_EQ(w.view().alarms_of, (Names{"db2"}));
}

TEST(Watched, HealByStepTakesBackOneFailedPollAtATime) {
  World w("multi_writer");
  w.config().heal_by_step = true;
  w.start();
  w.rounds(2);
  w.polls[0].result = PollResult::kRefused;
  w.rounds(3);
  ASSERT_EQ(w.node(0).state, NodeState::kFailedOffline);
  w.polls[0].result = PollResult::kOk;
  w.rounds(2);
  EXPECT_EQ(w.node(0).state, NodeState::kFailedOffline);
  EXPECT_EQ(w.node(0).req, 1);
  w.round();
  EXPECT_EQ(w.node(0).state, NodeState::kAwaitingRecovery);
}

}  // namespace core::testing
