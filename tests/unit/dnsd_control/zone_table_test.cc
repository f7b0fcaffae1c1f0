#include "dnsd/control/zone_table.h"

#include <gmock/gmock.h>

#include "temp_folder.h"

namespace control::test {
namespace {

constexpr const char* kGood =
    "@ 300 IN SOA ns1 hostmaster 1 3600 600 86400 60\n@ 300 IN NS ns1\nns1 300 IN A 127.0.0.1\n";

struct Zones : ::testing::Test {
  TempFolder folder;
  snapshot::Publisher publisher;
  ZoneTable table{publisher};
  conf::Dnsd config;

  Zones() {
    folder.write("a.zone", kGood);
    folder.write("b.zone", kGood);
    config.zones = {{"a.example", folder.path() / "a.zone", {}}, {"b.example", folder.path() / "b.zone", {}}};
    add("w1.a.example");
    add("w2.b.example");
  }
  void add(const std::string& name) {
    conf::WideIp wide;
    wide.name = name;
    config.wideips.push_back(wide);
  }
  static snapshot::DynamicAnswer answer(std::uint8_t last) {
    return {snapshot::DynamicOutcome::kAnswer, {base::IpAddress::v4({192, 0, 2, last})}, 5, {}};
  }
  void publish(std::vector<std::optional<snapshot::DynamicAnswer>> answers) {
    auto prepared = table.prepare(config);
    ASSERT_TRUE(prepared.ok());
    table.publish(std::move(prepared.value),
                  [&](std::size_t i) { return i < answers.size() ? answers[i] : std::nullopt; });
  }
  // The last octet of what is served for a name; 0: no address.
  [[nodiscard]] int served(const std::string& name) const {
    const auto id = publisher.current()->find_dynamic(*wire::Name::parse(name));
    if (!id) return -1;
    const auto records = publisher.current()->records(id->index).a();
    return records.empty() ? 0 : records.back();
  }
};

TEST_F(Zones, ServesEachWideIpItsOwnAnswer) {
  publish({answer(1), std::nullopt});
  EXPECT_EQ(served("w1.a.example"), 1);
  EXPECT_EQ(served("w2.b.example"), 0);
  table.answer(1, answer(2));
  EXPECT_EQ(served("w1.a.example"), 1);
  EXPECT_EQ(served("w2.b.example"), 2);
  table.answer(7, answer(3));  // nobody's
}

TEST_F(Zones, AnswersForTheNextTableNeverReachThePresentOne) {
  publish({answer(1), answer(2)});
  table.detach();
  table.answer(0, answer(9));
  EXPECT_EQ(served("w1.a.example"), 1);
  std::swap(config.wideips[0], config.wideips[1]);
  publish({answer(2), answer(1)});
  EXPECT_EQ(served("w1.a.example"), 1);
  EXPECT_EQ(served("w2.b.example"), 2);
}

TEST_F(Zones, ABadFileKeepsTheLastGoodZoneAndOthersAreReloaded) {
  publish({});
  folder.write("a.zone", "rubbish (");
  folder.write("b.zone", std::string(kGood) + "new 300 IN A 192.0.2.7\n");
  publish({answer(1), answer(2)});
  EXPECT_TRUE(table.catalog().zones[0].data);
  EXPECT_FALSE(table.catalog().zones[0].fresh);
  EXPECT_TRUE(table.catalog().zones[1].fresh);
  EXPECT_EQ(served("w1.a.example"), 1);
}

TEST_F(Zones, ANewZoneThatCannotBeLoadedTakesNoWideIpFromTheZoneAround) {
  add("w3.sub.a.example");
  add("w4.sub.a.example");
  publish({answer(1), answer(2), answer(3)});
  folder.write("sub.zone", "rubbish (");
  config.zones.push_back({"sub.a.example", folder.path() / "sub.zone", {}});
  const auto prepared = table.prepare(config);
  ASSERT_EQ(prepared.faults.size(), 2U);
  EXPECT_THAT(to_string(prepared.faults[0]), ::testing::HasSubstr("sub.zone:1"));
  EXPECT_THAT(prepared.faults[1].message,
              ::testing::StartsWith("the wide-IP w3.sub.a.example is answered now, and would not be in its zone "
                                    "sub.a.example, which could not be loaded; and 1 more"));
  EXPECT_EQ(served("w3.sub.a.example"), 3);
  // Where nobody loses an answer the others go on.
  config.wideips.resize(2);
  EXPECT_TRUE(table.prepare(config).ok());
}

TEST_F(Zones, AZoneThatNeverLoadedIsLeftOutAndItsWideIpNotServed) {
  folder.write("a.zone", "rubbish (");
  publish({answer(1), answer(2)});
  EXPECT_FALSE(table.served(0));
  EXPECT_TRUE(table.served(1));
  EXPECT_EQ(served("w1.a.example"), -1);
  EXPECT_EQ(served("w2.b.example"), 2);
}

TEST_F(Zones, NoZoneAtAllIsAFault) {
  folder.write("a.zone", "rubbish (");
  folder.write("b.zone", "rubbish (");
  EXPECT_FALSE(table.prepare(config).ok());
  EXPECT_GE(check_zones(config).faults.size(), 2U);
}

TEST_F(Zones, AWideIpOutsideEveryZoneIsAFaultAndChangesNothing) {
  publish({answer(1), answer(2)});
  add("w.elsewhere.example");
  EXPECT_FALSE(table.prepare(config).ok());
  EXPECT_EQ(served("w1.a.example"), 1);
  EXPECT_EQ(table.generation(), 1U);
}

}  // namespace
}  // namespace control::test
