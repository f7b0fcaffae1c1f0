#include "dnsd/control/recorded.h"

#include <nlohmann/json.hpp>

#include "base/io/json_view.h"
#include "dnsd/control/change_json.h"
#include "dnsd/decide/explain.h"

namespace control {

using Json = nlohmann::ordered_json;

Recorded recorded_of(const Json& event) {
  Recorded out{{io::text(event, "outcome"), {}}, io::number(event, "ttl"),
               io::flag(event, "stale"),         static_cast<std::uint64_t>(io::number(event, "epoch")),
               io::text(event, "reason"),        {}};
  for (const Json& address : io::items(event, "answer")) out.told.answer.push_back(io::text(address));
  for (const Json& member : io::items(event, "members")) {
    out.values.push_back(io::text(member, "value") + "/" + io::text(member, "ground"));
  }
  return out;
}

Recorded recorded_of(const decide::Decision& decision) {
  Recorded out{{std::string(decide::name(decision.outcome)), {}},
               decision.ttl_s,
               decision.stale,
               decision.epoch.value,
               std::string(decide::name(decision.reason)),
               {}};
  out.told.answer = decide::texts(decision);
  for (const auto& verdict : decision.verdicts) {
    out.values.push_back(std::string(decide::name(verdict.value)) + "/" + std::string(decide::name(verdict.ground)));
  }
  return out;
}

Json to_json(const Recorded& recorded) {
  Json out = told_json(recorded.told);
  out["ttl"] = recorded.ttl_s;
  out["reason"] = recorded.reason;
  out["members"] = recorded.values;
  return out;
}

std::vector<std::string> recorded_answer(const Json& event, const AddressTexts& addresses) {
  std::vector<std::string> out;
  for (const Json& place : io::items(event, "from")) {
    const bool known = place.is_number_unsigned() && place.get<std::uint64_t>() < addresses.size();
    if (!known) continue;
    const auto& own = addresses[place.get<std::uint64_t>()];
    out.insert(out.end(), own.begin(), own.end());
  }
  const bool own = !io::items(event, "from").empty();
  for (const Json& each : io::items(event, "answer")) {
    std::string text = io::text(each);
    if (!own || !base::IpAddress::parse(text)) out.push_back(std::move(text));  // the same for all, or an alias
  }
  return out;
}

}  // namespace control
