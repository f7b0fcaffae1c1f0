#include "sitecheck/core/brain.h"

#include <algorithm>

namespace core {

Brain::Brain(const Place& place)
    : site_(&place.site),
      config_(&place.site.pools[place.index]),
      index_(place.index),
      checkpoints_(&place.checkpoints),
      now_(place.now),
      boot_at_(place.now) {}

void Brain::begin(base::Instant now, std::vector<Action>& out) {
  if (now - now_ > site_->timing.lease) {
    stood_still_ = now - now_;
    woke_at_ = now;
  }
  now_ = now;
  out_ = &out;
}

void Brain::reconfigure(PoolIndex index, std::uint64_t /*config_hash*/) {
  index_ = index;
  config_ = &site_->pools[index];
}

Brain::Moves Brain::moves(const std::vector<NodeConfig>& before) const {
  Moves out{std::vector<std::optional<NodeIndex>>(config_->nodes.size()),
            std::vector<std::optional<NodeIndex>>(before.size())};
  for (NodeIndex i = 0; i < config_->nodes.size(); ++i) {
    const auto old =
        std::find_if(before.begin(), before.end(), [&](const NodeConfig& n) { return is_same(n, config_->nodes[i]); });
    if (old == before.end()) continue;
    out.from[i] = static_cast<NodeIndex>(old - before.begin());
    out.to[*out.from[i]] = i;
  }
  return out;
}

void Brain::forget_alarms_of(const std::vector<NodeConfig>& before) {
  const auto& now = config_->nodes;
  for (const auto& old : before) {
    if (std::any_of(now.begin(), now.end(), [&](const NodeConfig& n) { return is_same(n, old); })) continue;
    std::vector<std::string> over;
    for (const auto& [id, text] : alarms_) {
      if (id.ends_with("." + old.name)) over.push_back(id);
    }
    for (const auto& id : over) clear_alarm(id);
  }
}

Standing Brain::standing() const {
  const auto v = view(now_);
  return {v.state, v.epoch, v.max_epoch_seen, v.permit};
}

void Brain::journal(base::Level level, std::string id, std::string message,
                    std::vector<std::pair<std::string, std::string>> fields) {
  fields.insert(fields.begin(), {"pool", config_->name});
  emit(Journal{level, std::move(id), std::move(message), std::move(fields)});
}

void Brain::raise_alarm(const std::string& id, std::string text) {
  auto [at, fresh] = alarms_.try_emplace(id, text);
  if (!fresh && at->second == text) return;
  at->second = text;
  if (out_ != nullptr) journal(base::Level::kWarn, "pool.alarm", std::move(text), {{"alarm", id}});
}

void Brain::clear_alarm(std::string_view id) {
  if (alarms_.empty()) return;  // nearly always
  const auto at = alarms_.find(id);
  if (at == alarms_.end()) return;
  journal(base::Level::kInfo, "pool.alarm_over", "alarm over", {{"alarm", at->first}});
  alarms_.erase(at);
}

void Brain::show_alarms(PoolView& out) const {
  const auto& nodes = config_->nodes;
  for (const auto& [id, text] : alarms_) {
    out.alarms.push_back(text);
    const auto about = id.substr(id.find('.') + 1);
    const bool node = id.size() != about.size() &&
                      std::any_of(nodes.begin(), nodes.end(), [&](const NodeConfig& n) { return n.name == about; });
    out.alarms_of.push_back(node ? about : "");
  }
}

std::vector<NodeView> Brain::views_of(const std::vector<Node>& nodes) {
  std::vector<NodeView> out;
  out.reserve(nodes.size());
  for (const auto& node : nodes) out.push_back(node.view());
  std::stable_sort(out.begin(), out.end(),
                   [](const NodeView& a, const NodeView& b) { return a.priority < b.priority; });
  return out;
}

void Brain::report_looks(ecv::Report& out, const std::vector<Node>& nodes) const {
  const auto& c = checkpoints_->view();
  out.checkpoints = {c.ok, c.total, c.quorum, c.cut};
  for (auto& node : views_of(nodes)) {
    out.nodes.push_back({node.name, node.state, node.status, node.read_only, node.io, node.sql, node.lag_ms, node.gtid,
                         node.req, std::string(core::name(node.lag_by))});
  }
}

void Brain::judge_isolation(bool held) {
  switch (isolation_.update(*checkpoints_, *site_, held, now_)) {
    case Isolation::Turn::kFailed:
      counters_.add(Counter::kPoolFailed);
      raise_alarm("checkpoints", "the quorum of the checkpoints is lost");
      break;
    case Isolation::Turn::kCleared: clear_alarm("checkpoints"); break;
    case Isolation::Turn::kNone: break;
  }
  const auto status = isolation_.status();
  if (status == status_) return;
  status_ = status;
  journal(base::Level::kInfo, "pool.status", std::string(ecv::name(status)), {{"cut", checkpoints_->view().cut}});
  emit(Changed{index_});
}

void Brain::tell_node(const Node& node) {
  emit(Changed{index_});
  journal(base::Level::kInfo, "node.state", std::string(ecv::name(node.state())),
          {{"node", node.config().name}, {"status", std::string(ecv::name(node.status()))}, {"why", node.message()}});
}

void Brain::alarm_of(const Node& node) {
  if (alarms_.empty() && node.trouble().empty()) return;  // nearly always
  const std::string id = "node." + node.config().name;
  if (node.trouble().empty()) {
    clear_alarm(id);
  } else {
    raise_alarm(id, node.config().name + ": " + node.trouble());
  }
}

}  // namespace core
