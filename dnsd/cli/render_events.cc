// `dnsd events`, for people: what only a replay needs is left out (--json has all).
#include <algorithm>
#include <array>
#include <string_view>

#include "base/io/command.h"
#include "base/io/json_view.h"
#include "base/text_table.h"
#include "dnsd/cli/render.h"

namespace dnsd::cli {

namespace {

using io::Json;

constexpr std::array<std::string_view, 10> kForReplay = {"memory",   "in_force",  "settings", "alike",    "from",
                                                         "required", "revisions", "readers",  "asked_us", "heard_us"};

// "monitor" and "decision" tell people of it.
bool only_for_replay(const Json& event) { return io::text(event, "event") == "probe"; }

// "site1/main=UP site2/main=SILENT".
std::string members(const Json& list) {
  std::string out;
  for (const Json& member : list) {
    const std::string site = io::text(member, "site");
    out += (out.empty() ? "" : " ") + (site.empty() ? "" : site + "/") + io::text(member, "pool") + "=" +
           io::text(member, "value");
  }
  return out;
}

}  // namespace

std::string render_events(const std::string& data) {
  Json all = Json::parse(data, nullptr, false);
  if (!all.is_object() || !all.contains("events") || !all["events"].is_array()) return io::render_events(data);
  Json& events = all["events"];
  events.erase(std::remove_if(events.begin(), events.end(), only_for_replay), events.end());
  for (Json& event : events) {
    if (!event.is_object()) continue;
    for (const auto key : kForReplay) event.erase(std::string(key));
    event.erase("at_us");
    if (event.contains("members")) event["members"] = members(event["members"]);
    if (event.contains("answer")) event["answer"] = io::joined(event["answer"]);
  }
  return io::render_events(all.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace dnsd::cli
