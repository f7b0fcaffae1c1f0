// A change of an answer, as `simulate` tells of it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "dnsd/control/simulation.h"

namespace control {

[[nodiscard]] nlohmann::ordered_json told_json(const AnswerText& told);
// {"name","names","from","to","ttl","why"}, without the time.
[[nodiscard]] nlohmann::ordered_json change_json(const AnswerChange& change);

}  // namespace control
