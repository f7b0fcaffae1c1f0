// Random lives of one dnsd: any claims, losses, restarts and pauses; what must hold in all of them.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "scenario.h"

namespace decide::test {
namespace {

// One thing that happens in a life.
struct Event {
  int wait_ms = 0;
  std::size_t site = 0;  // 0..2
  int kind = 0;          // see play()
  std::uint64_t counter = 0;
  int lease_ms = 0;
  int delay_ms = 0;  // between asking and hearing
};

rc::Gen<Event> any_event() {
  return rc::gen::build<Event>(
      rc::gen::set(&Event::wait_ms,
                   rc::gen::weightedOneOf<int>({{6, rc::gen::inRange(0, 500)}, {1, rc::gen::inRange(500, 400'000)}})),
      rc::gen::set(&Event::site, rc::gen::inRange<std::size_t>(0, 3)),
      rc::gen::set(&Event::kind, rc::gen::inRange(0, 7)),
      rc::gen::set(&Event::counter, rc::gen::inRange<std::uint64_t>(0, 12)),
      rc::gen::set(&Event::lease_ms, rc::gen::inRange(0, 3000)),
      rc::gen::set(&Event::delay_ms, rc::gen::inRange(0, 1000)));
}

struct Life {
  Story story{wideip(3), {}};
  std::vector<Observation> observed{3};
  std::int64_t now = 0;
  bool heard = false;  // the last event was a report
  bool restarted = false;

  Decision play(const Event& e) {
    now += e.wait_ms;
    heard = restarted = false;
    switch (e.kind) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const auto state = e.kind == 3 ? ecv::PoolState::kStandby : ecv::PoolState::kActive;
        observed[e.site] = says(state, epoch(e.counter, e.site + 1), now, e.lease_ms);
        observed[e.site].claim->asked -= milliseconds(e.delay_ms);
        heard = true;
        break;
      }
      case 4: observed[e.site].failing = true; break;
      case 5:
        story.restart();
        observed.assign(3, Observation{});
        restarted = true;
        break;
      default: break;  // nothing but time
    }
    return story.decide(observed, now);
  }
};

std::vector<Event> any_life() { return *rc::gen::container<std::vector<Event>>(any_event()); }

RC_GTEST_PROP(DecideProperty, AnsweredCounterNeverDecreasesAcrossRestarts, ()) {
  Life life;
  std::uint64_t counter = 0;
  for (const Event& e : any_life()) {
    const Decision d = life.play(e);
    if (d.members.empty()) continue;
    RC_ASSERT(d.epoch.counter() >= counter);
    counter = d.epoch.counter();
  }
}

RC_GTEST_PROP(DecideProperty, NeverTheAddressesOfTwoMembers, ()) {
  Life life;
  for (const Event& e : any_life()) {
    const Decision d = life.play(e);
    RC_ASSERT(d.members.size() <= 1U);
    RC_ASSERT(d.addresses.size() == d.members.size());
  }
}

RC_GTEST_PROP(DecideProperty, SilenceChangesNoAnswerButByOnNone, ()) {
  Life life;
  std::vector<MemberId> before;
  for (const Event& e : any_life()) {
    const Decision d = life.play(e);
    if (!life.heard && !before.empty()) {
      // Time, failed polls and restarts: the same answer, unless the hold has run out. (Another claim heard before may
      // take over when the one that outranked or contradicted it ends; it was heard, so that is no silence.)
      const bool other_live = d.reason == Reason::kClaim || d.reason == Reason::kHighest;
      RC_ASSERT(d.members == before || d.reason == Reason::kHoldOver || other_live);
    }
    if (!d.members.empty()) before = d.members;
  }
}

RC_GTEST_PROP(DecideProperty, AFlipStandsOnALiveActiveClaimAtOrAboveTheHighest, ()) {
  Life life;
  std::vector<MemberId> before;
  for (const Event& e : any_life()) {
    const ecv::Epoch highest = life.story.memory.durable.highest;
    const Decision d = life.play(e);
    if (!d.members.empty() && d.members != before) {
      if (before.empty() && d.reason == Reason::kHeld) continue;
      const std::size_t site = static_cast<std::size_t>(d.members[0].site.back() - '1');
      const auto& claim = life.observed[site].claim;
      RC_ASSERT(claim.has_value());
      RC_ASSERT(claim->state == ecv::PoolState::kActive);
      RC_ASSERT(claim->asked + claim->lease > at(life.now));
      RC_ASSERT(claim->epoch.counter() >= highest.counter());
      RC_ASSERT(d.verdicts[site].value == Value::kUp);
      before = d.members;
    }
  }
}

RC_GTEST_PROP(DecideProperty, AtMostOneMemberIsUpAndOnlyItIsNewlyAccepted, ()) {
  Life life;
  for (const Event& e : any_life()) {
    const Decision d = life.play(e);
    std::size_t up = 0;
    for (const Verdict& v : d.verdicts) up += v.value == Value::kUp ? 1U : 0U;
    RC_ASSERT(up <= 1U);
    if (d.reason == Reason::kClaim || d.reason == Reason::kHighest) RC_ASSERT(up == 1U);
  }
}

RC_GTEST_PROP(DecideProperty, WhateverIsAnsweredWasPersistedWithIt, ()) {
  Life life;
  for (const Event& e : any_life()) {
    const Durable before = life.story.memory.durable;
    const Decision d = life.play(e);
    RC_ASSERT(d.persist == (before != d.memory.durable));
    if (d.members.empty()) continue;
    RC_ASSERT(d.memory.durable.answered.has_value());
    RC_ASSERT(d.memory.durable.answered->members == d.members);
    RC_ASSERT(d.memory.durable.highest.counter() >= d.epoch.counter());
  }
}

RC_GTEST_PROP(DecideProperty, TtlHasTwoValuesAndTheFullOneOnlyForATimelyClaim, ()) {
  Life life;
  for (const Event& e : any_life()) {
    const Decision d = life.play(e);
    RC_ASSERT(d.ttl_s == 5U || d.ttl_s == 1U);
    if (d.ttl_s == 1U) continue;
    const std::size_t site = static_cast<std::size_t>(d.members.at(0).site.back() - '1');
    RC_ASSERT(!life.observed[site].failing);
    RC_ASSERT(at(life.now) - life.observed[site].claim->heard < life.story.wide.pace.late_after);
    RC_ASSERT(!d.stale);
  }
}

// A caller that sleeps until `next` misses nothing: just before it, the decision is still the same.
RC_GTEST_PROP(DecideProperty, NothingChangesBeforeTheNamedDeadline, ()) {
  Life life;
  for (const Event& e : any_life()) {
    const Decision d = life.play(e);
    const base::Instant horizon = d.next ? *d.next - base::microseconds(1) : at(life.now) + seconds(100'000);
    if (horizon <= at(life.now)) continue;
    const Decision later = decide(life.story.wide, life.observed, life.story.memory, horizon);
    RC_ASSERT(later.outcome == d.outcome);
    RC_ASSERT(later.addresses == d.addresses);
    RC_ASSERT(later.ttl_s == d.ttl_s);
    RC_ASSERT(later.stale == d.stale);
    for (std::size_t i = 0; i < 3; ++i) RC_ASSERT(later.verdicts[i].value == d.verdicts[i].value);
  }
}

}  // namespace
}  // namespace decide::test
