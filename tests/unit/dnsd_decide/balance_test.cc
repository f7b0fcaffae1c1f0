#include "dnsd/decide/balance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dnsd/decide/explain.h"
#include "web.h"

namespace decide::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Names = std::vector<std::string>;

Story story(WideIp wide) {
  Story out;
  out.wide = std::move(wide);
  return out;
}

Names who(const Decision& d) {
  Names out;
  for (const MemberId& id : d.members) out.push_back(id.pool);
  return out;
}

TEST(Balance, AnswersTheFirstMemberThatIsUpAndGoesBackToIt) {
  Story s = story(web(MethodKind::kGlobalAvailability));
  EXPECT_EQ(who(s.decide({both(up()), both(up()), both(up())}, 0)), Names{"a"});
  EXPECT_EQ(who(s.decide({both(down()), both(up()), both(up())}, 1)), Names{"b"});
  const Decision back = s.decide({both(up()), both(up()), both(up())}, 2);
  EXPECT_EQ(who(back), Names{"a"});
  EXPECT_TRUE(back.flipped);
  EXPECT_EQ(back.reason, Reason::kSelected);
  EXPECT_EQ(back.ttl_s, 5U);
}

TEST(Balance, AddressesAreThoseOfTheFamiliesThatAreUp) {
  Story s = story(web(MethodKind::kAllAvailable, 2));
  s.wide.pools[0].max_answers = 0;
  const Decision d = s.decide({both(up(), down()), both(up())}, 0);
  EXPECT_THAT(d.addresses, ElementsAre(v4(1), v4(2), v6(2)));
}

TEST(Balance, NothingOfItIsWrittenDown) {
  Story s = story(web(MethodKind::kRatio));
  EXPECT_FALSE(s.decide({both(up()), both(up()), both(up())}, 0).persist);
  EXPECT_FALSE(s.memory.durable.answered.has_value());
}

TEST(Balance, OnNoneTakesTheFallbackAtTheLeastTtl) {
  Story s = story(web(MethodKind::kRatio, 2));
  s.wide.on_none = {{}, Then::kFallback, {v4(99)}};
  const Decision d = s.decide({both(down()), both(down())}, 0);
  EXPECT_EQ(d.outcome, Outcome::kAnswer);
  EXPECT_THAT(d.addresses, ElementsAre(v4(99)));
  EXPECT_TRUE(d.members.empty());
  EXPECT_EQ(d.ttl_s, 1U);
  EXPECT_FALSE(d.accepted());
}

TEST(Balance, OnNoneAllCountsEveryMemberButTheDrained) {
  Story s = story(web(MethodKind::kAllAvailable));
  s.wide.pools[0].max_answers = 0;
  s.wide.on_none.then = Then::kAll;
  Observation drained = both(down());
  drained.drained = true;
  EXPECT_EQ(who(s.decide({both(down()), drained, both({})}, 0)), (Names{"a", "c"}));
  const Decision d = s.decide({drained, drained, drained}, 1);
  EXPECT_EQ(d.outcome, Outcome::kServfail);
  EXPECT_TRUE(d.addresses.empty());
  EXPECT_FALSE(d.all);
  EXPECT_THAT(why(s.wide, d), HasSubstr("every member is disabled or drained"));
  EXPECT_THAT(why(s.wide, d), HasSubstr("nobody is left to name"));
}

TEST(Balance, OnNoneAllNamesNoDisabledMember) {
  Story s = story(web(MethodKind::kAllAvailable));
  s.wide.pools[0].max_answers = 0;
  s.wide.on_none.then = Then::kAll;
  s.wide.members[0].disabled = true;
  EXPECT_EQ(who(s.decide({both(down()), both(down()), both(down())}, 0)), (Names{"b", "c"}));
  for (auto& member : s.wide.members) member.disabled = true;
  EXPECT_EQ(s.decide({both(down()), both(down()), both(down())}, 1).outcome, Outcome::kServfail);
}

// It told so itself, so that this is no failure of its monitor.
TEST(Balance, OnNoneAllNamesNoAddressThatAsksForNoNewClients) {
  Story s = story(web(MethodKind::kAllAvailable, 2));
  s.wide.pools[0].max_answers = 0;
  s.wide.on_none.then = Then::kAll;
  Health asks = down();
  asks.disabled = true;
  const Decision d = s.decide({both(asks, down()), both(asks, asks)}, 0);
  EXPECT_THAT(d.addresses, ElementsAre(v6(1)));
}

// Two pools: an address, and two aliases, the first with a monitor.
WideIp shop() {
  WideIp out = web(MethodKind::kGlobalAvailability, 1);
  out.pools[0].name = "own";
  out.members.push_back({{"", "one"}, {}, "cdn"});
  out.members.push_back({{"", "two"}, {}, ""});
  out.members[1].cname = "one.example.net";
  out.members[2].cname = "two.example.net";
  out.pools.push_back({"cdn", MethodKind::kGlobalAvailability, {1, 2}});
  out.pools[1].max_answers = 2;
  return out;
}
Observation seen(Health health) { return {{}, false, {std::move(health)}, false}; }

TEST(Balance, AnAliasAnswersWhereItsPoolDoesAndAlone) {
  Story s = story(shop());
  Decision d = s.decide({both(up()), seen(up()), {}}, 0);
  EXPECT_TRUE(d.cnames.empty());
  d = s.decide({both(down()), seen(up()), {}}, 1);
  EXPECT_THAT(d.cnames, ElementsAre("one.example.net")) << "one CNAME, whatever max_answers says";
  EXPECT_TRUE(d.addresses.empty());
  EXPECT_EQ(who(d), Names{"one"});
  EXPECT_EQ(texts(d), Names{"one.example.net."});
  EXPECT_EQ(d.ttl_s, 5U);
  d = s.decide({both(down()), seen(down()), {}}, 2);
  EXPECT_THAT(d.cnames, ElementsAre("two.example.net"));
  EXPECT_EQ(d.verdicts[2].ground, Ground::kUnmonitored);
  EXPECT_EQ(d.verdicts[1].ground, Ground::kFailed);
}

TEST(Balance, AnAliasThatIsNotUpFollowsTheRulesOfOnNone) {
  Story s = story(shop());
  s.wide.members[2].monitor = "cdn";
  s.wide.on_none = {seconds(10), Then::kFallback, {v4(99)}};
  (void)s.decide({both(down()), seen(down()), seen(up())}, 0);
  Decision d = s.decide({both(down()), seen(down()), seen(down())}, 1000);
  EXPECT_THAT(d.cnames, ElementsAre("two.example.net")) << "held";
  EXPECT_TRUE(d.stale);
  d = s.decide({both(down()), seen(down()), seen(down())}, 11'000);
  EXPECT_TRUE(d.cnames.empty());
  EXPECT_THAT(d.addresses, ElementsAre(v4(99)));
  s.wide.on_none.then = Then::kAll;
  s.wide.members[0].disabled = true;
  const std::vector<Observation> observed{both(down()), seen({}), seen(down())};
  d = s.decide(observed, 12'000);
  EXPECT_THAT(d.cnames, ElementsAre("one.example.net"));
  EXPECT_TRUE(d.all);
  EXPECT_THAT(steps(s.wide, observed, {}, d, at(12'000)), Contains(HasSubstr("alias of one.example.net., not probed")));
}

TEST(Balance, ADisabledMemberIsNotAnsweredThoughItIsUp) {
  for (const MethodKind method : {MethodKind::kGlobalAvailability, MethodKind::kRoundRobin, MethodKind::kStaticPersist,
                                  MethodKind::kAllAvailable, MethodKind::kTopology}) {
    Story s = story(web(method, 2));
    s.wide.pools[0].max_answers = 0;
    s.wide.members[0].disabled = true;
    const Decision d = s.decide({both(up()), both(up())}, 0);
    EXPECT_EQ(who(d), Names{"b"}) << name(method);
    EXPECT_EQ(d.verdicts[0].ground, Ground::kDisabled);
  }
}

// Neither hold nor hold_down keeps who was taken out.
TEST(Balance, WhoIsTakenOutIsNotHeld) {
  Story s = story(web(MethodKind::kGlobalAvailability, 2));
  s.wide.on_none = {seconds(60), Then::kNodata, {}};
  s.wide.hold_down = seconds(60);
  (void)s.decide({both(down()), both(up())}, 0);
  EXPECT_EQ(who(s.decide({both(up()), both(up())}, 1000)), Names{"a"});
  Observation drained = both(up());
  drained.drained = true;
  EXPECT_EQ(who(s.decide({drained, both(up())}, 2000)), Names{"b"});  // a flip within hold_down
  const Decision none = s.decide({drained, both(down())}, 3000);
  EXPECT_EQ(who(none), Names{"b"});
  EXPECT_TRUE(none.stale);
  s.wide.members[1].disabled = true;
  EXPECT_EQ(s.decide({drained, both(down())}, 4000).outcome, Outcome::kNodata);
}

TEST(Balance, TheLastAnswerIsHeldAndMarkedStaleUntilTheHoldIsOver) {
  Story s = story(web(MethodKind::kGlobalAvailability, 2));
  s.wide.on_none = {seconds(10), Then::kNodata, {}};
  (void)s.decide({both(up()), both(down())}, 0);
  Decision d = s.decide({both(down()), both(down())}, 1000);
  EXPECT_EQ(who(d), Names{"a"});
  EXPECT_TRUE(d.stale);
  EXPECT_EQ(d.reason, Reason::kHeld);
  EXPECT_EQ(d.next, at(11'000));
  d = s.decide({both(down()), both(down())}, 11'000);
  EXPECT_EQ(d.outcome, Outcome::kNodata);
}

TEST(Balance, TheAnswerChangesAtMostOnceInAHoldDown) {
  Story s = story(web(MethodKind::kGlobalAvailability, 2));
  s.wide.hold_down = seconds(30);
  int changes = 0;
  Names before = who(s.decide({both(up()), both(up())}, 0));
  for (int second = 1; second <= 120; ++second) {  // a flaps each second
    const Names now = who(s.decide({both(second % 2 == 0 ? up() : down()), both(up())}, second * 1000));
    changes += now != before ? 1 : 0;
    before = now;
  }
  EXPECT_GE(changes, 3);
  EXPECT_LE(changes, 5);
}

// A member that stands by comes and goes: that is no change of the answer, so the next real one need not wait.
TEST(Balance, AStandbyThatFlapsDoesNotHoldTheAnswerDown) {
  Story s = story(web(MethodKind::kGlobalAvailability, 2));
  s.wide.hold_down = seconds(30);
  (void)s.decide({both(up()), both(up())}, 0);
  EXPECT_FALSE(s.decide({both(up()), both(down())}, 1000).flipped);
  (void)s.decide({both(up()), both(up())}, 2000);
  EXPECT_EQ(who(s.decide({both(down()), both(up())}, 3000)), Names{"b"});
}

TEST(Balance, AFailingProbeOfAMemberInTheAnswerLowersTheTtlUntilACalmTimeHasPassed) {
  Story s = story(web(MethodKind::kGlobalAvailability, 2));
  EXPECT_EQ(s.decide({both(up()), both(shaky())}, 0).ttl_s, 5U);  // b only stands by
  EXPECT_EQ(s.decide({both(shaky()), both(up())}, 1000).ttl_s, 1U);
  const Decision calmer = s.decide({both(up()), both(up())}, 1500);
  EXPECT_EQ(calmer.ttl_s, 1U);
  EXPECT_EQ(calmer.next, at(3000));
  EXPECT_EQ(s.decide({both(up()), both(up())}, 3000).ttl_s, 5U);
}

TEST(Balance, WhatItRequiresTakesAllItsMembersDown) {
  Story s = story(web(MethodKind::kRatio, 1));
  s.wide.required = {{"db", false}};
  const Observation well{{}, false, {up()}};
  const Observation ill{{}, false, {down()}};
  EXPECT_TRUE(s.decide({both(up()), well}, 0).accepted());
  const Decision d = s.decide({both(up()), ill}, 1);
  EXPECT_EQ(d.outcome, Outcome::kServfail);
  EXPECT_TRUE(d.unrequired);
  EXPECT_THAT(why(s.wide, d), HasSubstr("what it requires is not up"));
}

TEST(Balance, AMemberThatCameBackIsRampedUpStepByStep) {
  Story s = story(web(MethodKind::kRoundRobin, 2));
  s.wide.pools[0].ramp_up = seconds(16);
  const std::vector<Observation> seen{both(up(-100'000)), both(up(0))};
  Decision d = s.decide(seen, 0);
  EXPECT_EQ(weights(d.answers.groups.at(0).v4), (std::vector<std::uint64_t>{16, 1}));
  EXPECT_EQ(d.next, at(1000));
  d = s.decide(seen, 8000);
  EXPECT_EQ(weights(d.answers.groups.at(0).v4), (std::vector<std::uint64_t>{16, 8}));
  EXPECT_FALSE(d.flipped);
  d = s.decide(seen, 16'000);
  EXPECT_EQ(weights(d.answers.groups.at(0).v4), (std::vector<std::uint64_t>{16, 16}));
  EXPECT_FALSE(d.next.has_value());
}

TEST(Balance, ExplainsPoolsAndMembers) {
  Story s = story(web(MethodKind::kGlobalAvailability, 3));
  s.wide.pools = {{"near", MethodKind::kRoundRobin, {0, 1}}, {"far", MethodKind::kRatio, {2}}};
  s.wide.pools[0].min_members_up = 2;
  const std::vector<Observation> seen{both(up(), down()), both(down()), both(up())};
  const Memory before = s.memory;
  const Decision d = s.decide(seen, 1000);
  const auto told = steps(s.wide, seen, before, d, at(1000));
  EXPECT_THAT(told, Contains("Pool near (round_robin): 1 of 2 members up, it needs 2: not used."));
  EXPECT_THAT(told, Contains("Pool far (ratio): 1 of 1 members up: it answers."));
  EXPECT_THAT(told, Contains(HasSubstr("a is UP: 192.0.2.1 up for 1.0 s: ok; 2001:db8::1 down for 1.0 s: refused")));
  EXPECT_THAT(told, Contains("Hence c by global_availability: pool far (ratio)."));
}

// Whatever happens, a member that is not up is answered only by hold, hold_down or `all`, which say so.
RC_GTEST_PROP(BalanceProperty, AnswersNobodyWhoIsNotUpUnlessItSaysWhy, ()) {
  Story s = story(web(*rc::gen::element(MethodKind::kGlobalAvailability, MethodKind::kRoundRobin, MethodKind::kRatio,
                                        MethodKind::kStaticPersist, MethodKind::kAllAvailable),
                      3));
  s.wide.on_none = {seconds(*rc::gen::inRange(0, 20)), *rc::gen::element(Then::kServfail, Then::kAll), {}};
  s.wide.hold_down = seconds(*rc::gen::inRange(0, 20));
  std::int64_t now = 0;
  for (int turn = 0; turn < 20; ++turn) {
    now += *rc::gen::inRange(0, 8000);
    std::vector<Observation> seen;
    for (int i = 0; i < 3; ++i) {
      const auto any = [] { return *rc::gen::element(up(), down(), shaky(), Health{}); };
      seen.push_back(both(any(), any()));
    }
    const Decision d = s.decide(seen, now);
    const bool told = d.reason == Reason::kHeld || d.reason == Reason::kHoldDown || d.all;
    RC_ASSERT(told != d.accepted() || d.members.empty());
    if (d.accepted()) {
      for (const base::IpAddress& address : d.addresses) {
        for (std::size_t i = 0; i < 3; ++i) {
          for (std::size_t a = 0; a < 2; ++a) {
            if (s.wide.members[i].addresses[a] == address) RC_ASSERT(seen[i].health[a].value == Health::Value::kUp);
          }
        }
      }
    } else {
      RC_ASSERT(d.ttl_s == 1U);
    }
    if (d.next) RC_ASSERT(*d.next > at(now));
  }
}

}  // namespace
}  // namespace decide::test
