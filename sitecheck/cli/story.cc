#include "sitecheck/cli/story.h"

#include <algorithm>
#include <array>

#include "base/io/json_view.h"
#include "base/text_table.h"

namespace sitecheck::cli {

namespace {

using base::for_terminal;
using io::Json;

// What the sentence says already, or the columns do.
constexpr std::array<std::string_view, 9> kTold{"time", "event", "message", "pool",      "node",
                                                "site", "from",  "to",      "checkpoint"};

// "semi sync on" of event pool.semi_sync and message "on"; "db1: FAILED_OFFLINE" where a node is meant.
std::string sentence(const Json& event) {
  std::string out = io::text(event, "message");
  if (out.find(' ') == std::string::npos) {
    const std::string id = io::text(event, "event");
    std::string kind = id.substr(id.find('.') + 1);
    std::replace(kind.begin(), kind.end(), '_', ' ');
    out = out.empty() ? kind : kind + " " + out;
  }
  const std::string node = io::text(event, "node");
  if (!node.empty() && out.find(node) == std::string::npos) out = node + ": " + out;
  std::string more;
  for (const auto& [key, value] : event.items()) {
    if (std::find(kTold.begin(), kTold.end(), key) != kTold.end()) continue;
    const std::string what = io::text(value);
    if (what.empty()) continue;
    more += (more.empty() ? "" : "; ") + (key == "why" ? what : key + " " + what);
  }
  return more.empty() ? out : out + " (" + more + ")";
}

}  // namespace

std::string render_story(const std::string& data) {
  const Json reply = Json::parse(data, nullptr, false);
  const Json& events = io::items(reply, "events");
  std::size_t width = 0;
  for (const auto& event : events) width = std::max(width, io::text(event, "pool").size());
  std::string out;
  std::string day;
  for (const auto& event : events) {
    if (!event.is_object()) continue;
    const std::string time = io::text(event, "time");  // 2026-11-22T02:21:47.123Z
    const std::string date = time.substr(0, 10);
    if (date != day) out += (out.empty() ? "" : "\n") + for_terminal(date) + " UTC\n";
    day = date;
    std::string pool = io::text(event, "pool");
    pool.resize(std::max(width, pool.size()), ' ');
    const std::string clock = time.size() >= 23 ? time.substr(11, 12) : time;
    out += for_terminal(clock + "  " + (width == 0 ? "" : pool + "  ") + sentence(event)) + "\n";
  }
  return out.empty() ? "no events\n" : out;
}

}  // namespace sitecheck::cli
