#include "dnsd/control/ledger.h"

#include <gtest/gtest.h>

#include "temp_folder.h"

namespace control::test {
namespace {

decide::WideIp wide(std::string name, std::vector<decide::MemberId> ids) {
  decide::WideIp out;
  out.name = std::move(name);
  for (auto& id : ids) out.members.push_back({std::move(id), {}});
  return out;
}
const decide::MemberId kOne{"site1", "main"};
const decide::MemberId kTwo{"site2", "main"};
const base::WallTime kWall{base::seconds(1'700'000'000)};

decide::Durable accepted(const decide::MemberId& id, std::uint64_t counter) {
  const auto epoch = ecv::Epoch::make(counter, 1);
  return {epoch, decide::Answered{{id}, epoch}};
}

Ledger some() {
  Ledger out;
  out.record(wide("a", {kOne, kTwo}), accepted(kTwo, 7), kWall);
  return out;
}

TEST(Ledger, AnAcceptedEpochCountsForEveryMemberOfTheWideIp) {
  const Ledger ledger = some();
  EXPECT_EQ(ledger.highest(kOne).counter(), 7U);
  EXPECT_EQ(ledger.highest(kTwo).counter(), 7U);
  EXPECT_EQ(ledger.recall(wide("b", {kOne})).highest.counter(), 7U);
  EXPECT_FALSE(ledger.recall(wide("b", {kOne})).answered.has_value());
}

TEST(Ledger, APoolOfTheSameNameElsewhereIsAnotherPool) {
  const Ledger ledger = some();
  EXPECT_EQ(ledger.recall(wide("b", {{"site3", "main"}, {"site4", "main"}})).highest.value, 0U);
}

TEST(Ledger, NeverGoesDown) {
  Ledger ledger = some();
  ledger.record(wide("b", {kOne}), accepted(kOne, 3), kWall);
  EXPECT_EQ(ledger.highest(kOne).counter(), 7U);
}

TEST(Ledger, ForgettingAPoolKeepsItsAnswer) {
  Ledger ledger = some();
  EXPECT_FALSE(ledger.forget("other"));
  EXPECT_TRUE(ledger.forget("main"));
  EXPECT_EQ(ledger.highest(kOne).value, 0U);
  const auto durable = ledger.recall(wide("a", {kOne, kTwo}));
  EXPECT_EQ(durable.answered->members.front(), kTwo);
  EXPECT_EQ(durable.answered->epoch.value, 0U);
}

TEST(Ledger, ComesBackFromItsTextUnchanged) {
  const Ledger ledger = some();
  const auto back = Ledger::decode(ledger.encode());
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, ledger);
}

TEST(Ledger, RefusesTextsOfAnotherShape) {
  for (const char* text :
       {"", "[]", "{", "{}", R"({"members":[],"answers":{}})", R"({"members":[{"site":"a","pool":"b"}],"answers":[]})",
        R"({"members":[{"site":1,"pool":"b","highest":1}],"answers":[]})", R"({"members":[7],"answers":[]})",
        R"({"members":[],"answers":[{"name":"a","epoch":1,"members":[]}]})",
        R"({"members":[],"answers":[{"name":"a","epoch":"1","members":[{"site":"a","pool":"b"}]}]})"}) {
    EXPECT_FALSE(Ledger::decode(text).has_value()) << text;
  }
}

TEST(LedgerFile, EmptyAtTheFirstStartAndBackAfterARestart) {
  const TempFolder folder;
  LedgerFile first(folder.path() / "memory");
  const auto nothing = first.load();
  ASSERT_TRUE(nothing.has_value());
  EXPECT_EQ(*nothing, Ledger{});
  ASSERT_TRUE(first.store(some()).has_value());
  LedgerFile second(folder.path() / "memory");
  EXPECT_EQ(*second.load(), some());
}

TEST(LedgerFile, OneBrokenSlotLosesNothingThatWasStoredBefore) {
  const TempFolder folder;
  LedgerFile file(folder.path() / "memory");
  ASSERT_TRUE(file.store(some()).has_value());
  ASSERT_TRUE(file.store(some()).has_value());
  folder.write("memory.0", "rubbish");
  EXPECT_EQ(*LedgerFile(folder.path() / "memory").load(), some());
}

TEST(LedgerFile, BothSlotsCorruptStartsEmptyRatherThanNotAtAll) {
  const TempFolder folder;
  LedgerFile file(folder.path() / "memory");
  ASSERT_TRUE(file.store(some()).has_value());
  ASSERT_TRUE(file.store(some()).has_value());
  folder.write("memory.0", "rubbish");
  folder.write("memory.1", "rubbish");
  const auto loaded = LedgerFile(folder.path() / "memory").load();
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(*loaded, Ledger{});
}

}  // namespace
}  // namespace control::test
