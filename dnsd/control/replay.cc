// The journal, decided again.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/io/json_view.h"
#include "dnsd/control/change_json.h"
#include "dnsd/control/name_list.h"
#include "dnsd/control/overrides.h"
#include "dnsd/control/recorded.h"
#include "dnsd/control/simulate.h"
#include "dnsd/control/wideip_settings.h"
#include "dnsd/decide/explain.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

// Differences of very many are shown no more than so often.
constexpr std::size_t kMostDifferences = 1000;

base::Instant at_of(const Json& event) { return read_instant(event, "at_us"); }

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
      lists_.take(event);
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
                   {"answers_as_recorded", answers_as_recorded_},
                   {"without_names", unnamed_},
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
    Record record{event, recorded_of(event), {}, read_memory(io::member(event, "memory"))};
    for (const Json& member : io::items(event, "members")) record.observed.push_back(read_observation(member));
    for (const Json& required : io::items(event, "required")) record.observed.push_back(read_observation(required));
    const auto names = std::max<std::int64_t>(io::number(event, "names"), 1);
    if (names > 1 && !lists_.find(name).empty()) {
      const Known& known = known_alike(name, io::text(event, "alike"));
      bool same = known.whole;
      for (const Alike& alike : known.groups) {
        record.recorded.told.answer = recorded_answer(event, alike.addresses);
        same = again(record, alike.wideip, alike.names) && same;
      }
      as_recorded_ += same ? 1 : 0;
      return;
    }
    unnamed_ += static_cast<std::uint64_t>(names - 1);
    const auto wideip = wideips_.find(name);
    if (wideip == wideips_.end() || digests_.at(name) != io::text(event, "settings")) {
      others_.insert(name);
      return;
    }
    as_recorded_ += again(record, wideip->second, {&name, 1}) ? 1 : 0;
  }

  struct Record {
    const Json& event;
    Recorded recorded;
    std::vector<decide::Observation> observed;
    decide::Memory memory;
  };
  // Does it come out as recorded for `names`, which differ in nothing?
  bool again(Record& record, const decide::WideIp& wideip, std::span<const std::string> names) {
    auto& observed = record.observed;
    observed.resize(std::max(observed.size(), wideip.members.size() + wideip.required.size()));
    const decide::Decision decision = decide::decide(wideip, observed, record.memory, at_of(record.event));
    const Recorded made = recorded_of(decision);
    const bool same = record.recorded == made;
    if (same) {
      answers_as_recorded_ += names.size();
    } else if (differences_.size() < kMostDifferences) {
      differences_.push_back({{"time", io::text(record.event, "time")},
                              {"name", names.front()},
                              {"names", names.size()},
                              {"recorded", to_json(record.recorded)},
                              {"now", to_json(made)}});
    }
    note(record.event, names, answer_text(wideip, decision, decide::texts(decision)), decision.ttl_s,
         decide::why(wideip, decision));
    return same;
  }

  // Names of a list with the same addresses, that are today as they were.
  struct Alike {
    decide::WideIp wideip;
    std::vector<std::string> names;
    AddressTexts addresses;
  };
  struct Known {
    std::uint64_t version = 0;  // of the list
    std::string settings;
    std::vector<Alike> groups;
    bool whole = true;  // all names of the list are in a group
  };
  const Known& known_alike(const std::string& first, const std::string& settings) {
    Known& known = known_[first];
    if (known.version == lists_.version(first) && known.settings == settings) return known;
    known = {lists_.version(first), settings, {}, true};
    for (const NameGroup& group : lists_.find(first)) {
      Alike alike{{}, {}, group.addresses};
      for (const std::string& name : group.names) {
        const auto wideip = wideips_.find(name);
        const bool same = wideip != wideips_.end() && texts_of(addresses_of(wideip->second)) == group.addresses &&
                          alike_digest(wideip->second) == settings;
        if (!same) {
          others_.insert(name);
          known.whole = false;
          continue;
        }
        if (alike.names.empty()) alike.wideip = wideip->second;
        alike.names.push_back(name);
      }
      if (!alike.names.empty()) known.groups.push_back(std::move(alike));
    }
    return known;
  }
  const std::string& alike_digest(const decide::WideIp& wideip) {
    std::string& out = alike_digests_[wideip.name];
    if (out.empty()) out = digest_of_alike(wideip);
    return out;
  }

  // One change for all names that were answered the same before.
  void note(const Json& event, std::span<const std::string> names, const AnswerText& to, std::uint32_t ttl_s,
            const std::string& why) {
    std::vector<AnswerChange> changes;
    for (const std::string& name : names) {
      const auto known = answers_.find(name);
      if (known != answers_.end() && known->second == to) continue;
      const auto from = known == answers_.end() ? std::nullopt : std::optional(known->second);
      answers_.insert_or_assign(name, to);
      const auto like =
          std::find_if(changes.begin(), changes.end(), [&](const auto& each) { return each.from == from; });
      if (like != changes.end()) {
        ++like->names;
      } else {
        changes.push_back({at_of(event), name, from, to, ttl_s, why});
      }
    }
    for (const AnswerChange& change : changes) add(io::text(event, "time"), change);
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
    NameLists lists;
    std::unordered_set<std::string> seen;
    for (const Json& event : events_) {
      lists.take(event);
      if (!is_decision(event)) continue;
      const auto first = [&](const std::string& name) {
        const auto wideip = wideips_.find(name);
        if (wideip == wideips_.end() || !seen.insert(name).second) return;
        out.record(wideip->second, read_memory(io::member(event, "memory")).durable, {});
      };
      const std::string name = io::text(event, "name");
      first(name);
      if (io::number(event, "names") <= 1) continue;
      for (const NameGroup& group : lists.find(name)) std::for_each(group.names.begin(), group.names.end(), first);
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
  NameLists lists_;
  std::unordered_map<std::string, Known> known_;  // by the first name
  std::unordered_map<std::string, std::string> alike_digests_;
  std::uint64_t bare_;
  std::uint64_t decisions_ = 0;
  std::uint64_t as_recorded_ = 0;
  std::uint64_t answers_as_recorded_ = 0;  // of one name, at one decision
  std::uint64_t unnamed_ = 0;              // answers of names that the journal does not tell
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
