// Puts octets and RRsets into a table's arena in the form in which they go out. Inside of this folder only.
#pragma once

#include <string>
#include <vector>

#include "zones/snapshot/plan.h"
#include "zones/snapshot/table.h"

namespace snapshot {

class RecordStore {
 public:
  explicit RecordStore(Table& table) : table_(table) {}

  Run octets(base::ByteView bytes);
  // `owner`: lower-case wire name; decides what may be compressed in the direct form.
  Rrset rrset(const std::string& owner, const PlannedSet& set);

  // False once the arena needs more than 32-bit offsets.
  [[nodiscard]] bool fits() const;
  // The first RRset that no message can hold; empty if there is none.
  [[nodiscard]] const std::string& oversize() const { return oversize_; }

 private:
  Table& table_;
  std::vector<std::uint8_t> message_;  // scratch
  std::string oversize_;
};

}  // namespace snapshot
