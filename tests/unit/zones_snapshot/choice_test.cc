#include "zones/snapshot/choice.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "zones/snapshot/choice_tables.h"

namespace {

using snapshot::Asked;
using snapshot::Choice;
using snapshot::Chooser;
using snapshot::DynamicAnswer;
using snapshot::DynamicOutcome;
using snapshot::Group;
using snapshot::How;
using snapshot::Turns;

// A client's octets, kept for the views of an Asked.
struct Who {
  base::Bytes address;
  base::Bytes subnet;

  explicit Who(const char* from, const char* told = nullptr) {
    const auto ip = base::IpAddress::parse(from).value();
    address.assign(ip.bytes().begin(), ip.bytes().end());
    if (told == nullptr) return;
    const std::string text = told;
    const auto slash = text.find('/');
    const auto net = base::IpAddress::parse(text.substr(0, slash)).value();
    const auto length = static_cast<std::uint8_t>(std::stoi(text.substr(slash + 1)));
    subnet = {0, static_cast<std::uint8_t>(net.is_v6() ? 2 : 1), length, 0};
    const auto octets = net.bytes().first((length + 7U) / 8U);
    subnet.insert(subnet.end(), octets.begin(), octets.end());
  }
  [[nodiscard]] Asked asked(std::uint32_t slot = 0, bool v6 = false) const { return {address, subnet, slot, v6}; }
};

// Variant i answers with 192.0.2.i.
DynamicAnswer variant(std::uint8_t number) {
  return {DynamicOutcome::kAnswer, {base::IpAddress::v4({192, 0, 2, number})}, 5, {}};
}

class ChooserTest : public testing::Test {
 protected:
  void make(Choice choice) {
    while (choice.variants.size() < 4) {
      choice.variants.push_back(variant(static_cast<std::uint8_t>(choice.variants.size())));
    }
    chooser_ = Chooser::make(std::make_shared<Choice>(std::move(choice)));
    ASSERT_NE(chooser_, nullptr);
  }
  // The variant's number and the scope.
  std::string ask(const Who& who, std::uint32_t slot = 0, bool v6 = false) {
    const auto chosen = chooser_->choose(who.asked(slot, v6), turns_);
    return std::to_string(chosen.records->a().back()) + "/" + std::to_string(chosen.scope);
  }

  static std::shared_ptr<const snapshot::ClientMap> map() {
    snapshot::ClientMapBuilder builder;
    builder.add(base::Prefix::parse("198.51.100.0/24").value(), 1);
    builder.add(base::Prefix::parse("203.0.113.0/24").value(), 2);
    builder.add(base::Prefix::parse("2001:db8::/32").value(), 2);
    return std::move(builder).build();
  }
  std::unique_ptr<const Chooser> chooser_;
  Turns turns_;
};

TEST_F(ChooserTest, TheRegionOfTheSubnetNamesTheVariant) {
  make({{}, {{How::kOne, {0}}, {How::kOne, {1}}, {How::kOne, {2}}}, map(), {0, 1, 2}});
  EXPECT_EQ(ask(Who("192.0.2.99", "198.51.100.0/24")), "1/24");
  EXPECT_EQ(ask(Who("192.0.2.99", "198.51.100.7/32")), "1/24") << "one address of the network speaks for all";
  EXPECT_EQ(ask(Who("192.0.2.99", "203.0.113.0/24")), "2/24");
  EXPECT_EQ(ask(Who("192.0.2.99", "2001:db8:5::/56")), "2/32");
  EXPECT_EQ(ask(Who("198.51.100.1", "10.0.0.0/8")), "0/1") << "the subnet counts, not who asks for it";
}

TEST_F(ChooserTest, AScopeLongerThanTheSourceTellsThatMoreBitsWouldHelp) {
  make({{}, {{How::kOne, {0}}, {How::kOne, {1}}}, map(), {0, 1}});
  EXPECT_EQ(ask(Who("192.0.2.99", "198.51.0.0/16")), "0/18") << "RFC 7871 section 7.2.1";
}

TEST_F(ChooserTest, WithoutASubnetTheAskersAddressDecides) {
  make({{}, {{How::kOne, {0}}, {How::kOne, {1}}, {How::kOne, {2}}}, map(), {0, 1, 2}});
  EXPECT_EQ(ask(Who("198.51.100.1")), "1/0");
  EXPECT_EQ(ask(Who("2001:db8::1")), "2/0");
  EXPECT_EQ(chooser_->choose({}, turns_).scope, 0U);
}

// RFC 7871 section 7.1.2: a client that tells nothing of itself is answered as its resolver, for that alone.
TEST_F(ChooserTest, ASourceOfNoBitsMeansTheResolverAndScopeZero) {
  make({{}, {{How::kOne, {0}}, {How::kOne, {1}}, {How::kOne, {2}}}, map(), {0, 1, 2}});
  EXPECT_EQ(ask(Who("198.51.100.1", "0.0.0.0/0")), "1/0");
  EXPECT_EQ(ask(Who("198.51.100.1", "::/0")), "1/0");
}

TEST_F(ChooserTest, ARegionThatNobodyServesGetsTheFirstGroup) {
  make({{}, {{How::kOne, {3}}, {How::kOne, {1}}}, map(), {0, 1}});
  EXPECT_EQ(ask(Who("203.0.113.1", "203.0.113.0/24")), "3/24");
}

TEST_F(ChooserTest, ATableIsWalkedWithoutLeavingAnythingOut) {
  make({{}, {{How::kRotate, {0, 1, 0, 2}}}, nullptr, {}});
  std::string seen;
  for (int i = 0; i < 8; ++i) seen += ask(Who("192.0.2.1", "192.0.2.0/24")) + " ";
  EXPECT_EQ(seen, "0/0 1/0 0/0 2/0 0/0 1/0 0/0 2/0 ") << "in turn, for the whole world";
}

TEST_F(ChooserTest, AskingForBothFamiliesDoesNotSplitTheMembersBetweenThem) {
  make({{}, {{How::kRotate, {0, 1}}}, nullptr, {}});
  std::set<std::string> a;
  std::set<std::string> aaaa;
  for (int i = 0; i < 4; ++i) {
    a.insert(ask(Who("192.0.2.1"), 7, false));
    aaaa.insert(ask(Who("192.0.2.1"), 7, true));
  }
  EXPECT_EQ(a.size(), 2U);
  EXPECT_EQ(aaaa.size(), 2U);
}

TEST_F(ChooserTest, NamesAskedByTurnsRotateEachByItself) {
  make({{}, {{How::kRotate, {0, 1}}}, nullptr, {}});
  std::string first;
  for (int i = 0; i < 3; ++i) {
    first += ask(Who("192.0.2.1"), 1);
    (void)ask(Who("192.0.2.1"), 2);
  }
  EXPECT_EQ(first, "0/01/00/0");
}

TEST_F(ChooserTest, AHashKeepsANetworkAtItsMember) {
  const auto table = snapshot::hash_table({{0, 1, "a"}, {1, 1, "b"}, {2, 1, "c"}, {3, 1, "d"}});
  make({{}, {{How::kHash, table}}, nullptr, {}});
  std::map<std::string, int> count;
  for (int i = 0; i < 256; ++i) {
    const auto net = "10.0." + std::to_string(i) + ".";
    const auto chosen = ask(Who("192.0.2.1", (net + "0/24").c_str()));
    EXPECT_EQ(ask(Who("192.0.2.1", (net + "77/32").c_str())), chosen);
    EXPECT_EQ(ask(Who((net + "5").c_str())) + "/24", chosen.substr(0, 2) + "0/24") << "with and without ECS alike";
    ++count[chosen];
  }
  EXPECT_EQ(count.size(), 4U);
  for (const auto& [chosen, number] : count) {
    EXPECT_EQ(chosen.substr(1), "/24");
    EXPECT_NEAR(number, 64, 32);
  }
}

TEST_F(ChooserTest, AHashTakesAsManyBitsAsItIsTold) {
  const auto table = snapshot::hash_table({{0, 1, "a"}, {1, 1, "b"}, {2, 1, "c"}, {3, 1, "d"}});
  make({{}, {{How::kHash, table, 16, 48}}, nullptr, {}});
  const auto chosen = ask(Who("192.0.2.1", "10.7.0.0/16"));
  EXPECT_EQ(chosen.substr(1), "/16");
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(ask(Who("192.0.2.1", ("10.7." + std::to_string(i) + ".0/24").c_str())), chosen);
  }
  const auto v6 = ask(Who("192.0.2.1", "2001:db8:7::/48"));
  EXPECT_EQ(v6.substr(1), "/48");
  EXPECT_EQ(ask(Who("192.0.2.1", "2001:db8:7:ff00::/56")), v6);
}

TEST_F(ChooserTest, OfMapAndHashTheLongerPrefixIsTheScope) {
  const auto table = snapshot::hash_table({{0, 1, "a"}, {1, 1, "b"}});
  make({{}, {{How::kOne, {3}}, {How::kHash, table}}, map(), {0, 1, 1}});
  EXPECT_EQ(ask(Who("192.0.2.1", "198.51.100.0/24")).substr(1), "/24");
  EXPECT_EQ(ask(Who("192.0.2.1", "2001:db8::/56")).substr(1), "/56");
  EXPECT_EQ(ask(Who("192.0.2.1", "192.0.2.0/24")), "3/6");
}

TEST(Chooser, NumbersThatLeadNowhereAreRefused) {
  const auto refused = [](Choice choice) {
    return Chooser::make(std::make_shared<Choice>(std::move(choice))) == nullptr;
  };
  EXPECT_EQ(Chooser::make(nullptr), nullptr);
  EXPECT_TRUE(refused({{variant(1)}, {}, nullptr, {}}));
  EXPECT_TRUE(refused({{variant(1)}, {{How::kOne, {}}}, nullptr, {}}));
  EXPECT_TRUE(refused({{variant(1)}, {{How::kRotate, {0, 1}}}, nullptr, {}}));
  EXPECT_TRUE(refused({{variant(1)}, {{How::kOne, {0}}}, nullptr, {0, 1}}));
  DynamicAnswer nested;
  nested.outcome = DynamicOutcome::kChoose;
  EXPECT_TRUE(refused({{nested}, {{How::kOne, {0}}}, nullptr, {}}));
  EXPECT_FALSE(refused({{variant(1)}, {{How::kOne, {0}}}, nullptr, {}}));
}

}  // namespace
