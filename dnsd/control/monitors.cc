#include "dnsd/control/monitors.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "dnsd/control/monitor_probe.h"
#include "probes/slots.h"

namespace control {

namespace {

constexpr int kMostConnections = 4096;
constexpr base::Duration kFirstSpread = base::milliseconds(500);
constexpr std::size_t kMostPrograms = 32;  // at once; others wait their turn
constexpr base::Duration kTurn = base::milliseconds(50);

decide::Health::Value to_decide(MonitorValue v) {
  switch (v) {
    case MonitorValue::kUnknown: return decide::Health::Value::kUnknown;
    case MonitorValue::kUp: return decide::Health::Value::kUp;
    case MonitorValue::kDown:
    case MonitorValue::kDisabled: break;  // takes no new clients; status tells the difference
  }
  return decide::Health::Value::kDown;
}

}  // namespace

std::string watch_text(const decide::Watch& watch) {
  return watch.monitor + (watch.address ? "@" + watch.address->to_string() : "");
}

// One monitor at one address.
struct Monitors::Look {
  Look(Monitors& owner_in, const conf::Monitor& monitor, const decide::Watch& watch)
      : owner(owner_in),
        config(monitor),
        policy(MonitorPolicy::of(monitor)),
        probe(make_probe(owner.loop_, owner.http_, monitor, place_of(monitor, watch.address))),
        next(owner.loop_, [this] { begin(); }) {
    standing.watch = watch;
    standing.kind = monitor.kind;
    standing.state.since = base::read_boot_clock();
  }
  ~Look() {
    if (running && config.kind == conf::MonitorKind::kExec) --owner.programs_;
  }

  void start_in(base::Duration delay) {
    due = base::read_boot_clock() + delay;
    next.start(delay);
  }

  void begin() {
    if (config.kind == conf::MonitorKind::kExec) {
      if (owner.programs_ >= kMostPrograms) return next.start(kTurn);
      ++owner.programs_;
    }
    running = true;
    probe->start([this](const probes::Observation& seen) {
      if (std::exchange(running, false) && config.kind == conf::MonitorKind::kExec) --owner.programs_;
      owner.looked(*this, seen);
    });
  }

  // The next look begins a pace after this one was due, in a slot with others, and never before this one has ended.
  void schedule(base::Instant now) {
    auto wait = pace(standing.state, policy);
    if (first)
      wait = wait / 2 + base::Duration(static_cast<std::int64_t>(static_cast<double>(wait.count()) / 2 * phase));
    first = false;
    due = probes::next_slot(std::max(due + wait, now), wait);
    next.start(due - now);
  }

  Monitors& owner;
  conf::Monitor config;
  MonitorPolicy policy;
  MonitorStanding standing;
  std::unique_ptr<probes::Probe> probe;
  base::Timer next;
  base::Instant due{};
  double phase = 0;  // of the interval, 0 to 1: its place among those that began with it
  bool first = true;
  bool running = false;
  bool failed = false;                  // the latest look
  bool checkpoint = false;              // of this server
  std::vector<decide::Watch> watchers;  // of trees_
};

// What a watch stands on: a look, or a composite of such.
struct Monitors::Node {
  conf::MonitorKind kind = conf::MonitorKind::kHttp;
  std::string monitor;
  int n = 1;
  Look* look = nullptr;  // null for composites
  std::vector<std::unique_ptr<Node>> parts;
};

Monitors::Monitors(base::Loop& loop, MonitorHooks hooks)
    : loop_(loop), hooks_(std::move(hooks)), http_(loop, kMostConnections) {}
Monitors::~Monitors() = default;

void Monitors::configure(const std::vector<conf::Monitor>& monitors, const std::set<decide::Watch>& wanted,
                         const std::vector<std::string>& checkpoints) {
  const auto before = std::exchange(looks_, {});
  trees_.clear();
  for (const auto& [watch, look] : before) {
    look->watchers.clear();
    const conf::Monitor* now = conf::find_monitor(monitors, watch.monitor);
    if (now == nullptr) continue;
    auto& kept = looks_[watch];
    kept = now->same(look->config) ? look : std::make_shared<Look>(*this, *now, watch);
    if (kept == look) continue;
    kept->standing = look->standing;
    kept->standing.kind = now->kind;
    kept->failed = look->failed;
  }
  for (const decide::Watch& watch : wanted) {
    if (auto tree = grow(watch.monitor, watch, monitors)) trees_.emplace(watch, std::move(tree));
  }
  checkpoints_.clear();
  for (auto& [watch, look] : looks_) look->checkpoint = false;
  for (const std::string& each : checkpoints) {
    if (const auto tree = grow(each, {each, std::nullopt}, monitors)) gather(*tree);
  }
  judge_isolation();
  std::erase_if(looks_, [](const auto& each) { return each.second->watchers.empty(); });
  std::erase_if(told_, [&](const auto& each) { return !trees_.contains(each.first); });
  std::vector<Look*> fresh;
  unlooked_ = 0;
  for (auto& [watch, look] : looks_) {
    if (!look->standing.looked) ++unlooked_;
    if (look->due == base::Instant{}) fresh.push_back(look.get());
  }
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    fresh[i]->phase = static_cast<double>(i) / static_cast<double>(fresh.size());
    const auto delay = static_cast<double>(kFirstSpread.count()) * fresh[i]->phase;
    // A few begin at once, so that a small configuration is known without delay.
    fresh[i]->start_in(fresh.size() <= 32 ? base::Duration::zero() : base::Duration(static_cast<std::int64_t>(delay)));
  }
}

// Looks that are not there yet are made on the way.
std::unique_ptr<Monitors::Node> Monitors::grow(const std::string& monitor, const decide::Watch& watch,
                                               const std::vector<conf::Monitor>& monitors) {
  const conf::Monitor* m = conf::find_monitor(monitors, monitor);
  if (m == nullptr) return nullptr;
  auto node = std::make_unique<Node>();
  node->kind = m->kind;
  node->monitor = m->name;
  node->n = m->n;
  if (conf::is_composite(m->kind)) {
    for (const std::string& part : m->of) {
      if (auto grown = grow(part, watch, monitors)) node->parts.push_back(std::move(grown));
    }
    return node;
  }
  const decide::Watch place{m->name, m->address ? std::nullopt : watch.address};
  auto& look = looks_[place];
  if (look == nullptr) {
    look = std::make_shared<Look>(*this, *m, place);
    look->standing.state.latched = m->manual_resume && remembered_.contains(watch_text(place));
  }
  if (look->probe == nullptr) {  // no place to look at: refused by conf
    looks_.erase(place);
    return nullptr;
  }
  if (look->watchers.empty() || look->watchers.back() != watch) look->watchers.push_back(watch);
  node->look = look.get();
  return node;
}

void Monitors::looked(Look& look, const probes::Observation& seen) {
  const base::Instant now = base::read_boot_clock();
  MonitorStanding& standing = look.standing;
  const bool first = !standing.looked;
  ++counters_[static_cast<std::size_t>(seen.outcome)];
  standing.outcome = seen.outcome;
  standing.looked = seen.sent_at;
  standing.latency = seen.latency;
  standing.text = seen.ok() && seen.detail.empty() ? "" : std::string(probes::name(seen.outcome));
  if (!seen.detail.empty()) standing.text += ": " + seen.detail;
  const MonitorValue before = standing.state.value;
  const bool was_latched = standing.state.latched;
  const Finding found = finding_of(seen.outcome);
  const bool failed = found == Finding::kFailed || found == Finding::kProvesNothing;
  look.failed = failed;
  if (look.checkpoint) judge_isolation();
  const bool ignored = failed && isolated_ && !look.checkpoint;
  if (ignored) standing.text += " (not counted: no checkpoint of this server answers)";
  const bool changed = !ignored && take(standing.state, look.policy, found, now);
  look.schedule(now);
  if (first && unlooked_ > 0) --unlooked_;
  if (changed && hooks_.changed) {
    MonitorStanding told = standing;
    told.waits = waits_for(told.state, look.policy, now);
    hooks_.changed(told, before);
  }
  if (was_latched != standing.state.latched && hooks_.latched) hooks_.latched();
  tell(look);
  if (first && unlooked_ == 0 && hooks_.first_round) hooks_.first_round();
}

void Monitors::gather(const Node& node) {
  for (const auto& part : node.parts) gather(*part);
  if (node.look == nullptr || std::exchange(node.look->checkpoint, true)) return;
  checkpoints_.push_back(node.look);
}

// One that was not looked at yet does not answer either: what fails meanwhile stays unknown.
void Monitors::judge_isolation() {
  const auto good = [](const Look* each) { return each->standing.looked && !each->failed; };
  const bool cut_off = !checkpoints_.empty() && std::none_of(checkpoints_.begin(), checkpoints_.end(), good);
  if (std::exchange(isolated_, cut_off) == cut_off) return;
  const bool looked = std::all_of(checkpoints_.begin(), checkpoints_.end(),
                                  [](const Look* each) { return each->standing.looked.has_value(); });
  if (!looked) return;
  if (isolated_) {
    base::log(base::Level::kError, "monitors.isolated",
              "no checkpoint answers, so this server is cut off: looks at members that fail count for nothing");
  } else {
    base::log(base::Level::kInfo, "monitors.connected", "a checkpoint answers: looks at members count");
  }
}

// Those that stand on the look and are otherwise now.
void Monitors::tell(const Look& look) {
  for (const decide::Watch& watch : look.watchers) {
    const auto tree = trees_.find(watch);
    if (tree == trees_.end()) continue;
    decide::Health health = evaluate(*tree->second);
    auto& known = told_[watch];
    if (known.value == health.value && known.since != base::Instant{}) health.since = known.since;
    if (known == health) continue;
    known = health;
    if (hooks_.told) hooks_.told(watch, health);
  }
}

namespace {

struct Parts {
  std::string text;
  bool failing = false;
  base::Instant since{};
};

void note(Parts& out, const std::string& text) {
  if (text.empty()) return;
  out.text += (out.text.empty() ? "" : "; ") + text;
}

}  // namespace

decide::Health Monitors::evaluate(const Node& top) const {
  const std::function<MonitorValue(const Node&, Parts&)> value_of = [&](const Node& node, Parts& out) {
    if (node.look != nullptr) {
      const MonitorStanding& s = node.look->standing;
      const std::string why = s.looked ? s.text : "not looked at yet";
      const bool composite = &node != &top;
      if (s.state.value != MonitorValue::kUp || s.state.failing()) {
        const std::string state(s.state.failing() ? "failing" : name(s.state.value));
        note(out, (composite ? watch_text(s.watch) + " " : "") + state + (why.empty() ? "" : ": " + why));
      }
      out.failing |= s.state.failing();
      out.since = std::max(out.since, s.state.since);
      return s.state.value;
    }
    std::vector<MonitorValue> values;
    for (const auto& part : node.parts) values.push_back(value_of(*part, out));
    return combine(node.kind, node.n, values);
  };
  Parts parts;
  const MonitorValue value = value_of(top, parts);
  decide::Health out;
  out.value = to_decide(value);
  out.disabled = value == MonitorValue::kDisabled;
  out.since = parts.since;
  out.failing = value == MonitorValue::kUp && parts.failing;
  out.text = std::move(parts.text);
  return out;
}

decide::Health Monitors::health(const decide::Watch& watch) const {
  const auto tree = trees_.find(watch);
  if (tree == trees_.end()) return {};
  decide::Health out = evaluate(*tree->second);
  const auto known = told_.find(watch);
  if (known != told_.end() && known->second.value == out.value) out.since = known->second.since;
  return out;
}

std::size_t Monitors::resume(const std::string& what) {
  const base::Instant now = base::read_boot_clock();
  std::size_t count = 0;
  for (auto& [watch, look] : looks_) {
    const bool meant =
        watch.monitor == what || watch_text(watch) == what || (watch.address && watch.address->to_string() == what);
    const MonitorValue before = look->standing.state.value;
    if (!meant || !control::resume(look->standing.state, look->policy, now)) continue;
    ++count;
    if (before != look->standing.state.value && hooks_.changed) hooks_.changed(look->standing, before);
    tell(*look);
  }
  if (count > 0 && hooks_.latched) hooks_.latched();
  return count;
}

std::vector<MonitorStanding> Monitors::standings() const {
  const base::Instant now = base::read_boot_clock();
  std::vector<MonitorStanding> out;
  for (const auto& [watch, look] : looks_) {
    out.push_back(look->standing);
    out.back().waits = waits_for(look->standing.state, look->policy, now);
  }
  return out;
}

std::set<std::string> Monitors::latched() const {
  std::set<std::string> out;
  for (const auto& [watch, look] : looks_) {
    if (look->standing.state.latched) out.insert(watch_text(watch));
  }
  return out;
}

std::set<decide::Watch> Monitors::watched() const {
  std::set<decide::Watch> out;
  for (const auto& [watch, tree] : trees_) out.insert(watch);
  return out;
}

std::array<std::size_t, 4> Monitors::tally() const {
  std::array<std::size_t, 4> out{};
  for (const auto& [watch, look] : looks_) ++out[static_cast<std::size_t>(look->standing.state.value)];
  return out;
}

}  // namespace control
