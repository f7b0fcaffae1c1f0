// What counts as a confirmed fence (protocol.md sections 3 and 5).
#include "sitecheck/io/fence_work.h"

#include <gtest/gtest.h>

#include "tests/support/loop_test.h"

namespace sitecheck {
namespace {

using base::milliseconds;
using core::Closing;

class FenceWorkTest : public testing_support::LoopTest {
 protected:
  std::shared_ptr<FenceWork> begin(FenceTerms terms, int nodes = 1) {
    terms.limit = milliseconds(150);
    auto work = std::make_shared<FenceWork>(loop_, terms, [this](Closing c, const std::string& m) {
      closing_ = c;
      message_ = m;
    });
    for (int i = 0; i < nodes; ++i) tell_.push_back(work->expect("db" + std::to_string(i)));
    work->begin();
    return work;
  }
  static GuardReport guard(GuardState state, bool cut) {
    GuardReport r;
    r.state = state;
    r.cut = cut;
    return r;
  }

  std::vector<std::function<void(const Closed&)>> tell_;
  std::optional<Closing> closing_;
  std::string message_;
};

TEST_F(FenceWorkTest, IsAsClosedAsItsLeastClosedNode) {
  const auto work = begin({}, 2);
  tell_[0]({Closing::kClosed, "read back", false});
  EXPECT_FALSE(closing_);
  tell_[1]({Closing::kUnknown, "no answer", false});
  EXPECT_EQ(closing_, Closing::kUnknown);
  EXPECT_EQ(message_, "db0: read back; db1: no answer");
}

TEST_F(FenceWorkTest, WithNftAClosedNodeIsNotEnoughUntilClientsAreCutOff) {
  FenceTerms terms;
  terms.needs_cut = true;
  terms.guard_ends = base::read_boot_clock() + base::seconds(9);
  const auto work = begin(terms);
  tell_[0]({Closing::kClosed, "read back", false});
  EXPECT_FALSE(closing_);
  work->hear(guard(GuardState::kClosing, true));
  EXPECT_EQ(closing_, Closing::kClosed);
}

TEST_F(FenceWorkTest, AGuardThatIsDeadHasCutThemOffAtItsLastDeadline) {
  FenceTerms terms;
  terms.needs_cut = true;
  terms.guard_ends = base::read_boot_clock() + milliseconds(60);
  const auto work = begin(terms);
  tell_[0]({Closing::kClosed, "read back", false});
  EXPECT_FALSE(closing_);
  run_until([&] { return closing_.has_value(); });
  EXPECT_EQ(closing_, Closing::kClosed);
  EXPECT_GE(base::read_boot_clock(), terms.guard_ends);
}

TEST_F(FenceWorkTest, AHungServerIsFencedByTheCutOfAHardFenceOnly) {
  FenceTerms terms;
  terms.needs_cut = true;
  terms.guard_ends = base::read_boot_clock() + base::seconds(9);
  const auto soft = begin(terms);
  soft->hear(guard(GuardState::kClosing, true));
  run_until([&] { return closing_.has_value(); });
  EXPECT_EQ(closing_, Closing::kUnknown);
  closing_.reset();
  terms.hard = true;
  const auto hard = begin(terms);
  hard->hear(guard(GuardState::kClosing, true));
  EXPECT_FALSE(closing_);  // until the end it may still be closed properly
  run_until([&] { return closing_.has_value(); });
  EXPECT_EQ(closing_, Closing::kProcessGone);
  EXPECT_NE(message_.find("cut off by nft"), std::string::npos);
}

TEST_F(FenceWorkTest, TheGuardsWordStandsWhereSitecheckReachesNothing) {
  const auto soft = begin({});
  soft->hear(guard(GuardState::kClosed, false));
  EXPECT_FALSE(closing_);
  tell_[0]({Closing::kUnknown, "connection refused", false});
  EXPECT_EQ(closing_, Closing::kProcessGone);
  closing_.reset();
  FenceTerms terms;
  terms.hard = true;
  const auto hard = begin(terms);
  hard->hear(guard(GuardState::kClosing, false));
  EXPECT_FALSE(closing_);
  hard->hear(guard(GuardState::kClosed, false));
  EXPECT_EQ(closing_, Closing::kProcessGone);
}

TEST_F(FenceWorkTest, WithoutANodeThereIsNothingToClose) {
  const auto work = begin({}, 0);
  EXPECT_EQ(closing_, Closing::kClosed);
}

}  // namespace
}  // namespace sitecheck
