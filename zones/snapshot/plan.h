// What Builder has gathered: zones by origin, owners by lower-case wire name. Inside of this folder only.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "zones/snapshot/builder.h"
#include "zones/snapshot/table.h"

namespace snapshot {

struct PlannedSet {
  wire::Type type = 0;
  std::uint32_t ttl_s = 0;
  std::vector<base::Bytes> rdatas;
};

using PlannedOwner = std::vector<PlannedSet>;
using Key = std::string;  // wire form, lower case

struct PlannedZone {
  wire::Name origin;
  Key key;
  std::unordered_map<Key, PlannedOwner> owners;
  bool ready = true;  // false: a zone that has no data, which answers nothing

  [[nodiscard]] const PlannedSet* find(const Key& owner, wire::Type type) const;
};

struct Builder::Plan {
  std::vector<PlannedZone> zones;
  std::unordered_map<Key, std::uint32_t> zone_by_origin;
  std::vector<Key> dynamic_names;
  std::unordered_map<Key, std::uint32_t> dynamic_by_name;
  std::size_t octets = 0;

  // Index of the deepest zone that holds the name; kNone if there is none.
  [[nodiscard]] std::uint32_t zone_of(const Key& name) const;
};

// Lower-case wire form.
[[nodiscard]] Key key_of(const wire::Name& name);
// The key without its first label. Not for the root.
[[nodiscard]] Key parent_of(const Key& name);
[[nodiscard]] std::string text_of(const Key& name);

// Lays the plan out as a Table. Errors as Builder::build says.
[[nodiscard]] base::Result<std::unique_ptr<Table>> lay_out(const Builder::Plan& plan);

}  // namespace snapshot
