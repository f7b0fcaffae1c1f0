// A decision in the journal, and one made now, in the shape in which a replay compares them. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "dnsd/control/name_list.h"
#include "dnsd/control/simulation.h"

namespace control {

// What was answered and why, as the journal has it.
struct Recorded {
  AnswerText told;
  std::int64_t ttl_s = 0;
  bool stale = false;
  std::uint64_t epoch = 0;
  std::string reason;
  std::vector<std::string> values;  // of the members, VALUE/ground
  bool operator==(const Recorded&) const = default;
};
// Of the name that the event names. Takes any JSON: what is missing or of another type is empty.
[[nodiscard]] Recorded recorded_of(const nlohmann::ordered_json& event);
[[nodiscard]] Recorded recorded_of(const decide::Decision& decision);
[[nodiscard]] nlohmann::ordered_json to_json(const Recorded& recorded);

// What a name was answered with that was decided alike and has these addresses: its own, of the same members.
[[nodiscard]] std::vector<std::string> recorded_answer(const nlohmann::ordered_json& event,
                                                       const AddressTexts& addresses);

}  // namespace control
