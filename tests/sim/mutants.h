// Rules switched off, one by one: each must be noticed (protocol.md section 9).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sitecheck/core/config.h"
#include "sitecheck/core/mutation.h"
#include "tests/sim/scenario.h"
#include "tests/sim/world.h"

namespace sim {

struct Mutant {
  const char* name;
  core::ArbiterKind arbiter;
  core::Mutation rule = core::Mutation::kNone;
  core::Mutation defence = core::Mutation::kNone;  // off as well: what would hide that the rule is off
  Weakness weakness{};
  bool guard = true;
  bool timers_first = false;
  bool witness_moratorium = true;
  bool dead_lease_renewed = false;
  bool restated = false;    // I10 counts for this one: nothing worse follows, for other rules hold too
  std::uint64_t times = 1;  // rare ones: so many times the seeds that are asked for
  bool hidden = false;      // another defence holds as well: `all` leaves it out
  bool control = false;     // a defence alone, or the world of a mutant: nothing may be noticed
};

// The first one is the program as it ships, for any arbiter.
[[nodiscard]] std::span<const Mutant> mutants();
[[nodiscard]] inline bool real(const Mutant& m) { return &m == &mutants().front(); }
// Whether this build has the switches that it needs.
[[nodiscard]] bool usable(const Mutant& m);

// What came of one run.
struct Outcome {
  std::string failure;    // "I1 at 12345 ms: …"; empty if nothing was broken
  std::string invariant;  // "I1"
  std::uint64_t hash = 0;
  std::uint64_t breaches = 0;
  bool promised = true;
  Time lasted = 0;
  Coverage coverage;
};
[[nodiscard]] Outcome run(const Scenario& scenario, const Mutant& mutant, bool trace = false);

}  // namespace sim
