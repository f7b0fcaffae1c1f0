#include "base/ip.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>

namespace {

using base::IpAddress;
using base::Prefix;
using base::SocketAddress;

TEST(IpAddress, ParsesBothFamiliesAndPrintsThemBack) {
  for (const auto* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1", "::ffff:192.0.2.1"}) {
    const auto ip = IpAddress::parse(text);
    ASSERT_TRUE(ip) << text;
    EXPECT_EQ(ip->to_string(), text);
    EXPECT_EQ(ip->bytes().size(), ip->is_v6() ? 16U : 4U);
  }
  EXPECT_EQ(IpAddress::parse("2001:DB8:0:0::0001")->to_string(), "2001:db8::1");
}

TEST(IpAddress, RefusesWhatIsNoneAndNamesIt) {
  for (const std::string& text :
       {std::string(), std::string("192.0.2"), std::string("192.0.2.256"), std::string("192.0.2.1 "),
        std::string("[::1]"), std::string("fe80::1%eth0"), std::string("1.2.3.4.5"), std::string("host"),
        std::string("127.0.0.1\0x", 11), std::string("::1::"), std::string(1000, '1')}) {
    const auto ip = IpAddress::parse(text);
    ASSERT_FALSE(ip) << text;
    EXPECT_NE(ip.error().message.find(text.substr(0, 8)), std::string::npos);
  }
}

TEST(IpAddress, KnowsUnspecifiedAndLoopback) {
  EXPECT_TRUE(IpAddress::parse("0.0.0.0")->is_unspecified());
  EXPECT_TRUE(IpAddress::parse("::")->is_unspecified());
  EXPECT_FALSE(IpAddress::parse("::1")->is_unspecified());
  EXPECT_TRUE(IpAddress::parse("127.9.9.9")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("::2")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("7f00::1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("128.0.0.1")->is_loopback());
}

TEST(IpAddress, FamiliesAreNeverEqual) {
  EXPECT_NE(*IpAddress::parse("0.0.0.0"), *IpAddress::parse("::"));
  EXPECT_LT(*IpAddress::parse("192.0.2.1"), *IpAddress::parse("192.0.2.2"));
}

TEST(SocketAddress, ParsesItsForms) {
  const struct {
    const char* text;
    const char* printed;
  } cases[] = {
      {"192.0.2.1@53", "192.0.2.1@53"},       {"[2001:db8::1]@53", "[2001:db8::1]@53"},
      {"2001:db8::1@53", "[2001:db8::1]@53"}, {"0.0.0.0@0", "0.0.0.0@0"},
      {"[::]@65535", "[::]@65535"},
  };
  for (const auto& c : cases) {
    const auto got = SocketAddress::parse(c.text);
    ASSERT_TRUE(got) << c.text;
    EXPECT_EQ(got->to_string(), c.printed);
  }
  EXPECT_EQ(SocketAddress::parse("192.0.2.1", 8053)->port, 8053);
  EXPECT_EQ(SocketAddress::parse("[::1]", 8053)->port, 8053);
  EXPECT_EQ(SocketAddress::parse("192.0.2.1@9", 8053)->port, 9);
}

TEST(SocketAddress, RefusesWhatIsNone) {
  for (const auto* text : {"192.0.2.1", "192.0.2.1@", "192.0.2.1@65536", "192.0.2.1@-1", "192.0.2.1@ 53",
                           "192.0.2.1@5x", "@53", "[192.0.2.1]@53", "[::1@53", "192.0.2.1:53", "", "@"}) {
    EXPECT_FALSE(SocketAddress::parse(text)) << text;
  }
}

TEST(Prefix, ParsesAndContains) {
  const auto net = *Prefix::parse("192.0.2.128/25");
  EXPECT_TRUE(net.contains(*IpAddress::parse("192.0.2.128")));
  EXPECT_TRUE(net.contains(*IpAddress::parse("192.0.2.255")));
  EXPECT_FALSE(net.contains(*IpAddress::parse("192.0.2.127")));
  EXPECT_FALSE(net.contains(*IpAddress::parse("::ffff:192.0.2.128")));
  EXPECT_TRUE(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("203.0.113.9")));
  EXPECT_FALSE(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("::1")));
  EXPECT_EQ(Prefix::parse("192.0.2.1")->length, 32);
  EXPECT_EQ(Prefix::parse("2001:db8::/33")->to_string(), "2001:db8::/33");
  EXPECT_FALSE(Prefix::parse("2001:db8::/33")->contains(*IpAddress::parse("2001:db8:8000::")));
}

TEST(Prefix, RefusesHostBitsAndLengthsThatAreNone) {
  for (const auto* text : {"192.0.2.1/24", "192.0.2.0/33", "2001:db8::/129", "2001:db8::1/127", "192.0.2.0/", "/24",
                           "192.0.2.0/-1", "192.0.2.0/24/24"}) {
    EXPECT_FALSE(Prefix::parse(text)) << text;
  }
}

RC_GTEST_PROP(SocketAddress, SurvivesTheKernelsForm,
              (std::array<std::uint8_t, 16> bytes, bool v6, std::uint16_t port)) {
  std::array<std::uint8_t, 4> four{};
  std::copy_n(bytes.begin(), 4, four.begin());
  const SocketAddress there{v6 ? IpAddress::v6(bytes) : IpAddress::v4(four), port};
  sockaddr_storage kernel{};
  there.to_sockaddr(kernel);
  RC_ASSERT(SocketAddress::from_sockaddr(kernel) == there);
  RC_ASSERT(*SocketAddress::parse(there.to_string()) == there);
}

}  // namespace
