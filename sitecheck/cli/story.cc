#include "sitecheck/cli/story.h"

#include <algorithm>
#include <array>

#include "base/io/command.h"
#include "base/io/json_view.h"
#include "base/text_table.h"
#include "conf/scalar.h"
#include "sitecheck/cli/ask.h"

namespace sitecheck::cli {

namespace {

using base::for_terminal;
using io::Json;

// What the sentence says already, or the columns do.
constexpr std::array<std::string_view, 9> kTold{"time", "event", "message", "pool",      "node",
                                                "site", "from",  "to",      "checkpoint"};

constexpr std::int64_t kMostSinceMs = std::int64_t{10} * 365 * 86'400'000;

int events(const io::Call& call) {
  const std::string& last = call.values.at("last");
  const std::string& since = call.values.at("since");
  const std::string& pool = call.values.at("pool");
  // With a time all of it is meant, unless a number is given too.
  std::string args = "{\"last\":" + (last.empty() ? std::string(since.empty() ? "50" : "10000") : last);
  if (!since.empty()) {
    std::int64_t ms = 0;
    if (const auto fault = conf::parse_duration(since, ms); fault || ms < 1 || ms > kMostSinceMs) {
      call.err << "sitecheck events: --since: found \"" << for_terminal(since)
               << "\"; allowed: a whole number with a unit (ms, s, m, h, d), as 15m\n";
      return 2;
    }
    args += ",\"since_ms\":" + std::to_string(ms);
  }
  if (!pool.empty()) args += "," + member("pool", pool);
  return ask(call, "events", args + "}", render_story);
}

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
  return io::render_skips(data) + (out.empty() ? "no events\n" : out);
}

io::CommandSpec events_command() {
  return {.name = "events",
          .help = "The journal as a story, the newest last: what was observed, decided and done. Times are UTC",
          .options =
              {{.name = "last", .value_name = "N", .help = "How many at most; 50, or with --since all", .number = true},
               {.name = "since", .value_name = "TIME", .help = "Of the last so much time only, as 15m"},
               {.name = "pool", .value_name = "POOL", .help = "Of this pool, and of the site as a whole"}},
          .json = true,
          .daemon = true,
          .run = events};
}

}  // namespace sitecheck::cli
