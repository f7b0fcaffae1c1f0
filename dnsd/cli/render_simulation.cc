// `dnsd simulate`, for people.
#include "base/io/json_view.h"
#include "base/text_table.h"
#include "dnsd/cli/render.h"

namespace dnsd::cli {

namespace {

using base::for_terminal;
using io::Json;

std::string answer(const Json& side) {
  const std::string outcome = io::text(side, "outcome");
  if (outcome != "answer") return outcome;
  std::string regions;
  for (const Json& each : io::items(side, "regions")) {
    const std::string region = io::text(each, "region");
    regions += (regions.empty() ? "" : "; ") + (region.empty() ? "others" : region) + ": " +
               io::joined(io::member(each, "answer"));
  }
  return regions.empty() ? io::joined(io::member(side, "answer")) : regions;
}

std::string told(const Json& side) {
  return side.is_object() ? answer(side) + (io::flag(side, "alarm") ? " ALARM" : "") : "";
}

std::string time_of(const Json& change) {
  return io::member(change, "at_ms").is_number_integer() ? io::duration(change, "at_ms") : io::text(change, "time");
}

std::string changes(const Json& list) {
  base::TextTable table({{"AT"}, {"WIDE-IP"}, {"FROM"}, {"TO"}, {"TTL"}, {"BECAUSE"}});
  for (const Json& change : list) {
    table.add({time_of(change), io::text(change, "name"), told(io::member(change, "from")),
               told(io::member(change, "to")), io::text(change, "ttl"), io::text(change, "why")});
  }
  return table.empty() ? "no answer changes\n" : table.to_string();
}

std::string recorded(const Json& side) {
  return told(side) + " (ttl " + io::text(side, "ttl") + ", " + io::text(side, "reason") + "; " +
         io::joined(io::items(side, "members")) + ")";
}

std::string journal(const Json& all) {
  std::string out = "\n" + io::text(all, "decisions") + " decisions from " + io::text(all, "first") + " to " +
                    io::text(all, "last") + ": " + io::text(all, "as_recorded") + " come out as recorded, " +
                    std::to_string(io::items(all, "differences").size()) + " do not\n";
  if (const auto bare = io::number(all, "without_inputs"); bare > 0) {
    out += "not compared, since an older dnsd wrote them without their inputs: " + std::to_string(bare) + " more\n";
  }
  if (const std::string others = io::joined(io::items(all, "other_settings")); !others.empty()) {
    out +=
        "not compared, since their settings were others (above: what they would have answered with these): " + others +
        "\n";
  }
  for (const Json& each : io::items(all, "differences")) {
    out += "! " + io::text(each, "time") + "  " + io::text(each, "name") +
           "\n    recorded: " + recorded(io::member(each, "recorded")) +
           "\n    now:      " + recorded(io::member(each, "now")) + "\n";
  }
  return out;
}

}  // namespace

std::size_t differences(const std::string& data) {
  const Json all = Json::parse(data, nullptr, false);
  return io::items(all, "differences").size();
}

std::string render_simulation(const std::string& data) {
  const Json all = Json::parse(data, nullptr, false);
  std::string out = changes(io::items(all, "changes"));
  if (io::text(all, "of") == "journal") {
    std::string lines = journal(all);
    for (std::size_t from = 0; from < lines.size();) {
      const auto end = std::min(lines.find('\n', from), lines.size());
      out += for_terminal(lines.substr(from, end - from)) + "\n";
      from = end + 1;
    }
  }
  return out;
}

}  // namespace dnsd::cli
