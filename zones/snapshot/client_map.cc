#include "zones/snapshot/client_map.h"

#include <algorithm>
#include <bit>
#include <span>
#include <tuple>
#include <utility>

namespace snapshot {

namespace {

constexpr unsigned kMaxIndexBits = 16;

// `bits` ones from the left; of 0..64.
constexpr std::uint64_t left_ones(unsigned bits) { return bits == 0 ? 0 : ~std::uint64_t{0} << (64 - bits); }

// Number of bits, from the left, that two different keys have in common.
unsigned common(std::uint32_t a, std::uint32_t b) { return static_cast<unsigned>(std::countl_zero(a ^ b)); }

template <typename Wide>
unsigned common(const Wide& a, const Wide& b) {
  const auto high = a.high ^ b.high;
  return static_cast<unsigned>(high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(a.low ^ b.low));
}

std::uint32_t before(std::uint32_t key) { return key - 1; }

template <typename Wide>
Wide before(const Wide& key) {
  return {key.high - (key.low == 0 ? 1 : 0), key.low - 1};
}

// The first `bits` of a key.
std::size_t cell(std::uint32_t key, unsigned bits) { return std::uint64_t{key} << bits >> 32; }

template <typename Wide>
std::size_t cell(const Wide& key, unsigned bits) {
  return key.high >> 1 >> (63 - bits);
}

}  // namespace

ClientKey::ClientKey(const base::IpAddress& address) : ClientKey(address.is_v6(), address.bytes()) {}

ClientKey::ClientKey(bool is_v6, std::span<const std::uint8_t> bytes) : v6(is_v6) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint64_t octet = bytes[i];
    (i < 8 ? high : low) |= octet << (56 - 8 * (i % 8));
  }
}

ClientKey ClientKey::prefix(unsigned bits) const {
  ClientKey out = *this;
  out.high &= left_ones(std::min(bits, 64U));
  out.low &= left_ones(bits > 64 ? bits - 64 : 0);
  return out;
}

template <typename Key>
ClientMap::Place ClientMap::Ranges<Key>::find(Key key) const {
  const auto at = cell(key, bits);
  // The range is the last one that begins at or before the key.
  const auto from = first.begin() + static_cast<std::ptrdiff_t>(index[at]) + 1;
  const auto end = first.begin() + static_cast<std::ptrdiff_t>(index[at + 1]) + 1;
  const auto next = static_cast<std::size_t>(std::upper_bound(from, end, key) - first.begin());
  const auto mine = next - 1;
  // The prefix must leave out the last address before the range and the first behind it: both are of another region.
  unsigned scope = 0;
  if (mine > 0) scope = common(key, before(first[mine])) + 1;
  if (next < first.size()) scope = std::max(scope, common(key, first[next]) + 1);
  return {region[mine], static_cast<std::uint8_t>(scope)};
}

template <typename Key>
void ClientMap::Ranges<Key>::make_index() {
  constexpr std::size_t kFew = 64;  // ranges that one search goes through as fast
  bits =
      first.size() < kFew ? 0 : std::min<unsigned>(kMaxIndexBits, static_cast<unsigned>(std::bit_width(first.size())));
  index.assign((std::size_t{1} << bits) + 1, 0);
  std::size_t filled = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto at = cell(first[i], bits);
    // Cells that begin before this range begin in the one before it.
    const bool begins = i == 0 || cell(before(first[i]), bits) != at;
    for (const auto end = begins ? at : at + 1; filled < end; ++filled) {
      index[filled] = static_cast<std::uint32_t>(i - 1);
    }
  }
  for (; filled < index.size(); ++filled) index[filled] = static_cast<std::uint32_t>(first.size() - 1);
}

ClientMap::Place ClientMap::find(const ClientKey& client) const {
  if (client.v6) return v6_.find({client.high, client.low});
  return v4_.find(static_cast<std::uint32_t>(client.high >> 32));
}

bool ClientMap::holds(Region region) const {
  const auto in = [region](const std::vector<Region>& all) {
    return std::find(all.begin(), all.end(), region) != all.end();
  };
  return in(v4_.region) || in(v6_.region);
}

std::size_t ClientMap::octets() const {
  const auto of = [](const auto& ranges) {
    return ranges.first.size() * (sizeof ranges.first[0] + sizeof(Region)) +
           ranges.index.size() * sizeof(std::uint32_t);
  };
  return of(v4_) + of(v6_);
}

// Turns prefixes, sorted by their first address and then their length, into ranges.
template <typename Key>
struct ClientMap::Layout {
  struct Entry {
    Key first;
    Key last;
    std::uint8_t length;
    std::uint8_t rank;
    Region region;
  };
  std::vector<Entry> entries;
  Ranges<Key> out;

  void begin(Key at, Region region) {
    auto& regions = out.region;
    if (!regions.empty() && out.first.back() == at) {
      out.first.pop_back();
      regions.pop_back();
    }
    if (!regions.empty() && regions.back() == region) return;
    out.first.push_back(at);
    regions.push_back(region);
  }

  Ranges<Key> run() && {
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.first, a.length, a.rank) < std::tie(b.first, b.length, b.rank);
    });
    begin(Key{}, 0);
    std::vector<Entry> around;  // prefixes that hold the present address, each inside the one before
    for (const Entry& entry : entries) {
      while (!around.empty() && around.back().last < entry.first) close(around);
      if (!around.empty() && around.back().rank > entry.rank) continue;
      begin(entry.first, entry.region);
      around.push_back(entry);
    }
    while (!around.empty()) close(around);
    out.first.shrink_to_fit();
    out.region.shrink_to_fit();
    out.make_index();
    return std::move(out);
  }

  // What surrounds the last of `around` goes on behind it.
  void close(std::vector<Entry>& around) {
    const Key last = around.back().last;
    around.pop_back();
    const auto next = after(last);
    if (next != Key{}) begin(next, around.empty() ? Region{0} : around.back().region);
  }

  static std::uint32_t after(std::uint32_t key) { return key + 1; }
  static Wide after(const Wide& key) { return {key.high + (key.low + 1 == 0 ? 1 : 0), key.low + 1}; }
};

void ClientMapBuilder::add(const base::Prefix& prefix, Region region, std::uint8_t rank) {
  entries_.push_back({prefix, region, rank});
}

std::shared_ptr<const ClientMap> ClientMapBuilder::build() && {
  ClientMap::Layout<std::uint32_t> v4;
  ClientMap::Layout<ClientMap::Wide> v6;
  for (const Entry& entry : entries_) {
    const ClientKey key(entry.prefix.ip);
    const unsigned length = entry.prefix.length;
    const ClientMap::Wide last{key.high | ~left_ones(std::min(length, 64U)),
                               key.low | ~left_ones(length > 64 ? length - 64 : 0)};
    if (key.v6) {
      v6.entries.push_back({{key.high, key.low}, last, entry.prefix.length, entry.rank, entry.region});
    } else {
      v4.entries.push_back({static_cast<std::uint32_t>(key.high >> 32), static_cast<std::uint32_t>(last.high >> 32),
                            entry.prefix.length, entry.rank, entry.region});
    }
  }
  entries_.clear();
  std::shared_ptr<ClientMap> out(new ClientMap);
  out->v4_ = std::move(v4).run();
  out->v6_ = std::move(v6).run();
  return out;
}

}  // namespace snapshot
