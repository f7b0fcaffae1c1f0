// Many seeds on all cores, with progress, and what came of them.
#pragma once

#include <cstdint>
#include <optional>

#include "tests/sim/mutants.h"

namespace sim {

struct Soak {
  core::ArbiterKind arbiter = core::ArbiterKind::kCheckpoints;
  std::uint64_t from = 1;
  std::uint64_t seeds = 1000;
  unsigned jobs = 1;
  bool progress = false;  // to standard error, every few seconds
  bool all = false;       // goes on after the first failure of a mutant
};

struct Tally {
  std::uint64_t seeds = 0;
  std::uint64_t failed = 0;
  std::uint64_t promised = 0;
  std::uint64_t breached = 0;          // of the seeds where nothing is promised
  std::optional<std::uint64_t> first;  // the lowest seed that failed
  double took = 0;                     // seconds
  double cpu = 0;                      // seconds of all threads
  Time lasted = 0;                     // virtual time of all runs
  Coverage coverage;
};

// Stops at the first failure of a mutant, unless all are wanted; goes on after those of what ships.
[[nodiscard]] Tally soak(const Soak& soak, const Mutant& mutant);

}  // namespace sim
