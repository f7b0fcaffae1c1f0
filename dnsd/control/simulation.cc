#include "dnsd/control/simulation.h"

#include <algorithm>
#include <utility>

#include "dnsd/decide/explain.h"

namespace control {

namespace {

Now told_now(base::Instant at) { return {at, base::WallTime{}}; }

// No step is so late; far enough from the end of time to be added to.
constexpr base::Duration kLongest = std::chrono::hours(24 * 3660);

}  // namespace

Simulation::Simulation(const conf::Dnsd& config, Ledger ledger, OnChange on_change)
    : config_(config), on_change_(std::move(on_change)), ledger_(std::move(ledger)), members_(targets(config)) {}

Simulation::~Simulation() = default;

void Simulation::start(base::Instant at) {
  renewals_.clear();
  touched_.clear();
  engine_.reset();  // it looks at the health table
  health_ = std::make_unique<HealthTable>();
  health_->configure(told_targets(members_));
  engine_ = std::make_unique<Engine>(*health_, ledger_,
                                     EngineHooks{[this](const Ledger&, const Ledger::Change& change) {
                                                   ledger_.apply(change);
                                                   return base::Result<void>();
                                                 },
                                                 [](std::size_t, const snapshot::DynamicAnswer&) {},
                                                 [this](const Standing& standing, const auto&) {
                                                   touched_.insert(standing.names.begin(), standing.names.end());
                                                 }});
  engine_->configure(config_.wideips.size(),
                     [this](std::size_t i) { return to_decide(config_.wideips[i], config_.poll); });
  engine_->decide_all(told_now(at));
}

// Who renews was heard at `at`, or as late as it renewed. That the engine is not told changes nothing: a mere renewal
// decides only what waits for one, and that has a deadline of its own.
void Simulation::renew(base::Instant at) {
  for (auto& [id, renewal] : renewals_) {
    decide::Claim& claim = *renewal.input.claim;
    const base::Instant heard = std::min(at, renewal.until);
    if (heard <= claim.heard) continue;
    claim.asked += heard - claim.heard;
    claim.heard = heard;
    (void)control::tell(*health_, renewal.input);
  }
}

void Simulation::run_to(base::Instant at) {
  renew(at);
  for (auto next = engine_->next(); next && *next < at; next = engine_->next()) {
    const base::Instant due = *next;
    engine_->tick(told_now(due));
    settle(due);
  }
}

void Simulation::tell(base::Instant at, const MemberInput& input, base::Instant until) {
  renewals_.erase(input.id);
  if (input.claim && !input.failing) renewals_[input.id] = {input, std::min(until, at + kLongest)};
  const Effect effect = control::tell(*health_, input);
  engine_->member_heard(input.id, effect.changed, told_now(at));
}

void Simulation::probe(base::Instant at, const ProbeInput& input) {
  engine_->probed(input.watch, input.health, told_now(at));
}

void Simulation::forget(base::Instant at, const std::string& pool) { (void)engine_->forget(pool, told_now(at)); }

void Simulation::settle(base::Instant at) {
  for (const std::uint32_t index : std::exchange(touched_, {})) {
    const Named& named = engine_->names()[index];
    const decide::Decision& decision = engine_->standings()[named.standing].decision;
    AnswerText to{std::string(decide::name(decision.outcome)), {}};
    for (const auto& address : engine_->answered(named)) to.answer.push_back(address.to_string());
    const auto known = answers_.find(named.name);
    if (known != answers_.end() && known->second == to) continue;
    std::optional<AnswerText> from;
    if (known != answers_.end()) from = known->second;
    answers_[named.name] = to;
    on_change_({at, named.name, std::move(from), std::move(to), decision.ttl_s,
                decide::why(engine_->wideip(named), decision)});
  }
}

}  // namespace control
