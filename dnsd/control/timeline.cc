#include "dnsd/control/timeline.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace control {

void Timeline::add(std::string_view line) {
  const auto object = nlohmann::json::parse(line, nullptr, false);
  if (!object.is_object()) return;
  const auto event = object.find("event");
  if (event == object.end() || !event->is_string()) return;
  if (*event == "probe") return;  // for a replay; "monitor" tells people
  const bool decision = *event == "decision";
  auto& to = decision ? decisions_ : others_;
  to.push_back({count_++, std::string(line)});
  if (to.size() > (decision ? kMostDecisions : kMostOthers)) to.pop_front();
}

std::vector<std::string> Timeline::lines() const {
  std::vector<const Entry*> all;
  for (const auto* each : {&decisions_, &others_}) {
    for (const Entry& entry : *each) all.push_back(&entry);
  }
  std::sort(all.begin(), all.end(), [](const Entry* a, const Entry* b) { return a->number < b->number; });
  std::vector<std::string> out;
  for (const Entry* entry : all) out.push_back(entry->line);
  return out;
}

}  // namespace control
