// A wide-IP of two (or more) sites, and short words for what they say.
#pragma once

#include <string>
#include <vector>

#include "dnsd/decide/decide.h"

namespace decide::test {

using base::milliseconds;
using base::seconds;

inline base::Instant at(std::int64_t ms) { return base::Instant{milliseconds(1'000'000 + ms)}; }
inline base::IpAddress address(std::size_t site) {
  return base::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(10 + site)});
}
inline MemberId id(std::size_t site) { return {"site" + std::to_string(site), "main"}; }

inline WideIp wideip(std::size_t sites = 2) {
  WideIp out;
  out.name = "mysql.example.com";
  out.on_none = {seconds(300), Then::kServfail, {}};
  for (std::size_t i = 1; i <= sites; ++i) out.members.push_back({id(i), {address(i)}});
  return out;
}

inline ecv::Epoch epoch(std::uint64_t counter, std::size_t site) {
  return ecv::Epoch::make(counter, static_cast<std::uint8_t>(site));
}

inline Observation says(ecv::PoolState state, ecv::Epoch e, std::int64_t heard_ms, std::int64_t lease_ms = 0) {
  return {Claim{at(heard_ms), at(heard_ms), state, e, milliseconds(lease_ms)}, false};
}
inline Observation active(ecv::Epoch e, std::int64_t heard_ms, std::int64_t lease_ms = 2000) {
  return says(ecv::PoolState::kActive, e, heard_ms, lease_ms);
}
inline Observation standby(std::int64_t heard_ms) { return says(ecv::PoolState::kStandby, {}, heard_ms); }
inline Observation silent() { return {}; }

// One dnsd's decisions over time: hands the memory on from one to the next.
struct Story {
  WideIp wide = wideip();
  Memory memory;

  Decision decide(std::vector<Observation> observed, std::int64_t now_ms) {
    Decision out = decide::decide(wide, observed, memory, at(now_ms));
    memory = out.memory;
    return out;
  }
  // A crash: only what was durable is left.
  void restart() { memory = Memory{memory.durable, {}, {}, {}}; }
};

inline std::vector<base::IpAddress> only(std::size_t site) { return {address(site)}; }

}  // namespace decide::test
