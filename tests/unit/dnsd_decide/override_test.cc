#include "dnsd/decide/override.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dnsd/decide/explain.h"
#include "web.h"

namespace decide::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

using Names = std::vector<std::string>;

Override drain(std::string what, std::string wideip = "") {
  return {OrderKind::kDrain, std::move(what), std::move(wideip)};
}
Override pin(std::string what, std::string wideip) { return {OrderKind::kPin, std::move(what), std::move(wideip)}; }

Observation drained(Observation o) {
  o.drained = true;
  return o;
}
Observation pinned(Observation o) {
  o.pinned = true;
  return o;
}
Observation forced(Observation o) {
  o.pinned = o.forced = true;
  return o;
}

Names who(const Decision& d) {
  Names out;
  for (const MemberId& id : d.members) out.push_back(member_text(id));
  return out;
}

Story web_story(MethodKind method, std::size_t members = 3) {
  Story out;
  out.wide = web(method, members);
  return out;
}

TEST(Override, MeansASiteAPoolOfItOrAMemberByItsName) {
  EXPECT_TRUE(means("site1", {"site1", "main"}));
  EXPECT_TRUE(means("site1/main", {"site1", "main"}));
  EXPECT_FALSE(means("site1/other", {"site1", "main"}));
  EXPECT_FALSE(means("main", {"site1", "main"}));
  EXPECT_TRUE(means("web1", {"", "web1"}));
  EXPECT_FALSE(means("", {"", "web1"}));
}

TEST(Override, IsInForceUntilItsInstantAndNotAtIt) {
  Override order = drain("site1");
  EXPECT_TRUE(in_force(order, at(1'000'000'000)));
  order.until = at(500);
  EXPECT_TRUE(in_force(order, at(499)));
  EXPECT_FALSE(in_force(order, at(500)));
  EXPECT_TRUE(Orders(std::vector{order}, at(500)).empty());
}

TEST(Override, OneForASingleWideIpLeavesTheOthersAlone) {
  const Orders orders(std::vector{drain("site1", "a.example"), pin("site2", "a.example")}, at(0));
  EXPECT_TRUE(orders.singles_out("a.example"));
  EXPECT_FALSE(orders.singles_out("b.example"));
  EXPECT_TRUE(orders.of("a.example", id(1)).drained);
  EXPECT_TRUE(orders.of("a.example", id(2)).pinned);
  EXPECT_FALSE(orders.of("a.example", id(2)).forced);
  EXPECT_FALSE(orders.of("b.example", id(1)).drained);
  EXPECT_FALSE(orders.of("b.example", id(2)).pinned);
}

TEST(Override, MarkTakesBackWhatIsOrderedNoMore) {
  const WideIp wide = wideip();
  std::vector<Observation> observed{drained(forced(standby(0))), standby(0)};
  Orders(std::vector{drain("site2/main")}, at(0)).mark(wide, observed);
  EXPECT_FALSE(observed[0].drained || observed[0].pinned || observed[0].forced);
  EXPECT_TRUE(observed[1].drained);
}

// active_writer: an order takes away, and moves nothing.

TEST(OverrideOfAWriter, ADrainedWriterIsNotAnsweredAndNobodyElseIs) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  const Decision d = s.decide({drained(active(epoch(3, 1), 0)), standby(0)}, 20);
  EXPECT_TRUE(d.addresses.empty());
  EXPECT_EQ(d.outcome, Outcome::kServfail);
  EXPECT_EQ(d.reason, Reason::kBarred);
  EXPECT_EQ(d.verdicts[0].ground, Ground::kDrained);
  EXPECT_TRUE(d.alarm());
  EXPECT_EQ(why(s.wide, d), "site1/main holds the writer, but is drained: on_none says servfail");
  EXPECT_EQ(s.decide({active(epoch(3, 1), 0), standby(0)}, 30).addresses, only(1));
}

// The drained one is the writer of epoch 4: what another site still claims of epoch 3 is void all the same.
TEST(OverrideOfAWriter, TheClaimOfADrainedSiteVoidsALowerOne) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  const Decision d = s.decide({active(epoch(3, 1), 0), drained(active(epoch(4, 2), 20))}, 21);
  EXPECT_TRUE(d.addresses.empty());
  EXPECT_EQ(d.reason, Reason::kBarred);
  EXPECT_EQ(d.verdicts[0].ground, Ground::kOutranked);
}

TEST(OverrideOfAWriter, ADrainedStandbyChangesNothing) {
  Story s;
  const Decision d = s.decide({active(epoch(3, 1), 0), drained(standby(0))}, 10);
  EXPECT_EQ(d.addresses, only(1));
  EXPECT_EQ(d.reason, Reason::kClaim);
  EXPECT_EQ(d.ttl_s, 5U);
  EXPECT_FALSE(d.alarm());
}

TEST(OverrideOfAWriter, WhatIsDrainedIsNotHeldEither) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  const Decision d = s.decide({drained(active(epoch(3, 1), 0)), standby(0)}, 5000);
  EXPECT_EQ(d.outcome, Outcome::kServfail);
  EXPECT_EQ(d.reason, Reason::kNothingHeld);
}

TEST(OverrideOfAWriter, HoldDownDoesNotKeepADrainedAnswer) {
  Story s;
  s.wide.hold_down = seconds(60);
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  (void)s.decide({standby(20), active(epoch(4, 2), 20)}, 21);
  const Decision d = s.decide({active(epoch(5, 1), 30), drained(standby(30))}, 31);
  EXPECT_EQ(d.addresses, only(1));
  EXPECT_EQ(d.reason, Reason::kClaim);
}

TEST(OverrideOfAWriter, APinnedWriterIsAnsweredAndNoOtherIfTheWriterMoves) {
  Story s;
  EXPECT_EQ(s.decide({pinned(active(epoch(3, 1), 0)), standby(0)}, 10).reason, Reason::kClaim);
  const Decision d = s.decide({pinned(standby(20)), active(epoch(4, 2), 20)}, 21);
  EXPECT_TRUE(d.addresses.empty());
  EXPECT_EQ(d.reason, Reason::kBarred);
  EXPECT_EQ(d.verdicts[1].ground, Ground::kUnpinned);
  EXPECT_EQ(why(s.wide, d), "site2/main holds the writer, but another member is pinned: on_none says servfail");
}

TEST(OverrideOfAWriter, BreakGlassNamesOneMemberWhateverTheClaimsSayAndLearnsNothing) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  const Durable before = s.memory.durable;
  const Decision d = s.decide({active(epoch(3, 1), 0), forced(standby(0))}, 20);
  EXPECT_EQ(d.addresses, only(2));
  EXPECT_EQ(d.reason, Reason::kForced);
  EXPECT_TRUE(d.alarm());
  EXPECT_TRUE(d.stale);
  EXPECT_EQ(d.ttl_s, 1U);
  EXPECT_EQ(d.memory.durable, before);
  EXPECT_EQ(s.decide({active(epoch(3, 1), 0), standby(0)}, 30).addresses, only(1));
}

TEST(OverrideOfAWriter, BreakGlassOnTheOneThatHoldsTheWriterIsAnOrdinaryAnswer) {
  Story s;
  const Decision d = s.decide({forced(active(epoch(3, 1), 0)), standby(0)}, 10);
  EXPECT_EQ(d.reason, Reason::kClaim);
  EXPECT_FALSE(d.stale);
  EXPECT_EQ(d.memory.durable.highest, epoch(3, 1));
}

TEST(OverrideOfAWriter, BreakGlassSettlesAConflictForOneOfThem) {
  Story s;
  const Decision d = s.decide({active(epoch(3, 1), 0), forced(active(epoch(3, 2), 0))}, 10);
  EXPECT_EQ(d.addresses, only(2));
  EXPECT_EQ(d.verdicts[0].value, Value::kConflict);
}

// The other methods choose among who is left.

TEST(OverrideOfOthers, ADrainedMemberGivesItsPlaceToTheNext) {
  Story s = web_story(MethodKind::kGlobalAvailability);
  EXPECT_EQ(who(s.decide({drained(both(up())), both(up()), both(up())}, 0)), Names{"b"});
}

TEST(OverrideOfOthers, WhatIsDrainedIsNotHeldEither) {
  Story s = web_story(MethodKind::kGlobalAvailability, 2);
  s.wide.on_none = {seconds(60), Then::kNodata, {}};
  (void)s.decide({both(up()), both(down())}, 0);
  EXPECT_EQ(s.decide({drained(both(down())), both(down())}, 10).outcome, Outcome::kNodata);
}

TEST(OverrideOfOthers, ADrainAndAPinWaitForNoHoldDown) {
  Story s = web_story(MethodKind::kGlobalAvailability);
  s.wide.hold_down = seconds(600);
  (void)s.decide({both(up()), both(up()), both(up())}, 0);
  (void)s.decide({both(down()), both(up()), both(up())}, 10);
  EXPECT_EQ(who(s.decide({both(down()), drained(both(up())), both(up())}, 20)), Names{"c"});
  const Decision d = s.decide({both(up()), pinned(both(up())), both(up())}, 30);
  EXPECT_EQ(who(d), Names{"b"});
  EXPECT_EQ(d.memory.flipped_at, at(10));
}

TEST(OverrideOfOthers, EveryMethodAnswersWithThePinnedMemberAloneWhileItIsUp) {
  for (const MethodKind method : {MethodKind::kGlobalAvailability, MethodKind::kRoundRobin, MethodKind::kRatio,
                                  MethodKind::kStaticPersist, MethodKind::kAllAvailable, MethodKind::kTopology}) {
    Story s = web_story(method);
    s.wide.pools[0].min_members_up = 2;
    s.wide.members[0].regions = {"eu"};
    const Decision d = s.decide({both(up()), pinned(both(up())), both(up())}, 0);
    EXPECT_EQ(who(d), Names{"b"}) << name(method);
    EXPECT_EQ(d.reason, Reason::kPinned);
    EXPECT_EQ(d.ttl_s, 5U);
    EXPECT_TRUE(d.accepted());
    const Decision later = s.decide({both(up()), pinned(both(down())), both(up())}, 10);
    EXPECT_EQ(later.reason, Reason::kSelected) << name(method);
    EXPECT_THAT(who(later), testing::Not(Contains("b")));
  }
}

TEST(OverrideOfOthers, BreakGlassAnswersAMemberThatIsDown) {
  Story s = web_story(MethodKind::kRoundRobin);
  const Decision d = s.decide({both(up()), forced(both(down())), both(up())}, 0);
  EXPECT_EQ(who(d), Names{"b"});
  EXPECT_EQ(d.addresses, (std::vector{v4(2), v6(2)}));
  EXPECT_EQ(d.reason, Reason::kForced);
  EXPECT_EQ(d.ttl_s, 1U);
  EXPECT_TRUE(d.alarm());
  EXPECT_FALSE(d.accepted());
}

TEST(OverrideOfOthers, ADrainIsStrongerThanAPin) {
  Story s = web_story(MethodKind::kGlobalAvailability);
  EXPECT_EQ(who(s.decide({both(up()), drained(forced(both(up()))), both(up())}, 0)), Names{"a"});
}

TEST(OverrideOfReaders, ADrainedSiteIsNotReadFromThoughItHoldsTheWriter) {
  Story s;
  s.wide.method = MethodKind::kReaders;
  s.wide.pools = {{"", MethodKind::kReaders, {0, 1}}};
  const Decision d = s.decide({drained(active(epoch(3, 1), 0)), standby(0)}, 10);
  EXPECT_EQ(d.verdicts[0].ground, Ground::kDrained);
  EXPECT_TRUE(d.members.empty());
}

TEST(Override, TheStepsTellEachOrder) {
  Story s = web_story(MethodKind::kGlobalAvailability);
  const std::vector observed{drained(both(up())), pinned(both(down())), both(up())};
  const Memory before = s.memory;
  const auto told = steps(s.wide, observed, before, s.decide(observed, 0), at(0));
  EXPECT_THAT(told, Contains("By order of an operator nobody is sent to a."));
  EXPECT_THAT(told, Contains(HasSubstr("b alone is answered while it is up: it is not, so the method goes on")));
}

}  // namespace
}  // namespace decide::test
