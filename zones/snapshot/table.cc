#include "zones/snapshot/table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace snapshot {

namespace {

constexpr std::uint64_t kSeed = 0xcbf29ce484222325ULL;  // FNV-1a, 64 bits
constexpr std::uint64_t kPrime = 0x00000100000001b3ULL;

// Hash of a name from the hash of its parent; `label` starts with its length octet.
std::uint64_t extend(std::uint64_t hash, const std::uint8_t* label) {
  for (std::size_t i = 0; i <= label[0]; ++i) hash = (hash ^ label[i]) * kPrime;
  return hash;
}

// Where a hash goes first: its lower bits, stirred, since FNV's low bits are its weakest.
std::size_t spread(std::uint64_t hash) { return static_cast<std::size_t>(hash ^ hash >> 29); }
std::uint32_t check_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

}  // namespace

std::uint32_t Table::probe(std::uint64_t hash, base::ByteView name) const {
  const std::size_t mask = buckets_.size() - 1;
  for (std::size_t at = spread(hash) & mask;; at = (at + 1) & mask) {
    const Bucket& bucket = buckets_[at];
    if (bucket.node == kNone) return kNone;
    if (bucket.check != check_of(hash)) continue;
    // The table is larger than the nearest caches: have the memory fetch all that an answer needs side by side.
    __builtin_prefetch(nodes.data() + bucket.node);
    __builtin_prefetch(rrsets.data() + bucket.rrset_first);
    // A wire name tells its own end, so equal octets mean equal names; the arena is padded for the comparison.
    if (std::memcmp(arena.data() + bucket.name, name.data(), name.size()) == 0) return bucket.node;
  }
}

std::uint64_t Table::hash(const wire::QueryName& name) const {
  std::uint64_t out = kSeed;
  for (std::size_t i = name.labels; i-- > 0;) out = extend(out, name.bytes.data() + name.offsets[i]);
  return out;
}

void Table::prefetch_bucket(std::uint64_t hash) const {
  if (!buckets_.empty()) __builtin_prefetch(buckets_.data() + (spread(hash) & (buckets_.size() - 1)));
}

void Table::prefetch_node(std::uint64_t hash) const {
  if (buckets_.empty()) return;
  const Bucket& bucket = buckets_[spread(hash) & (buckets_.size() - 1)];
  if (bucket.node == kNone) return;
  __builtin_prefetch(nodes.data() + bucket.node);
  __builtin_prefetch(arena.data() + bucket.name);
  __builtin_prefetch(arena.data() + bucket.name + 64);  // the records stand behind the name
  __builtin_prefetch(rrsets.data() + bucket.rrset_first);
}

Found Table::find(const wire::QueryName& name, std::uint64_t whole) const {
  if (buckets_.empty()) return {};
  if (const auto node = probe(whole, name.suffix(0)); node != kNone) return {node, true, whole};
  std::array<std::uint64_t, 128> hashes;  // hashes[i]: of the name from label i on
  std::uint64_t hash = kSeed;
  hashes[name.labels] = hash;
  for (std::size_t i = name.labels; i-- > 1;) {
    hash = extend(hash, name.bytes.data() + name.offsets[i]);
    hashes[i] = hash;
  }
  // No name in the table has more labels than deepest_, so longer suffixes need no look.
  const std::size_t first = name.labels > deepest_ ? name.labels - deepest_ : 1;
  for (std::size_t i = first; i <= name.labels; ++i) {
    const auto node = probe(hashes[i], name.suffix(i));
    if (node != kNone) return {node, false, whole};
  }
  return {kNone, false, whole};
}

const Rrset* Table::rrset(const Node& node, wire::Type type) const {
  for (std::uint32_t i = 0; i < node.rrset_count; ++i) {
    const Rrset& set = rrsets[node.rrset_first + i];
    if (set.type == type) return &set;
  }
  return nullptr;
}

void Table::index(const std::vector<bool>& hidden) {
  buckets_.assign(std::bit_ceil(std::max<std::size_t>(16, nodes.size() * 2)), {});
  const std::size_t mask = buckets_.size() - 1;
  wire::QueryName name;
  for (std::uint32_t n = 0; n < nodes.size(); ++n) {
    if (hidden[n]) continue;
    name.assign(name_of(nodes[n]));
    const std::uint64_t hash = this->hash(name);
    deepest_ = std::max<std::size_t>(deepest_, name.labels);
    std::size_t at = spread(hash) & mask;
    while (buckets_[at].node != kNone) at = (at + 1) & mask;
    buckets_[at] = {check_of(hash), n, nodes[n].name, nodes[n].rrset_first};
  }
  arena.resize(arena.size() + wire::kMaxName);
}

}  // namespace snapshot
