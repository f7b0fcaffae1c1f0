// Any claims and any orders: what no order can bring about.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "dnsd/decide/override.h"
#include "scenario.h"

namespace decide::test {
namespace {

constexpr std::size_t kSites = 3;

struct Step {
  int wait_ms = 0;
  std::size_t site = 0;
  int kind = 0;  // see play()
  std::uint64_t counter = 0;
  int lease_ms = 0;
};

rc::Gen<Step> any_step() {
  return rc::gen::build<Step>(rc::gen::set(&Step::wait_ms, rc::gen::inRange(0, 2000)),
                              rc::gen::set(&Step::site, rc::gen::inRange<std::size_t>(0, kSites)),
                              rc::gen::set(&Step::kind, rc::gen::inRange(0, 8)),
                              rc::gen::set(&Step::counter, rc::gen::inRange<std::uint64_t>(0, 8)),
                              rc::gen::set(&Step::lease_ms, rc::gen::inRange(0, 3000)));
}

struct Life {
  explicit Life(bool break_glass_in) : break_glass(break_glass_in) {}

  Story story{wideip(kSites), {}};
  std::vector<Observation> observed{kSites};
  std::int64_t now = 0;
  bool break_glass;
  Memory before;

  Decision play(const Step& step) {
    now += step.wait_ms;
    Observation& one = observed[step.site];
    const bool drained = one.drained, pinned = one.pinned, forced = one.forced;
    switch (step.kind) {
      case 0:
      case 1:
      case 2: one = says(ecv::PoolState::kActive, epoch(step.counter, step.site + 1), now, step.lease_ms); break;
      case 3: one = standby(now); break;
      case 4: one = silent(); break;
      default: break;
    }
    one.drained = step.kind == 5 ? !drained : drained;
    one.pinned = step.kind == 6 ? !pinned : pinned;
    one.forced = one.pinned && (step.kind == 6 ? break_glass && step.counter % 2 == 0 : forced);
    if (step.kind == 6) {
      for (std::size_t i = 0; i < kSites; ++i) {  // a wide-IP has one pin at most
        if (i != step.site) observed[i].pinned = observed[i].forced = false;
      }
    }
    before = story.memory;
    return story.decide(observed, now);
  }
};

std::vector<Step> any_life() { return *rc::gen::container<std::vector<Step>>(any_step()); }

RC_GTEST_PROP(OverrideProperty, NoOrderNamesTwoMembers, ()) {
  Life life(true);
  for (const Step& step : any_life()) {
    const Decision d = life.play(step);
    RC_ASSERT(d.members.size() <= 1U);
    RC_ASSERT(d.addresses.size() == d.members.size());
  }
}

RC_GTEST_PROP(OverrideProperty, WithoutBreakGlassAnOrderOnlyTakesAway, ()) {
  Life life(false);
  for (const Step& step : any_life()) {
    const Decision d = life.play(step);
    auto plain = life.observed;
    for (Observation& each : plain) each.drained = each.pinned = each.forced = false;
    const Decision without = decide(life.story.wide, plain, life.before, at(life.now));
    RC_ASSERT(d.members.empty() || d.members == without.members);
    RC_ASSERT(d.reason != Reason::kForced);
  }
}

RC_GTEST_PROP(OverrideProperty, WhoIsDrainedOrBesideAPinIsNeverAnswered, ()) {
  Life life(true);
  for (const Step& step : any_life()) {
    const Decision d = life.play(step);
    const auto pin = pinned_member(life.story.wide, life.observed);
    for (std::size_t i = 0; i < kSites; ++i) {
      const bool answered = !d.members.empty() && d.members.front() == id(i + 1);
      RC_ASSERT(!answered || (!life.observed[i].drained && (!pin || *pin == i)));
    }
  }
}

RC_GTEST_PROP(OverrideProperty, BreakGlassAloneNamesWhoHasNoClaimAndMemoryKeepsOnlyWhatClaimsSaid, ()) {
  Life life(true);
  for (const Step& step : any_life()) {
    const Decision d = life.play(step);
    if (d.reason == Reason::kForced) {
      RC_ASSERT(d.memory.durable == life.before.durable);
      RC_ASSERT(d.stale && d.alarm() && d.ttl_s == life.story.wide.min_ttl_s);
      const auto pin = pinned_member(life.story.wide, life.observed);
      RC_ASSERT(pin.has_value() && life.observed[*pin].forced && d.members == std::vector{id(*pin + 1)});
    } else if (!d.members.empty()) {
      RC_ASSERT(d.memory.durable.answered.has_value());
      RC_ASSERT(d.memory.durable.answered->members == d.members);
    }
  }
}

}  // namespace
}  // namespace decide::test
