// The immutable answer table: every name of every zone, with its records ready for the wire.
//
// Made by Builder, published by Publisher, read by workers without locks. Nothing in it changes after publication but
// the answers of dynamic names, each of which is swapped as a whole through the Publisher.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "zones/snapshot/dynamic.h"
#include "zones/wire/name.h"

namespace snapshot {

struct Table;

// For status: one zone of the table.
struct ZoneInfo {
  wire::Name origin;
  std::uint32_t serial = 0;
  std::uint32_t names = 0;  // owner names with data, glue included
};

class Snapshot {
 public:
  // Use Builder.
  Snapshot(std::unique_ptr<const Table> table, std::size_t dynamic_names);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  [[nodiscard]] const Table& table() const { return *table_; }
  [[nodiscard]] std::vector<ZoneInfo> zones() const;
  [[nodiscard]] std::size_t dynamic_names() const { return slots_.size(); }
  [[nodiscard]] std::optional<DynamicId> find_dynamic(const wire::Name& name) const;

  // Sets the first answer of a dynamic name. Only before publication; later by Publisher::answer.
  void set_answer(DynamicId id, const DynamicAnswer& answer);
  // What a worker serves now. Never null. Valid until the worker leaves.
  [[nodiscard]] const DynamicRecords& records(std::uint32_t slot) const { return *slots_[slot].load(); }

 private:
  friend class Publisher;
  // The caller retires what it gets.
  [[nodiscard]] std::unique_ptr<const DynamicRecords> swap(DynamicId id, std::unique_ptr<const DynamicRecords> next);

  std::unique_ptr<const Table> table_;
  std::vector<std::atomic<const DynamicRecords*>> slots_;
};

}  // namespace snapshot
