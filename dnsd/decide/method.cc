#include "dnsd/decide/method.h"

#include <algorithm>

namespace decide {

const Method& method(MethodKind kind) {
  switch (kind) {
    case MethodKind::kActiveWriter:
    case MethodKind::kGlobalAvailability: return global_availability();
    case MethodKind::kRoundRobin: return round_robin();
    case MethodKind::kRatio: return ratio();
    case MethodKind::kStaticPersist: return static_persist();
    case MethodKind::kAllAvailable: return all_available();
    case MethodKind::kReaders: return readers();
    case MethodKind::kTopology: return topology();
  }
  return global_availability();
}

std::vector<std::size_t> ring(std::span<const Candidate> up, std::size_t from, std::size_t most) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < std::min(most, up.size()); ++i) out.push_back(up[(from + i) % up.size()].member);
  return out;
}

std::vector<Pick> weighted(std::span<const Candidate> up, std::size_t most) {
  std::vector<Pick> out;
  for (std::size_t i = 0; i < up.size(); ++i) {
    out.push_back({ring(up, i, most), std::uint64_t{up[i].ratio} * up[i].ramp});
  }
  return out;
}

std::vector<std::size_t> Answers::members() const {
  std::vector<std::size_t> out;
  for (const Group& group : groups) {
    for (const auto* picks : {&group.v4, &group.v6}) {
      for (const Pick& pick : *picks) out.insert(out.end(), pick.members.begin(), pick.members.end());
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace decide
