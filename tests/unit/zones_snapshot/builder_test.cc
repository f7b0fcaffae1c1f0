#include "zones/snapshot/builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/zone_text.h"

namespace {

using dns_test::add_lines;
using dns_test::apex_lines;
using dns_test::name;
using snapshot::Builder;
using testing::HasSubstr;

class Building : public testing::Test {
 protected:
  base::Result<void> add(const std::string& lines) { return add_lines(builder_, zone_, lines); }
  std::string refused(const std::string& lines) {
    const auto result = add(lines);
    return result ? "accepted" : result.error().message;
  }

  Builder builder_;
  snapshot::ZoneId zone_ = builder_.add_zone(name("example.")).value();
};

TEST_F(Building, ReportsItsZones) {
  ASSERT_TRUE(add(apex_lines("example.") + "www.example. 60 A 192.0.2.1\n"));
  const auto built = std::move(builder_).build();
  ASSERT_TRUE(built);
  const auto zones = (*built)->zones();
  ASSERT_EQ(zones.size(), 1U);
  EXPECT_EQ(zones[0].origin.to_string(), "example.");
  EXPECT_EQ(zones[0].serial, 7U);
  EXPECT_EQ(zones[0].names, 2U);
}

TEST_F(Building, RefusesAZoneTwice) { EXPECT_FALSE(builder_.add_zone(name("EXAMPLE."))); }

TEST_F(Building, WantsSoaAndNsAtTheApex) {
  ASSERT_TRUE(add("www.example. 60 A 192.0.2.1\n"));
  const auto built = std::move(builder_).build();
  ASSERT_FALSE(built);
  EXPECT_THAT(built.error().message, HasSubstr("example. has no SOA"));

  Builder other;
  const auto zone = other.add_zone(name("example.")).value();
  ASSERT_TRUE(add_lines(other, zone, "example. 60 SOA a. b. 1 1 1 1 1\n"));
  const auto again = std::move(other).build();
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr("no NS"));
}

TEST_F(Building, RefusesBadRecords) {
  EXPECT_THAT(refused("www.example.net. 60 A 192.0.2.1"), HasSubstr("outside of zone"));
  EXPECT_THAT(refused("www.example. 60 SOA a. b. 1 1 1 1 1"), HasSubstr("not at the apex"));
  EXPECT_THAT(refused("www.example. 60 ANY 00"), HasSubstr("cannot stand in a zone"));
  EXPECT_THAT(refused("www.example. 60 OPT 00"), HasSubstr("cannot stand in a zone"));
  const base::Bytes three{1, 2, 3};
  EXPECT_FALSE(builder_.add(zone_, name("www.example."), wire::kTypeA, 60, three));
}

TEST_F(Building, KeepsCnamesAlone) {
  ASSERT_TRUE(add("c.example. 60 CNAME a.example.\nd.example. 60 A 192.0.2.1\n"));
  EXPECT_THAT(refused("c.example. 60 A 192.0.2.1"), HasSubstr("beside a CNAME"));
  EXPECT_THAT(refused("d.example. 60 CNAME a.example."), HasSubstr("beside other data"));
  EXPECT_THAT(refused("c.example. 60 CNAME b.example."), HasSubstr("more than one CNAME"));
}

TEST_F(Building, DropsDuplicates) {
  ASSERT_TRUE(add("c.example. 60 CNAME a.example.\nc.example. 60 CNAME a.example.\n"));
}

TEST_F(Building, FindsDynamicNames) {
  ASSERT_TRUE(add(apex_lines("example.")));
  const auto first = builder_.add_dynamic(name("a.example."));
  const auto second = builder_.add_dynamic(name("b.example."));
  ASSERT_TRUE(first && second);
  const auto built = std::move(builder_).build();
  ASSERT_TRUE(built);
  EXPECT_EQ((*built)->dynamic_names(), 2U);
  EXPECT_EQ((*built)->find_dynamic(name("B.example.")), *second);
  EXPECT_FALSE((*built)->find_dynamic(name("c.example.")));
  EXPECT_FALSE((*built)->find_dynamic(name("example.")));
}

TEST_F(Building, RefusesDynamicNamesThatCannotBe) {
  ASSERT_TRUE(add(apex_lines("example.") + "www.example. 60 TXT x\n"));
  EXPECT_FALSE(builder_.add_dynamic(name("a.example.net.")));
  EXPECT_FALSE(builder_.add_dynamic(name("www.example.")));
  EXPECT_TRUE(builder_.add_dynamic(name("a.example.")));
  EXPECT_FALSE(builder_.add_dynamic(name("A.example.")));
  EXPECT_FALSE(builder_.add_dynamic(name("example."), true)) << "no CNAME at the apex (RFC 1034 section 3.6.2)";
  EXPECT_TRUE(builder_.add_dynamic(name("c.example."), true));
  EXPECT_TRUE(builder_.add_dynamic(name("example."))) << "the apex has SOA and NS of necessity";
  EXPECT_TRUE(std::move(builder_).build());
}

TEST_F(Building, RefusesDynamicNamesBelowACutOrDname) {
  for (const auto* line : {"sub.example. 60 NS ns.elsewhere.\n", "sub.example. 60 DNAME else.where.\n"}) {
    Builder builder;
    const auto zone = builder.add_zone(name("example.")).value();
    ASSERT_TRUE(add_lines(builder, zone, apex_lines("example.") + line));
    ASSERT_TRUE(builder.add_dynamic(name("db.x.sub.example.")));
    const auto built = std::move(builder).build();
    ASSERT_FALSE(built);
    EXPECT_THAT(built.error().message, HasSubstr("below the delegation or DNAME at sub.example."));
  }
}

TEST_F(Building, RefusesAnRrsetThatNoMessageHolds) {
  ASSERT_TRUE(add(apex_lines("example.")));
  for (int i = 0; i < 300; ++i) {
    base::Bytes text(250, static_cast<std::uint8_t>(i));
    text[0] = 249;
    text[1] = static_cast<std::uint8_t>(i >> 8);
    ASSERT_TRUE(builder_.add(zone_, name("big.example."), wire::kTypeTxt, 60, text));
  }
  const auto built = std::move(builder_).build();
  ASSERT_FALSE(built);
  EXPECT_THAT(built.error().message, HasSubstr("big.example. TXT does not fit"));
}

TEST(Builder, ANewSnapshotWithoutZonesIsFine) {
  const auto built = Builder().build();
  ASSERT_TRUE(built);
  EXPECT_TRUE((*built)->zones().empty());
}

}  // namespace
