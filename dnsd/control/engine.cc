#include "dnsd/control/engine.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "zones/wire/types.h"

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

bool same(const snapshot::DynamicAnswer& a, const snapshot::DynamicAnswer& b) {
  return a.outcome == b.outcome && a.addresses == b.addresses && a.ttl_s == b.ttl_s && a.ede == b.ede;
}

// What operators follow: another answer, or another reason for it. Changes of the TTL alone are part of it, since they
// tell that a site began to be late.
bool notable(const decide::Decision& a, const decide::Decision& b) {
  return a.outcome != b.outcome || a.addresses != b.addresses || a.reason != b.reason || a.epoch != b.epoch ||
         a.ttl_s != b.ttl_s || a.alarm() != b.alarm();
}

}  // namespace

snapshot::DynamicAnswer to_answer(const decide::Decision& decision) {
  snapshot::DynamicAnswer out;
  out.ttl_s = decision.ttl_s;
  out.addresses = decision.addresses;
  switch (decision.outcome) {
    case decide::Outcome::kAnswer: out.outcome = snapshot::DynamicOutcome::kAnswer; break;
    case decide::Outcome::kServfail: out.outcome = snapshot::DynamicOutcome::kServfail; break;
    case decide::Outcome::kNodata: out.outcome = snapshot::DynamicOutcome::kNodata; break;
    case decide::Outcome::kRefuse: out.outcome = snapshot::DynamicOutcome::kRefuse; break;
  }
  if (decision.stale) out.ede = wire::kEdeStaleAnswer;
  if (decision.outcome == decide::Outcome::kServfail) out.ede = wire::kEdeNoReachableAuthority;
  return out;
}

Engine::Engine(const HealthTable& health, Ledger ledger, EngineHooks hooks)
    : health_(health), ledger_(std::move(ledger)), hooks_(std::move(hooks)) {}

void Engine::configure(std::vector<decide::WideIp> wideips) {
  std::map<std::string, Standing> known;
  for (Standing& standing : standings_) known.emplace(standing.config.name, std::move(standing));
  standings_.clear();
  dependents_.clear();
  due_.clear();
  for (decide::WideIp& wideip : wideips) {
    const auto before = known.find(wideip.name);
    Standing standing = before == known.end() ? Standing{} : std::move(before->second);
    for (const decide::Member& member : wideip.members) dependents_.emplace(member.id, standings_.size());
    standing.config = std::move(wideip);
    standing.next.reset();
    standings_.push_back(std::move(standing));
  }
}

void Engine::decide_all(Now now) {
  std::vector<std::size_t> all(standings_.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  decide_some(all, now);
}

void Engine::member_heard(const decide::MemberId& id, bool changed, Now now) {
  std::vector<std::size_t> touched;
  const auto [first, last] = dependents_.equal_range(id);
  for (auto at = first; at != last; ++at) {
    if (changed || !standings_[at->second].decision.steady()) touched.push_back(at->second);
  }
  decide_some(touched, now);
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
  Ledger changed = ledger_;
  if (!changed.forget(pool)) return false;
  if (auto stored = hooks_.persist(changed); !stored) return base::fail(stored.error().message);
  ledger_ = std::move(changed);
  decide_all(now);
  return true;
}

const Standing* Engine::find(const std::string& name) const {
  const auto at = std::find_if(standings_.begin(), standings_.end(),
                               [&](const Standing& standing) { return standing.config.name == name; });
  return at == standings_.end() ? nullptr : &*at;
}

std::vector<decide::Observation> Engine::observe(const decide::WideIp& wideip) const {
  std::vector<decide::Observation> out;
  for (const decide::Member& member : wideip.members) {
    const MemberHealth* health = health_.find(member.id);
    out.push_back(health == nullptr ? decide::Observation{} : health->observation());
  }
  return out;
}

Engine::Proposal Engine::propose(std::size_t index, base::Instant now) const {
  const Standing& standing = standings_[index];
  Proposal out{index, standing.memory, {}};
  out.before.durable = ledger_.recall(standing.config);
  out.decision = decide::decide(standing.config, observe(standing.config), out.before, now);
  return out;
}

void Engine::decide_some(const std::vector<std::size_t>& indices, Now now) {
  if (indices.empty()) return;
  std::vector<Proposal> proposals;
  for (const std::size_t index : indices) proposals.push_back(propose(index, now.boot));
  counters_.decisions += proposals.size();
  const bool persisted = persist(proposals, now);
  for (Proposal& proposal : proposals) {
    if (proposal.decision.persist && !persisted) {
      schedule(proposal.index, now.boot + kPersistRetry);
    } else {
      adopt(std::move(proposal), now);
    }
  }
}

bool Engine::persist(const std::vector<Proposal>& proposals, Now now) {
  Ledger changed;
  bool copied = false;
  for (const Proposal& proposal : proposals) {
    if (!proposal.decision.persist) continue;
    if (!copied) changed = ledger_;
    copied = true;
    changed.record(standings_[proposal.index].config, proposal.decision.memory.durable, now.wall);
  }
  if (!copied || changed == ledger_) return true;
  if (auto stored = hooks_.persist(changed); !stored) {
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
  ledger_ = std::move(changed);
  return true;
}

void Engine::adopt(Proposal proposal, Now now) {
  Standing& standing = standings_[proposal.index];
  const decide::Decision old = std::exchange(standing.decision, std::move(proposal.decision));
  const bool first = !standing.published.has_value();
  counters_.leaps += new_leaps(old, standing.decision);
  standing.before = std::move(proposal.before);
  standing.memory = standing.decision.memory;
  schedule(proposal.index, standing.decision.next);
  if (first || old.outcome != standing.decision.outcome || old.addresses != standing.decision.addresses) {
    standing.since = now.boot;
    standing.since_wall = now.wall;
  }
  if (standing.decision.flipped) {
    ++standing.flips;
    ++counters_.flips;
  }
  snapshot::DynamicAnswer answer = to_answer(standing.decision);
  if (first || !same(answer, *standing.published)) {
    standing.published = std::move(answer);
    ++counters_.republished;
    hooks_.publish(proposal.index, *standing.published);
  }
  if (first || notable(old, standing.decision)) hooks_.decided(standing);
}

}  // namespace control
