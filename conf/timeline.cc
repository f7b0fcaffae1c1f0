#include "conf/timeline.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "conf/document.h"
#include "conf/scalar.h"

namespace conf {

namespace {

constexpr std::string_view kMonitor = "monitor ";
constexpr std::string_view kDrain = "drain ";
constexpr std::string_view kPin = "pin ";
constexpr std::int64_t kMostMs = std::int64_t{366} * 24 * 3'600'000;

class Reader {
 public:
  explicit Reader(std::vector<Fault>& faults) : faults_(faults) {}

  Timeline read(const Value& root) {
    if (root.kind == Value::Kind::kBad) return {};
    if (root.kind != Value::Kind::kMapping || root.find("timeline") == nullptr) {
      fault(root.mark(), "no timeline; expected: timeline: [{at: 0s, SITE/POOL: {state: ACTIVE, epoch: 1}}, …]");
      return {};
    }
    Timeline out;
    const Value* until = nullptr;
    for (std::size_t i = 0; i < root.keys.size(); ++i) {
      if (root.keys[i].text == "timeline") {
        read_steps(root.items[i], out);
      } else if (root.keys[i].text == "until") {
        until = &root.items[i];
      } else {
        unknown(root.keys[i], {"timeline", "until"});
      }
    }
    out.until = (out.steps.empty() ? base::Duration::zero() : out.steps.back().at) + base::seconds(60);
    if (until != nullptr) {
      out.until = duration(*until, "until");
      if (!out.steps.empty() && out.until < out.steps.back().at)
        fault(until->mark(), "until: it lies before the last step");
    }
    return out;
  }

 private:
  void fault(const Mark& mark, std::string message) { faults_.push_back({mark, std::move(message)}); }

  void unknown(const Value::Key& key, std::vector<std::string_view> allowed) {
    std::string message = "unknown key \"" + key.text + "\"";
    if (const auto near = base::nearest(key.text, allowed)) message += " (did you mean \"" + *near + "\"?)";
    message += "; allowed here:";
    for (const auto word : allowed) message += (word == allowed.front() ? " " : ", ") + std::string(word);
    fault(key.mark(), std::move(message));
  }

  base::Duration duration(const Value& value, const std::string& what) {
    std::int64_t ms = 0;
    if (value.kind != Value::Kind::kScalar) {
      fault(value.mark(), what + ": expected a duration, such as 10s or 250ms");
    } else if (const auto wrong = parse_duration(value.text, ms)) {
      fault(value.mark(), what + ": " + *wrong);
    } else if (ms > kMostMs) {
      fault(value.mark(), what + ": more than a year");
    } else {
      return base::milliseconds(ms);
    }
    return {};
  }

  std::uint64_t number(const Value& value, const std::string& what, std::int64_t most) {
    std::int64_t out = 0;
    const auto wrong = value.kind == Value::Kind::kScalar ? parse_number(value.text, out) : "expected a whole number";
    if (wrong) {
      fault(value.mark(), what + ": " + *wrong);
    } else if (out < 0 || out > most) {
      fault(value.mark(), what + ": allowed: 0 to " + std::to_string(most));
    } else {
      return static_cast<std::uint64_t>(out);
    }
    return 0;
  }

  void read_steps(const Value& list, Timeline& out) {
    if (list.kind != Value::Kind::kSequence) return fault(list.mark(), "timeline: expected a list of steps");
    for (const Value& item : list.items) {
      const Value* at = item.find("at");
      if (at == nullptr) {
        fault(item.mark(), "a step without `at`; expected: {at: 10s, SITE/POOL: …}");
        continue;
      }
      const base::Duration when = duration(*at, "at");
      if (!out.steps.empty() && when < out.steps.back().at) fault(at->mark(), "at: it lies before the step above");
      for (std::size_t i = 0; i < item.keys.size(); ++i) {
        if (item.keys[i].text != "at") out.steps.push_back(read_step(when, item.keys[i], item.items[i]));
      }
    }
  }

  TimelineStep read_step(base::Duration at, const Value::Key& key, const Value& value) {
    TimelineStep out;
    out.at = at;
    out.mark = key.mark();
    if (std::string_view(key.text).starts_with(kMonitor)) {
      read_monitor(key, value, out);
      return out;
    }
    if (std::string_view(key.text).starts_with(kDrain)) {
      out.order = read_drain(key, value);
      return out;
    }
    if (std::string_view(key.text).starts_with(kPin)) {
      out.order = read_pin(key, value);
      return out;
    }
    const auto slash = key.text.find('/');
    out.site = key.text.substr(0, slash);
    if (slash != key.text.npos) out.pool = key.text.substr(slash + 1);
    if (value.kind == Value::Kind::kScalar && value.text == "silent") return out;
    if (value.kind == Value::Kind::kMapping) {
      out.claim = read_claim(value);
    } else {
      fault(value.mark(), key.text + ": expected `silent`, or {state: …, epoch: …, lease: …}");
    }
    return out;
  }

  void read_monitor(const Value::Key& key, const Value& value, TimelineStep& out) {
    const std::string what = key.text.substr(kMonitor.size());
    const auto at = what.find('@');
    out.monitor = what.substr(0, at);
    if (at != what.npos) out.where = what.substr(at + 1);
    const std::string word = value.kind == Value::Kind::kScalar ? value.text : "";
    if (word == "up") {
      out.health = TimelineHealth::kUp;
    } else if (word == "down") {
      out.health = TimelineHealth::kDown;
    } else if (word == "disabled") {
      out.health = TimelineHealth::kDisabled;
    } else if (word != "unknown") {
      fault(value.mark(), key.text + ": expected up, down, disabled or unknown");
    }
  }

  TimelineOrder read_drain(const Value::Key& key, const Value& value) {
    TimelineOrder out;
    const std::string what = key.text.substr(kDrain.size());
    const auto at = what.find('@');
    out.what = what.substr(0, at);
    if (at != what.npos) out.wideip = what.substr(at + 1);
    const std::string word = value.kind == Value::Kind::kScalar ? value.text : "";
    out.ends = word == "off";
    out.break_glass = word == "break_glass";
    if (!out.ends && !out.break_glass && word != "on") {
      fault(value.mark(), key.text + ": expected on, off or break_glass");
    }
    return out;
  }

  TimelineOrder read_pin(const Value::Key& key, const Value& value) {
    TimelineOrder out;
    out.pin = true;
    out.wideip = key.text.substr(kPin.size());
    if (value.kind != Value::Kind::kScalar || value.text.empty()) {
      fault(value.mark(), key.text + ": expected a member, or off");
    } else if (value.text == "off") {
      out.ends = true;
    } else {
      out.what = value.text;
    }
    return out;
  }

  TimelineClaim read_claim(const Value& value) {
    TimelineClaim out;
    bool told = false;
    for (std::size_t i = 0; i < value.keys.size(); ++i) {
      const std::string& key = value.keys[i].text;
      const Value& item = value.items[i];
      if (key == "state") {
        const auto state = item.kind == Value::Kind::kScalar ? ecv::parse_pool_state(item.text) : std::nullopt;
        if (!state) fault(item.mark(), "state: expected a state of a pool, such as ACTIVE, STANDBY or FENCED");
        out.state = state.value_or(out.state);
        told = true;
      } else if (key == "epoch") {
        out.epoch = number(item, "epoch", std::int64_t{1} << 54);
      } else if (key == "lease") {
        out.lease = duration(item, "lease");
      } else if (key == "readers") {
        out.readers = static_cast<std::uint32_t>(number(item, "readers", 1024));
      } else {
        unknown(value.keys[i], {"state", "epoch", "lease", "readers"});
      }
    }
    if (!told) fault(value.mark(), "a claim without `state`");
    return out;
  }

  std::vector<Fault>& faults_;
};

}  // namespace

Loaded<Timeline> load_timeline_text(std::string_view text, const std::filesystem::path& name) {
  Loaded<Timeline> out;
  const std::string file = name.string();
  const Value root = parse_document(text, &file, out.faults);
  out.value = Reader(out.faults).read(root);
  return out;
}

Loaded<Timeline> load_timeline(const std::filesystem::path& path, const Outside& outside) {
  const auto text = outside.read(path);
  if (text) return load_timeline_text(*text, path);
  Loaded<Timeline> out;
  out.faults.push_back({Mark{path.string(), 0, 0}, text.error().message});
  return out;
}

}  // namespace conf
