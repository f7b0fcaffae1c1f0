// `dnsd simulate`: a configuration on a timeline that somebody thought up, or on the journal of a real server. Texts of
// JSON objects: conf/schema/dnsd-simulate.schema.json. Pure.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "conf/dnsd.h"
#include "conf/fault.h"
#include "conf/timeline.h"

namespace control {

// Every change of an answer, and why. Faults: steps that name what the configuration does not have.
[[nodiscard]] conf::Loaded<std::string> simulate(const conf::Dnsd& config, const conf::Timeline& timeline);

// The journal's decisions made again, each from the inputs that stand with it, by the code and configuration of today;
// and of wide-IPs that had other settings when the journal was written, what they would have answered. `lines`: of the
// journal, oldest first. Error: there are no decisions with their inputs.
[[nodiscard]] base::Result<std::string> replay(const conf::Dnsd& config, std::span<const std::string> lines);

}  // namespace control
