#include "zones/snapshot/table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace snapshot {

namespace {

// Both odd and without a pattern in their bits.
constexpr std::uint64_t kSeed = 0x9e3779b97f4a7c15ULL;
constexpr std::uint64_t kFactor = 0xd6e8feb86659fd93ULL;

std::uint64_t load(const std::uint8_t* from) {
  std::uint64_t out;
  std::memcpy(&out, from, sizeof out);
  return out;
}

// Both halves of a product, folded: each bit of the sum depends on each of the word.
std::uint64_t mix(std::uint64_t word) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(word) * kFactor;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Of the lower-case name at `at`, eight octets at a time. Up to seven octets behind it are read, and do not count.
std::uint64_t hash_of(const std::uint8_t* at, std::size_t size) {
  static_assert(wire::QueryName::kPadding >= 7);
  std::uint64_t hash = kSeed;
  for (; size > 8; size -= 8, at += 8) hash = mix(hash ^ load(at));
  return mix(hash ^ (load(at) & (~std::uint64_t{0} >> (64 - 8 * size))));
}

std::uint32_t check_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

}  // namespace

std::uint32_t Table::probe(std::uint64_t hash, base::ByteView name) const {
  const std::size_t mask = buckets_.size() - 1;
  for (std::size_t at = static_cast<std::size_t>(hash) & mask;; at = (at + 1) & mask) {
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

std::uint64_t Table::hash(const wire::QueryName& name) const { return hash_of(name.bytes.data(), name.size); }

void Table::prefetch_bucket(std::uint64_t hash) const {
  if (!buckets_.empty()) __builtin_prefetch(buckets_.data() + (static_cast<std::size_t>(hash) & (buckets_.size() - 1)));
}

void Table::prefetch_node(std::uint64_t hash) const {
  if (buckets_.empty()) return;
  const Bucket& bucket = buckets_[static_cast<std::size_t>(hash) & (buckets_.size() - 1)];
  if (bucket.node == kNone) return;
  __builtin_prefetch(nodes.data() + bucket.node);
  __builtin_prefetch(arena.data() + bucket.name);
  __builtin_prefetch(arena.data() + bucket.name + 64);  // the records stand behind the name
  __builtin_prefetch(rrsets.data() + bucket.rrset_first);
}

Found Table::find(const wire::QueryName& name, std::uint64_t whole) const {
  if (buckets_.empty()) return {};
  if (const auto node = probe(whole, name.suffix(0)); node != kNone) return {node, true, whole};
  // No name in the table has more labels than deepest_, so longer suffixes need no look.
  const std::size_t first = name.labels > deepest_ ? name.labels - deepest_ : 1;
  for (std::size_t i = first; i <= name.labels; ++i) {
    const auto suffix = name.suffix(i);
    const auto node = probe(hash_of(suffix.data(), suffix.size()), suffix);
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
    std::size_t at = static_cast<std::size_t>(hash) & mask;
    while (buckets_[at].node != kNone) at = (at + 1) & mask;
    buckets_[at] = {check_of(hash), n, nodes[n].name, nodes[n].rrset_first};
  }
  arena.resize(arena.size() + wire::kMaxName);
}

}  // namespace snapshot
