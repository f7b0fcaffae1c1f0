// Small zones for tests, written as "owner TTL TYPE data" with absolute names. Not a master-file parser.
#pragma once

#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "base/ip.h"
#include "base/text.h"
#include "tests/support/dns_message.h"
#include "zones/snapshot/builder.h"

namespace dns_test {

inline wire::Type type_of(const std::string& text) {
  for (wire::Type t = 1; t < 258; ++t) {
    if (wire::type_name(t) == text) return t;
  }
  return static_cast<wire::Type>(std::stoi(text.substr(4)));  // TYPE65280
}

inline base::Bytes rdata_of(wire::Type type, std::istringstream& in) {
  base::ByteWriter out;
  std::string word;
  const auto next = [&] {
    in >> word;
    return word;
  };
  switch (type) {
    case wire::kTypeA:
    case wire::kTypeAaaa: out.bytes(base::IpAddress::parse(next()).value().bytes()); break;
    case wire::kTypeNs:
    case wire::kTypeCname:
    case wire::kTypePtr:
    case wire::kTypeDname: out.bytes(name(next()).wire()); break;
    case wire::kTypeMx:
      out.u16(static_cast<std::uint16_t>(std::stoi(next())));
      out.bytes(name(next()).wire());
      break;
    case wire::kTypeSrv:
      for (int i = 0; i < 3; ++i) out.u16(static_cast<std::uint16_t>(std::stoi(next())));
      out.bytes(name(next()).wire());
      break;
    case wire::kTypeSoa:
      out.bytes(name(next()).wire());
      out.bytes(name(next()).wire());
      for (int i = 0; i < 5; ++i) out.u32(static_cast<std::uint32_t>(std::stoul(next())));
      break;
    case wire::kTypeTxt: out.bytes8(base::as_bytes(next())); break;
    default: out.bytes(base::from_hex(next()).value()); break;
  }
  return out.take();
}

// One record a line; adds to `zone`. The first error, if any.
inline base::Result<void> add_lines(snapshot::Builder& builder, snapshot::ZoneId zone, const std::string& lines) {
  std::istringstream all(lines);
  for (std::string line; std::getline(all, line);) {
    std::istringstream in(line);
    std::string owner, ttl, type;
    if (!(in >> owner >> ttl >> type)) continue;
    const auto number = type_of(type);
    const auto good =
        builder.add(zone, name(owner), number, static_cast<std::uint32_t>(std::stoul(ttl)), rdata_of(number, in));
    if (!good) return good;
  }
  return {};
}

// `zones`: pairs of origin and lines; an SOA (MINIMUM 60, TTL 3600) and one NS are added to each. Prints and exits on
// an error: a test that wants one uses the Builder itself.
struct TestZone {
  std::string origin;
  std::string lines;
};
inline std::string apex_lines(const std::string& origin) {
  const std::string dot = origin == "." ? "" : "." + origin;
  return origin + " 3600 SOA ns1" + dot + " host" + dot + " 7 7200 900 1209600 60\n" + origin + " 3600 NS ns1" + dot +
         "\n";
}
inline std::unique_ptr<snapshot::Snapshot> make_snapshot(const std::vector<TestZone>& zones,
                                                         const std::vector<std::string>& dynamic = {}) {
  snapshot::Builder builder;
  const auto must = [](const auto& result) {
    if (result) return;
    std::cerr << "test zone: " << result.error().message << "\n";
    std::exit(1);
  };
  for (const auto& zone : zones) {
    const auto id = builder.add_zone(name(zone.origin));
    must(id);
    must(add_lines(builder, *id, apex_lines(zone.origin) + zone.lines));
  }
  for (const auto& one : dynamic) must(builder.add_dynamic(name(one)));
  auto built = std::move(builder).build();
  must(built);
  return std::move(*built);
}

}  // namespace dns_test
