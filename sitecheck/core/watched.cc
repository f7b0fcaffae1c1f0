#include "sitecheck/core/watched.h"

#include <algorithm>

namespace core {

using ecv::NodeState;

Watched::Watched(const Place& place) : Brain(place), since_(place.now), reason_("not looked at yet") {
  for (const auto& node : config_->nodes) nodes_.emplace_back(place.site, node);
  good_at_.resize(nodes_.size());
  const auto& slots = place.loaded.slots;
  if (slots == LoadedPool::Slots::kValid || slots == LoadedPool::Slots::kDoubtful) {
    record_ = place.loaded.record;
    durable_ = record_;
  }
  epoch_ = ecv::Epoch::make(std::max<std::uint64_t>(record_.max_epoch.counter(), 1), site_->id);
  take_offline(nodes_, record_);
  record_.offline = offline_names(nodes_);
}

void Watched::reconfigure(PoolIndex index, std::uint64_t config_hash) {
  const auto before = config_->nodes;
  Brain::reconfigure(index, config_hash);
  const auto changes = moves(before);
  std::vector<Node> nodes;
  for (NodeIndex i = 0; i < config_->nodes.size(); ++i) {
    if (!changes.from[i]) {
      nodes.emplace_back(*site_, config_->nodes[i]);
      continue;
    }
    nodes.push_back(std::move(nodes_[*changes.from[i]]));
    nodes.back().reconfigure(*site_, config_->nodes[i]);
  }
  nodes_ = std::move(nodes);
  record_.offline = offline_names(nodes_);
  changes.apply(good_at_);
  moved(changes);
  forget_alarms_of(before);
  emit(Changed{index_});
}

void Watched::hear(const Event& event) {
  std::visit(
      [this]<typename T>(const T& e) {
        if constexpr (requires { take(e); }) take(e);
      },
      event);
}

void Watched::take(const NodePolled& e) {
  if (e.node >= nodes_.size()) return;
  Node& node = nodes_[e.node];
  const auto outcome = node.poll(e, {.member = true}, now_);
  const bool answers = e.result != PollResult::kRefused && e.result != PollResult::kUnreachable;
  if (answers && e.fault.empty() && e.write != WriteProbe::kFailed) good_at_[e.node] = now_;
  if (outcome.first_error) emit(ProbeNow{index_, e.node});
  if (outcome.changed) tell_node(node);
  alarm_of(node);
}

void Watched::take(const Persisted& e) {
  if (e.token != token_) return;
  if (e.ok) {
    persist_at_.reset();
    clear_alarm("state");
    return;
  }
  durable_.reset();
  raise_alarm("state", "what a person decided cannot be kept for a restart: " + e.message);
}

void Watched::persist_if_changed() {
  if (record_ == durable_ || (persist_at_ && now_ - *persist_at_ < base::seconds(5))) return;
  durable_ = record_;
  persist_at_ = now_;
  emit(Persist{index_, ++token_, record_});
}

void Watched::act() {
  judge_isolation(false);  // there is no arbiter whose grant could stand in for the quorum (spec.md section 3)
  appoint();
  settle();
  persist_if_changed();
}

bool Watched::fit(NodeIndex node) const {
  const auto& n = nodes_[node];
  return (n.state() == NodeState::kStandby || n.state() == NodeState::kActive) && n.aside().empty();
}

bool Watched::looked_at_all() const {
  return std::all_of(nodes_.begin(), nodes_.end(),
                     [](const Node& n) { return !n.config().local || n.polled_at().has_value(); });
}

// While FAIL no node is ACTIVE.
void Watched::appoint() {
  const auto chosen = isolation_.failed() ? std::vector<NodeIndex>{} : choose();
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    auto& node = nodes_[i];
    if (node.state() != NodeState::kStandby && node.state() != NodeState::kActive) continue;
    const bool active = std::find(chosen.begin(), chosen.end(), i) != chosen.end();
    const auto state = active ? NodeState::kActive : NodeState::kStandby;
    if (node.state() == state) continue;
    node.set(state);
    tell_node(node);
  }
}

// The pool's state follows from its nodes'.
void Watched::settle() {
  const auto local = [this](auto is) {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const Node& n) { return n.config().local && is(n); });
  };
  if (local([](const Node& n) { return n.state() == NodeState::kActive; })) return go(State::kActive, "");
  if (!local([](const Node& n) { return n.state() != NodeState::kMaint; })) {
    return go(State::kMaint, "set offline by a person");
  }
  if (!looked_at_all()) return go(State::kInit, "not looked at yet");
  go(State::kStandby, why_none());
}

std::string Watched::why_none() const {
  if (isolation_.failed()) return "the quorum of the checkpoints was lost";
  std::string out;
  for (const auto& n : nodes_) {
    if (!n.config().local || n.state() == NodeState::kMaint) continue;
    const auto& why = n.aside().empty() ? n.message() : n.aside();
    out += (out.empty() ? "" : "; ") + n.config().name + " is " + std::string(ecv::name(n.state())) +
           (why.empty() ? "" : ": " + why);
  }
  return out.empty() ? "no node of this site" : out;
}

void Watched::go(State to, std::string reason) {
  if (state_ == to) {
    if (reason_ != reason) reason_ = std::move(reason);
    return;
  }
  journal(base::Level::kInfo, "pool.state", std::string(core::name(state_)) + " to " + std::string(core::name(to)),
          {{"from", std::string(core::name(state_))}, {"to", std::string(core::name(to))}, {"why", reason}});
  state_ = to;
  since_ = now_;
  reason_ = std::move(reason);
  emit(Changed{index_});
}

base::Instant Watched::seen_until() const {
  base::Instant out = base::Instant::min();
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    const auto& n = nodes_[i];
    if (n.config().local && n.state() == NodeState::kActive && good_at_[i]) {
      out = std::max(out, *good_at_[i] + timing().lease);
    }
  }
  return out;
}

std::int64_t Watched::lease_ms(base::Instant now) const {
  const auto until = seen_until();
  return state_ == State::kActive && until > now ? base::to_ms(until - now) : 0;
}

base::Instant Watched::next_deadline() const { return now_ + timing().interval; }

std::optional<base::Instant> Watched::fast_rounds_from() const {
  if (isolation_.wants_rounds()) return boot_at_;
  return std::nullopt;
}

}  // namespace core
