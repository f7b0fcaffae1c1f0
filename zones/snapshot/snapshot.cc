#include "zones/snapshot/snapshot.h"

#include "zones/snapshot/table.h"

namespace snapshot {

namespace {

// Until control has decided: the name exists, but nobody knows its answer yet.
DynamicAnswer not_ready() { return {DynamicOutcome::kServfail, {}, 0, wire::kEdeNotReady}; }

}  // namespace

Snapshot::Snapshot(std::unique_ptr<const Table> table, std::size_t dynamic_names)
    : table_(std::move(table)), slots_(dynamic_names) {
  for (auto& slot : slots_) slot.store(new DynamicRecords(not_ready()), std::memory_order_relaxed);
}

Snapshot::~Snapshot() {
  for (auto& slot : slots_) delete slot.load(std::memory_order_relaxed);
}

std::vector<ZoneInfo> Snapshot::zones() const {
  std::vector<ZoneInfo> out;
  for (const auto& zone : table_->zones) {
    if (zone.soa == kNone) continue;  // it has no data
    const auto origin = wire::Name::from_wire(table_->name_of(table_->nodes[zone.apex]));
    out.push_back({origin.value_or(wire::Name()), zone.serial, zone.names});
  }
  return out;
}

std::optional<DynamicId> Snapshot::find_dynamic(const wire::Name& name) const {
  wire::QueryName query;
  query.assign(name.wire());
  const auto found = table_->find(query);
  if (!found.exact || table_->nodes[found.node].slot == kNone) return std::nullopt;
  return DynamicId{table_->nodes[found.node].slot};
}

void Snapshot::set_answer(DynamicId id, const DynamicAnswer& answer) {
  if (id.index < slots_.size()) swap(id, std::make_unique<DynamicRecords>(answer)).reset();
}

std::unique_ptr<const DynamicRecords> Snapshot::swap(DynamicId id, std::unique_ptr<const DynamicRecords> next) {
  return std::unique_ptr<const DynamicRecords>(slots_[id.index].exchange(next.release()));
}

}  // namespace snapshot
