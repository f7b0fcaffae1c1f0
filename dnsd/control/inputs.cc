#include "dnsd/control/inputs.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/io/json_view.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

std::int64_t us(base::Instant at) { return at.time_since_epoch().count(); }
// Whatever is read leaves room for arithmetic: 36,000 years to both sides.
constexpr std::int64_t kMostUs = std::int64_t{1} << 60;
constexpr std::int64_t kMostLeaseMs = 3'600'000;
constexpr std::uint64_t kMostReaders = 1024;  // as many nodes as a report may have

base::Instant instant(std::int64_t at) { return base::Instant(base::Duration(std::clamp(at, -kMostUs, kMostUs))); }

Json optional_us(const std::optional<base::Instant>& at) { return at ? Json(us(*at)) : Json(nullptr); }
std::optional<base::Instant> optional_instant(const Json& object, const char* key) {
  const Json& value = io::member(object, key);
  return value.is_number_integer() ? std::optional(instant(value.get<std::int64_t>())) : std::nullopt;
}

std::uint64_t unsigned_of(const Json& object, const char* key) {
  const Json& value = io::member(object, key);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::string_view name(decide::Health::Value value) {
  switch (value) {
    case decide::Health::Value::kUnknown: break;
    case decide::Health::Value::kUp: return "up";
    case decide::Health::Value::kDown: return "down";
  }
  return "unknown";
}

decide::Health::Value read_value(const Json& json) {
  const std::string value = io::text(json, "value");
  return value == "up"     ? decide::Health::Value::kUp
         : value == "down" ? decide::Health::Value::kDown
                           : decide::Health::Value::kUnknown;
}

decide::Health read_health(const Json& json) {
  return {read_value(json), instant(io::number(json, "since_us")), io::text(json, "text"), io::flag(json, "failing"),
          io::flag(json, "disabled")};
}

Json health_json(const decide::Health& health) {
  Json out{{"value", std::string(name(health.value))},
           {"since_us", us(health.since)},
           {"failing", health.failing},
           {"text", health.text}};
  if (health.disabled) out["disabled"] = true;
  return out;
}

void add_claim(const decide::Claim& claim, Json& out) {
  out["state"] = std::string(ecv::name(claim.state));
  out["epoch"] = claim.epoch.value;
  out["counter"] = claim.epoch.counter();
  out["lease_ms"] = base::to_ms(claim.lease);
  out["revisions"] = claim.revisions;
  out["readers"] = claim.readers;
  out["asked_us"] = us(claim.asked);
  out["heard_us"] = us(claim.heard);
}

std::optional<decide::Claim> read_claim(const Json& json) {
  const auto state = ecv::parse_pool_state(io::text(json, "state"));
  if (!state) return std::nullopt;
  decide::Claim out;
  out.asked = instant(io::number(json, "asked_us"));
  out.heard = instant(io::number(json, "heard_us"));
  out.state = *state;
  out.epoch = {unsigned_of(json, "epoch")};
  out.lease = base::milliseconds(std::clamp<std::int64_t>(io::number(json, "lease_ms"), 0, kMostLeaseMs));
  out.revisions = io::flag(json, "revisions");
  out.readers = static_cast<std::uint32_t>(std::min(unsigned_of(json, "readers"), kMostReaders));
  return out;
}

}  // namespace

MemberInput input_of(const decide::MemberId& id, const MemberHealth& health) {
  const decide::Observation seen = health.observation();
  return {id, seen.claim, seen.failing};
}

Json to_json(const MemberInput& input) {
  Json out{{"site", input.id.site}, {"pool", input.id.pool}, {"failing", input.failing}};
  if (input.claim) add_claim(*input.claim, out);
  return out;
}

std::optional<MemberInput> read_member_input(const Json& json) {
  MemberInput out{{io::text(json, "site"), io::text(json, "pool")}, read_claim(json), io::flag(json, "failing")};
  if (out.id.pool.empty()) return std::nullopt;
  return out;
}

Json to_json(const ProbeInput& input) {
  Json out{{"monitor", input.watch.monitor},
           {"address", input.watch.address ? Json(input.watch.address->to_string()) : Json(nullptr)}};
  out.update(health_json(input.health));
  return out;
}

std::optional<ProbeInput> read_probe_input(const Json& json) {
  ProbeInput out;
  out.watch.monitor = io::text(json, "monitor");
  const Json& address = io::member(json, "address");
  if (out.watch.monitor.empty()) return std::nullopt;
  if (!address.is_null()) {
    const auto parsed = base::IpAddress::parse(io::text(address));
    if (!parsed) return std::nullopt;
    out.watch.address = *parsed;
  }
  out.health = read_health(json);
  return out;
}

Json to_json(const decide::Observation& observed) {
  Json out{{"failing", observed.failing}};
  if (observed.drained) out["drained"] = true;
  if (observed.pinned) out["pinned"] = true;
  if (observed.forced) out["forced"] = true;
  if (observed.claim) add_claim(*observed.claim, out);
  for (const decide::Health& health : observed.health) out["health"].push_back(health_json(health));
  return out;
}

decide::Observation read_observation(const Json& json) {
  decide::Observation out;
  out.claim = read_claim(json);
  out.failing = io::flag(json, "failing");
  out.drained = io::flag(json, "drained");
  out.pinned = io::flag(json, "pinned");
  out.forced = io::flag(json, "forced");
  for (const Json& health : io::items(json, "health")) out.health.push_back(read_health(health));
  return out;
}

Json to_json(const decide::Memory& memory) {
  Json out{{"highest", memory.durable.highest.value}};
  if (memory.durable.answered) {
    Json members = Json::array();
    for (const auto& id : memory.durable.answered->members) members.push_back({id.site, id.pool});
    out["answered"] = {{"members", std::move(members)}, {"epoch", memory.durable.answered->epoch.value}};
  }
  out["held_us"] = optional_us(memory.held_since);
  out["flipped_us"] = optional_us(memory.flipped_at);
  out["troubled_us"] = optional_us(memory.troubled_at);
  for (const decide::Given& given : memory.given) {
    out["given"].push_back({{"site", given.id.site}, {"pool", given.id.pool}, {"v4", given.v4}, {"v6", given.v6}});
  }
  return out;
}

decide::Memory read_memory(const Json& json) {
  decide::Memory out;
  out.durable.highest = {unsigned_of(json, "highest")};
  if (const Json& answered = io::member(json, "answered"); answered.is_object()) {
    decide::Answered last;
    last.epoch = {unsigned_of(answered, "epoch")};
    for (const Json& id : io::items(answered, "members")) {
      if (id.is_array() && id.size() == 2) last.members.push_back({io::text(id[0]), io::text(id[1])});
    }
    out.durable.answered = std::move(last);
  }
  out.held_since = optional_instant(json, "held_us");
  out.flipped_at = optional_instant(json, "flipped_us");
  out.troubled_at = optional_instant(json, "troubled_us");
  for (const Json& given : io::items(json, "given")) {
    out.given.push_back(
        {{io::text(given, "site"), io::text(given, "pool")}, io::flag(given, "v4"), io::flag(given, "v6")});
  }
  return out;
}

Json to_json(const std::vector<base::IpAddress>& addresses) {
  Json out = Json::array();
  for (const auto& address : addresses) out.push_back(address.to_string());
  return out;
}

base::Instant read_instant(const Json& object, const char* key) { return instant(io::number(object, key)); }

std::vector<Target> told_targets(const std::vector<Target>& polled) {
  std::vector<Target> out;
  for (const Target& target : polled) out.push_back({target.id, {kToldPath}});
  return out;
}

Effect tell(HealthTable& health, const MemberInput& input) {
  const MemberHealth* before = health.find(input.id);
  if (before == nullptr) return {};
  Effect effect;
  const bool recovers = !input.failing && before->observation().failing;
  if (input.claim && (before->claim != input.claim || recovers)) {
    ecv::Report report;
    report.boot_id = 1;
    report.seq = before->seq + 1;
    report.state = input.claim->state;
    report.epoch = input.claim->epoch;
    report.lease_ms = base::to_ms(input.claim->lease);
    report.arbiter = input.claim->revisions ? "etcd" : "";
    report.nodes.resize(input.claim->readers);
    for (auto& node : report.nodes) node.state = ecv::NodeState::kStandby;
    effect = health.report(input.id, kToldPath, report, input.claim->asked, input.claim->heard);
  }
  if (input.failing) {
    const Effect failed = health.failure(input.id, kToldPath, Fault::kNoAnswer, "no report comes");
    effect.changed |= failed.changed;
  }
  return effect;
}

}  // namespace control
