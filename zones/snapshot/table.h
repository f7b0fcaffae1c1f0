// Inside of a Snapshot: flat arrays without pointers between them, so that 100,000 names cost a few tens of octets each
// and a lookup touches few cache lines. Only Builder writes one; afterwards it is constant.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/bytes.h"
#include "zones/wire/name.h"
#include "zones/wire/query.h"

namespace snapshot {

inline constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// A run of octets in the arena.
struct Run {
  std::uint32_t at = 0;
  std::uint32_t size = 0;
};

// Records are kept as they go out, each with an owner of 0xC00C, a pointer to the question's name.
struct Rrset {
  wire::Type type = 0;
  std::uint16_t count = 0;
  std::uint32_t ttl_s = 0;
  std::uint32_t hosts_first = 0;  // of `glue`
  std::uint32_t hosts_count = 0;
  Run records;  // rdata uncompressed: right behind any question
  Run direct;   // rdata compressed for a question that is exactly the owner; the same run if nothing can be compressed
};

// Addresses of a host that NS, MX or SRV data name, for the additional section.
struct Glue {
  Run owner;
  std::uint32_t rrset = 0;
  bool needed = false;  // a referral's, and the server's name is below the cut: without it the referral is useless (RFC
                        // 9471 section 3)
};

// In place of a delegation: this zone should be here, and could not be loaded.
inline constexpr std::uint32_t kNoData = kNone - 1;

struct Cut {
  std::uint32_t ns = 0;  // RRset; its hosts are the glue, needed ones first
};

struct Zone {
  std::uint32_t apex = kNone;        // node
  std::uint32_t soa = kNone;         // RRset
  std::uint32_t negative_ttl_s = 0;  // min(TTL of the SOA, MINIMUM): RFC 2308 section 5
  // Where in the SOA's direct form pointers stand: that of its owner, and up to two in its data, 0 if fewer. All of
  // them lead into the question or the record itself, so behind a longer question they move by what it is longer.
  std::array<std::uint16_t, 3> soa_pointers{};
  bool soa_moves = false;  // the pointers are known; not in the root zone, whose owner needs none
  std::uint32_t serial = 0;
  std::uint32_t names = 0;
};

struct Node {
  std::uint32_t name = 0;  // arena; lower case
  std::uint8_t name_size = 0;
  std::uint16_t rrset_count = 0;
  std::uint32_t rrset_first = 0;
  std::uint32_t zone = 0;
  std::uint32_t wildcard = kNone;     // node "*" right below this one
  std::uint32_t slot = kNone;         // dynamic name
  std::uint32_t cut = kNone;          // delegation; kNoData: the apex of a zone without data
  std::uint32_t parent_side = kNone;  // of an apex: the node of the zone above, which answers DS (RFC 4035 3.1.4.1)
};

// The end of a walk towards the root.
struct Found {
  std::uint32_t node = kNone;  // the name itself, else its closest encloser (RFC 4592 section 3.3.1), else none
  bool exact = false;
  std::uint64_t hash = 0;  // of the name searched
};

struct Table {
  std::vector<std::uint8_t> arena;
  std::vector<Node> nodes;
  std::vector<Rrset> rrsets;
  std::vector<Cut> cuts;
  std::vector<Glue> glue;
  std::vector<Zone> zones;
  std::vector<std::uint32_t> dynamic_nodes;  // by slot

  // Hash of a whole name, and a hint to the memory that it will be looked for: two steps, each for a batch of names at
  // once, so that their waits on memory overlap. Neither changes what find() gives.
  [[nodiscard]] std::uint64_t hash(const wire::QueryName& name) const;
  void prefetch_bucket(std::uint64_t hash) const;
  void prefetch_node(std::uint64_t hash) const;

  // `hash`: of the name.
  [[nodiscard]] Found find(const wire::QueryName& name, std::uint64_t hash) const;
  [[nodiscard]] Found find(const wire::QueryName& name) const { return find(name, hash(name)); }
  [[nodiscard]] base::ByteView octets(Run run) const { return {arena.data() + run.at, run.size}; }
  [[nodiscard]] base::ByteView name_of(const Node& node) const { return {arena.data() + node.name, node.name_size}; }
  // Null if the node has no RRset of this type.
  [[nodiscard]] const Rrset* rrset(const Node& node, wire::Type type) const;

  // Fills the hash table from `nodes`, leaving out those in `hidden` (parent sides). Called once.
  void index(const std::vector<bool>& hidden);

 private:
  struct Bucket {
    std::uint32_t check = 0;  // upper half of the hash
    std::uint32_t node = kNone;
    std::uint32_t name = 0;  // the node's name and sets, so that all three are fetched at once
    std::uint32_t rrset_first = 0;
  };
  [[nodiscard]] std::uint32_t probe(std::uint64_t hash, base::ByteView name) const;

  std::vector<Bucket> buckets_;  // a power of two, at most half full
  std::size_t deepest_ = 0;      // labels of the longest chain of names
};

// Octets before the rdata of a stored record: owner pointer, type, class, TTL, length.
inline constexpr std::size_t kRecordHead = 12;
inline constexpr std::size_t kRecordTtl = 6;  // where in it the TTL stands

// Steps through stored records.
class RecordCursor {
 public:
  explicit RecordCursor(base::ByteView records) : left_(records) {}
  [[nodiscard]] bool done() const { return left_.empty(); }
  [[nodiscard]] base::ByteView rdata() const { return left_.subspan(kRecordHead, length()); }
  void next() { left_ = left_.subspan(kRecordHead + length()); }

 private:
  [[nodiscard]] std::size_t length() const { return static_cast<std::size_t>(left_[10]) << 8 | left_[11]; }
  base::ByteView left_;
};

}  // namespace snapshot
