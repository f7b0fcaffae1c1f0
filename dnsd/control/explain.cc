// The data of `explain NAME`: the whole decision, every input with its age, rule by rule. It is made anew, now, from
// the same inputs, so that what it tells is why the answer is what it is at this moment.
#include "dnsd/decide/explain.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "dnsd/control/view.h"
#include "dnsd/control/witness_json.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

Json input_json(const View& view, const decide::MemberId& id, const PathHealth& path, const decide::Verdict& verdict) {
  const base::Instant now = view.now.boot;
  Json out{{"site", id.site}, {"pool", id.pool}, {"path", path.url}};
  out["age_ms"] = path.last_ok ? Json(base::to_ms(now - *path.last_ok)) : Json(nullptr);
  out["state"] = path.claim ? std::string(ecv::name(path.claim->state)) : "";
  out["epoch"] = path.claim ? path.claim->epoch.value : 0;
  const bool active = path.claim && path.claim->state == ecv::PoolState::kActive;
  out["lease_ms"] = active ? std::max<std::int64_t>(base::to_ms(path.claim->lease_end() - now), 0) : 0;
  out["verdict"] = path.fault != Fault::kNone ? std::string(name(path.fault))
                   : !path.polled             ? "waiting"
                                              : std::string(decide::name(verdict.ground));
  out["error"] = path.error;
  return out;
}

Json memory_json(const View& view, const std::string& name, const decide::Memory& memory) {
  Json out{{"epoch", memory.durable.highest.value}, {"counter", memory.durable.highest.counter()}};
  Json answer = Json::array();
  if (memory.durable.answered) {
    for (const auto& id : memory.durable.answered->members) answer.push_back(decide::member_text(id));
  }
  out["answer"] = std::move(answer);
  // By the wall clock, across restarts: advisory.
  const Ledger::Answer* last = view.engine.ledger().answer(name);
  out["age_ms"] = last == nullptr ? Json(nullptr) : Json(base::to_ms(view.now.wall - last->accepted));
  return out;
}

Json policy_json(const decide::WideIp& wideip) {
  Json out{{"on_none", decide::policy_text(wideip.on_none)}, {"ttl", wideip.ttl_s}, {"min_ttl", wideip.min_ttl_s}};
  out["hold_ms"] = base::to_ms(wideip.on_none.hold);
  out["then"] = std::string(decide::name(wideip.on_none.then));
  out["hold_down_ms"] = base::to_ms(wideip.hold_down);
  return out;
}

std::string unknown(const View& view, const std::string& name) {
  std::vector<std::string_view> known;
  for (const Named& named : view.engine.names()) known.push_back(named.name);
  std::string out = "no wide-IP \"" + name + "\" is configured";
  if (const auto near = base::nearest(name, known)) out += "; did you mean \"" + *near + "\"?";
  return out;
}

// As the configuration has them: lower case, without the final dot.
std::string plain_name(std::string name) {
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

}  // namespace

base::Result<std::string> explain_json(const View& view, const std::string& name) {
  const std::string wanted = plain_name(name);
  const Named* named = view.engine.find_name(wanted);
  if (named == nullptr) return base::fail(unknown(view, wanted));
  const Standing* standing = &view.engine.standings()[named->standing];
  const decide::WideIp wideip = view.engine.wideip(*named);
  const base::Instant now = view.now.boot;

  const auto observed = view.engine.observe(wideip);
  decide::Memory memory = standing->memory;
  memory.durable = view.engine.ledger().recall(wideip);
  const decide::Decision decision = decide::decide(wideip, observed, memory, now);

  Json inputs = Json::array();
  for (std::size_t i = 0; i < wideip.members.size(); ++i) {
    const MemberHealth* member = view.health.find(wideip.members[i].id);
    if (member == nullptr) continue;
    for (const PathHealth& path : member->paths) {
      inputs.push_back(input_json(view, wideip.members[i].id, path, decision.verdicts[i]));
    }
  }
  Json answer = Json::array();
  for (const auto& address : decision.addresses) answer.push_back(address.to_string());
  std::vector<decide::MemberId> members;
  std::vector<std::string> pools;
  for (const auto& member : wideip.members) {
    members.push_back(member.id);
    pools.push_back(member.id.pool);
  }
  const Json all{{"name", wideip.name},
                 {"outcome", std::string(decide::name(decision.outcome))},
                 {"answer", std::move(answer)},
                 {"ttl", decision.ttl_s},
                 {"stale", decision.stale},
                 {"epoch", decision.epoch.value},
                 {"counter", decision.epoch.counter()},
                 {"reason", decide::why(wideip, decision)},
                 {"since", base::format_utc(standing->since_wall)},
                 {"steps", decide::steps(wideip, observed, memory, decision, now)},
                 {"inputs", std::move(inputs)},
                 {"memory", memory_json(view, wideip.name, memory)},
                 {"policy", policy_json(wideip)},
                 {"votes", votes_json(view, &pools)},
                 {"services", services_json(view, &members)}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace control
