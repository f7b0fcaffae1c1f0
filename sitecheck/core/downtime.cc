#include "sitecheck/core/downtime.h"

#include <algorithm>
#include <iterator>

namespace core {

void Downtimes::set(Downtime downtime) {
  end(downtime.pool, downtime.node);
  all_.push_back(std::move(downtime));
}

bool Downtimes::end(std::string_view pool, std::string_view node) {
  return std::erase_if(all_, [&](const Downtime& d) { return d.pool == pool && d.node == node; }) > 0;
}

std::vector<Downtime> Downtimes::expire(base::WallTime now) {
  const auto over = std::stable_partition(all_.begin(), all_.end(), [&](const Downtime& d) { return d.until > now; });
  std::vector<Downtime> out(std::make_move_iterator(over), std::make_move_iterator(all_.end()));
  all_.erase(over, all_.end());
  return out;
}

const Downtime* Downtimes::find(std::string_view pool, std::string_view node, base::WallTime now) const {
  const auto at = std::find_if(all_.begin(), all_.end(),
                               [&](const Downtime& d) { return d.pool == pool && d.node == node && d.until > now; });
  return at == all_.end() ? nullptr : &*at;
}

}  // namespace core
