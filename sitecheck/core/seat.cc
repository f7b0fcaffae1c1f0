#include "sitecheck/core/seat.h"

namespace core {

Seat::Seat(const SiteConfig& site, PoolIndex index, const Identity& identity, const Checkpoints& checkpoints,
           base::Instant now)
    : site_(&site),
      config_(&site.pools[index]),
      index_(index),
      checkpoints_(&checkpoints),
      now_(now),
      boot_at_(now),
      since_(now),
      peers_(site, index, identity),
      permit_(site.timing) {}

bool Seat::holds() const {
  return state_ == State::kPromoting || state_ == State::kActive || state_ == State::kDraining;
}

void Seat::set_permit() {
  if (!permit_.until()) return;
  emit(SetPermit{index_, *permit_.until(), claims() ? epoch_ : promote_epoch_, claims(), lease_id_});
}

void Seat::journal(base::Level level, std::string id, std::string message,
                   std::vector<std::pair<std::string, std::string>> fields) {
  fields.insert(fields.begin(), {"pool", config_->name});
  emit(Journal{level, std::move(id), std::move(message), std::move(fields)});
}

void Seat::raise_alarm(const std::string& id, std::string text) {
  auto [at, fresh] = alarms_.try_emplace(id, text);
  if (!fresh && at->second == text) return;
  at->second = text;
  if (out_ != nullptr) journal(base::Level::kWarn, "pool.alarm", std::move(text), {{"alarm", id}});
}

void Seat::clear_alarm(std::string_view id) {
  if (alarms_.empty()) return;  // nearly always
  const auto at = alarms_.find(id);
  if (at == alarms_.end()) return;
  journal(base::Level::kInfo, "pool.alarm_over", "alarm over", {{"alarm", at->first}});
  alarms_.erase(at);
}

}  // namespace core
