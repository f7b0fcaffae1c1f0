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

}  // namespace core
