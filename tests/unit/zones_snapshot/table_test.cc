#include "zones/snapshot/table.h"

#include <gtest/gtest.h>

#include "tests/support/zone_text.h"

namespace {

using dns_test::make_snapshot;

snapshot::Found find(const snapshot::Table& table, std::string_view text) {
  wire::QueryName name;
  name.assign(dns_test::name(text).wire());
  return table.find(name);
}

TEST(Table, FindsANameOrItsClosestEncloser) {
  const auto snapshot = make_snapshot({{"example.", "a.b.example. 60 A 192.0.2.1\n"}});
  const auto& table = snapshot->table();
  const auto text = [&](std::uint32_t node) {
    return wire::Name::from_wire(table.name_of(table.nodes[node]))->to_string();
  };
  EXPECT_TRUE(find(table, "A.b.EXAMPLE.").exact);
  EXPECT_TRUE(find(table, "b.example.").exact) << "an empty non-terminal";
  const auto below = find(table, "x.y.z.b.example.");
  EXPECT_FALSE(below.exact);
  EXPECT_EQ(text(below.node), "b.example.");
  EXPECT_EQ(find(table, "example.net.").node, snapshot::kNone);
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "x.";
  EXPECT_EQ(text(find(table, deep + "example.").node), "example.");
}

TEST(Table, FindsEveryOneOfManyNames) {
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += "n" + std::to_string(i) + ".example. 60 A 192.0.2.1\n";
  const auto snapshot = make_snapshot({{"example.", lines}});
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(find(snapshot->table(), "n" + std::to_string(i) + ".example.").exact) << i;
    ASSERT_FALSE(find(snapshot->table(), "m" + std::to_string(i) + ".example.").exact) << i;
  }
}

TEST(Table, AnEmptyOneFindsNothing) {
  const auto snapshot = make_snapshot({});
  EXPECT_EQ(find(snapshot->table(), "example.").node, snapshot::kNone);
}

TEST(Table, StoresWhatGoesOut) {
  const auto snapshot = make_snapshot({{"example.", "www.example. 300 A 192.0.2.1\n"}});
  const auto& table = snapshot->table();
  const auto& node = table.nodes[find(table, "www.example.").node];
  const auto* set = table.rrset(node, wire::kTypeA);
  ASSERT_NE(set, nullptr);
  EXPECT_EQ(base::to_hex(table.octets(set->direct)), "c00c000100010000012c0004c0000201");
  EXPECT_EQ(table.rrset(node, wire::kTypeAaaa), nullptr);
  EXPECT_EQ(table.zones[node.zone].negative_ttl_s, 60U) << "RFC 2308 section 5";
}

}  // namespace
