#include "dnsd/decide/select.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "web.h"

namespace decide::test {
namespace {

Presence present(bool four = true, bool six = true) { return {four, six, 16, 16}; }
const Presence kAway{};

// Pools "p" of a and b, and "q" of c and d.
WideIp two_pools(MethodKind over, MethodKind in = MethodKind::kRoundRobin) {
  WideIp out = web(over, 4);
  out.pools = {{"p", in, {0, 1}}, {"q", in, {2, 3}}};
  return out;
}

TEST(Select, APoolWithTooFewMembersIsPassedOver) {
  WideIp wide = two_pools(MethodKind::kGlobalAvailability);
  wide.pools[0].min_members_up = 2;
  const std::vector<Presence> up{present(), kAway, present(), kAway};
  const Answers out = select(wide, up);
  EXPECT_EQ(out.groups.at(0).pool, 1U);
  EXPECT_EQ(shown(wide, out.groups[0].v4), "c");
  EXPECT_EQ(select(wide, up, false).groups.at(0).pool, 0U);
}

TEST(Select, NoPoolNoAnswers) {
  EXPECT_TRUE(select(two_pools(MethodKind::kGlobalAvailability), std::vector<Presence>(4)).empty());
}

// Both families lead a client to the same pool: a dual-stack client is not torn between two places.
TEST(Select, ThePreferredPoolIsUsedForBothFamiliesIfItIsUpInOne) {
  const WideIp wide = two_pools(MethodKind::kGlobalAvailability);
  const Answers out = select(wide, std::vector{present(true, false), kAway, present(), present()});
  EXPECT_EQ(shown(wide, out.groups.at(0).v4), "a");
  EXPECT_EQ(shown(wide, out.groups[0].v6), "");
}

TEST(Select, WithinAPoolEachFamilyHasItsOwnMembers) {
  const WideIp wide = two_pools(MethodKind::kGlobalAvailability);
  const Answers out = select(wide, std::vector{present(true, false), present(false, true), kAway, kAway});
  EXPECT_EQ(shown(wide, out.groups.at(0).v4), "a");
  EXPECT_EQ(shown(wide, out.groups[0].v6), "b");
}

TEST(Select, PoolsInTurnEachHaveTheirShareHoweverManyMembersTheyHave) {
  WideIp wide = web(MethodKind::kRatio, 4);
  wide.pools = {{"p", MethodKind::kRoundRobin, {0}, 1}, {"q", MethodKind::kRatio, {1, 2, 3}, 3}};
  wide.members[3].ratio = 4;
  const Answers out = select(wide, std::vector(4, present()));
  ASSERT_EQ(out.groups.size(), 1U);
  EXPECT_EQ(out.groups[0].how, How::kRotate);
  EXPECT_EQ(shown(wide, out.groups[0].v4), "a b c d");
  std::vector<std::uint64_t> shares = weights(out.groups[0].v4);
  EXPECT_EQ(shares[0] * 3, shares[1] + shares[2] + shares[3]);
  EXPECT_EQ(shares[1], shares[2]);
  EXPECT_EQ(shares[3], 4 * shares[1]);
}

TEST(Select, APoolOfOrderedMembersTakesItsTurnWithTheFirstOfThem) {
  const WideIp wide = two_pools(MethodKind::kRoundRobin, MethodKind::kGlobalAvailability);
  const Answers out = select(wide, std::vector{kAway, present(), present(), present()});
  EXPECT_EQ(shown(wide, out.groups.at(0).v4), "b c");
}

TEST(Select, TopologyOverPoolsGivesEachRegionItsPoolWhileThatIsUp) {
  WideIp wide = two_pools(MethodKind::kTopology);
  wide.pools[0].regions = {"eu"};
  wide.pools[1].regions = {"us", "asia"};
  Answers out = select(wide, std::vector(4, present()));
  EXPECT_EQ(shown(wide, out.groups.at(0).v4), "a b");  // of no region, and eu
  ASSERT_EQ(out.regions.size(), 2U);
  for (const auto& [region, group] : out.regions) EXPECT_EQ(shown(wide, out.groups[group].v4), "c d") << region;
  out = select(wide, std::vector{present(), present(), kAway, kAway});
  EXPECT_TRUE(out.regions.empty());  // everybody: a b
  out = select(wide, std::vector{kAway, kAway, present(), present()});
  EXPECT_EQ(shown(wide, out.groups.at(0).v4), "c d");
}

TEST(Select, TopologyOverMembersGivesEachRegionItsOwn) {
  WideIp wide = web(MethodKind::kTopology, 3);
  wide.members[0].regions = {"eu"};
  wide.members[1].regions = {"eu", "us"};
  Answers out = select(wide, std::vector(3, present()));
  std::map<std::string, std::string> told;
  for (const auto& [region, group] : out.regions) told[region] = shown(wide, out.groups[group].v4);
  EXPECT_EQ(told, (std::map<std::string, std::string>{{"eu", "a b"}, {"us", "b"}}));
  EXPECT_EQ(shown(wide, out.groups.at(0).v4), "a b c");
  // None of eu is up: its clients get what all others get.
  out = select(wide, std::vector{kAway, kAway, present()});
  EXPECT_TRUE(out.regions.empty());
}

// Every method, over members and over pools: who is not up is never named, and who has the only address is.
RC_GTEST_PROP(SelectProperty, NamesOnlyMembersThatAreUpInTheFamily, ()) {
  const std::vector kinds{MethodKind::kGlobalAvailability, MethodKind::kRoundRobin,   MethodKind::kRatio,
                          MethodKind::kStaticPersist,      MethodKind::kAllAvailable, MethodKind::kTopology};
  WideIp wide = web(*rc::gen::elementOf(kinds), 6);
  const auto cut = *rc::gen::inRange<std::size_t>(0, 6);
  wide.pools.clear();
  for (std::size_t i = 0; i < 6; ++i) {
    wide.members[i].ratio = *rc::gen::inRange<std::uint32_t>(1, 9);
    if (*rc::gen::arbitrary<bool>()) wide.members[i].regions = {*rc::gen::element<std::string>("eu", "us")};
    if (i == 0 || i == cut) wide.pools.push_back({"p" + std::to_string(i), *rc::gen::elementOf(kinds), {}});
    wide.pools.back().members.push_back(i);
    wide.pools.back().max_answers = *rc::gen::inRange<std::uint32_t>(0, 4);
  }
  std::vector<Presence> up;
  bool any = false;
  for (int i = 0; i < 6; ++i) {
    up.push_back(present(*rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()));
    any = any || up.back().any();
  }
  const Answers out = select(wide, up);
  RC_ASSERT(out.empty() == !any);
  for (const Group& group : out.groups) {
    RC_ASSERT(!group.v4.empty() || !group.v6.empty());
    for (const Pick& pick : group.v4) {
      RC_ASSERT(!pick.members.empty() && pick.weight > 0);
      for (const std::size_t i : pick.members) RC_ASSERT(up[i].v4);
    }
    for (const Pick& pick : group.v6) {
      RC_ASSERT(!pick.members.empty() && pick.weight > 0);
      for (const std::size_t i : pick.members) RC_ASSERT(up[i].v6);
    }
  }
  for (const auto& [region, group] : out.regions) RC_ASSERT(group > 0 && group < out.groups.size());
}

// An alias answers for both families: pools in turn give both to the same pool, with NODATA where it has no member.
TEST(Select, PoolsInTurnKeepTheFamiliesTogetherWhereOneIsAnAlias) {
  WideIp wide = web(MethodKind::kRoundRobin, 2);
  wide.members[0].addresses = {v4(1)};
  wide.members[1].addresses.clear();
  wide.members[1].monitor.clear();
  wide.members[1].cname = "x.example.net";
  wide.pools = {{"own", MethodKind::kRoundRobin, {0}}, {"cdn", MethodKind::kRoundRobin, {1}}};
  const std::vector<Presence> up{{true, false, 16, 16}, {true, true, 16, 16}};
  const Answers out = select(wide, up);
  ASSERT_EQ(out.groups.size(), 1U);
  EXPECT_EQ(shown(wide, out.groups[0].v4), "a b");
  ASSERT_EQ(out.groups[0].v6.size(), 2U);
  EXPECT_TRUE(out.groups[0].v6[0].members.empty());
  EXPECT_EQ(out.groups[0].v6[1].members, std::vector<std::size_t>{1});
}

}  // namespace
}  // namespace decide::test
