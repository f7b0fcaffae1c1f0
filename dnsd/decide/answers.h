// What a method leaves to be chosen for each query: the different answers, and how clients are spread over them.
// Values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dnsd/decide/wideip.h"

namespace decide {

enum class How : std::uint8_t {
  kOne,     // everybody gets the same
  kRotate,  // one after the other, as often as the weights say
  kHash,    // the client's prefix decides, by the weights
};

// One answer: members in the order in which they are served.
struct Pick {
  std::vector<std::size_t> members;  // of WideIp::members; none: NODATA, while the other family has an answer
  std::uint64_t weight = 1;
  bool operator==(const Pick&) const = default;
};

// A and AAAA each from the members that are up in that family. One of the two may be empty: NODATA.
struct Group {
  How how = How::kOne;
  std::vector<Pick> v4;
  std::vector<Pick> v6;
  std::size_t pool = 0;   // of WideIp::pools; the first one of several
  PersistBits persist{};  // for kHash
  bool operator==(const Group&) const = default;
};

struct Answers {
  std::vector<Group> groups;                                 // the first is for clients of no region
  std::vector<std::pair<std::string, std::size_t>> regions;  // other clients' groups
  [[nodiscard]] bool empty() const { return groups.empty(); }
  // The members that some client gets, in the order of the wide-IP.
  [[nodiscard]] std::vector<std::size_t> members() const;
  bool operator==(const Answers&) const = default;
};

}  // namespace decide
