// Which wide-IPs cannot be decided differently, told by keys: equal keys, equal decisions. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "dnsd/decide/types.h"

namespace control {

// Addresses by member, in the order of WideIp::members.
using Addresses = std::vector<std::vector<base::IpAddress>>;
[[nodiscard]] Addresses addresses_of(const decide::WideIp& wideip);

// Equal for wide-IPs whose members have the same addresses.
[[nodiscard]] std::string key_of_addresses(const decide::WideIp& wideip);
// Equal for wide-IPs that differ in nothing but name and, with active_writer, addresses.
[[nodiscard]] std::string key_of_settings(const decide::WideIp& wideip);

// What a wide-IP was before it is configured anew.
struct Past {
  std::optional<std::uint32_t> standing;  // nothing: it is new
  bool readdressed = false;               // its addresses change
  decide::Durable durable;                // of a new one: what is remembered of it
};
// Equal for wide-IPs that were decided alike before, and for new ones of which the same is remembered.
[[nodiscard]] std::string key_of_past(const Past& past);

}  // namespace control
