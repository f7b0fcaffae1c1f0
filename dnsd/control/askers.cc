#include "dnsd/control/askers.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace control {

namespace {

std::string plain(const wire::Name& name) {
  std::string out = name.lowered().to_string();
  if (out.size() > 1) out.pop_back();
  return out;
}

bool later(const Asker* a, const Asker* b) { return a->asked > b->asked; }

}  // namespace

void Askers::take(const std::vector<snapshot::SeenQuery>& seen, base::Instant now) {
  for (const auto& query : seen) {
    auto name = plain(query.name);
    Asker& asker = known_[{query.client, name}];
    asker = {query.client, std::move(name), now, std::max(asker.expires, now + base::seconds(query.ttl_s))};
  }
  if (known_.size() <= kKept) return;
  std::vector<base::Instant> asked;
  for (const auto& [key, asker] : known_) asked.push_back(asker.asked);
  std::nth_element(asked.begin(), asked.begin() + kKept, asked.end(), std::greater<>());
  // Of those who asked in one second with the last that is kept, some stay.
  const auto oldest = asked[kKept];
  std::erase_if(known_, [&](const auto& entry) { return entry.second.asked < oldest; });
  for (auto at = known_.begin(); at != known_.end() && known_.size() > kKept;) {
    at = at->second.asked == oldest ? known_.erase(at) : std::next(at);
  }
}

std::vector<Asker> Askers::newest() const {
  std::vector<const Asker*> all;
  for (const auto& [key, asker] : known_) all.push_back(&asker);
  const std::size_t shown = std::min(all.size(), kShown);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shown), all.end(), later);
  std::vector<Asker> out;
  for (std::size_t i = 0; i < shown; ++i) out.push_back(*all[i]);
  return out;
}

}  // namespace control
