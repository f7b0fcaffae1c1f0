#include "dnsd/decide/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenario.h"

namespace decide::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::vector<std::string> tell(Story& s, std::vector<Observation> observed, std::int64_t now) {
  const Memory before = s.memory;
  const Decision d = s.decide(observed, now);
  return steps(s.wide, observed, before, d, at(now));
}

TEST(Explain, TellsTheWholeWayOfAPlainAnswer) {
  Story s;
  const auto told = tell(s, {active(epoch(3, 1), 0), standby(0)}, 100);
  EXPECT_THAT(told, Contains(HasSubstr("site1/main is UP: ACTIVE, epoch 3 of site 1")));
  EXPECT_THAT(told, Contains(HasSubstr("site2/main is DOWN: says STANDBY, heard 100 ms ago")));
  EXPECT_THAT(told, Contains("Hence site1/main holds the writer, epoch 3 of site 1."));
  EXPECT_THAT(told, Contains(HasSubstr("the full TTL, 5 s")));
}

TEST(Explain, NamesTheRuleThatVoidsAClaim) {
  Story s;
  (void)tell(s, {standby(0), active(epoch(7, 2), 0)}, 1);
  const auto told = tell(s, {active(epoch(6, 1), 5000), silent()}, 5000);
  EXPECT_THAT(told, Contains(HasSubstr("void, the highest accepted is 7 of site 2")));
  EXPECT_THAT(told, Contains(HasSubstr("site2/main is SILENT: never heard")));
  EXPECT_THAT(told, Contains("Hence site2/main is held: no member is up."));
  EXPECT_THAT(told, Contains(HasSubstr("of 5 m")));
}

TEST(Explain, EveryNameIsDistinct) {
  EXPECT_EQ(name(Value::kConflict), "CONFLICT");
  EXPECT_EQ(name(Reason::kHoldOver), "hold_over");
  EXPECT_EQ(name(Ground::kLeaseOver), "lease_over");
  EXPECT_THAT(policy_text({seconds(300), Then::kServfail, {}}), ::testing::MatchesRegex("hold 5 m.*, then servfail"));
  EXPECT_EQ(policy_text({{}, Then::kFallback, {address(9)}}), "fallback 192.0.2.19");
  EXPECT_EQ(epoch_text({}), "none");
}

}  // namespace
}  // namespace decide::test
