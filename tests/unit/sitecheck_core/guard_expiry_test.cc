// protocol.md section 5: the guard's deadline as the confirmation of a fence whose database is not heard any more.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

namespace {

Bench active(const std::string& guard = "process") {
  Bench b;
  b.config.pools[0].guard = guard;
  b.start();
  EXPECT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(1));
  return b;
}

// The host of mysqld and its guard are gone.
void lose_host(Bench& b) {
  b.closing = Closing::kUnknown;
  b.node_answers = false;
  b.node_error = PollResult::kUnreachable;
}

}  // namespace

TEST(GuardExpiry, ConfirmsTheFenceOfADatabaseThatIsNotHeard) {
  Bench b = active();
  lose_host(b);
  ASSERT_TRUE(b.reach(State::kFencing));
  const auto& t = b.config.timing;
  const auto permit = b.last<SetPermit>()->deadline;
  b.run(permit + t.guard_tick + t.fence_bound - b.now);
  EXPECT_EQ(b.state(), State::kFencing);  // not before its clock, wrong by rho, must have come there
  ASSERT_TRUE(b.reach(State::kFenced, base::seconds(1)));
  EXPECT_EQ(b.view().fence, ecv::FenceKind::kHard);
  EXPECT_EQ(b.count(Counter::kFencedByGuard), 1U);
  EXPECT_EQ(b.count(Counter::kReleased), 1U);  // the peer may go on
  const auto& story = b.all<Journal>();
  EXPECT_TRUE(std::any_of(story.begin(), story.end(), [](const Journal& j) {
    return std::any_of(j.fields.begin(), j.fields.end(), [](const auto& f) {
      return f.first == "why" && f.second.find("closed by guard expiry") != std::string::npos;
    });
  }));
}

TEST(GuardExpiry, CountsForAGuardThatWentWithItsHost) {
  Bench b = active();
  lose_host(b);
  b.give(GuardStatus{0, false, "the guard does not answer"});
  ASSERT_TRUE(b.reach(State::kFencing));
  EXPECT_TRUE(b.reach(State::kFenced, base::seconds(4)));
}

TEST(GuardExpiry, DoesNotCountForAGuardThatWasDeadBefore) {
  Bench b = active();
  b.give(GuardStatus{0, false, "the guard does not answer"});
  b.run(b.config.timing.lease + milliseconds(100));
  lose_host(b);
  EXPECT_FALSE(b.reach(State::kFenced, base::seconds(20)));
  EXPECT_EQ(b.state(), State::kFencing);
}

TEST(GuardExpiry, DoesNotCountWithoutAGuard) {
  Bench b = active("none");
  lose_host(b);
  EXPECT_FALSE(b.reach(State::kFenced, base::seconds(20)));
}

// It answers, and is open: no deadline proves otherwise.
TEST(GuardExpiry, DoesNotCountForADatabaseThatAnswers) {
  Bench b = active();
  b.closing = Closing::kUnknown;
  b.node_writes = false;
  ASSERT_TRUE(b.reach(State::kFencing));
  b.run(base::seconds(20));
  EXPECT_EQ(b.state(), State::kFencing);
}

TEST(GuardExpiry, CountsAfterARestartWithinTheLeaseOnceTheGuardToldItsDeadline) {
  for (const bool told : {false, true}) {
    Bench b = active();
    const auto set = *b.last<SetPermit>();
    b.loaded.record = b.all<Promote>()[1].record;
    b.loaded.permit = LoadedPool::Permit{set.deadline, set.epoch};
    b.identity = {78, 1234, false};
    b.start();
    ASSERT_EQ(b.state(), State::kActive);
    EXPECT_FALSE(b.view().guard_armed);
    if (told) b.give(GuardStatus{0, true, "", set.deadline});
    EXPECT_EQ(b.view().guard_armed, told);
    lose_host(b);
    EXPECT_EQ(b.reach(State::kFenced, base::seconds(20)), told);
  }
}

TEST(GuardExpiry, ArmedIsShownInViewAndReport) {
  Bench b = active();
  EXPECT_TRUE(b.view().guard_armed);
  EXPECT_TRUE(b.site->report(0, b.now).guard_armed);
  EXPECT_FALSE(active("none").view().guard_armed);
  b.give(GuardStatus{0, false, "gone"});
  EXPECT_FALSE(b.site->report(0, b.now).guard_armed);
}

}  // namespace core::testing
