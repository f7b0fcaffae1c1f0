// What the parts of drawing a scenario share.
#pragma once

#include "tests/sim/random.h"
#include "tests/sim/scenario.h"

namespace sim {

[[nodiscard]] inline Time us(base::Duration d) { return d.count(); }
// A length that matters to the protocol, or any.
[[nodiscard]] Time draw_length(Random& r, const Scenario& sc);

// draw_faults.cc
void draw_incidents(Scenario& sc, bool promised, Random& r);
void draw_short_stops(Scenario& sc, Random& r);
void draw_revocations(Scenario& sc, Random& r);
void draw_standby_losses(Scenario& sc, Random& r);
void draw_switchovers(Scenario& sc, Random& r);

// draw_network.cc: after the faults, for a half-done key rotation bears on what CA asks of the network.
void draw_segments(Scenario& sc, bool promised, Random& r);
// A target that speaks to nobody just as the writer is handed to it.
void cut_handovers(Scenario& sc, bool promised, Random& r);
void add_calm_segment(Scenario& sc, Time at);

}  // namespace sim
