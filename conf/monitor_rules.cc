// What must hold between the fields of the monitors.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "conf/monitor_table.h"
#include "conf/rr_types.h"
#include "conf/rules.h"
#include "conf/scalar.h"

namespace conf {

namespace {

using Kind = MonitorKind;

constexpr base::Duration kTimeout = base::seconds(2);
constexpr std::size_t kMostParts = 256;  // that a composite may be made of in the end, with repetition

// What is made of others takes no look of its own, so there is nothing to count: as with an F5's "at least" and Route
// 53's calculated health checks.
constexpr std::string_view kFollows = ", which follows its parts at once; it belongs to the monitors named by `of`";
constexpr std::array<std::string_view, 8> kOfLooks{"interval", "interval_down", "timeout",   "rise",
                                                   "fall",     "up_after",      "hold_down", "manual_resume"};
bool of_looks(std::string_view key) { return std::find(kOfLooks.begin(), kOfLooks.end(), key) != kOfLooks.end(); }

// Which keys fit which kind, besides name and kind.
struct Fit {
  std::string_view key;
  std::set<Kind> kinds;
};

const std::vector<Fit>& fits() {
  static const std::set<Kind> http{Kind::kHttp, Kind::kHttps};
  static const std::set<Kind> database{Kind::kMysql, Kind::kGalera};
  static const std::set<Kind> accounts{Kind::kHttp, Kind::kHttps, Kind::kMysql, Kind::kGalera};
  static const std::set<Kind> looks{Kind::kHttp,   Kind::kHttps, Kind::kTcp,  Kind::kMysql,
                                    Kind::kGalera, Kind::kDns,   Kind::kIcmp, Kind::kExec};
  static const std::vector<Fit> out = [] {
    std::vector<Fit> all;
    all.push_back({"address", looks});
    for (const auto key : kOfLooks) all.push_back({key, looks});
    auto with_port = looks;
    with_port.erase(Kind::kIcmp);
    all.push_back({"port", with_port});
    for (const char* key : {"method", "path", "host", "headers", "body", "status", "receive_disable"}) {
      all.push_back({key, http});
    }
    all.push_back({"send", {Kind::kTcp}});
    all.push_back({"receive", {Kind::kHttp, Kind::kHttps, Kind::kTcp}});
    all.push_back({"max_body", {Kind::kHttp, Kind::kHttps, Kind::kTcp}});
    all.push_back({"tls", {Kind::kHttps, Kind::kMysql, Kind::kGalera}});
    for (const char* key : {"user", "password", "password_file"}) all.push_back({key, accounts});
    all.push_back({"query", {Kind::kMysql}});
    all.push_back({"column", {Kind::kMysql}});
    all.push_back({"expect", {Kind::kMysql, Kind::kDns}});
    for (const char* key : {"donor_serves", "writable"}) all.push_back({key, {Kind::kGalera}});
    for (const char* key : {"question", "type", "rcode"}) all.push_back({key, {Kind::kDns}});
    for (const char* key : {"command", "environment"}) all.push_back({key, {Kind::kExec}});
    all.push_back({"of", {Kind::kAll, Kind::kAny, Kind::kAtLeast, Kind::kNot}});
    all.push_back({"n", {Kind::kAtLeast}});
    return all;
  }();
  return out;
}

std::uint16_t own_port(Kind kind) {
  switch (kind) {
    case Kind::kHttp: return 80;
    case Kind::kHttps: return 443;
    case Kind::kMysql:
    case Kind::kGalera: return 3306;
    case Kind::kDns: return 53;
    default: return 0;
  }
}

// Keys that other kinds have. Unknown ones were reported by the reading.
void check_fit(Reading& reading, const Value& item, const Monitor& m) {
  std::string allowed = "name, kind";
  for (const Fit& fit : fits()) {
    if (fit.kinds.contains(m.kind)) allowed += ", " + std::string(fit.key);
  }
  for (const Value::Key& key : item.keys) {
    const auto fit = std::find_if(fits().begin(), fits().end(), [&](const Fit& f) { return f.key == key.text; });
    if (fit == fits().end() || fit->kinds.contains(m.kind)) continue;
    reading.fault(key.mark(), key.text + " does not fit kind " + std::string(name(m.kind)) +
                                  (is_composite(m.kind) && of_looks(key.text) ? std::string(kFollows) : "") +
                                  "; allowed there: " + allowed);
  }
}

void need(Reading& reading, const Value& item, const Monitor& m, std::string_view key, std::string_view why) {
  if (item.find(key) != nullptr) return;
  reading.fault(item.mark(),
                "kind " + std::string(name(m.kind)) + " needs " + std::string(key) + ": " + std::string(why));
}

void check_needs(Reading& reading, const Value& item, const Monitor& m) {
  switch (m.kind) {
    case Kind::kTcp: return need(reading, item, m, "port", "the port that is connected to");
    case Kind::kMysql:
    case Kind::kGalera: return need(reading, item, m, "user", "the account that logs in");
    case Kind::kDns: return need(reading, item, m, "question", "the name that is asked for");
    case Kind::kExec: return need(reading, item, m, "command", "the program and its arguments");
    case Kind::kAtLeast: need(reading, item, m, "n", "how many must be up"); [[fallthrough]];
    case Kind::kAll:
    case Kind::kAny:
    case Kind::kNot: return need(reading, item, m, "of", "the monitors that it is made of");
    default: return;
  }
}

Mark mark_of(const Value& item, std::string_view key) {
  const Value* value = item.find(key);
  return value == nullptr ? item.mark() : value->mark();
}

void check_times(Reading& reading, const Value& item, Monitor& m) {
  if (item.find("timeout") == nullptr) m.timeout = std::min(kTimeout, m.interval);
  if (m.timeout > m.interval) {
    reading.fault(mark_of(item, "timeout"),
                  "timeout " + std::to_string(base::to_ms(m.timeout)) + " ms is longer than interval " +
                      std::to_string(base::to_ms(m.interval)) + " ms; allowed: at most the interval");
  }
}

void check_expect(Reading& reading, const Value& item, const Monitor& m) {
  const Mark at = mark_of(item, "expect");
  if (m.kind == Kind::kMysql && m.expect.size() > 1) {
    reading.fault(at, "expect: kind mysql compares one value; found " + std::to_string(m.expect.size()));
  }
  if (m.kind == Kind::kMysql && m.expect.empty() && item.find("column") != nullptr) {
    reading.fault(mark_of(item, "column"), "column: there is nothing to compare it with; add expect");
  }
  if (m.kind != Kind::kDns || m.expect.empty()) return;
  const auto type = std::find_if(kRrTypes.begin(), kRrTypes.end(), [&](const RrType& t) { return t.number == m.type; });
  const bool address = type->word == "A" || type->word == "AAAA";
  const bool named = type->word == "NS" || type->word == "CNAME" || type->word == "PTR";
  if (!address && !named && type->word != "TXT") {
    return reading.fault(at, "expect: records of type " + std::string(type->word) +
                                 " cannot be compared; allowed: A, AAAA, NS, CNAME, PTR, TXT");
  }
  for (const std::string& each : m.expect) {
    const auto ip = base::IpAddress::parse(each);
    const bool good = address ? ip && ip->is_v6() == (type->word == "AAAA") : !named || !check_domain(each);
    if (!good) reading.fault(at, "expect: \"" + each + "\" is no record of type " + std::string(type->word));
  }
}

void check_kind(Reading& reading, const Value& item, Monitor& m) {
  check_fit(reading, item, m);
  check_needs(reading, item, m);
  check_times(reading, item, m);
  check_expect(reading, item, m);
  if (m.port == 0) m.port = own_port(m.kind);
  m.tls.enabled = m.tls.enabled || m.kind == Kind::kHttps;
  if (m.kind == Kind::kExec && !m.command.empty() && !m.command.front().starts_with('/')) {
    reading.fault(mark_of(item, "command"), "command: \"" + m.command.front() +
                                                "\" is no absolute path; the environment does not decide what runs");
  }
  if (m.kind != Kind::kHttps && !m.tls.server_name.empty()) {
    reading.fault(mark_of(item, "tls"), "tls: server_name is for https; a database is known by its address");
  }
  if (item.find("password") != nullptr && item.find("password_file") != nullptr) {
    reading.fault(mark_of(item, "password"), "a monitor has both password and password_file; allowed: one of them");
  }
  if ((m.kind == Kind::kHttp || m.kind == Kind::kHttps) && m.method != "POST" && !m.body.empty()) {
    reading.fault(mark_of(item, "body"), "body: a " + m.method + " carries none; add method: POST");
  }
  if (m.kind == Kind::kNot && m.of.size() > 1) {
    reading.fault(mark_of(item, "of"), "of: not inverts one monitor; found " + std::to_string(m.of.size()));
  }
  if (m.kind == Kind::kAtLeast && !m.of.empty() && static_cast<std::size_t>(m.n) > m.of.size()) {
    reading.fault(mark_of(item, "n"),
                  "n: " + std::to_string(m.n) + " of " + std::to_string(m.of.size()) + " can never be up");
  }
}

// How many looks a monitor is made of in the end; a circle is reported once, by its first member.
class Parts {
 public:
  Parts(Reading& reading, const Value& list, const std::vector<Monitor>& monitors)
      : reading_(reading), list_(list), monitors_(monitors) {}

  std::size_t count(std::size_t index) {
    if (const auto known = counts_.find(index); known != counts_.end()) return known->second;
    const Monitor& m = monitors_[index];
    if (!is_composite(m.kind)) return counts_[index] = 1;
    if (std::find(path_.begin(), path_.end(), index) != path_.end()) {
      report_circle(index);
      return 1;
    }
    path_.push_back(index);
    std::size_t sum = 0;
    for (const std::string& part : m.of) {
      const Monitor* found = find_monitor(monitors_, part);
      if (found != nullptr) sum += count(static_cast<std::size_t>(found - monitors_.data()));
    }
    path_.pop_back();
    if (sum > kMostParts && !std::exchange(too_many_, true)) {
      reading_.fault(mark_of(list_.items[index], "of"),
                     "of: \"" + m.name + "\" is made of more than " + std::to_string(kMostParts) + " looks");
    }
    return counts_[index] = std::min(sum, kMostParts + 1);
  }

 private:
  void report_circle(std::size_t index) {
    if (!reported_.insert(index).second) return;
    std::string circle;
    for (auto at = std::find(path_.begin(), path_.end(), index); at != path_.end(); ++at) {
      circle += monitors_[*at].name + " -> ";
      reported_.insert(*at);
    }
    reading_.fault(mark_of(list_.items[index], "of"), "of: a circle: " + circle + monitors_[index].name);
  }

  Reading& reading_;
  const Value& list_;
  const std::vector<Monitor>& monitors_;
  std::map<std::size_t, std::size_t> counts_;
  std::vector<std::size_t> path_;
  std::set<std::size_t> reported_;
  bool too_many_ = false;
};

void check_names(Reading& reading, const Value& item, const Monitor& m, const std::vector<Monitor>& monitors) {
  std::vector<std::string_view> known;
  for (const Monitor& each : monitors) known.push_back(each.name);
  for (const std::string& part : m.of) {
    if (find_monitor(monitors, part) != nullptr) continue;
    reading.fault(mark_of(item, "of"), "of: there is no monitor \"" + part + "\"" + did_you_mean(part, known));
  }
}

}  // namespace

void check_monitors(Reading& reading, const Value& root, std::vector<Monitor>& monitors) {
  const Value* list = root.find("monitors");
  if (list == nullptr || list->kind != Value::Kind::kSequence || list->items.size() != monitors.size()) return;
  Unique names(reading, "monitor");
  for (std::size_t i = 0; i < monitors.size(); ++i) {
    const Value& item = list->items[i];
    if (item.kind != Value::Kind::kMapping) continue;
    names.add(monitors[i].name, place(root, "monitors", i, "name"));
    // Without a kind that is known nothing can be said of the rest.
    const Value* kind = item.find("kind");
    if (kind == nullptr || kind->text != name(monitors[i].kind)) continue;
    check_kind(reading, item, monitors[i]);
    check_names(reading, item, monitors[i], monitors);
  }
  Parts parts(reading, *list, monitors);
  for (std::size_t i = 0; i < monitors.size(); ++i) (void)parts.count(i);
}

void check_gate(Reading& reading, const Value& root, const std::vector<Monitor>& monitors,
                const std::vector<std::string>& checkpoints) {
  std::vector<std::string_view> known;
  for (const Monitor& each : monitors) known.push_back(each.name);
  for (const std::string& each : checkpoints) {
    const Value* at = root.find("checkpoints");
    const Mark mark = at == nullptr ? root.mark() : at->mark();
    if (find_monitor(monitors, each) == nullptr) {
      reading.fault(mark, "checkpoints: there is no monitor \"" + each + "\"" + did_you_mean(each, known));
    } else if (!knows_where(monitors, each)) {
      reading.fault(mark, "checkpoints: the monitor \"" + each + "\" has no address of its own; give it one");
    }
  }
}

const Monitor* find_monitor(const std::vector<Monitor>& monitors, std::string_view name) {
  const auto at = std::find_if(monitors.begin(), monitors.end(), [&](const Monitor& m) { return m.name == name; });
  return at == monitors.end() ? nullptr : &*at;
}

bool knows_where(const std::vector<Monitor>& monitors, std::string_view name) {
  std::vector<std::string_view> all{name};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Monitor* m = find_monitor(monitors, all[i]);
    if (m == nullptr) return false;
    if (!is_composite(m->kind) && !m->address && m->kind != Kind::kExec) return false;
    for (const std::string& part : m->of) {
      if (std::find(all.begin(), all.end(), part) == all.end()) all.push_back(part);
    }
  }
  return true;
}

DownBounds down_bounds(const Monitor& m) {
  const auto with_slot = [](base::Duration d) { return d + d / 25; };
  const base::Duration down = m.interval_down.value_or(m.interval);
  const base::Duration first = with_slot(m.interval);
  return {first + (m.fall - 1) * with_slot(down),
          first + (m.fall - 1) * with_slot(std::max(down, m.timeout)) + m.timeout};
}

bool Monitor::same(const Monitor& other) const {
  const auto tie = [](const Monitor& m) {
    return std::tie(m.name, m.kind, m.address, m.port, m.interval, m.interval_down, m.timeout, m.rise, m.fall,
                    m.up_after, m.hold_down, m.manual_resume, m.method, m.path, m.host, m.headers, m.body, m.statuses,
                    m.receive_disable, m.max_body, m.tls, m.send, m.receive, m.user, m.password, m.query, m.column,
                    m.expect, m.donor_serves, m.writable, m.question, m.type, m.rcode, m.command, m.environment, m.of,
                    m.n);
  };
  return tie(*this) == tie(other);
}

}  // namespace conf
