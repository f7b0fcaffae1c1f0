// The data of `explain NAME`: the whole decision, every input with its age, rule by rule. It is made anew, now, from
// the same inputs, so that what it tells is why the answer is what it is at this moment.
#include "dnsd/decide/explain.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "dnsd/control/client_view.h"
#include "dnsd/control/override_request.h"
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

// What a monitor found, at each address of a member; and what the wide-IP requires.
Json probes_json(const decide::WideIp& wideip, const std::vector<decide::Observation>& observed, base::Instant now) {
  Json out = Json::array();
  const auto add = [&](const std::string& member, const std::string& monitor, const std::string& address,
                       const decide::Health& health) {
    const bool known = health.value != decide::Health::Value::kUnknown;
    out.push_back({{"member", member},
                   {"monitor", monitor},
                   {"address", address},
                   {"value", std::string(decide::name(health.value))},
                   {"since_ms", known ? Json(base::to_ms(now - health.since)) : Json(nullptr)},
                   {"failing", health.failing},
                   {"text", health.text}});
  };
  for (std::size_t i = 0; i < wideip.members.size(); ++i) {
    const decide::Member& member = wideip.members[i];
    for (std::size_t a = 0; a < observed[i].health.size() && a < member.addresses.size(); ++a) {
      add(decide::member_text(member.id), member.monitor, member.addresses[a].to_string(), observed[i].health[a]);
    }
    if (!member.cname.empty() && !observed[i].health.empty()) {
      add(decide::member_text(member.id), member.monitor, "", observed[i].health.front());
    }
  }
  for (std::size_t i = 0; i < wideip.required.size(); ++i) {
    const auto& health = observed[wideip.members.size() + i].health;
    add("", wideip.required[i].name, "", health.empty() ? decide::Health{} : health.front());
  }
  return out;
}

// Adds what the client gets to the steps.
Json client_json(const View& view, const decide::WideIp& wideip, const decide::Decision& decision,
                 const base::Prefix& client, std::vector<std::string>& steps) {
  const auto seen = view_client(to_answer(wideip, decision, view.engine.regions()), view.engine.regions(), client);
  if (!seen) {
    steps.push_back("Client " + client.to_string() + " gets no address.");
    return {{"prefix", client.to_string()}, {"region", ""}, {"scope", 0}, {"pool", ""}, {"answers", Json::array()}};
  }
  std::string pool;
  if (wideip.pools.size() > 1 && seen->group < decision.answers.groups.size()) {
    pool = wideip.pools[decision.answers.groups[seen->group].pool].name;
  }
  const bool in_turn = wideip.method == decide::MethodKind::kRatio || wideip.method == decide::MethodKind::kRoundRobin;
  if (in_turn) pool.clear();  // the pools take turns: it gets each
  steps.push_back("Client " + client.to_string() + " " + client_text(*seen, pool) + ".");
  Json answers = Json::array();
  for (const auto& part : seen->parts) {
    answers.push_back({{"answer", part.answer}, {"share", part.share}});
  }
  return {{"prefix", client.to_string()},
          {"region", seen->region},
          {"scope", seen->scope},
          {"pool", pool},
          {"answers", std::move(answers)}};
}

std::string unknown(const View& view, const std::string& name) {
  std::vector<std::string_view> known;
  for (const Named& named : view.engine.names()) known.push_back(named.name);
  std::string out = "no wide-IP \"" + name + "\" is configured";
  if (const auto near = base::nearest(name, known)) out += "; did you mean \"" + *near + "\"?";
  return out;
}

// The orders that concern it, with who gave them and why.
Json orders_json(const View& view, const decide::WideIp& wideip) {
  OrderList own;
  for (const Order& order : view.overrides.list) {
    const bool here = order.what.wideip.empty() || order.what.wideip == wideip.name;
    const bool meant = std::any_of(wideip.members.begin(), wideip.members.end(),
                                   [&](const auto& m) { return decide::means(order.what.what, m.id); });
    if (here && meant) own.push_back(order);
  }
  return shown_json(own, view.now.boot);
}

}  // namespace

base::Result<std::string> explain_json(const View& view, const std::string& name,
                                       const std::optional<base::Prefix>& client) {
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
  for (auto& text : decide::texts(decision)) answer.push_back(std::move(text));
  std::vector<decide::MemberId> members;
  std::vector<std::string> pools;
  for (const auto& member : wideip.members) {
    members.push_back(member.id);
    pools.push_back(member.id.pool);
  }
  auto steps = decide::steps(wideip, observed, memory, decision, now);
  Json asked = client ? client_json(view, wideip, decision, *client, steps) : Json(nullptr);
  const Json all{{"name", wideip.name},
                 {"method", std::string(decide::name(wideip.method))},
                 {"outcome", std::string(decide::name(decision.outcome))},
                 {"answer", std::move(answer)},
                 {"ttl", decision.ttl_s},
                 {"stale", decision.stale},
                 {"epoch", decision.epoch.value},
                 {"counter", decision.epoch.counter()},
                 {"reason", decide::why(wideip, decision)},
                 {"since", base::format_utc(standing->since_wall)},
                 {"steps", std::move(steps)},
                 {"inputs", std::move(inputs)},
                 {"probes", probes_json(wideip, observed, now)},
                 {"client", std::move(asked)},
                 {"memory", memory_json(view, wideip.name, memory)},
                 {"policy", policy_json(wideip)},
                 {"overrides", orders_json(view, wideip)},
                 {"votes", votes_json(view, &pools)},
                 {"services", services_json(view, &members)}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace control
