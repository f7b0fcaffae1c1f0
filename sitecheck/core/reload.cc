// The configuration read anew, in a pool of kind failover: what stands against it, and what is kept. Neither epoch nor
// permit, record, exchange or arbiter is touched: times and parties are fixed for the life of the process.
#include <algorithm>

#include "sitecheck/core/pool.h"

namespace core {

namespace {

bool same_servers(const std::vector<NodeConfig>& a, const std::vector<NodeConfig>& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const NodeConfig& n) {
           return std::any_of(b.begin(), b.end(), [&](const NodeConfig& m) { return is_same(n, m); });
         });
}

}  // namespace

std::vector<std::string> Pool::against(const PoolConfig* next) const {
  const auto& name = config_->name;
  const bool same = next != nullptr && same_servers(config_->nodes, next->nodes);
  if (same) return {};
  if (state_ == State::kPromoting || state_ == State::kDraining || state_ == State::kFencing) {
    return {"pool " + name + " is " + std::string(core::name(state_)) +
            ": its nodes are not changed meanwhile; reload again when that is over"};
  }
  if (state_ != State::kActive) return {};
  const std::string first = "; hand the writer over first: sitecheck switchover " + name + " --to SITE";
  if (next == nullptr) return {"pool " + name + " is ACTIVE here and cannot be removed" + first};
  const auto& writer = nodes_[*writer_].config();
  const auto& nodes = next->nodes;
  if (std::any_of(nodes.begin(), nodes.end(), [&](const NodeConfig& n) { return is_same(n, writer); })) return {};
  const bool named =
      std::any_of(nodes.begin(), nodes.end(), [&](const NodeConfig& n) { return n.name == writer.name; });
  return {"node " + writer.name + " of pool " + name + " is the active writer and " +
          (named ? "keeps its address and site" : "cannot be removed") + first};
}

void Pool::reconfigure(PoolIndex index, std::uint64_t config_hash) {
  const auto before = config_->nodes;
  const auto* old_best = best();
  const auto best_before = old_best == nullptr ? std::optional<NodeConfig>() : old_best->config();
  PoolState::reconfigure(index, config_hash);
  take_nodes(before);
  const auto* now_best = best();
  if (best_before && (now_best == nullptr || !is_same(now_best->config(), *best_before))) {
    // What was known of following a writer was known of another node.
    follows_ = false;
    errant_accepted_ = false;
    sample_.reset();
    rejoin_at_.reset();
  }
  for (auto& peer : peers_.all()) {
    for (const auto& c : site_->peers) {
      if (c.site == peer.name) peer.link.set_paths(c.paths);
    }
    // The configuration may have named another one until now.
    if (!peer.tested_at.empty()) emit(TestService{index_, peer.name, peer.tested_at});
    for (const auto& c : site_->witnesses) {
      if (c.id == peer.name) peer.link.set_paths(c.paths);
    }
  }
  take_hash(config_hash);
  send_now_ = true;
  emit(Changed{index_});
}

// A local node that joins is told to close like any other; until it is confirmed it counts neither for this site's
// grants nor as one that could write: another site's writer must not lose its grants to a server that is being set up.
// A site that has no other node has nothing else to grant on.
void Pool::take_nodes(const std::vector<NodeConfig>& before) {
  const auto moved = moves(before);
  const bool stays = std::any_of(before.begin(), before.end(), [&](const NodeConfig& n) {
    return n.local && moved.to[static_cast<std::size_t>(&n - before.data())].has_value();
  });
  std::vector<Node> nodes;
  for (NodeIndex i = 0; i < config_->nodes.size(); ++i) {
    const auto& config = config_->nodes[i];
    if (moved.from[i]) {
      nodes.push_back(std::move(nodes_[*moved.from[i]]));
      nodes.back().reconfigure(*site_, config);
    } else {
      nodes.emplace_back(*site_, config);
      if (record_.maint && config.local) nodes.back().set_offline();
    }
  }
  nodes_ = std::move(nodes);
  record_.offline = offline_names(nodes_);
  moved.apply(assert_at_);
  moved.apply(assert_token_);
  moved.apply(following_);
  moved.apply(joining_);
  moved.apply(writer_);
  moved.apply(failback_to_);
  if (switchover_) moved.apply(switchover_->node);
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    if (!moved.from[i]) joining_[i] = nodes_[i].config().local && stays && state_ != State::kInit;
  }
  forget_alarms_of(before);
}

// Rule 10: as long as the other site's hash is another, or not known to be the same, it is not substituted for. What
// the checkpoints proved before was proved by others.
void Pool::take_hash(std::uint64_t config_hash) {
  if (config_hash == config_hash_) return;
  config_hash_ = config_hash;
  bool unknown = false;
  for (auto& peer : peers_.all()) {
    if (peer.witness()) continue;
    if (peer.link.said()) peer.differs = peer.link.said()->config_hash != config_hash_;
    unknown = unknown || !peer.link.said();
  }
  judge_configurations(unknown);
  if (arbiter_->by_silence()) arbiter_->gap();
}

}  // namespace core
