#include "tests/sim/checker.h"

#include <algorithm>
#include <bit>
#include <cstdio>

namespace sim {

std::string site_name(int site) { return "site" + std::to_string(site + 1); }

void Checker::broken(Time now, const char* invariant, const std::string& what) {
  if (promised_) return broken_always(now, invariant, what);
  ++breaches_;
  if (trace_) say(now, std::string("(not promised) ") + invariant + ": " + what);
}

void Checker::broken_always(Time now, const char* invariant, const std::string& what) {
  if (failed()) return;
  invariant_ = invariant;
  failure_ = std::string(invariant) + " at " + std::to_string(now / kMs) + " ms: " + what;
  say(now, "BROKEN " + failure_);
}

void Checker::permit(Time now, int site, Time until) {
  const auto index = static_cast<std::size_t>(site);
  if (trace_) {
    say_lapsed(now);
    if (until > now && told_[index] == 0) say(now, site_name(site) + " has a permit");
    if (until <= now && told_[index] > now) say(now, site_name(site) + " gives its permit up");
    told_[index] = until > now ? until : 0;
  }
  ended_[index] = std::max(ended_[index], until);
  permit_[index] = until;
  if (until <= now) return;
  for (int other = 0; other < scenario_->sites; ++other) {
    const auto theirs = permit_[static_cast<std::size_t>(other)];
    if (other == site || theirs <= now) continue;
    broken(now, "I1",
           site_name(site) + " has a permit, and so does " + site_name(other) + " for " +
               std::to_string((theirs - now) / kMs) + " ms");
  }
}

void Checker::say_lapsed(Time now) {
  for (int site = 0; site < scenario_->sites; ++site) {
    auto& told = told_[static_cast<std::size_t>(site)];
    if (told == 0 || told > now) continue;
    const Time at = std::exchange(told, 0);
    std::printf("%9.3f  %s: its permit has run out\n", static_cast<double>(at) / static_cast<double>(kSecond),
                site_name(site).c_str());
  }
}

void Checker::writable(Time now, int site, bool yes) {
  if (has(writable_, site) == yes) return;
  put(writable_, site, yes);
  if (trace_) say(now, site_name(site) + ": its database " + (yes ? "takes writes" : "takes no writes any more"));
  if (std::popcount(writable_) > 1) broken(now, "I1", "two databases take writes");
}

void Checker::still_writable(Time now, int site) {
  const auto until = ended_[static_cast<std::size_t>(site)];
  const auto bound = (scenario_->timing.guard_tick + scenario_->timing.fence_bound).count() * 103 / 100;
  if (now <= until + bound) return;
  broken(now, "I11", site_name(site) + " takes writes " + std::to_string((now - until) / kMs) + " ms after its permit");
}

void Checker::own_epoch(Time now, int site, ecv::Epoch epoch) {
  const auto [at, fresh] = epochs_.try_emplace(epoch.value, site);
  if (!fresh && at->second != site) {
    broken_always(now, "I2", "epoch " + std::to_string(epoch.counter()) + " of two sites");
  }
}

void Checker::durable(Time now, int site, const core::Record& record) {
  auto& old = durable_[static_cast<std::size_t>(site)];
  if (record.max_epoch.counter() < old.max_epoch.counter()) {
    broken_always(now, "I3",
                  "the durable epoch of " + site_name(site) + " fell from " + std::to_string(old.max_epoch.counter()) +
                      " to " + std::to_string(record.max_epoch.counter()));
  }
  if (trace_ && record.max_epoch.value != old.max_epoch.value) {
    say(now, site_name(site) + " stores epoch " + std::to_string(record.max_epoch.counter()));
  }
  old = record;
}

void Checker::claims(Time now, int site, ecv::Epoch epoch) {
  const auto& disk = durable_[static_cast<std::size_t>(site)];
  if (disk.own_epoch.value < epoch.value || disk.max_epoch.counter() < epoch.counter()) {
    broken_always(now, "I4", site_name(site) + " claims an epoch that is not on its disk");
  }
}

void Checker::lease(Time now, int site, Time left) {
  if (left > 0 && permit_[static_cast<std::size_t>(site)] < now + left * 98 / 100 - kMs) {
    broken(now, "I5", site_name(site) + " reports a lease beyond its permit");
  }
}

void Checker::note(Time now, std::uint64_t kind, std::uint64_t value) {
  for (const auto v : {static_cast<std::uint64_t>(now), kind, value}) {
    hash_ = (hash_ ^ v) * 0x100000001B3ULL;
    hash_ ^= hash_ >> 29U;
  }
}

void Checker::say(Time now, const std::string& line) {
  if (!trace_) return;
  say_lapsed(now);
  std::printf("%9.3f  %s\n", static_cast<double>(now) / static_cast<double>(kSecond), line.c_str());
}

}  // namespace sim
