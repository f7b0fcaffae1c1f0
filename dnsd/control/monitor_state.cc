#include "dnsd/control/monitor_state.h"

#include <algorithm>

namespace control {

std::string_view name(MonitorValue v) {
  switch (v) {
    case MonitorValue::kUnknown: return "unknown";
    case MonitorValue::kUp: return "up";
    case MonitorValue::kDown: return "down";
    case MonitorValue::kDisabled: return "disabled";
  }
  return "unknown";
}

MonitorPolicy MonitorPolicy::of(const conf::Monitor& m) {
  return {m.rise, m.fall, m.interval, m.interval_down.value_or(m.interval), m.up_after, m.hold_down, m.manual_resume};
}

Finding finding_of(probes::Outcome outcome) {
  switch (outcome) {
    case probes::Outcome::kOk: return Finding::kGood;
    case probes::Outcome::kDisabled: return Finding::kDisabled;
    case probes::Outcome::kMisconfigured: return Finding::kProvesNothing;
    default: return Finding::kFailed;
  }
}

namespace {

using Value = MonitorValue;

bool serves(Value v) { return v == Value::kUp || v == Value::kDisabled; }

void count(MonitorState& s, Finding found, base::Instant now) {
  if (found == Finding::kGood || found == Finding::kDisabled) {
    if (s.good++ == 0) s.good_since = now;
    s.bad = 0;
  } else {
    ++s.bad;
    s.good = 0;
    s.good_since.reset();
  }
}

// Whether a member that was down has earned its return.
bool may_return(const MonitorState& s, const MonitorPolicy& policy, base::Instant now) {
  return !s.latched && s.good >= policy.rise && s.good_since && now - *s.good_since >= policy.up_after &&
         (!s.fell_at || now - *s.fell_at >= policy.hold_down);
}

Value after_good(const MonitorState& s, const MonitorPolicy& policy, Finding found, base::Instant now) {
  const Value wanted = found == Finding::kDisabled ? Value::kDisabled : Value::kUp;
  if (s.latched) return Value::kDown;
  if (s.value != Value::kDown) return wanted;
  return may_return(s, policy, now) ? wanted : Value::kDown;
}

Value after_bad(const MonitorState& s, const MonitorPolicy& policy, Finding found) {
  const Value wanted = found == Finding::kProvesNothing ? Value::kUnknown : Value::kDown;
  if (s.value == Value::kDown || s.latched) return Value::kDown;
  if (s.value == Value::kUnknown) return wanted;
  return s.bad >= policy.fall ? wanted : s.value;
}

void become(MonitorState& s, const MonitorPolicy& policy, Value value, base::Instant now) {
  s.value = value;
  s.since = now;
  if (serves(value)) {
    s.was_up = true;
    s.fell_at.reset();
  } else if (value == Value::kDown && s.was_up) {
    s.was_up = false;
    s.fell_at = now;
    s.latched = policy.manual_resume;
  }
}

}  // namespace

bool take(MonitorState& state, const MonitorPolicy& policy, Finding found, base::Instant now) {
  // A reload may have taken manual resume away.
  state.latched = state.latched && policy.manual_resume;
  count(state, found, now);
  const bool good = found == Finding::kGood || found == Finding::kDisabled;
  const Value next = good ? after_good(state, policy, found, now) : after_bad(state, policy, found);
  if (next == state.value) return false;
  become(state, policy, next, now);
  return true;
}

bool resume(MonitorState& state, const MonitorPolicy& policy, base::Instant now) {
  if (!state.latched) return false;
  state.latched = false;
  state.fell_at.reset();
  if (state.value == Value::kDown && state.good >= policy.rise) become(state, policy, Value::kUp, now);
  return true;
}

base::Duration pace(const MonitorState& state, const MonitorPolicy& policy) {
  return serves(state.value) && state.bad == 0 ? policy.interval : policy.interval_down;
}

std::string waits_for(const MonitorState& s, const MonitorPolicy& policy, base::Instant now) {
  if (s.latched) return "manual resume: waits for `dnsd resume`";
  if (s.value != Value::kDown || s.good == 0 || !s.good_since) return "";
  if (s.good < policy.rise) {
    return "good looks: " + std::to_string(s.good) + " of " + std::to_string(policy.rise);
  }
  const auto left = std::max(policy.up_after - (now - *s.good_since),
                             s.fell_at ? policy.hold_down - (now - *s.fell_at) : base::Duration::zero());
  if (left <= base::Duration::zero()) return "its next look";
  return "time until up: " + base::format_duration(left) + " left";
}

MonitorValue combine(conf::MonitorKind kind, int n, std::span<const MonitorValue> parts) {
  const auto how_many = [&](Value v) { return std::count(parts.begin(), parts.end(), v); };
  const auto up = how_many(Value::kUp);
  const auto disabled = how_many(Value::kDisabled);
  const auto unknown = how_many(Value::kUnknown);
  if (kind == conf::MonitorKind::kNot) {
    if (parts.empty() || unknown > 0) return Value::kUnknown;
    return up + disabled > 0 ? Value::kDown : Value::kUp;
  }
  const auto all = static_cast<std::ptrdiff_t>(parts.size());
  const std::ptrdiff_t needed = kind == conf::MonitorKind::kAll ? all : kind == conf::MonitorKind::kAny ? 1 : n;
  if (up >= needed) return Value::kUp;
  if (up + disabled >= needed) return Value::kDisabled;
  if (up + disabled + unknown >= needed) return Value::kUnknown;
  return Value::kDown;
}

}  // namespace control
