// Names whose answer differs by client or from query to query: all answers made beforehand, and one chosen for each
// query without an allocation, a lock, or a memory cell that workers share.
//
// Two steps: the client's region names a group, the group names a variant.
//
//   topology over pools      `map`, one group for each pool in `group_of`
//   round_robin, ratio       a group that rotates: its table is walked, one step a query and worker
//   static_persist           a group by hash: its table is looked up with the client's prefix
//   one pool for everybody   no map, one group
//
// zones/snapshot/choice_tables.h makes the tables.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "zones/snapshot/client_map.h"
#include "zones/snapshot/dynamic.h"

namespace snapshot {

enum class How : std::uint8_t {
  kOne,     // the first of the table
  kRotate,  // the next one of the table
  kHash,    // the one that the client's prefix leads to
};

struct Group {
  How how = How::kOne;
  std::vector<std::uint16_t> table;  // numbers of variants; not empty
  // kHash: clients with this many bits in common get the same variant (RFC 7871 section 11.1 proposes 24 and 56).
  std::uint8_t bits_v4 = 24;
  std::uint8_t bits_v6 = 56;

  bool operator==(const Group&) const = default;
};

struct Choice {
  std::vector<DynamicAnswer> variants;   // none of them kChoose
  std::vector<Group> groups;             // not empty
  std::shared_ptr<const ClientMap> map;  // null: group 0 for everybody
  std::vector<std::uint16_t> group_of;   // by region; group 0 for regions beyond it

  bool operator==(const Choice&) const = default;
};

// A worker's place in the tables that rotate. Names share places, and A and AAAA have different ones: a client that
// asks for both must not get the one member for A and the other for AAAA for ever.
struct Turns {
  static constexpr std::size_t kPlaces = 256;
  std::array<std::uint32_t, kPlaces> next{};

  // Returns the place's number and steps on. `other`: neither A nor AAAA is asked for; a client that asks for both an
  // address and something else must not get one and the same member for its address either.
  std::uint32_t take(std::uint32_t slot, bool v6, bool other = false) {
    return next[(slot * 2 + (v6 ? 1 : 0) + (other ? kPlaces / 2 : 0)) % kPlaces]++;
  }
};

// Who asks.
struct Asked {
  base::ByteView address;  // of the packet: 4 or 16 octets; empty: unknown, taken for 0.0.0.0
  base::ByteView subnet;   // the valid ECS option, as wire::Edns has it; empty: none
  std::uint32_t slot = 0;  // of the name
  bool v6 = false;         // its AAAA are wanted
  bool other = false;      // neither A nor AAAA is wanted, and the name may be an alias
};

class Chooser {
 public:
  // Null if `from` is null or breaks what Choice says of its numbers.
  [[nodiscard]] static std::unique_ptr<const Chooser> make(const std::shared_ptr<const Choice>& from);

  struct Chosen {
    const DynamicRecords* records;
    std::uint8_t scope;     // SCOPE PREFIX-LENGTH of the response (RFC 7871 section 7.2.1)
    std::uint16_t variant;  // whose records they are
  };
  [[nodiscard]] Chosen choose(const Asked& asked, Turns& turns) const;

 private:
  explicit Chooser(const Choice& from);

  std::vector<DynamicRecords> variants_;
  std::vector<Group> groups_;
  std::shared_ptr<const ClientMap> map_;
  std::vector<std::uint16_t> group_of_;
};

}  // namespace snapshot
