#include "dnsd/control/engine.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "dnsd/decide/explain.h"
#include "dnsd/decide/verdicts.h"

namespace control {

namespace {

// Members whose claim is refused for its epoch now, and was not by the decision before.
std::uint64_t new_leaps(const decide::Decision& old, const decide::Decision& now) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < now.verdicts.size(); ++i) {
    const bool before = i < old.verdicts.size() && old.verdicts[i].ground == decide::Ground::kLeap;
    if (now.verdicts[i].ground == decide::Ground::kLeap && !before) ++out;
  }
  return out;
}

constexpr base::Duration kPersistRetry = base::seconds(1);

// What operators follow: another answer, or another reason for it. Changes of the TTL alone are part of it, since they
// tell that a site began to be late.
bool notable(const decide::Decision& a, const decide::Decision& b) {
  return a.outcome != b.outcome || a.addresses != b.addresses || a.cnames != b.cnames || a.reason != b.reason ||
         a.epoch != b.epoch || a.ttl_s != b.ttl_s || a.alarm() != b.alarm();
}

}  // namespace

Engine::Engine(const HealthTable& health, Ledger ledger, EngineHooks hooks)
    : health_(health), ledger_(std::move(ledger)), hooks_(std::move(hooks)) {}

// Is a wide-IP up that another one requires? It is if it answers with members that are up.
decide::Health Engine::required_health(const decide::Requirement& required) const {
  if (!required.wideip) {
    const auto probe = probes_.find({required.name, std::nullopt});
    return probe == probes_.end() ? decide::Health{} : probe->second;
  }
  const auto at = requirements_.find(required.name);
  if (at == requirements_.end() || !at->second.standing) return {};
  const Standing& standing = standings_[*at->second.standing];
  if (!standing.published) return {};
  const auto value = standing.decision.accepted() ? decide::Health::Value::kUp : decide::Health::Value::kDown;
  return {value, standing.since, decide::why(standing.config, standing.decision), false};
}

void Engine::order(decide::Orders orders, Now now) {
  const decide::Orders before = std::exchange(orders_, std::move(orders));
  const auto alone = orders_.singled_out();
  for (std::uint32_t i = 0; i < names_.size() && !alone.empty(); ++i) {
    if (alone.contains(names_[i].name)) single_out(i);
  }
  std::vector<std::size_t> touched;
  for (std::size_t i = 0; i < standings_.size(); ++i) {
    const decide::WideIp& wideip = standings_[i].config;
    const bool concerned = std::any_of(wideip.members.begin(), wideip.members.end(), [&](const decide::Member& m) {
      return before.of(wideip.name, m.id) != orders_.of(wideip.name, m.id);
    });
    if (concerned) touched.push_back(i);
  }
  decide_some(touched, now);
}

void Engine::set_regions(Regions regions) { regions_ = std::move(regions); }

void Engine::decide_all(Now now) {
  std::vector<std::size_t> all(standings_.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  decide_some(all, now);
}

void Engine::member_heard(const decide::MemberId& id, bool changed, Now now) {
  const auto dependents = dependents_.find(id);
  if (dependents == dependents_.end()) return;
  std::vector<std::size_t> touched;
  for (const std::size_t index : dependents->second) {
    if (changed || !standings_[index].decision.steady()) touched.push_back(index);
  }
  decide_some(touched, now);
}

void Engine::probed(const decide::Watch& watch, decide::Health health, Now now) {
  const bool changed = is_news(watch, health);
  probes_[watch] = std::move(health);
  const auto watchers = watchers_.find(watch);
  if (changed && watchers != watchers_.end()) decide_some(watchers->second, now);
}

bool Engine::is_news(const decide::Watch& watch, const decide::Health& health) const {
  const auto at = probes_.find(watch);
  const decide::Health known = at == probes_.end() ? decide::Health{} : at->second;
  return known.value != health.value || known.failing != health.failing || known.since != health.since;
}

void Engine::keep_probed(const std::set<decide::Watch>& wanted) {
  std::erase_if(probes_, [&](const auto& known) { return !wanted.contains(known.first); });
}

void Engine::tick(Now now) {
  std::vector<std::size_t> due;
  for (const auto& [at, index] : due_) {
    if (at > now.boot) break;
    due.push_back(index);
  }
  decide_some(due, now);
}

void Engine::schedule(std::size_t index, std::optional<base::Instant> at) {
  std::optional<base::Instant>& next = standings_[index].next;
  if (next) due_.erase({*next, index});
  next = at;
  if (next) due_.emplace(*next, index);
}

base::Result<bool> Engine::forget(const std::string& pool, Now now) {
  if (!ledger_.knows(pool)) return false;
  Ledger::Change change;
  change.forgotten = pool;
  if (auto stored = hooks_.persist(ledger_, change); !stored) return base::fail(stored.error().message);
  ledger_.apply(change);
  decide_all(now);
  return true;
}

std::vector<base::IpAddress> Engine::answered(const Named& named) const {
  const Standing& standing = standings_[named.standing];
  const decide::Decision& decision = standing.decision;
  // None, or those of the fallback; and where the addresses belong to what is decided, they are in the decision.
  if (decision.members.empty() || standing.config.method != decide::MethodKind::kActiveWriter) {
    return decision.addresses;
  }
  std::vector<base::IpAddress> out;
  for (const decide::MemberId& id : decision.members) {
    for (std::size_t i = 0; i < standing.config.members.size(); ++i) {
      if (standing.config.members[i].id != id) continue;
      const auto& addresses = (*named.addresses)[i];
      out.insert(out.end(), addresses.begin(), addresses.end());
      break;
    }
  }
  return out;
}

std::vector<std::string> Engine::answer_texts(const Named& named) const {
  std::vector<std::string> out = decide::texts(standings_[named.standing].decision);
  const auto& own = standings_[named.standing].decision.addresses;
  const auto addresses = answered(named);
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(own.size()));
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(i), addresses[i].to_string());
  }
  return out;
}

std::optional<snapshot::DynamicAnswer> Engine::published(std::size_t index) const {
  const Named& named = names_[index];
  const Standing& standing = standings_[named.standing];
  if (!standing.published) return std::nullopt;
  snapshot::DynamicAnswer out = *standing.published;
  if (named.addresses != names_[standing.names.front()].addresses) out.addresses = answered(named);
  return out;
}

std::vector<decide::Observation> Engine::observe(const decide::WideIp& wideip) const {
  std::vector<decide::Observation> out;
  for (const decide::Member& member : wideip.members) {
    const MemberHealth* health = member.of_site() ? health_.find(member.id) : nullptr;
    out.push_back(health == nullptr ? decide::Observation{} : health->observation());
    for (const decide::Watch& watch : decide::watches_of(member)) {
      const auto probe = probes_.find(watch);
      out.back().health.push_back(probe == probes_.end() ? decide::Health{} : probe->second);
    }
  }
  if (!orders_.empty()) orders_.mark(wideip, out);
  for (const decide::Requirement& required : wideip.required) {
    out.push_back({{}, false, {required_health(required)}, false});
  }
  return out;
}

Engine::Proposal Engine::propose(std::size_t index, base::Instant now) const {
  const Standing& standing = standings_[index];
  Proposal out{index, standing.memory, observe(standing.config), {}};
  out.before.durable = ledger_.recall(standing.config);
  out.decision = decide::decide(standing.config, out.observed, out.before, now);
  return out;
}

void Engine::decide_some(const std::vector<std::size_t>& indices, Now now) {
  if (indices.empty()) return;
  std::vector<Proposal> proposals;
  for (const std::size_t index : indices) proposals.push_back(propose(index, now.boot));
  counters_.decisions += proposals.size();
  const bool persisted = persist(proposals, now);
  std::vector<std::size_t> after;  // those that require one which is up now, and was not, or the other way round
  for (Proposal& proposal : proposals) {
    if (proposal.decision.persist && !persisted) {
      schedule(proposal.index, now.boot + kPersistRetry);
      continue;
    }
    const Standing& standing = standings_[proposal.index];
    const bool before = standing.published && standing.decision.accepted();
    const bool first = !standing.published;
    const std::size_t index = proposal.index;
    adopt(std::move(proposal), now);
    if (first || before != standing.decision.accepted()) note_dependents(index, after);
  }
  // Requirements form no circle (conf), so this ends.
  decide_some(after, now);
}

void Engine::note_dependents(std::size_t index, std::vector<std::size_t>& out) const {
  for (const auto& [name, required] : requirements_) {
    if (required.standing != index) continue;
    for (const std::size_t dependent : required.dependents) {
      if (std::find(out.begin(), out.end(), dependent) == out.end()) out.push_back(dependent);
    }
  }
}

bool Engine::persist(const std::vector<Proposal>& proposals, Now now) {
  Ledger::Change change;
  std::vector<std::string> names;
  for (const Proposal& proposal : proposals) {
    if (!proposal.decision.persist) continue;
    const Standing& standing = standings_[proposal.index];
    names.clear();
    for (const std::uint32_t index : standing.names) names.push_back(names_[index].name);
    ledger_.compare(standing.config, names, proposal.decision.memory.durable, now.wall, change);
  }
  if (change.empty()) return true;
  if (auto stored = hooks_.persist(ledger_, change); !stored) {
    ++counters_.persist_failures;
    if (!std::exchange(ledger_broken_, true)) {
      base::log(base::Level::kError, "ledger.unwritable",
                "an accepted claim cannot be written down: answers stay as they are until it can",
                {{"why", stored.error().message}});
    }
    return false;
  }
  if (std::exchange(ledger_broken_, false))
    base::log(base::Level::kInfo, "ledger.writable", "the memory is written again");
  ledger_.apply(change);
  return true;
}

void Engine::adopt(Proposal proposal, Now now) {
  Standing& standing = standings_[proposal.index];
  const decide::Decision old = std::exchange(standing.decision, std::move(proposal.decision));
  const bool readdressed = std::exchange(standing.readdressed, false);
  const bool first = !standing.published.has_value();
  counters_.leaps += new_leaps(old, standing.decision);
  standing.before = std::move(proposal.before);
  standing.decided_at = now.boot;
  standing.memory = standing.decision.memory;
  schedule(proposal.index, standing.decision.next);
  const bool elsewhere = old.outcome != standing.decision.outcome || old.addresses != standing.decision.addresses ||
                         old.cnames != standing.decision.cnames || old.members != standing.decision.members;
  if (first || readdressed || elsewhere) {
    standing.since = now.boot;
    standing.since_wall = now.wall;
  }
  if (standing.decision.flipped) {
    ++standing.flips;
    counters_.flips += standing.names.size();
  }
  snapshot::DynamicAnswer answer = to_answer(standing.config, standing.decision, regions_);
  if (first || readdressed || elsewhere || answer != *standing.published) {
    standing.published = std::move(answer);
    publish(standing);
  }
  if (first || readdressed || notable(old, standing.decision)) hooks_.decided(standing, proposal.observed);
}

void Engine::publish(const Standing& standing) {
  snapshot::DynamicAnswer answer = *standing.published;
  const Addresses* book = names_[standing.names.front()].addresses.get();
  for (const std::uint32_t index : standing.names) {
    if (const Addresses* own = names_[index].addresses.get(); own != std::exchange(book, own)) {
      answer.addresses = answered(names_[index]);
    }
    ++counters_.republished;
    hooks_.publish(index, answer);
  }
}

}  // namespace control
