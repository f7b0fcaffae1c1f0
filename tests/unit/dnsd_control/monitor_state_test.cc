// Thresholds and holds of monitors, by looks at told times; and what holds whatever the looks are.
#include "dnsd/control/monitor_state.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace control {
namespace {

using Value = MonitorValue;
constexpr Finding kGood = Finding::kGood;
constexpr Finding kFailed = Finding::kFailed;

base::Instant at(int s) { return base::Instant(base::seconds(1000 + s)); }

struct Monitored {
  MonitorPolicy policy{};
  MonitorState state{};
  int second = 0;
  // Looks, one a second; the value after them.
  Value see(const std::vector<Finding>& looks) {
    for (const Finding each : looks) take(state, policy, each, at(second++));
    return state.value;
  }
};

TEST(MonitorState, TheFirstLookDecidesBothWays) {
  EXPECT_EQ(Monitored().see({}), Value::kUnknown);
  EXPECT_EQ(Monitored().see({kGood}), Value::kUp);
  EXPECT_EQ(Monitored().see({kFailed}), Value::kDown);
  EXPECT_EQ(Monitored().see({Finding::kDisabled}), Value::kDisabled);
  EXPECT_EQ(Monitored().see({Finding::kProvesNothing}), Value::kUnknown);
}

TEST(MonitorState, FallAndRiseCountLooksInARow) {
  Monitored m;
  EXPECT_EQ(m.see({kGood, kFailed, kFailed}), Value::kUp);
  EXPECT_TRUE(m.state.failing());
  EXPECT_EQ(m.see({kGood, kFailed, kFailed}), Value::kUp) << "a good look between them begins anew";
  EXPECT_EQ(m.see({kFailed}), Value::kDown);
  EXPECT_EQ(m.see({kGood, kFailed, kGood}), Value::kDown);
  EXPECT_EQ(m.see({kGood}), Value::kUp);
}

TEST(MonitorState, ADisabledMemberIsUpAgainWithTheNextGoodLook) {
  Monitored m;
  EXPECT_EQ(m.see({kGood, Finding::kDisabled}), Value::kDisabled) << "it says so itself: at once";
  EXPECT_EQ(m.see({kFailed, kFailed}), Value::kDisabled);
  EXPECT_EQ(m.see({kGood}), Value::kUp);
  EXPECT_EQ(m.see({Finding::kDisabled, kFailed, kFailed, kFailed}), Value::kDown);
  EXPECT_EQ(m.see({Finding::kDisabled, Finding::kDisabled}), Value::kDisabled) << "it is well again";
}

TEST(MonitorState, LooksThatProveNothingMakeUnknownAndNeverDown) {
  Monitored m;
  const auto nothing = Finding::kProvesNothing;
  EXPECT_EQ(m.see({kGood, nothing, nothing}), Value::kUp);
  EXPECT_EQ(m.see({nothing}), Value::kUnknown);
  EXPECT_EQ(m.see({nothing, nothing}), Value::kUnknown);
  EXPECT_EQ(m.see({kGood}), Value::kUp);
  EXPECT_EQ(m.see({kFailed, kFailed, kFailed, nothing}), Value::kDown) << "what was proved stays so";
}

TEST(MonitorState, TimeUntilUpIsOneOfGoodLooksOnly) {
  Monitored m;
  m.policy.up_after = base::seconds(5);
  EXPECT_EQ(m.see({kGood}), Value::kUp) << "at the start nobody is kept waiting";
  m.see({kFailed, kFailed, kFailed});                                            // seconds 1 to 3
  EXPECT_EQ(m.see({kGood, kGood, kGood, kFailed, kGood, kGood}), Value::kDown);  // 4 to 9; good since 8
  EXPECT_EQ(waits_for(m.state, m.policy, at(10)), "time until up: 3.0 s left");
  EXPECT_EQ(m.see({kGood, kGood, kGood}), Value::kDown);  // 10 to 12
  EXPECT_EQ(m.see({kGood}), Value::kUp);                  // 13
  EXPECT_EQ(waits_for(m.state, m.policy, at(13)), "");
}

TEST(MonitorState, HoldDownCountsFromTheFall) {
  Monitored m;
  m.policy.hold_down = base::seconds(10);
  EXPECT_EQ(m.see({kFailed, kGood, kGood}), Value::kUp) << "it never was up, so it never fell";
  m.see({kFailed, kFailed, kFailed});  // 3 to 5: falls at 5
  EXPECT_EQ(m.see(std::vector<Finding>(9, kGood)), Value::kDown);
  EXPECT_EQ(m.see({kGood}), Value::kUp);
  EXPECT_EQ(m.state.since, at(15));
}

TEST(MonitorState, ManualResumeWaitsForAPerson) {
  Monitored m;
  m.policy.manual_resume = true;
  EXPECT_EQ(m.see({kFailed, kGood, kGood}), Value::kUp) << "a start with a lost packet needs nobody";
  EXPECT_EQ(m.see({kFailed, kFailed, kFailed}), Value::kDown);
  EXPECT_EQ(m.see(std::vector<Finding>(50, kGood)), Value::kDown);
  EXPECT_EQ(waits_for(m.state, m.policy, at(99)), "manual resume: waits for `dnsd resume`");
  EXPECT_TRUE(resume(m.state, m.policy, at(99)));
  EXPECT_EQ(m.state.value, Value::kUp);
  EXPECT_FALSE(resume(m.state, m.policy, at(99))) << "nothing waits any more";
}

TEST(MonitorState, AResumeOfWhatStillFailsLetsItReturnByItself) {
  Monitored m;
  m.policy.manual_resume = true;
  m.see({kGood, kFailed, kFailed, kFailed});
  EXPECT_TRUE(resume(m.state, m.policy, at(4)));
  EXPECT_EQ(m.state.value, Value::kDown);
  EXPECT_EQ(m.see({kFailed, kGood, kGood}), Value::kUp);
}

TEST(MonitorState, AMemberThatWasDownBehindARefusedLoginWaitsForAPersonToo) {
  Monitored m;
  m.policy.manual_resume = true;
  const auto nothing = Finding::kProvesNothing;
  EXPECT_EQ(m.see({kGood, nothing, nothing, nothing, kFailed}), Value::kDown);
  EXPECT_EQ(m.see({kGood, kGood, kGood}), Value::kDown);
}

TEST(MonitorState, ALatchFromBeforeARestartHolds) {
  Monitored m;
  m.policy.manual_resume = true;
  m.state.latched = true;
  EXPECT_EQ(m.see({kGood}), Value::kDown);
  EXPECT_EQ(m.see({kGood, kGood}), Value::kDown);
  m.policy.manual_resume = false;
  EXPECT_EQ(m.see({kGood}), Value::kUp) << "no longer asked for";
}

TEST(MonitorState, ThePaceIsTheFasterOneWhileThingsAreNotWell) {
  Monitored m;
  m.policy.interval = base::seconds(10);
  m.policy.interval_down = base::seconds(1);
  EXPECT_EQ(pace(m.state, m.policy), base::seconds(1));
  m.see({kGood});
  EXPECT_EQ(pace(m.state, m.policy), base::seconds(10));
  m.see({kFailed});
  EXPECT_EQ(pace(m.state, m.policy), base::seconds(1));
}

TEST(MonitorState, CompositesKnowFourValues) {
  using K = conf::MonitorKind;
  const auto of = [](K kind, std::vector<Value> parts, int n = 1) { return combine(kind, n, parts); };
  const auto up = Value::kUp, down = Value::kDown, unknown = Value::kUnknown, disabled = Value::kDisabled;
  EXPECT_EQ(of(K::kAll, {up, up}), up);
  EXPECT_EQ(of(K::kAll, {up, unknown}), unknown);
  EXPECT_EQ(of(K::kAll, {down, unknown}), down);
  EXPECT_EQ(of(K::kAll, {up, disabled}), disabled);
  EXPECT_EQ(of(K::kAny, {down, up}), up);
  EXPECT_EQ(of(K::kAny, {down, unknown}), unknown);
  EXPECT_EQ(of(K::kAny, {down, down}), down);
  EXPECT_EQ(of(K::kAtLeast, {up, up, down}, 2), up);
  EXPECT_EQ(of(K::kAtLeast, {up, down, down}, 2), down);
  EXPECT_EQ(of(K::kAtLeast, {up, down, unknown}, 2), unknown);
  EXPECT_EQ(of(K::kNot, {up}), down);
  EXPECT_EQ(of(K::kNot, {down}), up);
  EXPECT_EQ(of(K::kNot, {unknown}), unknown);
  EXPECT_EQ(of(K::kNot, {disabled}), down);
}

std::vector<Finding> any_looks() {
  const auto numbers = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4));
  std::vector<Finding> out;
  for (const int n : numbers) out.push_back(static_cast<Finding>(n));
  return out;
}

// Whatever the looks: it is never up while the latest `fall` looks failed, never comes back from down with fewer than
// `rise` good ones, and never before hold-down and a person allow it.
RC_GTEST_PROP(MonitorStateProperty, NothingIsUpThatHasNotEarnedIt, ()) {
  Monitored m;
  m.policy.rise = *rc::gen::inRange(1, 4);
  m.policy.fall = *rc::gen::inRange(1, 4);
  m.policy.hold_down = base::seconds(*rc::gen::inRange(0, 6));
  m.policy.up_after = base::seconds(*rc::gen::inRange(0, 6));
  m.policy.manual_resume = *rc::gen::arbitrary<bool>();
  int good = 0;
  int bad = 0;
  std::optional<int> good_since, fell;
  for (const Finding each : any_looks()) {
    const bool is_good = each == kGood || each == Finding::kDisabled;
    if (is_good && good == 0) good_since = m.second;
    good = is_good ? good + 1 : 0;
    bad = is_good ? 0 : bad + 1;
    const Value before = m.state.value;
    const bool latched = m.state.latched;
    const int now = m.second;
    const Value after = m.see({each});
    if (after == Value::kUp) RC_ASSERT(bad < m.policy.fall);
    if (after == Value::kUp) RC_ASSERT(!latched);
    if (before == Value::kDown && after == Value::kUp) {
      RC_ASSERT(good >= m.policy.rise);
      RC_ASSERT(base::seconds(now - *good_since) >= m.policy.up_after);
      if (fell) RC_ASSERT(base::seconds(now - *fell) >= m.policy.hold_down);
    }
    if (before == Value::kUp && after == Value::kDown) fell = now;
    if (before == Value::kUnknown && after == Value::kDown) fell.reset();
    if (before == Value::kDisabled && after == Value::kDown) fell = now;
  }
}

// A composite of known parts is known, and `not` twice is the value itself.
RC_GTEST_PROP(MonitorStateProperty, CompositesAreMonotonous, ()) {
  const auto numbers = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4)));
  std::vector<Value> parts;
  for (const int n : numbers) parts.push_back(static_cast<Value>(n));
  const int n = *rc::gen::inRange(1, static_cast<int>(parts.size()) + 1);
  const auto kind = *rc::gen::element(conf::MonitorKind::kAll, conf::MonitorKind::kAny, conf::MonitorKind::kAtLeast);
  const Value before = combine(kind, n, parts);
  auto better = parts;
  better[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(parts.size())))] = Value::kUp;
  if (before == Value::kUp) RC_ASSERT(combine(kind, n, better) == Value::kUp);
  if (combine(kind, n, better) == Value::kDown) RC_ASSERT(before == Value::kDown);
}

}  // namespace
}  // namespace control
