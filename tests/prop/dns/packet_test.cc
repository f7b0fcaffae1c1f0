// Random packets: whole queries, queries with octets changed, and noise.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/fuzz/packet_input.h"

namespace {

using base::Bytes;

const char* const kNames[] = {"a.",    "www.a.", "WWW.A.", "al.a.",   "l1.a.", "x.w.a.", "q.wc.a.", "z.z.w.a.",
                              "s.a.",  "x.s.a.", "x.d.a.", "x.dd.a.", "e.a.",  "no.a.",  "b.a.",    "db.a.",
                              "dn.a.", "ds.a.",  "dm.a.",  "dh.a.",   "dr.a.", "cm.a.",  "z.s.a.",  "y.z.s.a.",
                              ".",     "other.", "u.a.",   "*.w.a.",  "da.a.", "do.a.",  "dx.a."};
const wire::Type kTypes[] = {1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 41, 43, 250, 251, 252, 255, 257, 65280};

// Cookies, subnets and keepalives, good and bent.
const Bytes kOptions[] = {
    {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8},
    {0, 10, 0, 24, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0, 0, 101, 83, 241, 0, 1, 2, 3, 4, 5, 6, 7, 8},
    {0, 10, 0, 5, 1, 2, 3, 4, 5},
    {0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2},
    {0, 8, 0, 4, 0, 2, 0, 0},
    {0, 8, 0, 6, 0, 1, 15, 0, 192, 0},
    {0, 8, 0, 8, 0, 1, 32, 0, 192, 0, 3, 1},
    {0, 8, 0, 11, 0, 2, 56, 0, 32, 1, 13, 184, 1, 2, 3},
    {0, 8, 0, 9, 0, 2, 40, 0, 32, 1, 13, 186, 1},
    {0, 8, 0, 5, 0, 1, 3, 0, 255},
    {0, 11, 0, 0},
};

Bytes any_query() {
  dns_test::QueryOptions with;
  with.id = *rc::gen::arbitrary<std::uint16_t>();
  with.flags = *rc::gen::element<std::uint16_t>(0, wire::kFlagRd, wire::kFlagCd, 0x0130);
  with.edns = *rc::gen::element(-1, 0, 512, 1232, 4096, 65535);
  with.dnssec_ok = *rc::gen::arbitrary<bool>();
  if (*rc::gen::inRange(0, 10) == 0) with.version = 1;
  if (*rc::gen::inRange(0, 3) == 0) with.options = {0, 3, 0, 0};
  if (*rc::gen::inRange(0, 3) == 0) {
    const Bytes more = kOptions[*rc::gen::inRange<std::size_t>(0, std::size(kOptions))];
    with.options.insert(with.options.end(), more.begin(), more.end());
  }
  if (*rc::gen::inRange(0, 10) == 0) with.klass = *rc::gen::element<wire::Class>(3, 255, 0, 4);
  return dns_test::query(kNames[*rc::gen::inRange<std::size_t>(0, std::size(kNames))],
                         kTypes[*rc::gen::inRange<std::size_t>(0, std::size(kTypes))], with);
}

RC_GTEST_PROP(Packets, WholeQueriesAreAnsweredWell, ()) { fuzz::try_packet(any_query()); }

RC_GTEST_PROP(Packets, ChangedQueriesAreAnsweredWellOrNotAtAll, ()) {
  Bytes packet = any_query();
  for (int i = *rc::gen::inRange(1, 6); i > 0 && !packet.empty(); --i) {
    const auto at = static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, packet.size()));
    const auto octet = *rc::gen::oneOf(rc::gen::arbitrary<std::uint8_t>(),
                                       rc::gen::element<std::uint8_t>(0, 1, 0x3f, 0x40, 0x80, 0xc0, 0xff));
    switch (*rc::gen::inRange(0, 4)) {
      case 0: packet[static_cast<std::size_t>(at)] = octet; break;
      case 1: packet.insert(packet.begin() + at, octet); break;
      case 2: packet.erase(packet.begin() + at); break;
      default: packet.resize(static_cast<std::size_t>(at)); break;
    }
  }
  fuzz::try_packet(packet);
}

RC_GTEST_PROP(Packets, NoiseIsAnsweredWellOrNotAtAll, (const Bytes& packet)) { fuzz::try_packet(packet); }

RC_GTEST_PROP(Packets, NoiseBehindAHeaderIsAnsweredWell, (const Bytes& tail)) {
  Bytes packet{1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1};
  packet.insert(packet.end(), tail.begin(), tail.end());
  fuzz::try_packet(packet);
}

}  // namespace
