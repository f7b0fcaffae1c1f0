#include "dnsd/decide/decide.h"

#include <gtest/gtest.h>

#include "scenario.h"

namespace decide::test {
namespace {

TEST(Decide, AFlipNeedsNoSilenceOfTheOldSite) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  const Decision d = s.decide({says(ecv::PoolState::kFenced, epoch(3, 1), 20), active(epoch(4, 2), 20)}, 21);
  EXPECT_EQ(d.addresses, only(2));
  EXPECT_TRUE(d.flipped);
  EXPECT_TRUE(d.persist);
  EXPECT_EQ(s.memory.durable.highest, epoch(4, 2));
  EXPECT_EQ(s.memory.durable.answered, (Answered{{id(2)}, epoch(4, 2)}));
}

TEST(Decide, ABumpedEpochOfTheSameSiteIsPersistedWithoutAFlip) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  const Decision d = s.decide({active(epoch(5, 1), 20), standby(20)}, 21);
  EXPECT_FALSE(d.flipped);
  EXPECT_TRUE(d.persist);
  EXPECT_EQ(s.memory.durable.highest, epoch(5, 1));
}

TEST(Decide, SilenceOfAllHoldsTheAnswerAtMinTtlAndStale) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  const Decision d = s.decide({active(epoch(3, 1), 0), standby(0)}, 2000);
  EXPECT_EQ(d.addresses, only(1));
  EXPECT_EQ(d.reason, Reason::kHeld);
  EXPECT_EQ(d.ttl_s, 1U);
  EXPECT_TRUE(d.stale);
  EXPECT_EQ(d.next, at(302'000));
}

TEST(Decide, TheHoldEndsAfterItsTimeAndThenThePolicySpeaks) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  EXPECT_EQ(s.decide({silent(), silent()}, 5000).reason, Reason::kHeld);
  EXPECT_EQ(s.decide({silent(), silent()}, 304'999).reason, Reason::kHeld);
  const Decision over = s.decide({silent(), silent()}, 305'000);
  EXPECT_EQ(over.reason, Reason::kHoldOver);
  EXPECT_EQ(over.outcome, Outcome::kServfail);
  EXPECT_TRUE(over.addresses.empty());
  EXPECT_FALSE(over.stale);
}

TEST(Decide, AnAcceptedClaimEndsTheHoldAndANewOneStartsAfresh) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  (void)s.decide({silent(), silent()}, 5000);
  EXPECT_EQ(s.decide({active(epoch(3, 1), 200'000), silent()}, 200'001).reason, Reason::kClaim);
  (void)s.decide({silent(), silent()}, 300'000);
  EXPECT_EQ(s.decide({silent(), silent()}, 599'999).reason, Reason::kHeld);
}

TEST(Decide, EveryPolicyForNoneIsObeyed) {
  const auto after = [](Then then) {
    Story s;
    s.wide.on_none = {base::Duration::zero(), then, {address(9)}};
    (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
    return s.decide({silent(), silent()}, 20);
  };
  EXPECT_EQ(after(Then::kServfail).outcome, Outcome::kServfail);
  EXPECT_EQ(after(Then::kNodata).outcome, Outcome::kNodata);
  EXPECT_EQ(after(Then::kRefuse).outcome, Outcome::kRefuse);
  const Decision fallback = after(Then::kFallback);
  EXPECT_EQ(fallback.outcome, Outcome::kAnswer);
  EXPECT_EQ(fallback.addresses, only(9));
  EXPECT_TRUE(fallback.members.empty());
  EXPECT_EQ(fallback.ttl_s, 1U);
}

TEST(Decide, WithoutAnAnswerEverAcceptedThereIsNothingToHold) {
  Story s;
  const Decision d = s.decide({standby(0), silent()}, 1);
  EXPECT_EQ(d.reason, Reason::kNothingHeld);
  EXPECT_EQ(d.outcome, Outcome::kServfail);
}

TEST(Decide, ARestartKeepsAnswerAndEpochAndStartsTheHoldAnew) {
  Story s;
  (void)s.decide({standby(0), active(epoch(7, 2), 0)}, 1);
  (void)s.decide({silent(), silent()}, 250'000);
  s.restart();
  const Decision d = s.decide({silent(), silent()}, 290'000);
  EXPECT_EQ(d.addresses, only(2));
  EXPECT_EQ(d.epoch, epoch(7, 2));
  EXPECT_EQ(d.next, at(590'000));
  EXPECT_EQ(s.decide({active(epoch(6, 1), 290'001), silent()}, 290'002).addresses, only(2));
}

TEST(Decide, AMemberNoLongerConfiguredIsNotHeld) {
  Story s;
  (void)s.decide({standby(0), active(epoch(7, 2), 0)}, 1);
  s.wide.members.pop_back();
  const Decision d = s.decide({standby(2)}, 3);
  EXPECT_EQ(d.reason, Reason::kNothingHeld);
  EXPECT_TRUE(d.addresses.empty());
}

TEST(Decide, AHeldAnswerHasTheMembersPresentAddress) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 1);
  s.wide.members[0].addresses = {address(77)};
  EXPECT_EQ(s.decide({silent(), silent()}, 5000).addresses, only(77));
}

TEST(Decide, ForgettingTheEpochLetsARebuiltPairCountFromOne) {
  Story s;
  (void)s.decide({active(epoch(900, 1), 0), standby(0)}, 1);
  EXPECT_EQ(s.decide({standby(5000), active(epoch(1, 2), 5000)}, 5001).addresses, only(1));
  s.memory = forget_epoch(s.memory);
  EXPECT_EQ(s.decide({silent(), silent()}, 5002).addresses, only(1));
  EXPECT_EQ(s.decide({standby(5000), active(epoch(1, 2), 5000)}, 5003).addresses, only(2));
  EXPECT_EQ(s.memory.durable.highest, epoch(1, 2));
}

TEST(Ttl, FullWhileTheClaimIsRenewedInTime) {
  Story s;
  const Decision d = s.decide({active(epoch(3, 1), 0), standby(0)}, 1);
  EXPECT_EQ(d.ttl_s, 5U);
  EXPECT_TRUE(d.steady());
  EXPECT_EQ(d.next, at(625));  // late after two polls and a half
}

TEST(Ttl, LeastWhenTheRenewalIsLateAndWhenThePollFails) {
  Story s;
  EXPECT_EQ(s.decide({active(epoch(3, 1), 0), standby(0)}, 624).ttl_s, 5U);
  EXPECT_EQ(s.decide({active(epoch(3, 1), 0), standby(0)}, 625).ttl_s, 1U);
  Story f;
  Observation failing = active(epoch(3, 1), 0);
  failing.failing = true;
  const Decision d = f.decide({failing, standby(0)}, 1);
  EXPECT_EQ(d.ttl_s, 1U);
  EXPECT_EQ(d.addresses, only(1));
  EXPECT_FALSE(d.steady());
}

TEST(Ttl, AFailingStandbyDoesNotLowerIt) {
  Story s;
  Observation gone;
  gone.failing = true;
  EXPECT_EQ(s.decide({active(epoch(3, 1), 0), gone}, 1).ttl_s, 5U);
}

TEST(Ttl, FullAgainOnlyAfterACalmTime) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 700);
  const Decision soon = s.decide({active(epoch(3, 1), 800), standby(800)}, 801);
  EXPECT_EQ(soon.ttl_s, 1U);
  EXPECT_EQ(s.decide({active(epoch(3, 1), 2600), standby(2600)}, 2699).ttl_s, 1U);
  EXPECT_EQ(s.decide({active(epoch(3, 1), 2600), standby(2600)}, 2700).ttl_s, 5U);
}

TEST(Ttl, FullAtOnceForTheFirstClaimAndAfterAFailover) {
  Story s;
  EXPECT_EQ(s.decide({silent(), silent()}, 0).ttl_s, 1U);
  EXPECT_EQ(s.decide({active(epoch(3, 1), 1), standby(1)}, 2).ttl_s, 5U);
  EXPECT_EQ(s.decide({says(ecv::PoolState::kFencing, epoch(3, 1), 10), standby(10)}, 11).ttl_s, 1U);
  EXPECT_EQ(s.decide({standby(20), active(epoch(4, 2), 20)}, 21).ttl_s, 5U);
}

TEST(HoldDown, AClaimThatFlipsEverySecondChangesTheAnswerOncePerHoldDown) {
  Story s;
  s.wide.hold_down = seconds(60);
  int changes = 0;
  std::vector<base::IpAddress> last;
  for (int t = 0; t < 600; ++t) {
    const std::size_t site = 1 + static_cast<std::size_t>(t % 2);
    const auto e = epoch(static_cast<std::uint64_t>(t) + 1, site);
    const auto now = static_cast<std::int64_t>(t) * 1000;
    const Decision d =
        site == 1 ? s.decide({active(e, now), standby(now)}, now) : s.decide({standby(now), active(e, now)}, now);
    ASSERT_EQ(d.addresses.size(), 1U);
    if (!last.empty() && d.addresses != last) ++changes;
    last = d.addresses;
  }
  EXPECT_GE(changes, 5);
  EXPECT_LE(changes, 10);
}

TEST(HoldDown, NamesItsEndAndFlipsThen) {
  Story s;
  s.wide.hold_down = seconds(10);
  (void)s.decide({active(epoch(1, 1), 0), standby(0)}, 0);
  EXPECT_TRUE(s.decide({standby(100), active(epoch(2, 2), 100)}, 100).flipped);
  const Decision kept = s.decide({active(epoch(3, 1), 9000), standby(9000)}, 9000);
  EXPECT_EQ(kept.reason, Reason::kHoldDown);
  EXPECT_EQ(kept.addresses, only(2));
  EXPECT_EQ(kept.next, at(10'000));  // the verdict on site2 changes first
  EXPECT_EQ(s.memory.durable.highest, epoch(2, 2));
  EXPECT_EQ(s.decide({active(epoch(3, 1), 10'000), standby(10'000)}, 10'099).reason, Reason::kHoldDown);
  EXPECT_EQ(s.decide({active(epoch(3, 1), 10'000), standby(10'000)}, 10'100).addresses, only(1));
}

}  // namespace
}  // namespace decide::test
