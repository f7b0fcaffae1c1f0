#include "dnsd/control/compare.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/io/json_view.h"
#include "conf/changes.h"
#include "dnsd/control/inputs.h"
#include "dnsd/control/overrides.h"
#include "dnsd/control/wideip_settings.h"
#include "dnsd/decide/explain.h"
#include "zones/compile/catalog.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

std::vector<conf::Setting> read_settings(const Json& list) {
  std::vector<conf::Setting> out;
  for (const Json& each : list) {
    if (each.is_array() && each.size() == 2) out.push_back({io::text(each[0]), io::text(each[1])});
  }
  return out;
}

// Settings that only a restart changes: [{"key","from","to"}].
Json restart_json(const conf::Dnsd& next, const Json& running) {
  std::map<std::string, std::string> before;
  for (const auto& setting : read_settings(io::items(running, "fixed"))) before[setting.path] = setting.value;
  Json out = Json::array();
  for (const auto& setting : fixed_settings(next)) {
    const auto known = before.find(setting.path);
    if (known == before.end() || known->second == setting.value) continue;
    out.push_back({{"key", setting.path}, {"from", known->second}, {"to", setting.value}});
  }
  return out;
}

// As written, without those that fixed_settings() tells of.
std::vector<conf::Setting> without_fixed(std::vector<conf::Setting> settings, const conf::Dnsd& next) {
  std::set<std::string> fixed;
  for (const auto& setting : fixed_settings(next)) fixed.insert(setting.path);
  std::erase_if(settings, [&](const conf::Setting& setting) { return fixed.contains(setting.path); });
  return settings;
}

// Master files that hold another serial than what is served.
void add_serials(const conf::Dnsd& next, const Json& running, Json& out) {
  std::map<std::string, std::int64_t> before;
  for (const Json& zone : io::items(running, "zones")) before[io::text(zone, "origin")] = io::number(zone, "serial");
  const compile::Catalog catalog = compile::load_catalog(next.zones, next.wideips);
  for (const compile::CatalogZone& zone : catalog.zones) {
    const auto known = before.find(zone.config.origin);
    if (zone.data == nullptr || known == before.end() || known->second == zone.data->serial) continue;
    out.push_back("~ serial of zone " + zone.config.origin + ": " + std::to_string(known->second) + " -> " +
                  std::to_string(zone.data->serial));
  }
}

// One wide-IP of the running server.
struct Before {
  std::vector<conf::Setting> settings;
  decide::Memory memory;
  std::string outcome;
  std::vector<std::string> answer;
};
using Befores = std::map<std::string, Before>;

Befores read_wideips(const std::vector<Json>& parts) {
  Befores out;
  for (const Json& part : parts) {
    for (const Json& each : io::items(part, "wideips")) {
      Before before{read_settings(io::items(each, "settings")),
                    read_memory(io::member(each, "memory")),
                    io::text(each, "outcome"),
                    {}};
      for (const Json& address : io::items(each, "answer")) before.answer.push_back(io::text(address));
      out[io::text(each, "name")] = std::move(before);
    }
  }
  return out;
}

Ledger read_ledger(const Json& running, const Befores& befores) {
  Ledger::Change all;
  for (const Json& member : io::items(running, "members")) {
    const auto epoch = io::number(member, "highest");
    if (epoch > 0) {
      all.highest.emplace_back(decide::MemberId{io::text(member, "site"), io::text(member, "pool")},
                               ecv::Epoch{static_cast<std::uint64_t>(epoch)});
    }
  }
  for (const auto& [name, before] : befores) {
    if (!before.memory.durable.answered) continue;
    all.answers.push_back(
        {{name}, std::make_shared<const Ledger::Answer>(Ledger::Answer{*before.memory.durable.answered, {}})});
  }
  Ledger out;
  out.apply(all);
  return out;
}

// The new configuration on what the running server knows.
class Trial {
 public:
  Trial(const conf::Dnsd& next, const Json& running, const Befores& befores)
      : now_{read_instant(running, "now_us"), {}},
        engine_(health_, read_ledger(running, befores),
                {[](const Ledger&, const Ledger::Change&) { return base::Result<void>(); },
                 [](std::size_t, const snapshot::DynamicAnswer&) {}, [](const Standing&, const auto&) {}}) {
    health_.configure(told_targets(targets(next)));
    for (const Json& member : io::items(running, "members")) {
      if (const auto input = read_member_input(member)) {
        watched_.insert(input->id);
        tell(health_, *input);
      }
    }
    // Before there are wide-IPs: nothing is to be decided until all is known.
    for (const Json& probe : io::items(running, "probes")) {
      if (auto input = read_probe_input(probe)) engine_.probed(input->watch, std::move(input->health), now_);
    }
    engine_.set_orders(decide::Orders(read_overrides(io::items(running, "overrides")), now_.boot));
    engine_.configure(next.wideips.size(), [&](std::size_t i) { return to_decide(next.wideips[i], next.poll); });
    engine_.remember([&](const std::string& name) {
      const auto before = befores.find(name);
      return before == befores.end() ? nullptr : &before->second.memory;
    });
    engine_.decide_all(now_);
  }

  [[nodiscard]] const Engine& engine() const { return engine_; }
  // Members that the running server does not watch.
  [[nodiscard]] Json unwatched(const conf::Dnsd& next) const {
    Json out = Json::array();
    for (const Target& target : targets(next)) {
      if (!watched_.contains(target.id)) out.push_back(decide::member_text(target.id));
    }
    return out;
  }

 private:
  Now now_;
  HealthTable health_;
  Engine engine_;
  std::set<decide::MemberId> watched_;
};

Json answer_json(const std::string& outcome, std::vector<std::string> answer) {
  return {{"outcome", outcome}, {"answer", std::move(answer)}};
}

bool same_set(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

// Answers that would move, appear or go.
Json answers_json(const Trial& trial, const Befores& befores) {
  const Engine& engine = trial.engine();
  Json out = Json::array();
  std::set<std::string> there;
  for (const Named& named : engine.names()) {
    there.insert(named.name);
    const decide::Decision& decision = engine.standings()[named.standing].decision;
    const std::string outcome(decide::name(decision.outcome));
    auto answer = engine.answer_texts(named);
    const auto before = befores.find(named.name);
    if (before != befores.end() && before->second.outcome == outcome && same_set(before->second.answer, answer))
      continue;
    out.push_back(
        {{"name", named.name},
         {"from", before == befores.end() ? Json(nullptr) : answer_json(before->second.outcome, before->second.answer)},
         {"to", answer_json(outcome, std::move(answer))},
         {"why", decide::why(engine.wideip(named), decision)}});
  }
  for (const auto& [name, before] : befores) {
    if (there.contains(name)) continue;
    out.push_back({{"name", name},
                   {"from", answer_json(before.outcome, before.answer)},
                   {"to", nullptr},
                   {"why", "it is no wide-IP any more: the zone answers for this name"}});
  }
  return out;
}

Json changes_json(const conf::Dnsd& next, const Json& running, const Befores& befores, const Trial& trial) {
  auto before = without_fixed(read_settings(io::items(running, "settings")), next);
  auto after = without_fixed(next.settings, next);
  Json out = conf::changes(before, after);
  add_serials(next, running, out);
  ServiceTexts tests;
  tests.configure(next.wideips);
  before.clear();
  after.clear();
  for (const auto& [name, wideip] : befores) {
    before.insert(before.end(), wideip.settings.begin(), wideip.settings.end());
  }
  const auto& names = trial.engine().names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto settings = settings_of(trial.engine().wideip(names[i]), tests.at(i));
    after.insert(after.end(), std::make_move_iterator(settings.begin()), std::make_move_iterator(settings.end()));
  }
  const auto by_path = [](const conf::Setting& a, const conf::Setting& b) { return a.path < b.path; };
  std::sort(before.begin(), before.end(), by_path);
  std::sort(after.begin(), after.end(), by_path);
  for (auto& line : conf::changes(before, after)) out.push_back(std::move(line));
  return out;
}

}  // namespace

base::Result<std::string> compare(const conf::Dnsd& next, std::span<const std::string> running) {
  std::vector<Json> parts;
  std::size_t wideips = 0;
  for (const std::string& part : running) {
    parts.push_back(Json::parse(part, nullptr, false));
    if (!parts.back().is_object()) return base::fail("the running dnsd told something that is no JSON object");
    if (io::number(parts.back(), "generation") != io::number(parts.front(), "generation")) {
      return base::fail("the running dnsd was reloaded meanwhile: ask again");
    }
    wideips += io::items(parts.back(), "wideips").size();
  }
  if (parts.empty() || static_cast<std::int64_t>(wideips) != io::number(parts.front(), "wideips_total")) {
    return base::fail("the running dnsd did not tell of all of its wide-IPs: ask again");
  }
  const Json& first = parts.front();
  const Befores befores = read_wideips(parts);
  const Trial trial(next, first, befores);
  const Json out{{"id", io::text(first, "id")},
                 {"generation", io::number(first, "generation")},
                 {"ready", io::flag(first, "ready")},
                 {"restart", restart_json(next, first)},
                 {"changes", changes_json(next, first, befores, trial)},
                 {"answers", answers_json(trial, befores)},
                 {"unwatched", trial.unwatched(next)}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace control
