#include "zones/snapshot/dynamic.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "zones/snapshot/choice.h"
#include "zones/wire/name.h"

namespace {

using snapshot::DynamicOutcome;
using snapshot::DynamicRecords;

base::IpAddress ip(const char* text) { return base::IpAddress::parse(text).value(); }

TEST(DynamicRecords, KeepsTheOrderWithinAFamilyAndDropsDuplicates) {
  const DynamicRecords records({DynamicOutcome::kAnswer,
                                {ip("2001:db8::1"), ip("192.0.2.2"), ip("192.0.2.1"), ip("192.0.2.2")},
                                258,
                                std::nullopt});
  EXPECT_EQ(records.count_a(), 2U);
  EXPECT_EQ(records.count_aaaa(), 1U);
  EXPECT_EQ(base::to_hex(records.a()), "c00c00010001000001020004c0000202c00c00010001000001020004c0000201");
  EXPECT_EQ(base::to_hex(records.aaaa()), "c00c001c000100000102001020010db8000000000000000000000001");
  EXPECT_FALSE(records.has_ede());
}

TEST(DynamicRecords, OnlyAnAnswerHasAddresses) {
  for (const auto outcome : {DynamicOutcome::kServfail, DynamicOutcome::kNodata, DynamicOutcome::kRefuse}) {
    const DynamicRecords records({outcome, {ip("192.0.2.1")}, 5, 3});
    EXPECT_EQ(records.count_a(), 0U);
    EXPECT_TRUE(records.a().empty());
    EXPECT_EQ(records.ede(), 3);
  }
}

TEST(DynamicRecords, AnAliasIsOneRecordWithItsTargetUncompressed) {
  const auto target = wire::Name::parse("cdn.example.net.").value();
  snapshot::DynamicAnswer answer{DynamicOutcome::kAlias, {ip("192.0.2.1")}, 258, std::nullopt};
  answer.alias.assign(target.wire().begin(), target.wire().end());
  answer.every_type = true;
  DynamicRecords records(answer);
  EXPECT_EQ(records.outcome(), DynamicOutcome::kAlias);
  EXPECT_TRUE(records.every_type());
  EXPECT_EQ(records.count_a(), 0U);
  EXPECT_EQ(base::to_hex(records.alias()), "c00c00050001000001020011" + base::to_hex(target.wire()));
  const DynamicRecords moved(std::move(records));
  EXPECT_EQ(moved.alias().size(), 29U);
  EXPECT_TRUE(moved.every_type());
}

TEST(DynamicRecords, AnAliasOfNoNameIsServfail) {
  for (const base::Bytes& wire : {base::Bytes{}, base::Bytes{3, 'a'}, base::Bytes{1, 'a', 0, 0}}) {
    snapshot::DynamicAnswer answer{DynamicOutcome::kAlias, {}, 5, std::nullopt};
    answer.alias = wire;
    EXPECT_EQ(DynamicRecords(answer).outcome(), DynamicOutcome::kServfail);
  }
}

TEST(DynamicRecords, NoMoreAddressesThanAMessageHolds) {
  snapshot::DynamicAnswer many{DynamicOutcome::kAnswer, {}, 5, std::nullopt};
  for (int i = 0; i < 3000; ++i) {
    many.addresses.push_back(
        base::IpAddress::v6({0x20, 1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}));
  }
  EXPECT_LT(DynamicRecords(many).aaaa().size(), 60000U);
}

TEST(DynamicRecords, AChoiceThatLeadsNowhereIsServfailAndNoCrash) {
  snapshot::DynamicAnswer answer;
  answer.outcome = DynamicOutcome::kChoose;
  EXPECT_EQ(DynamicRecords(answer).outcome(), DynamicOutcome::kServfail);
  answer.choice = std::make_shared<snapshot::Choice>();
  EXPECT_EQ(DynamicRecords(answer).outcome(), DynamicOutcome::kServfail);
}

TEST(DynamicRecords, AreAsSmallAsTheyWere) {
  EXPECT_EQ(sizeof(DynamicRecords), 24U) << "there is one for each of 100,000 names, in an allocation of this size";
}

TEST(DynamicAnswer, ChoicesAreComparedByWhatIsInThem) {
  const auto with = [](std::uint32_t ttl_s) {
    snapshot::DynamicAnswer out;
    out.outcome = DynamicOutcome::kChoose;
    auto choice = std::make_shared<snapshot::Choice>();
    choice->variants = {{DynamicOutcome::kAnswer, {ip("192.0.2.1")}, ttl_s, std::nullopt}};
    choice->groups = {{snapshot::How::kOne, {0}}};
    out.choice = choice;
    return out;
  };
  EXPECT_EQ(with(5), with(5));
  EXPECT_FALSE(with(5) == with(1));
  EXPECT_FALSE(with(5) == snapshot::DynamicAnswer{});
}

}  // namespace
