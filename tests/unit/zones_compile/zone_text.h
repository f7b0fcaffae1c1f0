// Zone text for tests, and what a test asks of a loaded zone.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "zones/compile/zone.h"

namespace compile {

inline wire::Name name(std::string_view text) { return wire::Name::parse(text).value(); }

// Five lines, so that what a test appends begins in line 6.
inline std::string head() {
  return "$TTL 300\n"
         "@ IN SOA ns1 hostmaster 2024010101 3600 900 1209600 60\n"
         "@ IN NS ns1\n"
         "ns1 IN A 192.0.2.1\n"
         "ns1 IN AAAA 2001:db8::1\n";
}

inline conf::Loaded<ZoneData> parse(const std::string& text, const NameSet& dynamic = {}) {
  return parse_zone(text, "z", name("example.com"), dynamic);
}

// "line: message" of each.
inline std::vector<std::string> lines(const std::vector<conf::Fault>& list) {
  std::vector<std::string> out;
  for (const auto& fault : list) out.push_back(std::to_string(fault.mark.line) + ": " + fault.message);
  return out;
}

// The only record of an RRset in hexadecimal-free form: its octets.
inline base::Bytes only(const ZoneData& zone, std::string_view owner, wire::Type type) {
  const auto* node = zone.find(name(owner));
  const auto* set = node == nullptr ? nullptr : node->find(type);
  if (set == nullptr || set->records.size() != 1) {
    ADD_FAILURE() << owner << " has not exactly one record of type " << type;
    return {};
  }
  return set->records[0].wire;
}

}  // namespace compile
