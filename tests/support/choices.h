// Names that answer by region or by hash, over a map of many networks, for benchmarks.
#pragma once

#include <memory>

#include "zones/snapshot/choice.h"
#include "zones/snapshot/choice_tables.h"

namespace dns_test {

inline constexpr unsigned kRegions = 4;

// As many networks of 14 to 24 bits as a database of countries has for a few regions; always the same.
inline std::shared_ptr<const snapshot::ClientMap> many_networks(unsigned count = 200000) {
  snapshot::ClientMapBuilder out;
  std::uint32_t seed = 7871;
  const auto random = [&seed] { return seed = seed * 1664525 + 1013904223; };
  for (unsigned i = 0; i < count; ++i) {
    const auto length = static_cast<std::uint8_t>(24 - (random() >> 16) % 11);
    const std::uint32_t address = random() & ~std::uint32_t{0} << (32 - length);
    const auto octet = [address](int shift) { return static_cast<std::uint8_t>(address >> shift); };
    out.add({base::IpAddress::v4({octet(24), octet(16), octet(8), octet(0)}), length},
            static_cast<snapshot::Region>((random() >> 16) % (kRegions + 1)));
  }
  return std::move(out).build();
}

// One address for each region; with a map by region, else by hash.
inline snapshot::DynamicAnswer choose_by(const std::shared_ptr<const snapshot::ClientMap>& map) {
  auto choice = std::make_shared<snapshot::Choice>();
  std::vector<snapshot::Share> shares;
  for (std::uint16_t i = 0; i <= kRegions; ++i) {
    choice->variants.push_back(
        {snapshot::DynamicOutcome::kAnswer, {base::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(i)})}, 5, {}});
    shares.push_back({i, 1, std::to_string(i)});
    if (map == nullptr) continue;
    choice->groups.push_back({snapshot::How::kOne, {i}});
    choice->group_of.push_back(i);
  }
  if (map == nullptr) choice->groups = {{snapshot::How::kHash, snapshot::hash_table(shares)}};
  choice->map = map;
  snapshot::DynamicAnswer out;
  out.outcome = snapshot::DynamicOutcome::kChoose;
  out.choice = choice;
  return out;
}

}  // namespace dns_test
