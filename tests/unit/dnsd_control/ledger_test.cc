#include "dnsd/control/ledger.h"

#include <gtest/gtest.h>

#include "base/file.h"
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
  EXPECT_FALSE(ledger.knows("other"));
  EXPECT_TRUE(ledger.knows("main"));
  Ledger::Change change;
  change.forgotten = "main";
  ledger.apply(change);
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
       {"member a b",
        "member a b c",
        "member a b 1 2",
        "answer 1 2 a/b",
        "answer 1 2 a n",
        "answer x 2 a/b n",
        "answer 1 2 a/b  n",
        "answer 1 2 a/b/c n",
        "forget",
        "rubbish",
        "member a b 1\n\n",
        "[]",
        "{",
        "{}",
        R"({"members":[],"answers":{}})",
        R"({"members":[{"site":"a","pool":"b"}],"answers":[]})",
        R"({"members":[{"site":1,"pool":"b","highest":1}],"answers":[]})",
        R"({"members":[7],"answers":[]})",
        R"({"members":[],"answers":[{"name":"a","epoch":1,"members":[]}]})",
        R"({"members":[],"answers":[{"name":"a","epoch":"1","members":[{"site":"a","pool":"b"}]}]})"}) {
    EXPECT_FALSE(Ledger::decode(text).has_value()) << text;
  }
}

TEST(Ledger, TheTextOfAChangeDoesWhatTheChangeDoes) {
  Ledger::Change change;
  const std::vector<std::string> names = {"a", "b", "c"};
  some().compare(wide("a", {kOne, kTwo}), names, accepted(kOne, 9), kWall, change);
  Ledger applied = some();
  applied.apply(change);
  Ledger taken = some();
  ASSERT_TRUE(taken.take(change.encode()).has_value());
  EXPECT_EQ(applied, taken);
  EXPECT_EQ(taken.answer("c")->answered.members.front(), kOne);
  Ledger::Change forgetting;
  forgetting.forgotten = "main";
  applied.apply(forgetting);
  ASSERT_TRUE(taken.take(forgetting.encode()).has_value());
  EXPECT_EQ(applied, taken);
  EXPECT_EQ(taken.highest(kOne).value, 0U);
}

TEST(Ledger, WhatIsKnownAlreadyIsNoChange) {
  Ledger::Change change;
  const std::vector<std::string> names = {"a"};
  some().compare(wide("a", {kOne, kTwo}), names, accepted(kTwo, 7), kWall, change);
  EXPECT_TRUE(change.empty());
}

TEST(Ledger, ReadsTheJsonOfFormerVersions) {
  const auto old = Ledger::decode(
      R"({"members":[{"site":"site1","pool":"main","highest":1793}],"answers":[{"name":"a","epoch":1793,)"
      R"("accepted_us":5,"members":[{"site":"site1","pool":"main"}]}]})");
  ASSERT_TRUE(old.has_value());
  EXPECT_EQ(old->highest(kOne).counter(), 7U);
  EXPECT_EQ(old->answer("a")->answered.members.front(), kOne);
  EXPECT_EQ(*Ledger::decode(old->encode()), *old);
}

// So many names that changes are appended.
class LargeLedger : public testing::Test {
 protected:
  LargeLedger() {
    for (int i = 0; i < 1000; ++i) names.push_back(std::string(60, 'x') + std::to_string(i));
    change_to(kOne, 1);
  }
  void change_to(const decide::MemberId& id, std::uint64_t counter) {
    Ledger::Change change;
    ledger.compare(wide(names[0], {kOne, kTwo}), names, accepted(id, counter), kWall, change);
    ASSERT_TRUE(file.store(ledger, change).has_value());
    ledger.apply(change);
  }
  [[nodiscard]] Ledger loaded() const { return LedgerFile(folder.path() / "memory").load().value(); }

  TempFolder folder;
  std::vector<std::string> names;
  Ledger ledger;
  LedgerFile file{folder.path() / "memory"};
};

TEST_F(LargeLedger, AppendedChangesComeBack) {
  change_to(kTwo, 2);
  EXPECT_GT(std::filesystem::file_size(folder.path() / "memory.log"), 0U);
  EXPECT_EQ(loaded(), ledger);
  EXPECT_EQ(loaded().answer(names[999])->answered.members.front(), kTwo);
}

TEST_F(LargeLedger, IsWrittenWholeOnceTheLogIsLong) {
  std::uintmax_t longest = 0;
  for (std::uint64_t counter = 2; counter < 40; ++counter) {
    change_to(counter % 2 == 0 ? kTwo : kOne, counter);
    longest = std::max(longest, std::filesystem::file_size(folder.path() / "memory.log"));
  }
  EXPECT_LT(longest, std::uintmax_t{2} << 20);
  EXPECT_EQ(loaded(), ledger);
}

TEST_F(LargeLedger, ATornLastChangeIsTheOneThatWasNeverAcknowledged) {
  const Ledger before = ledger;
  change_to(kTwo, 2);
  const auto log = folder.path() / "memory.log";
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 1);
  EXPECT_EQ(loaded(), before);
}

TEST_F(LargeLedger, ALogThatAWholeHasOvertakenCountsForNothing) {
  change_to(kTwo, 2);
  const auto log = base::read_file(folder.path() / "memory.log", 1 << 20);
  Ledger other = some();
  ASSERT_TRUE(file.store(other).has_value());
  folder.write("memory.log", *log);
  EXPECT_EQ(loaded(), other);
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
