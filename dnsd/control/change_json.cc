#include "dnsd/control/change_json.h"

#include <nlohmann/json.hpp>

namespace control {

using Json = nlohmann::ordered_json;

Json told_json(const AnswerText& told) { return {{"outcome", told.outcome}, {"answer", told.answer}}; }

Json change_json(const AnswerChange& change) {
  return {{"name", change.name},
          {"from", change.from ? told_json(*change.from) : Json(nullptr)},
          {"to", told_json(change.to)},
          {"ttl", change.ttl_s},
          {"why", change.why}};
}

}  // namespace control
