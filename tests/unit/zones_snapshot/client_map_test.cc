#include "zones/snapshot/client_map.h"

#include <gtest/gtest.h>

#include <random>

namespace {

using snapshot::ClientKey;
using snapshot::ClientMap;
using snapshot::ClientMapBuilder;
using snapshot::Region;

base::IpAddress ip(const char* text) { return base::IpAddress::parse(text).value(); }
base::Prefix net(const char* text) { return base::Prefix::parse(text).value(); }

std::string find(const ClientMap& map, const char* client) {
  const auto place = map.find(ip(client));
  return std::to_string(place.region) + "/" + std::to_string(place.scope);
}

TEST(ClientMap, AnEmptyOneHoldsNobodyAndDependsOnNothing) {
  const auto map = ClientMapBuilder().build();
  EXPECT_EQ(find(*map, "192.0.2.1"), "0/0");
  EXPECT_EQ(find(*map, "2001:db8::1"), "0/0");
  EXPECT_EQ(map->ranges_v4(), 1U);
}

TEST(ClientMap, TheLongestPrefixCounts) {
  ClientMapBuilder builder;
  builder.add(net("10.0.0.0/8"), 1);
  builder.add(net("10.1.0.0/16"), 2);
  builder.add(net("10.1.2.3"), 3);
  builder.add(net("2001:db8::/32"), 4);
  builder.add(net("2001:db8:1::/48"), 1);
  const auto map = std::move(builder).build();
  EXPECT_EQ(find(*map, "10.1.2.3"), "3/32");
  EXPECT_EQ(find(*map, "10.1.2.2"), "2/32") << "its neighbour is of another region";
  EXPECT_EQ(find(*map, "10.1.255.1"), "2/17");
  EXPECT_EQ(find(*map, "10.255.0.1"), "1/9");
  EXPECT_EQ(find(*map, "9.255.255.255"), "0/7") << "8.0.0.0 is in no region either";
  EXPECT_EQ(find(*map, "200.0.0.1"), "0/1");
  EXPECT_EQ(find(*map, "2001:db8:1:2::3"), "1/48");
  EXPECT_EQ(find(*map, "2001:db8::1"), "4/48");
  EXPECT_EQ(find(*map, "2001:db8:8000::1"), "4/33");
  EXPECT_EQ(find(*map, "fe80::1"), "0/1");
}

TEST(ClientMap, AHigherRankCountsBeforeALongerPrefix) {
  ClientMapBuilder builder;
  builder.add(net("10.1.2.0/24"), 1, 0);
  builder.add(net("10.1.0.0/16"), 2, 1);
  builder.add(net("10.1.2.128/25"), 3, 1);
  builder.add(net("10.1.2.192/26"), 4, 0);
  const auto map = std::move(builder).build();
  EXPECT_EQ(find(*map, "10.1.2.1"), "2/25");
  EXPECT_EQ(find(*map, "10.1.2.200"), "3/25");
}

TEST(ClientMap, NeighboursOfOneRegionAreOneNetwork) {
  ClientMapBuilder builder;
  builder.add(net("192.0.2.0/25"), 1);
  builder.add(net("192.0.2.128/25"), 1);
  const auto map = std::move(builder).build();
  EXPECT_EQ(find(*map, "192.0.2.200"), "1/24");
  EXPECT_EQ(map->ranges_v4(), 3U);
  EXPECT_TRUE(map->holds(1));
  EXPECT_FALSE(map->holds(2));
}

TEST(ClientMap, WhatIsTheWholeFamilyHasScopeZero) {
  ClientMapBuilder builder;
  builder.add(net("0.0.0.0/0"), 7);
  builder.add(net("::/1"), 1);
  builder.add(net("8000::/1"), 1);
  const auto map = std::move(builder).build();
  EXPECT_EQ(find(*map, "203.0.113.1"), "7/0");
  EXPECT_EQ(find(*map, "2001:db8::1"), "1/0");
}

TEST(ClientMap, TheEndsOfTheAddressSpaceAreInIt) {
  ClientMapBuilder builder;
  builder.add(net("0.0.0.0"), 1);
  builder.add(net("255.255.255.255"), 2);
  builder.add(net("::"), 3);
  builder.add(net("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 4);
  const auto map = std::move(builder).build();
  EXPECT_EQ(find(*map, "0.0.0.0"), "1/32");
  EXPECT_EQ(find(*map, "255.255.255.255"), "2/32");
  EXPECT_EQ(find(*map, "255.255.255.254"), "0/32");
  EXPECT_EQ(find(*map, "::"), "3/128");
  EXPECT_EQ(find(*map, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "4/128");
}

TEST(ClientKey, APrefixKeepsItsFirstBitsOnly) {
  const ClientKey v4 = ClientKey(ip("192.0.2.255")).prefix(24);
  EXPECT_EQ(v4.high, 0xc000020000000000U);
  const ClientKey v6 = ClientKey(ip("2001:db8:1:2:3:4:5:6"));
  EXPECT_EQ(v6.prefix(56).high, 0x20010db800010000U);
  EXPECT_EQ(v6.prefix(56).low, 0U);
  EXPECT_EQ(v6.prefix(128).low, v6.low);
  EXPECT_EQ(v6.prefix(72).low, 0x0000000000000000U | (v6.low & 0xff00000000000000U));
  EXPECT_EQ(v6.prefix(0).high, 0U);
}

// ---- against a naive search

struct Rule {
  base::Prefix prefix;
  Region region;
  std::uint8_t rank;
};

class Naive {
 public:
  std::vector<Rule> rules;

  [[nodiscard]] Region find(const base::IpAddress& client) const {
    Region out = 0;
    int best = -1;
    for (const Rule& rule : rules) {
      const int strength = rule.rank * 1000 + rule.prefix.length;
      if (rule.prefix.contains(client) && strength >= best) {
        best = strength;
        out = rule.region;
      }
    }
    return out;
  }
};

// The first or last address of the network of `bits` around `client`.
base::IpAddress edge(const base::IpAddress& client, unsigned bits, bool last) {
  std::array<std::uint8_t, 16> bytes{};
  const auto from = client.bytes();
  for (unsigned i = 0; i < from.size(); ++i) {
    const unsigned kept = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * i : 0;
    const auto mask = static_cast<std::uint8_t>(0xff00U >> kept);
    bytes[i] = static_cast<std::uint8_t>((from[i] & mask) | (last ? ~mask : 0));
  }
  if (client.is_v6()) return base::IpAddress::v6(bytes);
  return base::IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
}

// Addresses where something may change inside a network: its ends, and the ends of every rule inside it.
std::vector<base::IpAddress> corners(const Naive& naive, const base::IpAddress& client, unsigned bits) {
  const base::Prefix around{edge(client, bits, false), static_cast<std::uint8_t>(bits)};
  std::vector<base::IpAddress> out{edge(client, bits, false), edge(client, bits, true)};
  for (const Rule& rule : naive.rules) {
    if (!around.contains(rule.prefix.ip)) continue;
    for (unsigned length = bits; length <= rule.prefix.length; ++length) {
      for (const bool last : {false, true}) out.push_back(edge(rule.prefix.ip, length, last));
    }
  }
  return out;
}

class RandomMaps : public testing::TestWithParam<bool> {
 protected:
  base::IpAddress random_address() {
    std::array<std::uint8_t, 16> bytes{};
    // Few different octets, so that rules nest and touch.
    for (auto& each : bytes) each = static_cast<std::uint8_t>(random(4) * 85);
    for (unsigned i = 0; i < 2; ++i) bytes[random(16)] = static_cast<std::uint8_t>(random(256));
    if (GetParam()) return base::IpAddress::v6(bytes);
    return base::IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
  }
  Naive random_rules(std::size_t count) {
    Naive out;
    const unsigned longest = GetParam() ? 128 : 32;
    while (out.rules.size() < count) {
      const unsigned length = random(longest + 1);
      const base::Prefix prefix{edge(random_address(), length, false), static_cast<std::uint8_t>(length)};
      out.rules.push_back({prefix, static_cast<Region>(random(4)), static_cast<std::uint8_t>(random(2))});
    }
    return out;
  }
  unsigned random(unsigned below) { return static_cast<unsigned>(engine_() % below); }
  std::mt19937 engine_{20261122};
};

TEST_P(RandomMaps, FindWhatANaiveSearchFindsAndTheShortestTrueScope) {
  for (int round = 0; round < 60; ++round) {
    const Naive naive = random_rules(round % 3 == 0 ? 150 : 1 + random(12));
    ClientMapBuilder builder;
    for (const Rule& rule : naive.rules) builder.add(rule.prefix, rule.region, rule.rank);
    const auto map = std::move(builder).build();
    for (int i = 0; i < 30; ++i) {
      auto client = random_address();
      // Half of them beside an edge of a rule.
      if (i % 2 == 0)
        client =
            edge(naive.rules[random(static_cast<unsigned>(naive.rules.size()))].prefix.ip, 8 * random(5), i % 4 == 0);
      const auto place = map->find(client);
      ASSERT_EQ(place.region, naive.find(client)) << client.to_string();
      for (const auto& inside : corners(naive, client, place.scope)) {
        ASSERT_EQ(naive.find(inside), place.region)
            << client.to_string() << "/" << int{place.scope} << " holds " << inside.to_string() << " of another region";
        ASSERT_EQ(map->find(inside).scope, place.scope) << "prefixes overlap at " << inside.to_string();
      }
      if (place.scope == 0) continue;
      bool differs = false;
      for (const auto& inside : corners(naive, client, place.scope - 1U)) {
        differs = differs || naive.find(inside) != place.region;
      }
      ASSERT_TRUE(differs) << client.to_string() << ": a shorter scope than " << int{place.scope} << " would do";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, RandomMaps, testing::Bool());

}  // namespace
