#include "sitecheck/io/role_keeper.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/loop_test.h"
#include "tests/unit/base_io/loop_util.h"

namespace sitecheck {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RoleKeeperTest : public testing_support::LoopTest {
 protected:
  void SetUp() override {
    pool_.name = "main";
    for (const auto* name : {"db1", "db2", "db3"}) {
      conf::Node node;
      node.name = name;
      node.host = "192.0.2.1";
      pool_.nodes.push_back(node);
      config_.nodes.push_back({name, true, 1});
      core::NodeView view;
      view.name = name;
      view.state = ecv::NodeState::kStandby;
      view.polled_at = base::Instant{};
      view_.nodes.push_back(view);
    }
    view_.state = core::State::kStandby;
    view_.max_epoch_seen = ecv::Epoch::make(7, 1);
  }

  // A hook that writes a line to the log, then does `more`.
  std::vector<std::string> hook(const std::string& more = "") const {
    return {"/bin/sh", "-c",
            "echo \"$WIDEIP_EVENT $WIDEIP_ROLE $WIDEIP_ADDRESS $WIDEIP_NODE $WIDEIP_WHY\" >> " + log().string() + "; " +
                more};
  }
  conf::Role role(const std::string& name, conf::RoleKind kind, int addresses) const {
    conf::Role out;
    out.name = name;
    out.kind = kind;
    for (int i = 1; i <= addresses; ++i) {
      out.addresses.push_back(base::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(20 + i)}));
    }
    out.on_promote = out.on_demote = hook();
    return out;
  }
  void start(std::vector<conf::Role> roles) {
    pool_.roles = std::move(roles);
    RoleKeeperOptions options;
    options.site = "site1";
    options.keep = [this](const std::function<void()>& done) {
      kept_ = keeper_->placed();
      if (holds_) {
        held_ = done;
      } else {
        done();
      }
    };
    options.journal = [this](const core::Journal& j) { journal_.push_back(j); };
    options.owes = [this](const Placed& p, const std::string& why) {
      owed_.push_back(p.address + " at " + p.node + ": " + why);
    };
    keeper_ = std::make_unique<RoleKeeper>(loop_, pool_, kept_, std::move(options));
  }
  void writes(const std::string& node) {
    view_.state = node.empty() ? core::State::kStandby : core::State::kActive;
    view_.writer = node;
    for (auto& n : view_.nodes) n.state = n.name == node ? ecv::NodeState::kActive : ecv::NodeState::kStandby;
  }
  void add_node(const std::string& name) {
    conf::Node node;
    node.name = name;
    node.host = "192.0.2.1";
    pool_.nodes.push_back(node);
    config_.nodes.push_back({name, true, 1});
    core::NodeView view;
    view.name = name;
    view.state = ecv::NodeState::kStandby;
    view.polled_at = base::Instant{};
    view_.nodes.push_back(view);
  }
  void remove_node(const std::string& name) {
    std::erase_if(pool_.nodes, [&](const auto& n) { return n.name == name; });
    std::erase_if(config_.nodes, [&](const auto& n) { return n.name == name; });
    std::erase_if(view_.nodes, [&](const auto& n) { return n.name == name; });
  }
  void look(core::Mode mode = core::Mode::kActive) { keeper_->look(config_, view_, mode, in_downtime_); }
  // Until every address is where it ought to be.
  void settle() {
    run_until([this] {
      for (const auto& role : keeper_->view()) {
        if (!role.running.empty()) return false;
        for (const auto& a : role.addresses) {
          if (a.at != a.node) return false;
        }
      }
      return true;
    });
  }
  [[nodiscard]] std::filesystem::path log() const { return folder_ / "log"; }
  // What the hooks wrote; the log is empty afterwards.
  std::vector<std::string> ran() {
    std::vector<std::string> out;
    std::ifstream in(log());
    for (std::string line; std::getline(in, line);) out.push_back(line);
    std::filesystem::remove(log());
    return out;
  }
  [[nodiscard]] std::string at(std::size_t address, std::size_t of = 0) const {
    return keeper_->view()[of].addresses[address].at;
  }

  io_test::TempFolder folder_;
  conf::Pool pool_;
  core::PoolConfig config_;
  core::PoolView view_;
  std::set<std::string> in_downtime_;
  std::vector<Placed> kept_;
  std::vector<std::string> owed_;
  bool holds_ = false;
  std::function<void()> held_;
  std::vector<core::Journal> journal_;
  std::unique_ptr<RoleKeeper> keeper_;
};

constexpr auto kExclusive = conf::RoleKind::kExclusive;
constexpr auto kBalanced = conf::RoleKind::kBalanced;

TEST_F(RoleKeeperTest, AnExclusiveRoleGoesWithTheWriterAndIsTakenAwayBeforeItIsGiven) {
  start({role("writer", kExclusive, 1)});
  look();
  settle();
  EXPECT_THAT(ran(), IsEmpty());
  writes("db1");
  look();
  settle();
  EXPECT_THAT(ran(), ElementsAre("promote writer 192.0.2.21 db1 writer"));
  writes("db2");
  look();
  settle();
  EXPECT_THAT(ran(), ElementsAre("demote writer 192.0.2.21 db1 writer", "promote writer 192.0.2.21 db2 writer"));
  writes("");
  look();
  settle();
  EXPECT_THAT(ran(), ElementsAre("demote writer 192.0.2.21 db2 no-writer"));
  EXPECT_EQ(journal_.back().id, "role.hook");
}

TEST_F(RoleKeeperTest, AnExclusiveRoleWithoutAddressesIsItsHooks) {
  start({role("writer", kExclusive, 0)});
  writes("db3");
  look();
  settle();
  EXPECT_THAT(ran(), ElementsAre("promote writer  db3 writer"));
}

TEST_F(RoleKeeperTest, BalancedAddressesAreSpreadAndOnlyThoseOfALostNodeMove) {
  start({role("reader", kBalanced, 3)});
  writes("db1");
  look();
  settle();
  EXPECT_EQ(at(0), "db2");
  EXPECT_EQ(at(1), "db3");
  EXPECT_EQ(at(2), "db2");
  ran();
  view_.nodes[2].state = ecv::NodeState::kFailedOffline;
  look();
  settle();
  EXPECT_THAT(ran(), ElementsAre("demote reader 192.0.2.22 db3 balance", "promote reader 192.0.2.22 db2 balance"));
}

TEST_F(RoleKeeperTest, ANodeInDowntimeHasNoReaderAddress) {
  start({role("reader", kBalanced, 2)});
  writes("db1");
  in_downtime_ = {"db2"};
  look();
  settle();
  EXPECT_EQ(at(0), "db3");
  EXPECT_EQ(at(1), "db3");
}

TEST_F(RoleKeeperTest, NothingHappensBeforeEveryNodeWasPolled) {
  start({role("reader", kBalanced, 1)});
  view_.nodes[1].polled_at.reset();
  look();
  EXPECT_EQ(at(0), "");
  EXPECT_FALSE(keeper_->move("db1", "", ""));
}

TEST_F(RoleKeeperTest, ManualLeavesBalancedAddressesWhereTheyAre) {
  start({role("reader", kBalanced, 2), role("writer", kExclusive, 1)});
  writes("db1");
  look();
  settle();
  ran();
  writes("db2");
  view_.nodes[2].state = ecv::NodeState::kFailedOffline;
  look(core::Mode::kManual);
  settle();
  EXPECT_THAT(ran(), ElementsAre("demote writer 192.0.2.21 db1 writer", "promote writer 192.0.2.21 db2 writer"));
}

TEST_F(RoleKeeperTest, PassiveRunsNoHook) {
  start({role("reader", kBalanced, 2)});
  look(core::Mode::kPassive);
  EXPECT_EQ(at(0), "");
  EXPECT_FALSE(keeper_->move("db1", "", "192.0.2.21"));
}

TEST_F(RoleKeeperTest, AHookThatHangsIsKilledAndHoldsUpNobodyElse) {
  auto slow = role("writer", kExclusive, 1);
  slow.on_promote = hook("sleep 1000");
  slow.hook_timeout = base::milliseconds(300);
  auto quick = role("reader", kBalanced, 1);
  start({slow, quick});
  writes("db1");
  look();
  run_until([this] { return at(0, 1) == "db2" && keeper_->view()[1].running.empty(); });
  run_until([this] { return !keeper_->alarms().empty(); });
  EXPECT_THAT(keeper_->alarms().front(), HasSubstr("role writer: on_promote for 192.0.2.21 at db1: not ended within"));
  // It is taken away again all the same: it may have come half way.
  ran();
  writes("");
  look();
  settle();
  EXPECT_THAT(ran(), ::testing::Contains("demote writer 192.0.2.21 db1 no-writer"));
  EXPECT_THAT(keeper_->alarms(), IsEmpty());
}

TEST_F(RoleKeeperTest, ADemotionThatFailsIsOwedAndTheNextNodeGetsTheAddressAllTheSame) {
  auto r = role("writer", kExclusive, 1);
  r.on_demote = {"/bin/sh", "-c", "echo no such host >&2; exit 3"};
  start({r});
  writes("db1");
  look();
  settle();
  writes("db2");
  look();
  run_until([this] { return !owed_.empty(); });
  EXPECT_THAT(owed_, ElementsAre("192.0.2.21 at db1: exit status 3: no such host"));
  settle();
  EXPECT_EQ(at(0), "db2");
  // Done late, it may have taken the address from the new one too, where both are on one host: that gets it once more.
  ran();
  keeper_->confirm("192.0.2.99");
  keeper_->confirm("192.0.2.21");
  settle();
  EXPECT_THAT(ran(), ElementsAre("promote writer 192.0.2.21 db2 writer"));
}

TEST_F(RoleKeeperTest, OneHookOfARoleRunsAtATimeAndNewWishesWaitForIt) {
  auto r = role("writer", kExclusive, 1);
  const auto gate = folder_ / "gate";
  r.on_promote = hook("while [ ! -e " + gate.string() + " ]; do sleep 0.02; done; echo done >> " + log().string());
  start({r});
  writes("db1");
  look();
  for (const auto* node : {"db2", "db3", ""}) {
    writes(node);
    look();
  }
  EXPECT_EQ(keeper_->view()[0].running, "on_promote db1");
  std::ofstream(gate) << "open";
  settle();
  EXPECT_THAT(ran(),
              ElementsAre("promote writer 192.0.2.21 db1 writer", "done", "demote writer 192.0.2.21 db1 no-writer"));
}

TEST_F(RoleKeeperTest, WhoGetsAnAddressIsOnDiskBeforeTheHookRuns) {
  holds_ = true;
  start({role("writer", kExclusive, 1)});
  writes("db1");
  look();
  ASSERT_TRUE(held_);
  EXPECT_EQ(kept_.at(0).node, "db1");
  run_for(base::milliseconds(50));
  EXPECT_THAT(ran(), IsEmpty());
  holds_ = false;
  held_();
  settle();
  EXPECT_THAT(ran(), ElementsAre("promote writer 192.0.2.21 db1 writer"));
}

TEST_F(RoleKeeperTest, AfterARestartWhatWasHeldIsConfirmedOrTakenAway) {
  start({role("writer", kExclusive, 1), role("reader", kBalanced, 1)});
  writes("db1");
  look();
  settle();
  ran();
  keeper_.reset();
  start(pool_.roles);
  writes("");  // the machine came back, and another site writes
  view_.nodes[0].state = ecv::NodeState::kFenced;
  look();
  settle();
  run_until([this] { return std::filesystem::exists(log()) && keeper_->view()[1].running.empty(); });
  EXPECT_THAT(ran(), ::testing::UnorderedElementsAre("demote writer 192.0.2.21 db1 no-writer",
                                                     "promote reader 192.0.2.21 db2 start"));
}

TEST_F(RoleKeeperTest, APersonMovesAnAddressAndGivesItBackToTheBalance) {
  start({role("reader", kBalanced, 2)});
  writes("db1");
  look();
  settle();
  ASSERT_EQ(at(0), "db2");
  ASSERT_EQ(at(1), "db3");
  const auto moved = keeper_->move("db3", "", "192.0.2.21");
  ASSERT_TRUE(moved) << moved.error().message;
  settle();
  EXPECT_EQ(at(0), "db3");
  look();
  settle();
  EXPECT_EQ(keeper_->view()[0].addresses[0].pinned, "db3");
  ASSERT_TRUE(keeper_->move("auto", "reader", "192.0.2.21"));
  settle();
  EXPECT_NE(at(0), at(1));
}

TEST_F(RoleKeeperTest, AMoveThatCannotBeIsRefusedWithItsReason) {
  start({role("reader", kBalanced, 2), role("writer", kExclusive, 1)});
  writes("db1");
  look();
  settle();
  const auto why = [this](const std::string& node, const std::string& name, const std::string& address) {
    const auto moved = keeper_->move(node, name, address);
    return moved ? std::string("moved") : moved.error().message;
  };
  EXPECT_THAT(why("db2", "", ""), HasSubstr("several addresses"));
  EXPECT_THAT(why("db2", "", "192.0.2.99"), HasSubstr("no address 192.0.2.99"));
  EXPECT_THAT(why("db9", "", "192.0.2.21"), HasSubstr("no node \"db9\""));
  EXPECT_THAT(why("db1", "", "192.0.2.21"), HasSubstr("may not be read"));
  EXPECT_THAT(why("db2", "writer", ""), HasSubstr("goes with the writer"));
  EXPECT_THAT(why("db2", "reeder", ""), HasSubstr("no role \"reeder\"; there are: reader, writer"));
}

TEST_F(RoleKeeperTest, InManualAPersonMovesAnAddressAndOnlyThat) {
  start({role("reader", kBalanced, 2)});
  writes("db1");
  look();
  settle();
  look(core::Mode::kManual);
  ASSERT_TRUE(keeper_->move("db3", "", "192.0.2.21"));
  settle();
  EXPECT_EQ(at(0), "db3");
  EXPECT_EQ(at(1), "db3");
}

// The configuration read anew.

TEST_F(RoleKeeperTest, AReplicaThatIsAddedGetsItsShareAndTheOthersStay) {
  pool_.nodes.pop_back();
  config_.nodes.pop_back();
  view_.nodes.pop_back();
  start({role("reader", kBalanced, 2)});
  writes("db1");
  look();
  settle();
  EXPECT_THAT(ran(), SizeIs(2));
  ASSERT_EQ(at(0), "db2");
  ASSERT_EQ(at(1), "db2");
  add_node("db4");
  keeper_->reconfigure(pool_);
  look();
  settle();
  EXPECT_EQ(at(0), "db4");
  EXPECT_EQ(at(1), "db2");
  EXPECT_THAT(ran(), ElementsAre("demote reader 192.0.2.21 db2 balance", "promote reader 192.0.2.21 db4 balance"));
}

TEST_F(RoleKeeperTest, ANodeThatIsRemovedLosesItsAddressByTheHookBeforeAnotherGetsIt) {
  start({role("reader", kBalanced, 2)});
  writes("db1");
  look();
  settle();
  ran();
  ASSERT_EQ(at(1), "db3");
  remove_node("db2");
  keeper_->reconfigure(pool_);
  EXPECT_EQ(at(0), "db2");  // shown until it is taken away
  look();
  settle();
  EXPECT_EQ(at(0), "db3");
  EXPECT_EQ(at(1), "db3");
  EXPECT_THAT(ran(), ElementsAre("demote reader 192.0.2.21 db2 balance", "promote reader 192.0.2.21 db3 balance"));
  for (const auto& p : kept_) EXPECT_NE(p.node, "db2");
}

TEST_F(RoleKeeperTest, IndicesFollowTheNamesWhereNodesAreReordered) {
  start({role("reader", kBalanced, 2)});
  writes("db1");
  look();
  settle();
  ASSERT_TRUE(keeper_->move("db3", "", "192.0.2.21"));
  settle();
  ran();
  std::reverse(pool_.nodes.begin(), pool_.nodes.end());
  std::reverse(config_.nodes.begin(), config_.nodes.end());
  keeper_->reconfigure(pool_);
  look();
  settle();
  EXPECT_EQ(at(0), "db3");
  EXPECT_EQ(keeper_->view()[0].addresses[0].pinned, "db3");
  EXPECT_THAT(ran(), IsEmpty());
}

TEST_F(RoleKeeperTest, ANodeThatMovesToAnotherAddressIsDemotedAsTheOneThatItWas) {
  start({role("reader", kBalanced, 1)});
  pool_.roles[0].on_demote = {"/bin/sh", "-c", "echo $WIDEIP_EVENT $WIDEIP_NODE_ADDRESS >> " + log().string()};
  keeper_->reconfigure(pool_);
  writes("db1");
  look();
  settle();
  ran();
  pool_.nodes[1].host = "192.0.2.99";
  keeper_->reconfigure(pool_);
  look();
  settle();
  run_until([this] { return keeper_->view()[0].addresses[0].at == keeper_->view()[0].addresses[0].node; });
  EXPECT_EQ(ran().at(0), "demote 192.0.2.1");
}

TEST_F(RoleKeeperTest, RolesAndAddressesThatAreRemovedAreTakenAwayAndThenForgotten) {
  start({role("reader", kBalanced, 2), role("writer", kExclusive, 1)});
  pool_.roles[1].addresses = {base::IpAddress::v4({192, 0, 2, 50})};
  keeper_->reconfigure(pool_);
  writes("db1");
  look();
  settle();
  ran();
  pool_.roles.pop_back();
  pool_.roles[0].addresses.erase(pool_.roles[0].addresses.begin());
  keeper_->reconfigure(pool_);
  run_until([this] { return keeper_->view().size() == 1 && keeper_->view()[0].addresses.size() == 1; });
  EXPECT_THAT(ran(), ::testing::UnorderedElementsAre("demote reader 192.0.2.21 db2 balance",
                                                     "demote writer 192.0.2.50 db1 reload"));
  look();
  settle();
  EXPECT_EQ(keeper_->view()[0].addresses[0].address, "192.0.2.22");
  EXPECT_EQ(at(0), "db3");
  EXPECT_FALSE(keeper_->idle());
}

TEST_F(RoleKeeperTest, AnAddressThatGoesToAnotherRoleIsTakenAwayBeforeThatGivesIt) {
  start({role("reader", kBalanced, 1)});
  writes("db1");
  look();
  settle();
  ran();
  pool_.roles = {role("others", kBalanced, 1)};
  keeper_->reconfigure(pool_);
  look();
  settle();
  run_until([this] { return keeper_->view().size() == 1; });
  EXPECT_THAT(ran(), ElementsAre("demote reader 192.0.2.21 db2 reload", "promote others 192.0.2.21 db2 balance"));
}

TEST_F(RoleKeeperTest, APoolThatIsRemovedIsIdleOnceItsAddressesAreTakenAway) {
  start({role("reader", kBalanced, 2)});
  writes("db1");
  look();
  settle();
  ran();
  conf::Pool none;
  none.name = "main";
  keeper_->reconfigure(none);
  EXPECT_FALSE(keeper_->idle());
  run_until([this] { return keeper_->idle(); });
  EXPECT_THAT(ran(), ::testing::UnorderedElementsAre("demote reader 192.0.2.21 db2 reload",
                                                     "demote reader 192.0.2.22 db3 reload"));
  EXPECT_THAT(keeper_->placed(), IsEmpty());
}

TEST_F(RoleKeeperTest, ARemovalWhileItsHookRunsEndsThatFirst) {
  start({role("reader", kBalanced, 1)});
  writes("db1");
  holds_ = true;
  look();  // it is being written down that db2 gets it
  ASSERT_TRUE(held_);
  remove_node("db2");
  keeper_->reconfigure(pool_);
  holds_ = false;
  held_();
  look();
  settle();
  run_until([this] { return at(0) == "db3"; });
  EXPECT_THAT(ran(), ElementsAre("promote reader 192.0.2.21 db2 balance", "demote reader 192.0.2.21 db2 balance",
                                 "promote reader 192.0.2.21 db3 balance"));
}

TEST_F(RoleKeeperTest, InManualOnlyWhatANodeThatIsRemovedHadMoves) {
  start({role("reader", kBalanced, 2)});
  writes("db1");
  look();
  settle();
  ran();
  remove_node("db2");
  add_node("db4");
  keeper_->reconfigure(pool_);
  look(core::Mode::kManual);
  settle();
  EXPECT_EQ(at(0), "db4");
  EXPECT_EQ(at(1), "db3");
  EXPECT_THAT(ran(), ElementsAre("demote reader 192.0.2.21 db2 balance", "promote reader 192.0.2.21 db4 balance"));
}

}  // namespace
}  // namespace sitecheck
