// From a client's address to the region it is in, and how many bits of the address that took.
//
// Immutable once built; any thread reads it without a lock, and a search allocates nothing. Prefixes of all lengths are
// laid out as ranges that do not overlap, so that of two answers neither hides the other in a resolver's cache (RFC
// 7871 section 7.2.1).
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/ip.h"

namespace snapshot {

// 0: in no region. Others are the caller's numbers.
using Region = std::uint16_t;

// An address, or the prefix of one, as a number: its first bit is the highest of `high`. What is not known is 0.
struct ClientKey {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool v6 = false;

  ClientKey() = default;
  explicit ClientKey(const base::IpAddress& address);
  // `bytes`: at most 4 (IPv4) or 16 octets in network order.
  ClientKey(bool is_v6, std::span<const std::uint8_t> bytes);

  // Only its first bits, the others 0.
  [[nodiscard]] ClientKey prefix(unsigned bits) const;
};

class ClientMap {
 public:
  struct Place {
    Region region = 0;
    // Length of the shortest prefix around the address in which every address has this region: 0 if all of its family
    // have. The SCOPE PREFIX-LENGTH of RFC 7871 section 6.
    std::uint8_t scope = 0;
  };
  [[nodiscard]] Place find(const ClientKey& client) const;
  [[nodiscard]] Place find(const base::IpAddress& client) const { return find(ClientKey(client)); }

  // Whether any address is in this region.
  [[nodiscard]] bool holds(Region region) const;
  // For people: how large it is.
  [[nodiscard]] std::size_t ranges_v4() const { return v4_.first.size(); }
  [[nodiscard]] std::size_t ranges_v6() const { return v6_.first.size(); }
  [[nodiscard]] std::size_t octets() const;

 private:
  friend class ClientMapBuilder;
  ClientMap() = default;

  struct Wide {  // an IPv6 address
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    auto operator<=>(const Wide&) const = default;
  };
  // Range i goes from first[i] to before first[i + 1]; neighbours differ in region. first[0] is 0.
  template <typename Key>
  struct Ranges {
    std::vector<Key> first;
    std::vector<Region> region;
    // By an address's first `bits` bits: the range in which the first of those addresses is. One entry more than that.
    std::vector<std::uint32_t> index;
    unsigned bits = 0;

    [[nodiscard]] Place find(Key key) const;
    void make_index();
  };
  template <typename Key>
  struct Layout;

  Ranges<std::uint32_t> v4_;
  Ranges<Wide> v6_;
};

class ClientMapBuilder {
 public:
  // Every address in `prefix` is in `region`, unless another prefix says otherwise: one of a higher rank, or of the
  // same rank and longer. Of two that are equal the later one counts.
  void add(const base::Prefix& prefix, Region region, std::uint8_t rank = 0);
  [[nodiscard]] std::shared_ptr<const ClientMap> build() &&;

 private:
  struct Entry {
    base::Prefix prefix;
    Region region;
    std::uint8_t rank;
  };
  std::vector<Entry> entries_;
};

}  // namespace snapshot
