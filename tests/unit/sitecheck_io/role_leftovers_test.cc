#include "sitecheck/io/role_leftovers.h"

#include <gmock/gmock.h>

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
    leftovers_ = std::make_unique<RoleLeftovers>(loop_, std::move(left), std::move(options));
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
  EXPECT_EQ(ran().size(), 2U);
  ASSERT_EQ(leftovers_->alarms("main").size(), 1U);
  EXPECT_THAT(leftovers_->alarms("main")[0], HasSubstr("192.0.2.21"));
  EXPECT_THAT(leftovers_->alarms("other"), IsEmpty());
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
