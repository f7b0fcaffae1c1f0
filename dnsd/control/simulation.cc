#include "dnsd/control/simulation.h"

#include <algorithm>
#include <utility>

#include "dnsd/decide/explain.h"

namespace control {

namespace {

Now told_now(base::Instant at) { return {at, base::WallTime{}}; }

// No step is so late; far enough from the end of time to be added to.
constexpr base::Duration kLongest = std::chrono::hours(24 * 3660);

// All that some client of the group gets, in the order of the wide-IP.
std::vector<std::string> answer_of(const decide::WideIp& wideip, const decide::Group& group) {
  std::vector<std::string> out;
  const auto gets = [](const std::vector<decide::Pick>& picks, std::size_t member) {
    return std::any_of(picks.begin(), picks.end(), [&](const decide::Pick& pick) {
      return std::find(pick.members.begin(), pick.members.end(), member) != pick.members.end();
    });
  };
  for (std::size_t i = 0; i < wideip.members.size(); ++i) {
    for (const base::IpAddress& address : wideip.members[i].addresses) {
      if (gets(address.is_v6() ? group.v6 : group.v4, i)) out.push_back(address.to_string());
    }
    const std::string& cname = wideip.members[i].cname;
    if (!cname.empty() && gets(group.v4, i)) out.push_back(cname + ".");
  }
  return out;
}

}  // namespace

AnswerText answer_text(const decide::WideIp& wideip, const decide::Decision& decision,
                       std::vector<std::string> answered) {
  AnswerText out{std::string(decide::name(decision.outcome)), std::move(answered), {}, decision.alarm()};
  const decide::Answers& answers = decision.answers;
  for (const auto& [region, group] : answers.regions) {
    out.regions.push_back({region, answer_of(wideip, answers.groups[group])});
  }
  if (out.regions.empty()) return out;
  const auto others = answer_of(wideip, answers.groups.front());
  const bool same = std::all_of(out.regions.begin(), out.regions.end(),
                                [&](const AnswerText::Region& region) { return region.answer == others; });
  same ? out.regions.clear() : out.regions.push_back({"", others});
  return out;
}

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
  engine_->set_orders(orders_);
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

void Simulation::order(base::Instant at, const std::vector<decide::Override>& orders) {
  orders_ = decide::Orders(orders, at);
  engine_->order(orders_, told_now(at));
}

void Simulation::forget(base::Instant at, const std::string& pool) { (void)engine_->forget(pool, told_now(at)); }

void Simulation::settle(base::Instant at) {
  for (const std::uint32_t index : std::exchange(touched_, {})) {
    const Named& named = engine_->names()[index];
    const decide::Decision& decision = engine_->standings()[named.standing].decision;
    const decide::WideIp wideip = engine_->wideip(named);
    AnswerText to = answer_text(wideip, decision, engine_->answer_texts(named));
    const auto known = answers_.find(named.name);
    if (known != answers_.end() && known->second == to) continue;
    std::optional<AnswerText> from;
    if (known != answers_.end()) from = known->second;
    answers_[named.name] = to;
    on_change_({at, named.name, std::move(from), std::move(to), decision.ttl_s, decide::why(wideip, decision)});
  }
}

}  // namespace control
