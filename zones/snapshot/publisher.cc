#include "zones/snapshot/publisher.h"

#include <cstdlib>
#include <limits>
#include <utility>

namespace snapshot {

Publisher::Publisher() {
  for (auto& reader : readers_) reader.owner_ = this;
}

Publisher::~Publisher() { delete current_.load(); }

Publisher::Reader& Publisher::add_reader() {
  const auto index = reader_count_.fetch_add(1);
  if (index >= kMaxReaders) std::abort();
  return readers_[index];
}

void Publisher::publish(std::unique_ptr<Snapshot> next) {
  ++generation_;
  std::unique_ptr<const Snapshot> old(current_.exchange(next.release()));
  if (old) retire({0, std::move(old), nullptr});
}

void Publisher::answer(DynamicId id, const DynamicAnswer& next) {
  Snapshot* snapshot = current_.load(std::memory_order_relaxed);
  if (snapshot == nullptr || id.index >= snapshot->dynamic_names()) return;
  retire({0, nullptr, snapshot->swap(id, std::make_unique<DynamicRecords>(next))});
}

void Publisher::retire(Retired item) {
  item.tag = epoch_.fetch_add(1);
  retired_.push_back(std::move(item));
}

std::size_t Publisher::reap() {
  std::uint64_t oldest = std::numeric_limits<std::uint64_t>::max();
  const auto count = reader_count_.load();
  for (std::size_t i = 0; i < count && i < kMaxReaders; ++i) {
    const auto epoch = readers_[i].epoch_.load();
    if (epoch != 0 && epoch < oldest) oldest = epoch;
  }
  std::erase_if(retired_, [oldest](const Retired& item) { return item.tag < oldest; });
  return retired_.size();
}

}  // namespace snapshot
