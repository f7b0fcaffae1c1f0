// The journal, decided again.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>

#include "base/io/json_view.h"
#include "dnsd/control/change_json.h"
#include "dnsd/control/overrides.h"
#include "dnsd/control/simulate.h"
#include "dnsd/control/wideip_settings.h"
#include "dnsd/decide/explain.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

// Differences of very many are shown no more than so often.
constexpr std::size_t kMostDifferences = 1000;

base::Instant at_of(const Json& event) { return read_instant(event, "at_us"); }

// What was answered and why, as the journal has it.
struct Recorded {
  AnswerText told;
  std::int64_t ttl_s = 0;
  bool stale = false;
  std::uint64_t epoch = 0;
  std::string reason;
  std::vector<std::string> values;  // of the members
  bool operator==(const Recorded&) const = default;
};

Recorded recorded_of(const Json& event) {
  Recorded out{{io::text(event, "outcome"), {}}, io::number(event, "ttl"),
               io::flag(event, "stale"),         static_cast<std::uint64_t>(io::number(event, "epoch")),
               io::text(event, "reason"),        {}};
  for (const Json& address : io::items(event, "answer")) out.told.answer.push_back(io::text(address));
  for (const Json& member : io::items(event, "members")) {
    out.values.push_back(io::text(member, "value") + "/" + io::text(member, "ground"));
  }
  return out;
}

Recorded recorded_of(const decide::Decision& decision) {
  Recorded out{{std::string(decide::name(decision.outcome)), {}},
               decision.ttl_s,
               decision.stale,
               decision.epoch.value,
               std::string(decide::name(decision.reason)),
               {}};
  out.told.answer = decide::texts(decision);
  for (const auto& verdict : decision.verdicts) {
    out.values.push_back(std::string(decide::name(verdict.value)) + "/" + std::string(decide::name(verdict.ground)));
  }
  return out;
}

Json recorded_json(const Recorded& recorded) {
  Json out = told_json(recorded.told);
  out["ttl"] = recorded.ttl_s;
  out["reason"] = recorded.reason;
  out["members"] = recorded.values;
  return out;
}

// So long before a time of the journal, "2026-11-22T02:21:47.123Z".
std::string earlier(const std::string& time, base::Duration by) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0;
  if (std::sscanf(time.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &year, &month, &day, &hour, &minute, &second, &ms) !=
      7) {
    return time;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  const base::WallTime at = std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                            std::chrono::seconds(second) + std::chrono::milliseconds(ms);
  return base::format_utc(at - by);
}

bool is_decision(const Json& event) {
  return io::text(event, "event") == "decision" && io::member(event, "memory").is_object();
}

MemberInput input_at(const Json& member) {
  const decide::Observation seen = read_observation(member);
  return {{io::text(member, "site"), io::text(member, "pool")}, seen.claim, seen.failing};
}

// What a member's monitor found at its addresses; of an alias, at the monitor's own.
std::vector<ProbeInput> probes_at(const Json& member) {
  std::vector<ProbeInput> out;
  const bool alias = !io::text(member, "cname").empty();
  for (const Json& health : io::items(member, "health")) {
    Json probe = health;
    if (!probe.is_object()) continue;
    probe["monitor"] = io::text(member, "monitor");
    if (const auto input = read_probe_input(probe); input && (input->watch.address || alias)) out.push_back(*input);
  }
  return out;
}

class Replay {
 public:
  // `bare`: decisions that stand in the journal without their inputs.
  Replay(const conf::Dnsd& config, std::vector<Json> events, std::uint64_t bare)
      : config_(config), events_(std::move(events)), bare_(bare) {
    for (const conf::WideIp& wideip : config.wideips) {
      decide::WideIp known = to_decide(wideip, config.poll);
      digests_[wideip.name] = digest_of(known);
      wideips_.emplace(wideip.name, std::move(known));
    }
  }

  base::Result<std::string> run() {
    for (const Json& event : events_) {
      if (is_decision(event)) decide_again(event);
    }
    if (decisions_ == 0) {
      return base::fail("the journal has no decisions with their inputs: " +
                        (bare_ > 0 ? std::to_string(bare_) + " without them, of an older dnsd" : "nothing happened"));
    }
    if (!others_.empty()) imagine();
    Json changes = Json::array();
    // By wall time: the other clock begins anew with the machine.
    std::stable_sort(changes_.begin(), changes_.end(),
                     [](const Json& x, const Json& y) { return io::text(x, "time") < io::text(y, "time"); });
    for (Json& change : changes_) changes.push_back(std::move(change));
    const Json out{{"of", "journal"},
                   {"first", io::text(events_.front(), "time")},
                   {"last", io::text(events_.back(), "time")},
                   {"decisions", decisions_},
                   {"as_recorded", as_recorded_},
                   {"without_inputs", bare_},
                   {"other_settings", others_},
                   {"differences", std::move(differences_)},
                   {"changes", std::move(changes)}};
    return out.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

 private:
  // From nothing but what stands in the record.
  void decide_again(const Json& event) {
    ++decisions_;
    const std::string name = io::text(event, "name");
    const auto wideip = wideips_.find(name);
    if (wideip == wideips_.end() || digests_.at(name) != io::text(event, "settings")) {
      others_.insert(name);
      return;
    }
    std::vector<decide::Observation> observed;
    for (const Json& member : io::items(event, "members")) observed.push_back(read_observation(member));
    for (const Json& required : io::items(event, "required")) observed.push_back(read_observation(required));
    observed.resize(std::max(observed.size(), wideip->second.members.size() + wideip->second.required.size()));
    const decide::Decision decision =
        decide::decide(wideip->second, observed, read_memory(io::member(event, "memory")), at_of(event));
    const Recorded recorded = recorded_of(event);
    const Recorded made = recorded_of(decision);
    if (recorded == made) {
      ++as_recorded_;
    } else if (differences_.size() < kMostDifferences) {
      differences_.push_back({{"time", io::text(event, "time")},
                              {"name", name},
                              {"recorded", recorded_json(recorded)},
                              {"now", recorded_json(made)}});
    }
    note(event, name, answer_text(wideip->second, decision, decide::texts(decision)), decision.ttl_s,
         decide::why(wideip->second, decision));
  }

  void note(const Json& event, const std::string& name, const AnswerText& to, std::uint32_t ttl_s, std::string why) {
    const auto before = answers_.find(name);
    if (before != answers_.end() && before->second == to) return;
    AnswerChange change{at_of(event), name, std::nullopt, to, ttl_s, std::move(why)};
    if (before != answers_.end()) change.from = before->second;
    answers_[name] = to;
    add(io::text(event, "time"), change);
  }

  void add(const std::string& time, const AnswerChange& change) {
    Json out{{"time", time}};
    out.update(change_json(change));
    changes_.push_back(std::move(out));
  }

  // Wide-IPs whose settings were others: what the engine makes of the same inputs.
  void imagine() {
    std::erase_if(changes_, [&](const Json& change) { return others_.contains(io::text(change, "name")); });
    const Json* present = nullptr;
    Simulation simulation(config_, first_memory(), [&](const AnswerChange& change) {
      if (others_.contains(change.name)) add(earlier(io::text(*present, "time"), at_of(*present) - change.at), change);
    });
    const auto ends = renewals();
    simulation.start(at_of(events_.front()));
    for (std::size_t i = 0; i < events_.size(); ++i) {
      const Json& event = events_[i];
      present = &event;
      const base::Instant at = at_of(event);
      const std::string kind = io::text(event, "event");
      if (kind == "start") {
        simulation.start(at);
      } else if (at > base::Instant{}) {
        simulation.run_to(at);
      }
      if (kind == "input") {
        if (const auto input = read_member_input(event)) simulation.tell(at, *input, ends.at({i, 0}));
      } else if (is_decision(event)) {
        const Json& members = io::items(event, "members");
        for (std::size_t m = 0; m < members.size(); ++m) {
          simulation.tell(at, input_at(members[m]), ends.at({i, m}));
          for (const ProbeInput& probe : probes_at(members[m])) simulation.probe(at, probe);
        }
      } else if (kind == "override") {
        simulation.order(at, read_overrides(io::items(event, "in_force")));
      } else if (kind == "probe") {
        if (const auto probe = read_probe_input(event)) simulation.probe(at, *probe);
      } else if (kind == "command" && !io::text(event, "forgotten").empty()) {
        simulation.forget(at, io::text(event, "forgotten"));
      }
      if (at > base::Instant{}) simulation.settle(at);
    }
  }

  // What was remembered before the first decision of each.
  [[nodiscard]] Ledger first_memory() const {
    Ledger out;
    std::set<std::string> seen;
    for (const Json& event : events_) {
      const std::string name = io::text(event, "name");
      const auto wideip = wideips_.find(name);
      if (!is_decision(event) || wideip == wideips_.end() || !seen.insert(name).second) continue;
      out.record(wideip->second, read_memory(io::member(event, "memory")).durable, {});
    }
    return out;
  }

  // Until when the claim of each input was renewed: the next record of the same member tells when it was last heard.
  using Place = std::pair<std::size_t, std::size_t>;  // event, and member of a decision
  [[nodiscard]] std::map<Place, base::Instant> renewals() const {
    std::map<Place, base::Instant> out;
    std::map<decide::MemberId, base::Instant> heard;  // by the record after
    const base::Instant last = at_of(events_.back());
    const auto take = [&](Place place, const MemberInput& input) {
      const auto after = heard.find(input.id);
      out[place] = after == heard.end() ? last : after->second;
      if (input.claim) heard[input.id] = input.claim->heard;
    };
    for (std::size_t i = events_.size(); i-- > 0;) {
      const std::string kind = io::text(events_[i], "event");
      if (kind == "start") heard.clear();  // by another process
      if (kind == "input") {
        if (const auto input = read_member_input(events_[i])) take({i, 0}, *input);
      } else if (is_decision(events_[i])) {
        const Json& members = io::items(events_[i], "members");
        for (std::size_t m = 0; m < members.size(); ++m) take({i, m}, input_at(members[m]));
      }
    }
    return out;
  }

  const conf::Dnsd& config_;
  std::vector<Json> events_;
  std::unordered_map<std::string, decide::WideIp> wideips_;
  std::unordered_map<std::string, std::string> digests_;
  std::unordered_map<std::string, AnswerText> answers_;
  std::set<std::string> others_;  // that had other settings
  std::vector<Json> changes_;
  Json differences_ = Json::array();
  std::uint64_t bare_;
  std::uint64_t decisions_ = 0;
  std::uint64_t as_recorded_ = 0;
};

}  // namespace

base::Result<std::string> replay(const conf::Dnsd& config, std::span<const std::string> lines) {
  std::vector<Json> events;
  std::uint64_t bare = 0;
  for (const std::string& line : lines) {
    Json event = Json::parse(line, nullptr, false);
    if (io::text(event, "event") == "decision" && !is_decision(event)) ++bare;
    // Those without an instant are no inputs.
    if (event.is_object() && io::member(event, "at_us").is_number_integer()) events.push_back(std::move(event));
  }
  if (events.empty()) {
    return base::fail(bare > 0 ? "its decisions stand without their inputs: an older dnsd wrote it"
                               : "no line of it is an event with its instant: it is no journal, or an empty one");
  }
  return Replay(config, std::move(events), bare).run();
}

}  // namespace control
