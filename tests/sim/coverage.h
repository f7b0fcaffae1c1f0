// What the runs lived through: edges of the state table, the core's counters, and what the world did.
#pragma once

#include <array>
#include <cstdint>

#include "sitecheck/core/config.h"
#include "sitecheck/core/counters.h"
#include "sitecheck/core/view.h"

namespace sim {

enum class Deed : std::uint8_t {
  kEndsWithWriter,
  kEndsExcused,  // no writer, and rightly so
  kResumed,      // ACTIVE from its first moment
  kReplayed,     // a datagram that had been taken came again
  kForged,
  kWired,  // through the codec
  kGuardClosed,
  kGuardAway,
  kSwitchoverDone,
  kSwitchoverNot,  // refused, or given up
  kForced,
  kDnsdRestart,
  kDnsdFlip,
  kWitnessRestart,
  kWitnessGrant,
  kWitnessRefusal,
  kEtcdAnswerLost,  // though the request took effect
  kEtcdGarbage,
  kEtcdExpired,
  kEtcdRebuilt,
  kEtcdRevoked,
  kServiceDown,
  kCount
};
[[nodiscard]] const char* name(Deed d);

// Summed over runs.
struct Coverage {
  static constexpr std::size_t kStates = static_cast<std::size_t>(core::State::kMaint) + 1;
  std::array<std::array<std::uint64_t, kStates>, kStates> edges{};
  core::Counters counters;
  std::array<std::uint64_t, static_cast<std::size_t>(Deed::kCount)> deeds{};

  void count(Deed d) { ++deeds[static_cast<std::size_t>(d)]; }
  void edge(core::State from, core::State to) { ++edges[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)]; }
  void add(const core::Counters& other);
  void add(const Coverage& other);
};

void print(const Coverage& c);
// Prints what must happen in a good number of seeds of this arbiter, and did not; true if nothing is missing.
[[nodiscard]] bool complete(const Coverage& c, core::ArbiterKind arbiter);

}  // namespace sim
