// The tables of groups (zones/snapshot/choice.h). For the control thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace snapshot {

// One variant and its share.
struct Share {
  std::uint16_t variant = 0;
  std::uint32_t weight = 1;  // 0: none
  std::string id = {};       // hash_table() only: of the member, the same on every server and after every change
};

// For How::kRotate: a round in which each variant comes as often as its weight says (weights have their greatest common
// divisor taken out), spread as evenly as can be: 5:1:1 is a a b a c a a. Rounds of more than `longest` steps are
// scaled down, at least one step for each weight above 0. Empty if no weight is above 0.
[[nodiscard]] std::vector<std::uint16_t> rotation_table(const std::vector<Share>& shares, std::size_t longest = 1024);

// For How::kHash: each variant has a part of the table by its weight (within chance), and a variant that comes or goes
// moves only what it wins or held: every entry goes to the highest of all variants' scores at it (weighted rendezvous
// hashing). Empty if no weight is above 0.
inline constexpr std::size_t kHashTable = 1021;
[[nodiscard]] std::vector<std::uint16_t> hash_table(const std::vector<Share>& shares, std::size_t size = kHashTable);

}  // namespace snapshot
