// A wide-IP of addresses with a monitor, and short words for what that found.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenario.h"

namespace decide::test {

inline base::IpAddress v4(int i) { return base::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(i)}); }
inline base::IpAddress v6(int i) { return *base::IpAddress::parse("2001:db8::" + std::to_string(i)); }

inline Health up(std::int64_t since_ms = 0) { return {Health::Value::kUp, at(since_ms), "ok", false}; }
inline Health down() { return {Health::Value::kDown, at(0), "refused", false}; }
inline Health shaky() { return {Health::Value::kUp, at(0), "timed out", true}; }
inline Observation both(Health four, Health six) { return {{}, false, {std::move(four), std::move(six)}, false}; }
inline Observation both(const Health& health) { return both(health, health); }

// "a", "b", ...: each with an IPv4 and an IPv6 address, all in one pool.
inline WideIp web(MethodKind method, std::size_t members = 3) {
  WideIp out;
  out.name = "www.example.com";
  out.method = method;
  out.on_none = {{}, Then::kServfail, {}};
  out.pools = {{"", method, {}}};
  for (std::size_t i = 0; i < members; ++i) {
    out.members.push_back({{"", std::string(1, static_cast<char>('a' + i))},
                           {v4(static_cast<int>(i) + 1), v6(static_cast<int>(i) + 1)},
                           "http"});
    out.pools[0].members.push_back(i);
  }
  return out;
}

// The names of the members in each pick of a family: "ab ba".
inline std::string shown(const WideIp& wide, const std::vector<Pick>& picks) {
  std::string out;
  for (const Pick& pick : picks) {
    if (!out.empty()) out += ' ';
    for (const std::size_t i : pick.members) out += wide.members[i].id.pool;
  }
  return out;
}
inline std::vector<std::uint64_t> weights(const std::vector<Pick>& picks) {
  std::vector<std::uint64_t> out;
  for (const Pick& pick : picks) out.push_back(pick.weight);
  return out;
}

}  // namespace decide::test
