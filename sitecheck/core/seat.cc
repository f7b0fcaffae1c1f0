#include "sitecheck/core/seat.h"

namespace core {

Seat::Seat(const Place& place)
    : Brain(place), since_(place.now), peers_(place.site, place.index, place.identity), permit_(place.site.timing) {}

bool Seat::holds() const {
  return state_ == State::kPromoting || state_ == State::kActive || state_ == State::kDraining;
}

void Seat::set_permit() {
  if (!permit_.until()) return;
  emit(SetPermit{index_, *permit_.until(), claims() ? epoch_ : promote_epoch_, claims(), lease_id_});
}

}  // namespace core
