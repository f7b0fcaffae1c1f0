#include "sitecheck/core/roles.h"

#include <algorithm>

namespace core {

namespace {

class Balance {
 public:
  explicit Balance(const std::vector<bool>& able) : able_(able), load_(able.size(), 0) {}

  [[nodiscard]] bool is_able(const Holder& node) const { return node && *node < able_.size() && able_[*node]; }
  void add(NodeIndex node) { ++load_[node]; }
  void move(NodeIndex from, NodeIndex to) {
    --load_[from];
    ++load_[to];
  }
  [[nodiscard]] std::size_t load(NodeIndex node) const { return load_[node]; }
  [[nodiscard]] Holder least() const {
    Holder out;
    for (NodeIndex i = 0; i < able_.size(); ++i) {
      if (able_[i] && (!out || load_[i] < load_[*out])) out = i;
    }
    return out;
  }

 private:
  const std::vector<bool>& able_;
  std::vector<std::size_t> load_;
};

}  // namespace

Holders balance(const Holders& before, const Holders& pinned, const std::vector<bool>& able) {
  Balance nodes(able);
  Holders out(before.size());
  std::vector<bool> fixed(before.size());
  if (!nodes.least()) return out;
  for (std::size_t a = 0; a < out.size(); ++a) {
    fixed[a] = nodes.is_able(pinned[a]);
    if (fixed[a]) {
      out[a] = pinned[a];
    } else if (nodes.is_able(before[a])) {
      out[a] = before[a];
    }
    if (out[a]) nodes.add(*out[a]);
  }
  for (auto& holder : out) {
    if (holder) continue;
    holder = nodes.least();
    nodes.add(*holder);
  }
  // One address at a time from the node that has the most of those that may move, as long as that levels.
  for (;;) {
    const NodeIndex to = *nodes.least();
    std::optional<std::size_t> best;
    for (std::size_t a = 0; a < out.size(); ++a) {
      if (fixed[a] || nodes.load(*out[a]) <= nodes.load(to) + 1) continue;
      if (!best || nodes.load(*out[a]) > nodes.load(*out[*best])) best = a;
    }
    if (!best) return out;
    nodes.move(*out[*best], to);
    out[*best] = to;
  }
}

std::vector<bool> readers(const PoolConfig& config, const PoolView& view, const std::set<std::string>& without,
                          const std::vector<bool>& before) {
  std::vector<bool> out(config.nodes.size());
  const bool all_write = view.kind == "multi_writer" && !config.preferred_writer;
  bool any = false;
  Holder writer;
  for (NodeIndex i = 0; i < out.size(); ++i) {
    const auto& name = config.nodes[i].name;
    const auto node =
        std::find_if(view.nodes.begin(), view.nodes.end(), [&](const NodeView& n) { return n.name == name; });
    if (!config.nodes[i].local || node == view.nodes.end() || without.contains(name)) continue;
    if (view.writer == name) writer = i;
    if (node->state != ecv::NodeState::kStandby && !(all_write && node->state == ecv::NodeState::kActive)) continue;
    const bool was = i < before.size() && before[i];
    if (config.max_lag && node->lag_ms && base::milliseconds(*node->lag_ms) > *config.max_lag / (was ? 1 : 2)) continue;
    out[i] = any = true;
  }
  if (!any && writer) out[*writer] = true;
  return out;
}

Holders follow(std::size_t addresses, Holder writer) { return Holders(addresses, writer); }

std::optional<RoleStep> next_step(const Holders& actual, const Holders& wanted) {
  for (std::size_t a = 0; a < actual.size(); ++a) {
    if (actual[a] && actual[a] != wanted[a]) return RoleStep{false, a, *actual[a]};
  }
  for (std::size_t a = 0; a < actual.size(); ++a) {
    if (wanted[a] && !actual[a]) return RoleStep{true, a, *wanted[a]};
  }
  return std::nullopt;
}

}  // namespace core
