#include "sitecheck/cli/nagios.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>
#include <vector>

#include "base/io/control.h"
#include "base/io/json_view.h"
#include "sitecheck/cli/ask.h"

namespace sitecheck::cli {

namespace {

using io::Json;

// A peer that was not heard for longer tells nothing of the present.
constexpr std::int64_t kFreshMs = 10'000;

enum State { kOk = 0, kWarning = 1, kCritical = 2, kUnknown = 3 };

constexpr std::array<std::string_view, 4> kNames = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

// What stands in a plugin's line: no line break, no bar (it begins the perfdata).
std::string plain(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~' || c == '|') c = ' ';
  }
  return text;
}

// In single quotes where it has more than letters, digits, '_', '-' and '.'; a quote is doubled; '=' may not stand in
// it.
std::string label(std::string text) {
  std::string out;
  bool quote = false;
  for (const char c : plain(std::move(text))) {
    const bool word =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    quote = quote || !word;
    out += c == '=' ? "_" : c == '\'' ? "''" : std::string(1, c);
  }
  return quote ? "'" + out + "'" : out;
}

std::string seconds(double value) {
  char text[40] = {};
  std::snprintf(text, sizeof text, "%.3f", value);
  std::string out = text;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

bool heard(const Json& status, const std::string& site) {
  const auto& peers = io::items(status, "peers");
  return std::any_of(peers.begin(), peers.end(), [&](const Json& peer) {
    return io::text(peer, "site") == site && io::number(peer, "last_heard_ms", kFreshMs + 1) <= kFreshMs;
  });
}

// Pools of other kinds than failover write wherever a node is ACTIVE.
bool writes_here(const Json& pool, const std::string& here) {
  if (io::text(pool, "state") == "ACTIVE") return true;
  const auto& nodes = io::items(pool, "nodes");
  return io::text(pool, "kind") != "failover" && std::any_of(nodes.begin(), nodes.end(), [&](const Json& node) {
           return io::text(node, "state") == "ACTIVE" && io::text(node, "site") == here;
         });
}

class Verdict {
 public:
  Verdict(const NagiosThresholds& thresholds, bool verbose) : thresholds_(thresholds), verbose_(verbose) {}

  void pool(const Json& status_object, const Json& pool);
  [[nodiscard]] NagiosResult result(const std::string& pool) const;

 private:
  void raise(State state, std::string why);
  void writer(const Json& status, const Json& pool);
  void node(const Json& node, const std::string& here);
  void perfdata(const std::string& text) { perfdata_ += (perfdata_.empty() ? "" : " ") + text; }

  const NagiosThresholds& thresholds_;
  bool verbose_;
  State state_ = kOk;
  std::string summary_;
  std::vector<std::string> why_;
  std::string details_;
  std::string perfdata_;
};

void Verdict::raise(State state, std::string why) {
  state_ = std::max(state_, state);
  why_.push_back(plain(std::move(why)));
}

// Who writes: this site, or one of the others as it was last heard.
void Verdict::writer(const Json& status, const Json& pool) {
  const std::string here = io::text(status, "site");
  const std::string state = io::text(pool, "state");
  summary_ = here + " " + state;
  if (writes_here(pool, here)) return;
  if (state == "DRAINING" || state == "PROMOTING") return raise(kWarning, "the writer is moving");
  for (const auto& peer : io::items(pool, "peers")) {
    const std::string site = io::text(peer, "site");
    if (io::text(peer, "state") != "ACTIVE" || !heard(status, site)) continue;
    summary_ += ", " + site + " ACTIVE";
    return;
  }
  raise(kCritical, "no site is known to write");
}

void Verdict::node(const Json& node, const std::string& here) {
  const std::string name = io::text(node, "name");
  const std::string status = io::text(node, "status");
  const std::string said = name + " " + status + "/" + io::text(node, "state");
  const bool announced = io::member(node, "downtime").is_object();  // its alarms are muted
  if (announced) {
    details_ += plain(name + " is in downtime: " + io::text(io::member(node, "downtime"), "reason")) + "\n";
  } else if (status == "FAIL") {
    raise(io::text(node, "site") == here ? kCritical : kWarning, said + " " + io::text(node, "message"));
  } else if (status != "OK" && status != "OK_INFO") {
    raise(kWarning, said + " " + io::text(node, "message"));
  }
  details_ += plain(said + (io::text(node, "message").empty() ? "" : ": " + io::text(node, "message"))) + "\n";
  perfdata(label("req_" + name) + "=" + std::to_string(io::number(node, "req")) + ";;;0");
  if (!io::member(node, "lag_ms").is_number_integer()) return;
  const double lag = static_cast<double>(io::number(node, "lag_ms")) / 1000;
  perfdata(label("lag_" + name) + "=" + seconds(lag) + "s;" + thresholds_.warning.text + ";" +
           thresholds_.critical.text + ";0");
  if (announced) return;
  if (thresholds_.critical.alarms(lag)) {
    raise(kCritical, name + " lags by " + seconds(lag) + " s");
  } else if (thresholds_.warning.alarms(lag)) {
    raise(kWarning, name + " lags by " + seconds(lag) + " s");
  }
}

void Verdict::pool(const Json& status_object, const Json& pool) {
  const std::string here = io::text(status_object, "site");
  writer(status_object, pool);
  const std::string status = io::text(pool, "status");
  const std::string reason = io::text(pool, "reason");
  if (status != "OK") {
    raise(status == "WARN" ? kWarning : kCritical, "STATUS " + status + (reason.empty() ? "" : ": " + reason));
  }
  const auto& alarms = io::items(pool, "alarms");
  for (const auto& alarm : alarms) {
    const std::string text = alarm.is_string() ? alarm.get<std::string>() : "";
    raise(kWarning, text);
    details_ += "alarm: " + plain(text) + "\n";
  }
  const double lease = static_cast<double>(io::number(pool, "lease_ms")) / 1000;
  perfdata("lease=" + seconds(lease) + "s;;;0");
  perfdata("alarms=" + std::to_string(alarms.size()) + ";;;0");
  for (const auto& each : io::items(pool, "nodes")) node(each, here);
  for (const char* count : {"promotions", "fences"}) {
    perfdata(std::string(count) + "=" + std::to_string(io::number(pool, count)) + "c;;;0");
  }
}

NagiosResult Verdict::result(const std::string& pool) const {
  std::string line = "WIDEIP " + std::string(kNames.at(state_)) + " - " + plain(pool) + ": " + plain(summary_);
  for (const auto& why : why_) line += "; " + why;
  NagiosResult out{state_, line + " | " + perfdata_ + "\n"};
  if (verbose_) out.text += details_;
  return out;
}

NagiosResult unknown(const std::string& why) { return {kUnknown, "WIDEIP UNKNOWN - " + plain(why) + "\n"}; }

int run(const io::Call& call) {
  const auto print = [&call](const NagiosResult& result) {
    call.out << result.text;
    return result.status;
  };
  NagiosThresholds thresholds;
  for (const auto& [name, into] :
       {std::pair<const char*, NagiosRange*>{"warning", &thresholds.warning}, {"critical", &thresholds.critical}}) {
    const auto range = parse_nagios_range(call.values.at(name));
    if (!range) {
      return print(unknown("--" + std::string(name) + " " + call.values.at(name) +
                           ": no range; allowed: as 10, 10:, ~:10, 10:20 or @10:20"));
    }
    *into = *range;
  }
  const auto config =
      call.control.empty() ? daemon().control(call.config) : base::Result<std::filesystem::path>(call.control);
  if (!config) return print(unknown(config.error().message));
  const auto reply = io::ask_control(*config, "status", "{}", "", base::seconds(std::stol(call.values.at("timeout"))));
  if (!reply) return print(unknown("sitecheck does not answer: " + reply.error().message));
  if (reply->exit != 0) return print(unknown(reply->error));
  return print(nagios_result(reply->data, call.values.at("POOL"), thresholds, call.switches.at("verbose")));
}

}  // namespace

NagiosResult nagios_result(const std::string& status_json, const std::string& pool, const NagiosThresholds& thresholds,
                           bool verbose) {
  const auto status = Json::parse(status_json, nullptr, false);
  if (!status.is_object()) return unknown("what sitecheck answers is no status");
  std::string known;
  for (const auto& each : io::items(status, "pools")) {
    const std::string name = io::text(each, "name");
    known += (known.empty() ? "" : ", ") + name;
    if (name != pool) continue;
    Verdict verdict(thresholds, verbose);
    verdict.pool(status, each);
    return verdict.result(pool);
  }
  return unknown("no pool " + pool + "; there are: " + known);
}

io::CommandSpec nagios_command() {
  return {
      .name = "nagios",
      .help = "A monitoring plugin: one line with perfdata; status 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN",
      .arguments = {{"POOL", "The pool"}},
      .options =
          {{.name = "warning",
            .value_name = "RANGE",
            .help = "WARNING if a node lags by so many seconds, as a range of the guidelines",
            .standard = "5",
            .letter = 'w'},
           {.name = "critical", .value_name = "RANGE", .help = "CRITICAL, likewise", .standard = "30", .letter = 'c'},
           {.name = "timeout",
            .value_name = "SECONDS",
            .help = "UNKNOWN if the daemon has not answered by then",
            .standard = "10",
            .number = true,
            .letter = 't'},
           {.name = "verbose", .value_name = "", .help = "Further lines: each node, each alarm", .letter = 'v'}},
      .daemon = true,
      .usage_status = kUnknown,
      .run = run};
}

}  // namespace sitecheck::cli
