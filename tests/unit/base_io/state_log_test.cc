#include "base/io/state_log.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "tests/unit/base_io/loop_util.h"

namespace {

using Entries = std::vector<std::string>;

class StateLogTest : public testing::Test {
 protected:
  [[nodiscard]] io::StateLog::Loaded load(std::uint64_t base) const { return io::StateLog(path_).load(base).value(); }
  [[nodiscard]] std::string bytes() const { return *base::read_file(path_, 1 << 26); }
  void put(std::string_view text) const { std::ofstream(path_, std::ios::binary | std::ios::trunc) << text; }
  // "one", "two", "three" on content 7.
  void append_three() {
    io::StateLog log(path_);
    log.begin(7);
    for (const auto* text : {"one", "two", "three"}) ASSERT_TRUE(log.append(text));
  }

  io_test::TempFolder folder_;
  std::filesystem::path path_ = folder_ / "memory.log";
};

TEST_F(StateLogTest, IsEmptyAtFirst) {
  EXPECT_TRUE(load(1).entries.empty());
  EXPECT_FALSE(load(1).newer_may_be_lost);
}

TEST_F(StateLogTest, GivesBackWhatWasAppendedAndGoesOnBehindIt) {
  append_three();
  io::StateLog log(path_);
  EXPECT_EQ(log.load(7)->entries, (Entries{"one", "two", "three"}));
  ASSERT_TRUE(log.append(std::string("a\0b", 3)));
  EXPECT_EQ(load(7).entries, (Entries{"one", "two", "three", std::string("a\0b", 3)}));
}

TEST_F(StateLogTest, WhatExtendsAnotherContentCountsForNothing) {
  append_three();
  EXPECT_TRUE(load(8).entries.empty());
  EXPECT_FALSE(load(8).newer_may_be_lost);
  io::StateLog log(path_);
  log.begin(8);
  ASSERT_TRUE(log.append("four"));
  EXPECT_EQ(load(8).entries, Entries{"four"});
  EXPECT_TRUE(load(7).entries.empty());
}

TEST_F(StateLogTest, ATornEndLosesTheLastEntryOnly) {
  append_three();
  const auto whole = bytes();
  for (std::size_t cut = 1; cut < 57; ++cut) {  // the last entry has 52 octets before its 5
    put(whole.substr(0, whole.size() - cut));
    const auto loaded = load(7);
    EXPECT_EQ(loaded.entries, (Entries{"one", "two"})) << cut;
    EXPECT_FALSE(loaded.newer_may_be_lost) << cut;
  }
}

TEST_F(StateLogTest, WhatFollowsATornEndStandsInItsPlace) {
  append_three();
  put(bytes().substr(0, bytes().size() - 2));
  io::StateLog log(path_);
  ASSERT_TRUE(log.load(7));
  ASSERT_TRUE(log.append("3"));
  EXPECT_EQ(load(7).entries, (Entries{"one", "two", "3"}));
}

TEST_F(StateLogTest, ABrokenEntryWithOthersBehindItIsTold) {
  append_three();
  auto broken = bytes();
  broken[54] = 'x';  // in "one"
  put(broken);
  const auto loaded = load(7);
  EXPECT_TRUE(loaded.entries.empty());
  EXPECT_TRUE(loaded.newer_may_be_lost);
}

TEST_F(StateLogTest, AnEntryThatIsMovedIsBroken) {
  append_three();
  const auto whole = bytes();
  put(whole.substr(55) + whole.substr(0, 55));
  EXPECT_TRUE(load(7).entries.empty());
}

TEST_F(StateLogTest, SaysThatAFolderIsMissing) {
  io::StateLog log(folder_ / "nowhere" / "memory.log");
  EXPECT_FALSE(log.append("one"));
}

}  // namespace
