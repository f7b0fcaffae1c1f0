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

std::string of_names(const Json& each, std::int64_t names) {
  const std::string name = io::text(each, "name");
  return names > 1 ? name + " and " + std::to_string(names - 1) + " more" : name;
}

// Very many names that change at one instant for one cause, each to addresses of its own, are told of by the first.
std::size_t alike_from(const Json& list, std::size_t from) {
  constexpr std::size_t kRowsToldOf = 16;
  std::size_t end = from + 1;
  const auto is_alike = [&](const Json& each) {
    return time_of(each) == time_of(list[from]) && io::text(each, "why") == io::text(list[from], "why");
  };
  while (end < list.size() && is_alike(list[end])) ++end;
  return end - from > kRowsToldOf ? end : from + 1;
}

std::string changes(const Json& list) {
  base::TextTable table({{"AT"}, {"WIDE-IP"}, {"FROM"}, {"TO"}, {"TTL"}, {"BECAUSE"}});
  for (std::size_t i = 0, end = 0; i < list.size(); i = end) {
    end = alike_from(list, i);
    const Json& change = list[i];
    std::int64_t names = 0;
    for (std::size_t each = i; each < end; ++each) names += io::number(list[each], "names", 1);
    table.add({time_of(change), of_names(change, names), told(io::member(change, "from")),
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
  const auto answers = io::number(all, "answers_as_recorded");
  if (answers > io::number(all, "as_recorded")) {
    out += "with the names that are decided alike, that is " + std::to_string(answers) + " answers\n";
  }
  if (const auto unnamed = io::number(all, "without_names"); unnamed > 0) {
    out += "not compared, since the journal does not tell whose they are: " + std::to_string(unnamed) + " answers\n";
  }
  if (const auto bare = io::number(all, "without_inputs"); bare > 0) {
    out += "not compared, since an older dnsd wrote them without their inputs: " + std::to_string(bare) + " more\n";
  }
  if (const std::string others = io::joined(io::items(all, "other_settings")); !others.empty()) {
    out +=
        "not compared, since their settings were others (above: what they would have answered with these): " + others +
        "\n";
  }
  for (const Json& each : io::items(all, "differences")) {
    out += "! " + io::text(each, "time") + "  " + of_names(each, io::number(each, "names", 1)) +
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
