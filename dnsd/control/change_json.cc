#include "dnsd/control/change_json.h"

#include <nlohmann/json.hpp>

namespace control {

using Json = nlohmann::ordered_json;

Json told_json(const AnswerText& told) {
  Json out{{"outcome", told.outcome}, {"answer", told.answer}};
  for (const auto& region : told.regions)
    out["regions"].push_back({{"region", region.name}, {"answer", region.answer}});
  if (told.alarm) out["alarm"] = true;
  return out;
}

Json change_json(const AnswerChange& change) {
  return {{"name", change.name},
          {"names", change.names},
          {"from", change.from ? told_json(*change.from) : Json(nullptr)},
          {"to", told_json(change.to)},
          {"ttl", change.ttl_s},
          {"why", change.why}};
}

}  // namespace control
