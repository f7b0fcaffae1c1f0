#include "zones/wire/edns_options.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace {

struct Read {
  bool whole = false;
  bool bent = false;
  base::Bytes data;
  wire::Edns edns{};
};

Read read(const std::string& hex) {
  Read out;
  out.data = base::from_hex(hex).value();
  out.whole = wire::read_options(out.data, out.edns, out.bent);
  return out;
}

TEST(EdnsOptions, PassesOverWhatItDoesNotKnow) {
  const auto r = read(
      "fde80002abcd"
      "00030000"
      "000b0000"
      "00000000");
  EXPECT_TRUE(r.whole);
  EXPECT_FALSE(r.bent);
  EXPECT_TRUE(r.edns.nsid);
  EXPECT_TRUE(r.edns.keepalive);
  EXPECT_TRUE(r.edns.cookie.empty());
  EXPECT_TRUE(r.edns.subnet.empty());
}

TEST(EdnsOptions, OneThatRunsPastTheRecordIsNotWhole) {
  EXPECT_FALSE(read("0003").whole);
  EXPECT_FALSE(read("00030001").whole);
  EXPECT_FALSE(read("000a0008"
                    "01020304050607")
                   .whole);
}

TEST(EdnsOptions, CookiesHaveEightOrSixteenToFortyOctets) {  // RFC 7873 section 5.2.2
  for (unsigned size = 0; size <= 48; ++size) {
    base::ByteWriter option;
    option.u16(wire::kOptionCookie);
    option.bytes16(base::Bytes(size, 7));
    const auto r = read(base::to_hex(option.data()));
    EXPECT_TRUE(r.whole);
    EXPECT_EQ(r.bent, size != 8 && (size < 16 || size > 40)) << size;
  }
}

TEST(EdnsOptions, TheFirstCookieCounts) {  // RFC 7873 section 5.2
  const auto r = read(
      "000a00080101010101010101"
      "000a00080202020202020202");
  EXPECT_FALSE(r.bent);
  EXPECT_EQ(base::to_hex(r.edns.cookie), "0101010101010101");
}

TEST(EdnsOptions, SubnetsHaveAsManyOctetsAsTheirPrefixNeeds) {  // RFC 7871 section 6
  EXPECT_EQ(base::to_hex(read("00080007"
                              "00011800c00002")
                             .edns.subnet),
            "00011800c00002");
  EXPECT_EQ(base::to_hex(read("00080004"
                              "00010000")
                             .edns.subnet),
            "00010000")
      << "/0: tell nobody";
  EXPECT_EQ(base::to_hex(read("0008000b"
                              "0002380020010db8000100")
                             .edns.subnet),
            "0002380020010db8000100");
  EXPECT_EQ(base::to_hex(read("00080007"
                              "00011700c00002")
                             .edns.subnet),
            "00011700c00002");
  for (const std::string bent : {"00010001", "00011818c00002", "00011700c00003", "00011800c0000201", "00011800c000",
                                 "000118", "", "00012100c000020100", "000281000000000000000000000000000000000000"}) {
    base::ByteWriter option;
    option.u16(wire::kOptionClientSubnet);
    option.bytes16(base::from_hex(bent).value());
    EXPECT_TRUE(read(base::to_hex(option.data())).bent) << bent;
  }
}

TEST(EdnsOptions, SubnetsOfOtherFamiliesArePassedOver) {
  const auto r = read(
      "00080006"
      "000310006162"
      "00080007"
      "00011800c00002");
  EXPECT_FALSE(r.bent);
  EXPECT_EQ(base::to_hex(r.edns.subnet), "00011800c00002");
}

}  // namespace
