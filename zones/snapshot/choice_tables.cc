#include "zones/snapshot/choice_tables.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace snapshot {

namespace {

// Weights without their common divisor, and scaled so that a round has no more than `longest` steps.
std::vector<std::int64_t> steps_of(const std::vector<Share>& shares, std::size_t longest) {
  std::uint64_t sum = 0;
  std::uint64_t divisor = 0;
  for (const Share& share : shares) {
    sum += share.weight;
    divisor = std::gcd(divisor, std::uint64_t{share.weight});
  }
  std::vector<std::int64_t> out;
  for (const Share& share : shares) {
    std::uint64_t steps = divisor == 0 ? 0 : share.weight / divisor;
    if (divisor != 0 && sum / divisor > longest && steps > 0) {
      steps = std::max<std::uint64_t>(1, (share.weight * std::uint64_t{longest} + sum / 2) / sum);
    }
    out.push_back(static_cast<std::int64_t>(steps));
  }
  return out;
}

// FNV-1a of the id and the entry, then mixed, so that ids that differ in one letter differ in every bit.
std::uint64_t score_bits(const std::string& id, std::size_t entry) {
  std::uint64_t h = 0xcbf29ce484222325U;
  const auto take = [&h](std::uint8_t octet) { h = (h ^ octet) * 0x100000001b3U; };
  for (const char c : id) take(static_cast<std::uint8_t>(c));
  for (unsigned shift = 0; shift < 32; shift += 8) take(static_cast<std::uint8_t>(entry >> shift));
  h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9U;
  h = (h ^ h >> 27) * 0x94d049bb133111ebU;
  return h ^ h >> 31;
}

// With u even in (0, 1), the one of several with the highest weight / -ln(u) is each with a chance by its weight.
double score(const Share& share, std::size_t entry) {
  constexpr double kUnit = 1.0 / 9007199254740992.0;  // 2^-53
  const double u = (static_cast<double>(score_bits(share.id, entry) >> 11) + 0.5) * kUnit;
  return share.weight / -std::log(u);
}

}  // namespace

std::vector<std::uint16_t> rotation_table(const std::vector<Share>& shares, std::size_t longest) {
  const auto steps = steps_of(shares, longest);
  const auto round = std::accumulate(steps.begin(), steps.end(), std::int64_t{0});
  std::vector<std::int64_t> credit(shares.size(), 0);
  std::vector<std::uint16_t> out;
  // Smooth weighted round robin: each gains its weight, the richest is served and pays for the round.
  for (std::int64_t i = 0; i < round; ++i) {
    for (std::size_t k = 0; k < credit.size(); ++k) credit[k] += steps[k];
    const auto richest = std::max_element(credit.begin(), credit.end());
    *richest -= round;
    out.push_back(shares[static_cast<std::size_t>(richest - credit.begin())].variant);
  }
  return out;
}

std::vector<std::uint16_t> hash_table(const std::vector<Share>& shares, std::size_t size) {
  std::vector<std::uint16_t> out;
  for (std::size_t entry = 0; entry < size; ++entry) {
    const Share* best = nullptr;
    double highest = 0;
    for (const Share& share : shares) {
      if (share.weight == 0) continue;
      const double own = score(share, entry);
      // Equal scores go by name, so that the order of members says nothing.
      if (best == nullptr || own > highest || (own == highest && share.id < best->id)) {
        best = &share;
        highest = own;
      }
    }
    if (best == nullptr) return {};
    out.push_back(best->variant);
  }
  return out;
}

}  // namespace snapshot
