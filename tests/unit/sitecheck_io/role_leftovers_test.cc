#include "sitecheck/io/role_leftovers.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "tests/support/loop_test.h"
#include "tests/unit/base_io/loop_util.h"

namespace sitecheck {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RoleLeftoversTest : public testing_support::LoopTest {
 protected:
  Placed placed(const std::string& role, const std::string& address, const std::string& node,
                const std::string& end = "true") const {
    Placed out{"main", role, address, node, ""};
    out.kind = "balanced";
    out.host = "192.0.2.1";
    out.port = 3306;
    out.on_demote = {"/bin/sh", "-c",
                     "echo \"$WIDEIP_EVENT $WIDEIP_ROLE $WIDEIP_ADDRESS $WIDEIP_NODE $WIDEIP_NODE_ADDRESS "
                     "$WIDEIP_WHY\" >> " +
                         (folder_ / "log").string() + "; " + end};
    return out;
  }
  void start(std::vector<Placed> left) {
    RoleKeeperOptions options;
    options.site = "site1";
    options.keep = [this](const std::function<void()>& done) {
      kept_ = leftovers_->placed();
      done();
    };
    options.journal = [this](const core::Journal& j) { journal_.push_back(j); };
    leftovers_ = std::make_unique<RoleLeftovers>(
        loop_, std::move(left), std::move(options),
        [this](const Placed& p) { taken_.push_back(p.address + " from " + p.node); }, base::milliseconds(20));
  }
  std::vector<std::string> ran() const {
    std::vector<std::string> out;
    std::ifstream in(folder_ / "log");
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

  io_test::TempFolder folder_;
  std::vector<Placed> kept_;
  std::vector<core::Journal> journal_;
  std::vector<std::string> taken_;
  std::unique_ptr<RoleLeftovers> leftovers_;
};

TEST(LeftOver, IsWhatANodeHasAndNothingPlacesThereAnyMore) {
  const Placed stays{"main", "reader", "192.0.2.21", "db1", ""};
  const Placed gone{"main", "reader", "192.0.2.22", "db2", ""};
  const Placed of_no_pool{"old", "writer", "192.0.2.9", "db9", ""};
  const Placed nobody{"main", "writer", "192.0.2.23", "", ""};
  Placed other_node = stays;
  other_node.node = "";
  EXPECT_EQ(left_over({stays, gone, of_no_pool, nobody}, {stays}).size(), 2U);
  EXPECT_EQ(left_over({stays}, {other_node}).size(), 1U);  // the node that had it is no more
  EXPECT_THAT(left_over({stays}, {stays}), IsEmpty());
}

TEST_F(RoleLeftoversTest, AreTakenAwayOneAfterTheOtherByTheHookOfThatTime) {
  start({placed("reader", "192.0.2.21", "db1"), placed("reader", "192.0.2.22", "db2")});
  EXPECT_FALSE(leftovers_->look(core::Mode::kActive));
  EXPECT_EQ(leftovers_->placed().size(), 2U);
  run_until([&] { return leftovers_->look(core::Mode::kActive); });
  EXPECT_THAT(ran(), ElementsAre("demote reader 192.0.2.21 db1 192.0.2.1 removed",
                                 "demote reader 192.0.2.22 db2 192.0.2.1 removed"));
  EXPECT_THAT(kept_, IsEmpty());
  ASSERT_EQ(journal_.size(), 2U);
  EXPECT_EQ(journal_[0].id, "role.removed");
  EXPECT_THAT(leftovers_->alarms("main"), IsEmpty());
}

TEST_F(RoleLeftoversTest, AHookThatFailsIsAlarmedAndTheNextGoesOn) {
  start({placed("reader", "192.0.2.21", "db1", "echo no route >&2; exit 3"), placed("reader", "192.0.2.22", "db2")});
  run_until([&] { return leftovers_->look(core::Mode::kActive); });
  const auto lines = ran();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line.ends_with(" removed"); }), 2)
      << "and perhaps another try of the first";
  ASSERT_EQ(leftovers_->alarms("main").size(), 1U);
  EXPECT_THAT(leftovers_->alarms("main")[0],
              HasSubstr("192.0.2.21 of role reader: on_demote at db1 failed: exit status 3: no route"));
  EXPECT_THAT(leftovers_->alarms("other"), IsEmpty());
}

TEST_F(RoleLeftoversTest, WhatFailedIsTriedUntilItIsDoneAndTheAlarmEndsThen) {
  const auto gate = folder_ / "gate";
  start({placed("reader", "192.0.2.21", "db1", "test -e " + gate.string())});
  run_until([&] { return leftovers_->look(core::Mode::kActive) && ran().size() > 3; });
  ASSERT_EQ(leftovers_->alarms("main").size(), 1U);
  EXPECT_EQ(journal_.size(), 1U);  // one line for the row of failures
  std::ofstream(gate) << "up";
  run_until([&] { return !leftovers_->owes(); });
  EXPECT_THAT(leftovers_->alarms("main"), IsEmpty());
  EXPECT_THAT(kept_, IsEmpty());
  EXPECT_THAT(taken_, ElementsAre("192.0.2.21 from db1"));
  EXPECT_EQ(ran().back(), "demote reader 192.0.2.21 db1 192.0.2.1 retry");
  ASSERT_EQ(journal_.size(), 2U);
  EXPECT_THAT(journal_[1].message, HasSubstr("is no longer at db1, after all"));
}

TEST_F(RoleLeftoversTest, WhatIsOwedIsKeptOverARestartAndHoldsUpNoRole) {
  start({});
  EXPECT_TRUE(leftovers_->look(core::Mode::kPassive));
  leftovers_->owe(placed("writer", "192.0.2.21", "db1", "exit 1"), "no route");
  EXPECT_THAT(leftovers_->alarms("main")[0], HasSubstr("no route"));
  const auto kept = leftovers_->placed();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_TRUE(kept[0].owed);
  start(kept);
  EXPECT_TRUE(leftovers_->look(core::Mode::kActive));
  run_until([&] { return !ran().empty(); });
  EXPECT_TRUE(leftovers_->owes());
}

TEST_F(RoleLeftoversTest, WhoGetsTheAddressBackOwesItNoLonger) {
  start({});
  leftovers_->owe(placed("writer", "192.0.2.21", "db1"), "no route");
  leftovers_->forgive({{"main", "writer", "192.0.2.21", "db2", ""}, {"other", "writer", "192.0.2.21", "db1", ""}});
  EXPECT_TRUE(leftovers_->owes());
  leftovers_->forgive({{"main", "reader", "192.0.2.21", "db1", ""}});
  EXPECT_FALSE(leftovers_->owes());
  EXPECT_THAT(leftovers_->alarms("main"), IsEmpty());
}

TEST_F(RoleLeftoversTest, ModePassiveTouchesNothing) {
  start({placed("reader", "192.0.2.21", "db1")});
  EXPECT_FALSE(leftovers_->look(core::Mode::kPassive));
  run_for(base::milliseconds(50));
  EXPECT_THAT(ran(), IsEmpty());
}

TEST_F(RoleLeftoversTest, WithoutAHookItIsOnlyTold) {
  auto p = placed("reader", "192.0.2.21", "db1");
  p.on_demote.clear();
  start({p});
  EXPECT_TRUE(leftovers_->look(core::Mode::kActive));
  EXPECT_EQ(journal_.size(), 1U);
}

}  // namespace
}  // namespace sitecheck
