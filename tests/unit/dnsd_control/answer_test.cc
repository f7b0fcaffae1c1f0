#include "dnsd/control/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "dnsd/control/client_view.h"
#include "zones/wire/name.h"

namespace control {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

base::IpAddress v4(int i) { return base::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(i)}); }
base::IpAddress v6(int i) { return *base::IpAddress::parse("2001:db8::" + std::to_string(i)); }

// Members 1, 2, ... of one pool, each with an address of both families.
decide::WideIp web(decide::MethodKind method, int members) {
  decide::WideIp out;
  out.method = method;
  out.pools = {{"", method}};
  out.on_none.then = decide::Then::kServfail;
  for (int i = 0; i < members; ++i) {
    out.members.push_back({{"", "m" + std::to_string(i + 1)}, {v4(i + 1), v6(i + 1)}, "http"});
    out.pools[0].members.push_back(static_cast<std::size_t>(i));
  }
  return out;
}

// Whether the two addresses of a member are up.
struct Up {
  bool v4 = true;
  bool v6 = true;
};

snapshot::DynamicAnswer answer(const decide::WideIp& wideip, const std::vector<Up>& up, const Regions& regions = {}) {
  std::vector<decide::Observation> observed;
  const auto health = [](bool is_up) {
    return decide::Health{is_up ? decide::Health::Value::kUp : decide::Health::Value::kDown, {}, "", false};
  };
  for (const Up& one : up) observed.push_back({{}, false, {health(one.v4), health(one.v6)}, false});
  const base::Instant now{base::seconds(1000)};
  return to_answer(wideip, decide::decide(wideip, observed, {}, now), regions);
}

// How often each address comes in a round.
std::map<base::IpAddress, int> round_of(const snapshot::DynamicAnswer& from, bool six) {
  std::map<base::IpAddress, int> out;
  for (const std::uint16_t step : from.choice->groups.at(0).table) {
    for (const auto& address : from.choice->variants[step].addresses) {
      if (address.is_v6() == six) ++out[address];
    }
  }
  return out;
}

TEST(Answer, OfOneMemberIsAPlainOne) {
  const auto out = answer(web(decide::MethodKind::kRatio, 2), {{true, true}, {false, false}});
  EXPECT_EQ(out.outcome, snapshot::DynamicOutcome::kAnswer);
  EXPECT_THAT(out.addresses, ElementsAre(v4(1), v6(1)));
  EXPECT_EQ(out.ttl_s, 5U);
}

TEST(Answer, SharesAreExact) {
  decide::WideIp wide = web(decide::MethodKind::kRatio, 3);
  wide.members[0].ratio = 5;
  wide.members[1].ratio = 2;
  const auto out = answer(wide, {{}, {}, {}});
  ASSERT_EQ(out.outcome, snapshot::DynamicOutcome::kChoose);
  EXPECT_EQ(out.choice->groups[0].table.size(), 8U);
  EXPECT_EQ(round_of(out, false), (std::map<base::IpAddress, int>{{v4(1), 5}, {v4(2), 2}, {v4(3), 1}}));
  EXPECT_EQ(out.choice->variants.size(), 3U);  // A and AAAA of a member go together
}

// The second member is down in IPv6 only: its share of the AAAA goes to the others, by their ratios; A is as before.
TEST(Answer, EachFamilyKeepsItsSharesByItsOwnMembers) {
  decide::WideIp wide = web(decide::MethodKind::kRatio, 3);
  wide.members[0].ratio = 2;
  const auto out = answer(wide, {{}, {true, false}, {}});
  const auto a = round_of(out, false);
  const auto aaaa = round_of(out, true);
  EXPECT_EQ(a.at(v4(1)), 2 * a.at(v4(2)));
  EXPECT_EQ(a.at(v4(2)), a.at(v4(3)));
  EXPECT_EQ(aaaa.at(v6(1)), 2 * aaaa.at(v6(3)));
  EXPECT_EQ(aaaa.count(v6(2)), 0U);
}

TEST(Answer, AFamilyWithoutAMemberThatIsUpHasNoData) {
  const auto out = answer(web(decide::MethodKind::kRoundRobin, 2), {{true, false}, {true, false}});
  EXPECT_THAT(round_of(out, true), IsEmpty());
  EXPECT_EQ(round_of(out, false).size(), 2U);
}

RC_GTEST_PROP(AnswerProperty, SharesAreThoseOfTheRatiosWhoeverIsUp, ()) {
  const int members = *rc::gen::inRange(2, 7);
  decide::WideIp wide = web(decide::MethodKind::kRatio, members);
  std::vector<Up> up;
  for (int i = 0; i < members; ++i) {
    wide.members[static_cast<std::size_t>(i)].ratio = *rc::gen::inRange<std::uint32_t>(1, 4);
    up.push_back({*rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()});
  }
  const auto out = answer(wide, up);
  if (out.outcome != snapshot::DynamicOutcome::kChoose) return;
  const auto rounds = out.choice->groups[0].table.size();
  for (const bool six : {false, true}) {
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < up.size(); ++i) all += (six ? up[i].v6 : up[i].v4) ? wide.members[i].ratio : 0;
    const auto seen = round_of(out, six);
    for (std::size_t i = 0; i < up.size(); ++i) {
      const auto address = wide.members[i].addresses[six ? 1 : 0];
      const bool is_up = six ? up[i].v6 : up[i].v4;
      RC_ASSERT(seen.contains(address) == is_up);
      // Exact, unless the common round of both families is longer than a table may be.
      if (is_up && rounds < 1000) {
        RC_ASSERT(static_cast<std::uint64_t>(seen.at(address)) * all == wide.members[i].ratio * rounds);
      }
    }
  }
}

std::map<int, base::IpAddress> clients(const decide::WideIp& wide, const std::vector<Up>& up, bool six) {
  std::map<int, base::IpAddress> out;
  const auto from = answer(wide, up);
  for (int i = 0; i < 250; ++i) {
    const auto client = *base::Prefix::parse("10." + std::to_string(i) + ".7.0/24");
    const auto seen = view_client(from, {}, client);
    for (const auto& text : seen->parts.at(0).answer) {
      const auto address = base::IpAddress::parse(text).value();
      if (address.is_v6() == six) out.emplace(i, address);
    }
  }
  return out;
}

TEST(Answer, StaticPersistMovesOnlyTheClientsOfTheMemberThatWent) {
  const decide::WideIp wide = web(decide::MethodKind::kStaticPersist, 4);
  const auto before = clients(wide, {{}, {}, {}, {}}, false);
  const auto after = clients(wide, {{}, {}, {false, false}, {}}, false);
  int moved = 0;
  for (const auto& [client, address] : before) {
    if (address == v4(3)) {
      EXPECT_NE(after.at(client), v4(3));
      ++moved;
    } else {
      EXPECT_EQ(after.at(client), address);
    }
  }
  EXPECT_GT(moved, 25);
  EXPECT_LT(moved, 125);
  EXPECT_EQ(clients(wide, {{}, {}, {}, {}}, false), before);
}

// RFC 7871 section 7.2.1: the scope is the length that was hashed, whatever the resolver told.
TEST(Answer, ThePrefixThatPersistsIsTheScope) {
  decide::WideIp wide = web(decide::MethodKind::kStaticPersist, 8);
  wide.pools[0].persist = {12, 40};
  const auto made = answer(wide, std::vector<Up>(8));
  const auto chooser = snapshot::Chooser::make(made.choice);
  ASSERT_NE(chooser, nullptr);
  snapshot::Turns turns;
  const auto ask = [&](std::vector<std::uint8_t> subnet, bool six) {
    return chooser->choose({v4(1).bytes(), subnet, 0, six}, turns);
  };
  const auto whole = ask({0, 1, 24, 0, 10, 16, 3}, false);
  EXPECT_EQ(whole.scope, 12);
  EXPECT_EQ(ask({0, 1, 8, 0, 10}, false).scope, 12);
  EXPECT_EQ(ask({0, 2, 48, 0, 0x20, 1, 0xd, 0xb8, 0, 1}, true).scope, 40);
  EXPECT_EQ(ask({0, 1, 24, 0, 10, 31, 255}, false).records, whole.records) << "the same /12";
  std::set<const snapshot::DynamicRecords*> others;
  for (int i = 0; i < 16; ++i) others.insert(ask({0, 1, 12, 0, 10, static_cast<std::uint8_t>(i * 16)}, false).records);
  EXPECT_GT(others.size(), 1U);
  const auto seen = view_client(made, {}, {*base::IpAddress::parse("10.16.3.0"), 24});
  EXPECT_EQ(seen.value().scope, 12);
}

// What goes in one family moves nobody in the other, and A and AAAA lead a client to one member.
TEST(Answer, StaticPersistKeepsTheFamiliesApart) {
  const decide::WideIp wide = web(decide::MethodKind::kStaticPersist, 4);
  const auto before = clients(wide, {{}, {}, {}, {}}, false);
  EXPECT_EQ(clients(wide, {{}, {}, {true, false}, {}}, false), before);
  for (const auto& [client, address] : clients(wide, {{}, {}, {}, {}}, true)) {
    EXPECT_EQ(address.bytes()[15], before.at(client).bytes()[3]);
  }
}

wire::Name target(const snapshot::DynamicAnswer& answer) {
  return wire::Name::from_wire(answer.alias).value_or(wire::Name());
}

TEST(Answer, AMemberThatIsAnAliasIsThatAndNothingElse) {
  decide::WideIp wide = web(decide::MethodKind::kGlobalAvailability, 2);
  EXPECT_FALSE(answer(wide, {{}, {}}).every_type);
  wide.pools.push_back({"cdn", decide::MethodKind::kGlobalAvailability, {2}});
  wide.members.push_back({{"", "cdn"}, {}, ""});
  wide.members.back().cname = "cdn.example.net";
  const auto with = answer(wide, {{}, {}, {}});
  EXPECT_EQ(with.outcome, snapshot::DynamicOutcome::kAnswer);
  EXPECT_TRUE(with.every_type);
  const auto alias = answer(wide, {{false, false}, {false, false}, {}});
  EXPECT_EQ(alias.outcome, snapshot::DynamicOutcome::kAlias);
  EXPECT_TRUE(alias.addresses.empty());
  EXPECT_EQ(target(alias).to_string(), "cdn.example.net.");
  EXPECT_EQ(view_client(alias, {}, {v4(1), 32}).value().parts.at(0).answer,
            std::vector<std::string>{"cdn.example.net."});
}

// Pools in turn: each query gets an alias or addresses, never an address of one family and an alias in the other.
TEST(Answer, AliasesAndAddressesTakeTurns) {
  decide::WideIp wide = web(decide::MethodKind::kRoundRobin, 1);
  wide.members[0].addresses = {v4(1)};
  wide.pools.push_back({"cdn", decide::MethodKind::kRoundRobin, {1}});
  wide.members.push_back({{"", "cdn"}, {}, ""});
  wide.members.back().cname = "cdn.example.net";
  const auto made = answer(wide, {{}, {}});
  ASSERT_NE(made.choice, nullptr);
  ASSERT_THAT(made.choice->variants, ::testing::SizeIs(2));
  EXPECT_TRUE(made.every_type);
  for (const auto& variant : made.choice->variants) {
    EXPECT_EQ(variant.addresses.empty(), variant.outcome == snapshot::DynamicOutcome::kAlias);
    EXPECT_TRUE(variant.every_type);
  }
  EXPECT_THAT(made.choice->groups.at(0).table, ::testing::SizeIs(2));
  const auto seen = view_client(made, {}, {v4(1), 32});
  EXPECT_EQ(client_text(seen.value(), ""),
            "is in no region that matters here: in turn: 192.0.2.1 (50.0%); cdn.example.net. (50.0%)");
}

TEST(Answer, ClientsOfARegionGetItsMembers) {
  decide::WideIp wide = web(decide::MethodKind::kTopology, 3);
  wide.members[0].regions = {"eu"};
  wide.members[1].regions = {"us"};
  snapshot::ClientMapBuilder map;
  map.add(*base::Prefix::parse("10.1.0.0/16"), 1);
  map.add(*base::Prefix::parse("10.2.0.0/16"), 2);
  const Regions regions{std::move(map).build(), {{"eu", 1}, {"us", 2}}};
  const auto out = answer(wide, {{}, {}, {}}, regions);
  auto seen = view_client(out, regions, *base::Prefix::parse("10.2.3.0/24"));
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->region, "us");
  ASSERT_EQ(seen->parts.size(), 1U);
  EXPECT_THAT(seen->parts[0].answer, ElementsAre(v4(2).to_string(), v6(2).to_string()));
  EXPECT_EQ(client_text(*seen, ""), "is in region us: 192.0.2.2 2001:db8::2");
  seen = view_client(out, regions, *base::Prefix::parse("10.9.0.1"));
  EXPECT_EQ(seen->region, "");
  EXPECT_EQ(seen->parts.size(), 3U);
  // None of us is up: its clients get what all get.
  const auto later = answer(wide, {{}, {false, false}, {}}, regions);
  EXPECT_EQ(view_client(later, regions, *base::Prefix::parse("10.2.3.0/24"))->parts.size(), 2U);
}

TEST(Answer, RegionsHaveTheNumbersOfTheMap) {
  EXPECT_EQ(regions_of(*make_topology({})).map, nullptr);
  conf::Topology config;
  config.regions = {{"eu", {*base::Prefix::parse("10.1.0.0/16")}, {}, {}},
                    {"us", {*base::Prefix::parse("10.2.0.0/16")}, {}, {}}};
  const Regions out = regions_of(*make_topology(config));
  EXPECT_EQ(out.map->find(*base::IpAddress::parse("10.2.3.4")).region, out.numbers.at("us"));
}

TEST(Answer, WithoutARegionMapEverybodyIsInNone) {
  decide::WideIp wide = web(decide::MethodKind::kTopology, 2);
  wide.members[0].regions = {"eu"};
  EXPECT_EQ(answer(wide, {{}, {}}).choice->map, nullptr);
}

TEST(Answer, WithNobodyUpAndNothingToFallBackToItFailsWithItsCode) {
  const auto out = answer(web(decide::MethodKind::kRatio, 1), {{false, false}});
  EXPECT_EQ(out.outcome, snapshot::DynamicOutcome::kServfail);
  EXPECT_TRUE(out.ede.has_value());
}

}  // namespace
}  // namespace control
