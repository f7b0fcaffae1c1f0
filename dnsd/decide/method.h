// One selection method: what is answered by members that are up. Each method is one file (README.md tells how to add
// one). Which members are up is found in verdicts.cc, which pool is asked in select.cc, and what all share, holding,
// anti-flap, memory and TTL, is in balance.cc. active_writer is none of these: writer.h.
#pragma once

#include <span>
#include <vector>

#include "dnsd/decide/answers.h"
#include "dnsd/decide/wideip.h"

namespace decide {

// A member that is up in the family at hand, in the order of the pool.
struct Candidate {
  std::size_t member = 0;  // of WideIp::members
  std::uint32_t ratio = 1;
  std::uint32_t ramp = kRampSteps;  // 1 to kRampSteps: how much of its weight a member that came back has by now

  static constexpr std::uint32_t kRampSteps = 16;
};

class Method {
 public:
  Method() = default;
  Method(const Method&) = delete;
  Method& operator=(const Method&) = delete;
  virtual ~Method() = default;

  // How clients are spread over the picks.
  [[nodiscard]] virtual How how() const = 0;
  // Clients of a region are answered by the members of their region, while one of these is up.
  [[nodiscard]] virtual bool regional() const { return false; }
  // The different answers that there are, each with at most `most` members, all of them of `up`. Empty only if `up` is.
  [[nodiscard]] virtual std::vector<Pick> picks(std::span<const Candidate> up, std::size_t most) const = 0;
};

// Any kind but kActiveWriter, which is taken for global_availability.
[[nodiscard]] const Method& method(MethodKind kind);

[[nodiscard]] const Method& global_availability();
[[nodiscard]] const Method& round_robin();
[[nodiscard]] const Method& ratio();
[[nodiscard]] const Method& static_persist();
[[nodiscard]] const Method& all_available();
[[nodiscard]] const Method& readers();
[[nodiscard]] const Method& topology();

// The first `most` members from `from` on, the list taken as a ring.
[[nodiscard]] std::vector<std::size_t> ring(std::span<const Candidate> up, std::size_t from, std::size_t most);
// Each member in its turn with the weight of its ratio, as far as it is ramped up.
[[nodiscard]] std::vector<Pick> weighted(std::span<const Candidate> up, std::size_t most);

}  // namespace decide
