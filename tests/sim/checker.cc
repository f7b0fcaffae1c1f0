#include "tests/sim/checker.h"

#include <algorithm>
#include <cstdio>

namespace sim {

void Coverage::add(const Coverage& other) {
  for (const auto& [edge, n] : other.edges) edges[edge] += n;
  for (const auto& [what, n] : other.world) world[what] += n;
  for (std::size_t i = 0; i < static_cast<std::size_t>(core::Counter::kCount); ++i) {
    const auto c = static_cast<core::Counter>(i);
    counters.add(c, other.counters.get(c));
  }
}

void Checker::broken(Time now, const char* invariant, const std::string& what) {
  if (!scenario_->assumption) {
    ++breaches_;
    say(now, std::string("(not promised) ") + invariant + ": " + what);
    return;
  }
  broken_always(now, invariant, what);
}

void Checker::broken_always(Time now, const char* invariant, const std::string& what) {
  if (failed()) return;
  failure_ = std::string(invariant) + " at " + std::to_string(now / kMs) + " ms: " + what;
  say(now, "BROKEN " + failure_);
}

void Checker::permit(Time now, int site, Time until) {
  auto& mine = permit_[static_cast<std::size_t>(site)];
  auto& ended = ended_[static_cast<std::size_t>(site)];
  ended = std::max(ended, until);
  mine = until;
  const auto other = permit_[static_cast<std::size_t>(1 - site)];
  if (until > now && other > now) {
    broken(now, "I1",
           "site " + std::to_string(site) + " holds a permit, and so does the other for " +
               std::to_string((other - now) / kMs) + " ms");
  }
}

void Checker::writable(Time now, int site, bool yes) {
  writable_[static_cast<std::size_t>(site)] = yes;
  if (writable_[0] && writable_[1]) broken(now, "I1", "both databases take writes");
}

void Checker::still_writable(Time now, int site) {
  const auto until = ended_[static_cast<std::size_t>(site)];
  const auto bound = (scenario_->timing.guard_tick + scenario_->timing.fence_bound).count() * 103 / 100;
  if (now > until + bound) {
    broken(now, "I11",
           "site " + std::to_string(site) + " takes writes " + std::to_string((now - until) / kMs) +
               " ms after its permit");
  }
}

void Checker::own_epoch(Time now, int site, ecv::Epoch epoch) {
  const auto [at, fresh] = epochs_.try_emplace(epoch.value, site);
  if (!fresh && at->second != site) {
    broken_always(now, "I2", "epoch " + std::to_string(epoch.value) + " of two sites");
  }
}

void Checker::durable(Time now, int site, const core::Record& record) {
  auto& old = durable_[static_cast<std::size_t>(site)];
  if (record.max_epoch.counter() < old.max_epoch.counter()) {
    broken_always(now, "I3",
                  "the durable epoch of site " + std::to_string(site) + " fell from " +
                      std::to_string(old.max_epoch.counter()) + " to " + std::to_string(record.max_epoch.counter()));
  }
  old = record;
  if (trace_) say(now, "site " + std::to_string(site) + " writes epoch " + std::to_string(record.max_epoch.counter()));
}

void Checker::claims(Time now, int site, ecv::Epoch epoch) {
  const auto& disk = durable_[static_cast<std::size_t>(site)];
  if (disk.own_epoch.value < epoch.value || disk.max_epoch.counter() < epoch.counter()) {
    broken_always(now, "I4", "site " + std::to_string(site) + " claims an epoch that is not on its disk");
  }
}

void Checker::lease(Time now, int site, Time left) {
  if (left > 0 && permit_[static_cast<std::size_t>(site)] < now + left * 98 / 100 - kMs) {
    broken(now, "I5", "site " + std::to_string(site) + " reports a lease beyond its permit");
  }
}

void Checker::note(Time now, std::uint64_t kind, std::uint64_t value) {
  for (const auto v : {static_cast<std::uint64_t>(now), kind, value}) {
    hash_ = (hash_ ^ v) * 0x100000001B3ULL;
    hash_ ^= hash_ >> 29U;
  }
}

void Checker::say(Time now, const std::string& line) const {
  if (trace_) std::printf("%9.3f  %s\n", static_cast<double>(now) / static_cast<double>(kMs), line.c_str());
}

}  // namespace sim
