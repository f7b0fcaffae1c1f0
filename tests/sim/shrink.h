// Of a scenario that breaks an invariant, the least that still breaks the same one (delta debugging).
#pragma once

#include "tests/sim/mutants.h"
#include "tests/sim/scenario.h"

namespace sim {

struct Shrunk {
  Scenario scenario;
  int runs = 0;
};
// Takes away incidents, changes of the network, cuts, loss, delays, clocks and name servers, one by one and in halves,
// as long as the promise stands and the same invariant breaks; at most `limit` runs.
[[nodiscard]] Shrunk shrink(Scenario scenario, const Mutant& mutant, int limit);

}  // namespace sim
