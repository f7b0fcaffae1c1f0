#include "sitecheck/io/role_keeper.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/support/loop_test.h"
#include "tests/unit/base_io/loop_util.h"

namespace sitecheck {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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
    keeper_ = std::make_unique<RoleKeeper>(loop_, pool_, kept_, std::move(options));
  }
  void writes(const std::string& node) {
    view_.state = node.empty() ? core::State::kStandby : core::State::kActive;
    view_.writer = node;
    for (auto& n : view_.nodes) n.state = n.name == node ? ecv::NodeState::kActive : ecv::NodeState::kStandby;
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

TEST_F(RoleKeeperTest, ADemotionThatFailsIsAlarmedAndTheNextNodeGetsTheAddressAllTheSame) {
  auto r = role("writer", kExclusive, 1);
  r.on_demote = {"/bin/sh", "-c", "echo no such host >&2; exit 3"};
  start({r});
  writes("db1");
  look();
  settle();
  writes("db2");
  look();
  run_until([this] { return !keeper_->alarms().empty(); });
  EXPECT_THAT(keeper_->alarms().front(), HasSubstr("exit status 3: no such host"));
  settle();
  EXPECT_EQ(at(0), "db2");
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

}  // namespace
}  // namespace sitecheck
