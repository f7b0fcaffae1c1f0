// The records of an answer in words; whatever an answer holds, reading it ends.
#include <gmock/gmock.h>

#include "probes/dns_message.h"

namespace probes {
namespace {

using testing::ElementsAre;
using testing::Optional;

// A header with `answers` in its count, and then `rest`.
base::Bytes message(std::uint8_t answers, const base::Bytes& rest) {
  base::Bytes out{0, 1, 0x80, 0, 0, 0, 0, answers, 0, 0, 0, 0};
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}
// A record of the root.
base::Bytes record(std::uint8_t type, const base::Bytes& data) {
  base::Bytes out{0, 0, type, 0, 1, 0, 0, 0, 5, 0, static_cast<std::uint8_t>(data.size())};
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

TEST(DnsRecords, EachTypeHasItsWords) {
  EXPECT_THAT(record_texts(message(1, record(1, {192, 0, 2, 1})), 1), Optional(ElementsAre("192.0.2.1")));
  EXPECT_THAT(record_texts(message(1, record(28, {0x20, 1, 0xD, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})), 28),
              Optional(ElementsAre("2001:db8::1")));
  EXPECT_THAT(record_texts(message(1, record(2, {2, 'N', 's', 1, 'X', 0})), 2), Optional(ElementsAre("ns.x")));
  EXPECT_THAT(record_texts(message(1, record(16, {2, 'o', 'k', 1, '!'})), 16), Optional(ElementsAre("ok!")));
}

TEST(DnsRecords, OnlyThoseOfTheTypeCount) {
  EXPECT_THAT(record_texts(message(1, record(1, {192, 0, 2, 1})), 28), Optional(testing::IsEmpty()));
}

TEST(DnsRecords, WhatIsCutOffOrWrongIsMalformed) {
  EXPECT_FALSE(record_texts({}, 1));
  EXPECT_FALSE(record_texts(message(1, {}), 1));
  EXPECT_FALSE(record_texts(message(2, record(1, {192, 0, 2, 1})), 1)) << "fewer records than it says";
  EXPECT_FALSE(record_texts(message(1, record(1, {192, 0, 2})), 1)) << "an address of three octets";
  EXPECT_FALSE(record_texts(message(1, record(16, {9, 'x'})), 16)) << "a string longer than its record";
  EXPECT_FALSE(record_texts(message(1, record(2, {1, 'x', 0, 7})), 2)) << "octets behind the name";
  auto whole = message(1, record(2, {1, 'x', 0}));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(record_texts(base::ByteView(whole).first(size), 2)) << size;
  }
}

TEST(DnsRecords, PointersThatLeadForwardsOrInCirclesEnd) {
  EXPECT_FALSE(record_texts(message(1, record(2, {0xC0, 23})), 2)) << "to itself";
  EXPECT_FALSE(record_texts(message(1, record(2, {1, 'x', 0xC0, 23})), 2)) << "back to its own begin, for ever";
  EXPECT_FALSE(record_texts(message(1, record(2, {0xC0, 99})), 2)) << "beyond the end";
}

TEST(DnsRecords, AConfiguredRecordHasTheSameWords) {
  EXPECT_EQ(record_text(28, "2001:DB8:0::1"), "2001:db8::1");
  EXPECT_EQ(record_text(5, "WWW.Example.com."), "www.example.com");
  EXPECT_EQ(record_text(16, "As It Is"), "As It Is");
  EXPECT_FALSE(record_text(1, "2001:db8::1"));
  EXPECT_FALSE(record_text(6, "x"));
}

}  // namespace
}  // namespace probes
