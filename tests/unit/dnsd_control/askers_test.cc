#include "dnsd/control/askers.h"

#include <gtest/gtest.h>

namespace control {
namespace {

base::Instant at(int s) { return base::Instant(base::seconds(s)); }

snapshot::SeenQuery query(int client, std::uint32_t ttl_s, const std::string& name = "db.example.com") {
  const auto high = static_cast<std::uint8_t>(client / 250);
  return {base::IpAddress::v4({10, 0, high, static_cast<std::uint8_t>(client % 250)}), *wire::Name::parse(name), ttl_s};
}

TEST(Askers, TellUntilWhenTheLatestAnswerIsKept) {
  Askers askers;
  askers.take({query(1, 30)}, at(100));
  askers.take({query(1, 5, "DB.example.COM")}, at(110));
  ASSERT_EQ(askers.newest().size(), 1U) << "letter case is not the client's to choose names by";
  const auto asker = askers.newest()[0];
  EXPECT_EQ(asker.client.to_string(), "10.0.0.1");
  EXPECT_EQ(asker.name, "db.example.com");
  EXPECT_EQ(asker.asked, at(110));
  EXPECT_EQ(asker.expires, at(130)) << "a resolver of many caches may keep the earlier one";
}

TEST(Askers, ShowTheNewestFirst) {
  Askers askers;
  for (int i = 0; i < 100; ++i) askers.take({query(i, 5)}, at(i));
  const auto newest = askers.newest();
  ASSERT_EQ(newest.size(), Askers::kShown);
  EXPECT_EQ(newest.front().client.to_string(), "10.0.0.99");
  EXPECT_EQ(newest.back().client.to_string(), "10.0.0.50");
}

TEST(Askers, AFloodOfClientsCostsNoMoreThanTheTable) {
  Askers askers;
  std::vector<snapshot::SeenQuery> many;
  for (int i = 0; i < 3000; ++i) many.push_back(query(i, 5));
  askers.take(many, at(1));
  askers.take({query(9999, 5)}, at(2));
  const auto newest = askers.newest();
  EXPECT_EQ(newest.size(), Askers::kShown);
  EXPECT_EQ(newest.front().asked, at(2));
}

}  // namespace
}  // namespace control
