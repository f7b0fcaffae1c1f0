// The decision engine: keeps every wide-IP's memory, decides when an input or a deadline demands it, writes the ledger,
// then publishes. Wide-IPs that cannot differ are decided once for all of them; those that one report touches share one
// write of the ledger.
//
// If the ledger cannot be written, what needed it is not published: the answer stays as it was, with an alarm, and the
// decision is tried again each second (protocol.md section 3: persisted before it is published).
// On the control loop's thread; reads no clock.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dnsd/control/alike.h"
#include "dnsd/control/answer.h"
#include "dnsd/control/health.h"
#include "dnsd/control/ledger.h"
#include "dnsd/decide/decide.h"
#include "dnsd/decide/override.h"
#include "zones/snapshot/dynamic.h"

namespace control {

// What time it is, for both kinds of reader.
struct Now {
  base::Instant boot;
  base::WallTime wall;
};

// Wide-IPs that are decided alike: they have the same members and the same settings, and share one memory. One decision
// is made for all of them, so its cost does not depend on how many names there are.
struct Standing {
  decide::WideIp config;                             // as of the first of the names
  std::vector<std::uint32_t> names;                  // of Engine::names(), ascending; never empty
  decide::Memory memory;                             // as after the last decision
  decide::Memory before;                             // as before it, for explain
  decide::Decision decision;                         // its addresses are those of the first name
  std::optional<snapshot::DynamicAnswer> published;  // of the first name; nothing before the first decision
  bool readdressed = false;                          // the configuration gave the names other addresses since then
  base::Instant decided_at;                          // the last decision
  base::Instant since;                               // of the present addresses or outcome
  base::WallTime since_wall;
  std::optional<base::Instant> next;  // when to decide again
  std::uint64_t flips = 0;
};

// One wide-IP.
struct Named {
  std::string name;
  std::shared_ptr<const Addresses> addresses;  // shared by names that have the same
  std::uint32_t standing = 0;                  // of Engine::standings()
};

struct EngineHooks {
  // `change` is to be on the disk when it returns without error; `ledger` is as it was last persisted.
  std::function<base::Result<void>(const Ledger& ledger, const Ledger::Change& change)> persist;
  // The answer of wide-IP `index` (order of configure) is now this one.
  std::function<void(std::size_t index, const snapshot::DynamicAnswer&)> publish;
  // A decision differs from the one before in what it answers or why, and on what it was made, as decide() had it.
  // Called after all of its names were published.
  std::function<void(const Standing&, const std::vector<decide::Observation>& observed)> decided;
};

struct EngineCounters {
  std::uint64_t decisions = 0;
  std::uint64_t flips = 0;
  std::uint64_t republished = 0;  // answers handed to publish
  std::uint64_t persist_failures = 0;
  std::uint64_t leaps = 0;  // claims that were refused for an epoch from the far future
};

class Engine {
 public:
  Engine(const HealthTable& health, Ledger ledger, EngineHooks hooks);

  // What a former process remembered; once, before the first decision.
  void restore(Ledger ledger) { ledger_ = std::move(ledger); }

  // New wide-IPs, in the order of the configuration; those whose name was there before keep their memory. Nothing is
  // decided yet: call decide_all(). `at` gives one of `count`, so that they need not all be there at once.
  void configure(std::size_t count, const std::function<decide::WideIp(std::size_t)>& at);
  void configure(const std::vector<decide::WideIp>& wideips);
  // What another process remembered of a wide-IP beside the ledger, if anything; after configure(). Names that are
  // decided alike share it: the last one counts.
  void remember(const std::function<const decide::Memory*(const std::string& name)>& of);
  void decide_all(Now now);
  // A poll of that member was heard. A mere renewal decides only where a decision was waiting for one.
  void member_heard(const decide::MemberId& id, bool changed, Now now);
  // A monitor found that at an address. Decides the wide-IPs that stand on it if it is up or down otherwise than
  // before.
  void probed(const decide::Watch& watch, decide::Health health, Now now);
  // Whether that would be news, so that probed() decides on it: another text alone is none.
  [[nodiscard]] bool is_news(const decide::Watch& watch, const decide::Health& health) const;
  // What is known of these is forgotten but for those that `wanted` names, as after a reload.
  void keep_probed(const std::set<decide::Watch>& wanted);
  // Where clients are, from the next decision on: call decide_all().
  void set_regions(Regions regions);
  // What operators ordered, in force from the next decision on; before configure(), or by order().
  void set_orders(decide::Orders orders) { orders_ = std::move(orders); }
  // The same, and decides what it concerns. A wide-IP that has orders of its own is decided by itself from now on.
  void order(decide::Orders orders, Now now);
  // Decides what is due.
  void tick(Now now);
  [[nodiscard]] std::optional<base::Instant> next() const {
    return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
  }

  // `forget-epoch`: false if nothing was known of such a pool. Error: the ledger could not be written; nothing changed.
  [[nodiscard]] base::Result<bool> forget(const std::string& pool, Now now);

  // In the order of configure().
  [[nodiscard]] const std::vector<Named>& names() const { return names_; }
  [[nodiscard]] const std::vector<Standing>& standings() const { return standings_; }
  // Another number whenever other names are decided alike than before.
  [[nodiscard]] std::uint64_t arrangement() const { return arrangement_; }
  // Null if not configured.
  [[nodiscard]] const Named* find_name(const std::string& name) const;
  [[nodiscard]] const Standing* find(const std::string& name) const;
  // With its own name and addresses.
  [[nodiscard]] decide::WideIp wideip(const Named& named) const;
  // What it is answered with now.
  [[nodiscard]] std::vector<base::IpAddress> answered(const Named& named) const;
  // The same for people, with the names that it is an alias of: "192.0.2.1", "cdn.example.net.".
  [[nodiscard]] std::vector<std::string> answer_texts(const Named& named) const;
  // The same as the data plane serves it; nothing before the first decision.
  [[nodiscard]] std::optional<snapshot::DynamicAnswer> published(std::size_t index) const;
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const EngineCounters& counters() const { return counters_; }
  // Everything that monitors found.
  [[nodiscard]] const std::map<decide::Watch, decide::Health>& probes() const { return probes_; }
  [[nodiscard]] const Regions& regions() const { return regions_; }
  [[nodiscard]] const decide::Orders& orders() const { return orders_; }
  // The members' observations in the order of the wide-IP, then those of what it requires.
  [[nodiscard]] std::vector<decide::Observation> observe(const decide::WideIp& wideip) const;
  // The ledger's last write failed.
  [[nodiscard]] bool ledger_broken() const { return ledger_broken_; }

 private:
  struct Proposal {
    std::size_t index = 0;
    decide::Memory before;
    std::vector<decide::Observation> observed;
    decide::Decision decision;
  };
  // A wide-IP that others require.
  struct Required {
    std::optional<std::uint32_t> standing;
    std::vector<std::size_t> dependents;  // standings
  };
  void depend(std::size_t index, const decide::Member& member);
  void depend(std::size_t index, const decide::Requirement& required);
  void find_required();
  void single_out(std::uint32_t index);
  [[nodiscard]] decide::Health required_health(const decide::Requirement& required) const;
  void note_dependents(std::size_t index, std::vector<std::size_t>& out) const;
  void decide_some(const std::vector<std::size_t>& indices, Now now);
  [[nodiscard]] Proposal propose(std::size_t index, base::Instant now) const;
  [[nodiscard]] bool persist(const std::vector<Proposal>& proposals, Now now);
  void adopt(Proposal proposal, Now now);
  void publish(const Standing& standing);
  void schedule(std::size_t index, std::optional<base::Instant> at);

  const HealthTable& health_;
  Ledger ledger_;
  EngineHooks hooks_;
  std::vector<Named> names_;
  std::vector<Standing> standings_;
  std::map<decide::MemberId, std::vector<std::size_t>> dependents_;  // standings
  std::map<decide::Watch, std::vector<std::size_t>> watchers_;       // standings
  std::map<decide::Watch, decide::Health> probes_;
  std::map<std::string, Required> requirements_;
  Regions regions_;
  decide::Orders orders_;
  std::set<std::pair<base::Instant, std::size_t>> due_;  // by Standing::next
  EngineCounters counters_;
  std::uint64_t arrangement_ = 0;
  bool ledger_broken_ = false;
};

}  // namespace control
