#include "base/io/journal.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "tests/unit/base_io/loop_util.h"

namespace {

using io::Journal;
using io::read_journal;

base::WallTime at(int second) { return base::WallTime(base::seconds(1'700'000'000 + second)); }

class JournalTest : public testing::Test {
 protected:
  io_test::TempFolder folder_;
  std::filesystem::path path_ = folder_ / "events.jsonl";

  [[nodiscard]] std::vector<std::string> read(const io::JournalFilter& filter = {}) const {
    auto got = read_journal(path_, filter);
    EXPECT_TRUE(got) << got.error().message;
    return *got;
  }
  void append_raw(std::string_view text) const { std::ofstream(path_, std::ios::app | std::ios::binary) << text; }
};

TEST_F(JournalTest, KeepsLinesWithTheirTimes) {
  EXPECT_TRUE(read().empty()) << "no journal yet is an empty one";
  auto journal = *Journal::open(path_);
  ASSERT_TRUE(journal.append(at(0), R"({"event":"flip","to":"site2"})"));
  ASSERT_TRUE(journal.append(at(1), "{}"));
  ASSERT_TRUE(journal.append(at(2), "{ }"));
  const auto lines = read();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], R"({"time":"2023-11-14T22:13:20.000Z","event":"flip","to":"site2"})");
  EXPECT_EQ(lines[1], R"({"time":"2023-11-14T22:13:21.000Z"})");
}

TEST_F(JournalTest, RefusesWhatIsNoObjectOnOneLine) {
  auto journal = *Journal::open(path_);
  for (const auto* bad : {"", "{", "}", "[]", "null", "{\n}", "{\"a\":}", "{} {}", "{}x}"}) {
    EXPECT_FALSE(journal.append(at(0), bad)) << bad;
  }
  EXPECT_TRUE(read().empty());
}

TEST_F(JournalTest, FiltersByNumberAndTime) {
  auto journal = *Journal::open(path_);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(journal.append(at(i), "{\"n\":" + std::to_string(i) + "}"));
  io::JournalFilter filter;
  filter.last = 3;
  auto lines = read(filter);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_NE(lines[0].find("\"n\":7"), std::string::npos) << "oldest of the newest first";
  EXPECT_NE(lines[2].find("\"n\":9"), std::string::npos);
  filter.since = at(8);
  EXPECT_EQ(read(filter).size(), 2U);
  filter.last.reset();
  filter.since = at(5);
  EXPECT_EQ(read(filter).size(), 5U);
  filter.last = 0;
  EXPECT_TRUE(read(filter).empty());
}

TEST_F(JournalTest, RotatesBySizeAndKeepsSoMany) {
  io::JournalOptions options;
  options.max_bytes = 200;
  options.keep = 2;
  auto journal = *Journal::open(path_, options);
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(journal.append(at(i), "{\"n\":" + std::to_string(i) + "}"));
  EXPECT_TRUE(std::filesystem::exists(path_.string() + ".2"));
  EXPECT_FALSE(std::filesystem::exists(path_.string() + ".3"));
  for (const auto* suffix : {"", ".1", ".2"}) EXPECT_LE(std::filesystem::file_size(path_.string() + suffix), 200U);
  const auto lines = read();
  ASSERT_GE(lines.size(), 9U);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto n = "\"n\":" + std::to_string(40 - lines.size() + i) + "}";
    EXPECT_NE(lines[i].find(n), std::string::npos) << "in order over the files, none missing: " << lines[i];
  }
}

TEST_F(JournalTest, MakesRoomForLinesThatStandTogether) {
  io::JournalOptions options;
  options.max_bytes = 300;
  auto journal = *Journal::open(path_, options);
  const std::string object = R"({"n":0,"text":"of some length"})";
  const std::size_t line = object.size() + Journal::kTimeBytes;
  const auto first = journal.file();
  journal.make_room(1000);
  EXPECT_EQ(journal.file(), first) << "an empty file has as much room as there is";
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(journal.append(at(i), object));
  journal.make_room(line);
  EXPECT_EQ(journal.file(), first) << "a fourth one fits";
  journal.make_room(2 * line);
  EXPECT_NE(journal.file(), first);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(journal.append(at(i), object));
  EXPECT_EQ(std::filesystem::file_size(path_), 2 * (line - 2));
  EXPECT_EQ(read().size(), 5U);
}

TEST_F(JournalTest, LeavesOutAnEvent) {
  auto journal = *Journal::open(path_);
  ASSERT_TRUE(journal.append(at(0), R"({"event":"names","n":0})"));
  ASSERT_TRUE(journal.append(at(1), R"({"event":"namesake","n":1})"));
  append_raw("names\n");
  io::JournalFilter filter;
  filter.without = "names";
  filter.last = 10;
  const auto lines = read(filter);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("namesake"), std::string::npos);
}

TEST_F(JournalTest, KeepZeroEmptiesTheFile) {
  io::JournalOptions options;
  options.max_bytes = 100;
  options.keep = 0;
  auto journal = *Journal::open(path_, options);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(journal.append(at(i), "{}"));
  EXPECT_FALSE(std::filesystem::exists(path_.string() + ".1"));
  EXPECT_FALSE(read().empty());
}

TEST_F(JournalTest, ATornLastLineIsLeftOutAndEnded) {
  {
    auto journal = *Journal::open(path_);
    ASSERT_TRUE(journal.append(at(0), R"({"n":0})"));
  }
  append_raw(R"({"time":"2023-11-14T22:13:21.000Z","n":)");
  EXPECT_EQ(read().size(), 1U);
  auto journal = *Journal::open(path_);
  ASSERT_TRUE(journal.append(at(2), R"({"n":2})"));
  const auto lines = read();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[1].find("\"n\":2"), std::string::npos);
}

TEST_F(JournalTest, SkipsForeignLinesAndReadsOnFromThere) {
  auto journal = *Journal::open(path_);
  ASSERT_TRUE(journal.append(at(0), "{}"));
  append_raw("\n\n" + std::string(30, '\0') + "\nnonsense\n{\"a\":1}\n{\"time\":7}\n");
  ASSERT_TRUE(journal.append(at(1), "{}"));
  EXPECT_EQ(read().size(), 2U);
}

TEST_F(JournalTest, ContinuesAfterARestart) {
  { ASSERT_TRUE(Journal::open(path_)->append(at(0), "{}")); }
  { ASSERT_TRUE(Journal::open(path_)->append(at(1), "{}")); }
  EXPECT_EQ(read().size(), 2U);
}

TEST_F(JournalTest, SaysWhyItCannotOpen) {
  const auto missing = Journal::open(folder_ / "none/events");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("none/events"), std::string::npos);
  std::filesystem::create_directory(folder_ / "dir");
  EXPECT_FALSE(Journal::open(folder_ / "dir"));
}

TEST_F(JournalTest, SaysWhichLinesAreNone) {
  auto journal = *Journal::open(path_);
  ASSERT_TRUE(journal.append(at(0), R"({"n":0})"));
  append_raw("garbage\n\n{\"time\":\"2023-11-14T22:13:21.000Z\",\"torn\":\n\xff\xfe\n");
  append_raw("{\"time\":\"2023-11-14T22:13:22.000Z\",\"x\":\"" + std::string(io::kLongestJournalLine, 'x') + "\"}\n");
  append_raw("{\"time\":\"2023-11-14T22:13:23.000Z\"}\n" + std::string(R"({"time":"2023-11-14T22:1)"));
  const auto got = io::read_journal_text(path_);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->lines.size(), 2U);
  EXPECT_EQ(got->skipped, 5U);
  std::vector<std::string> told;
  for (const auto& skip : got->skips) told.push_back(skip.to_string());
  const std::string file = path_.string();
  EXPECT_EQ(told, (std::vector<std::string>{
                      file + ":2: skipped: torn, or no line of a journal: it does not begin with its time",
                      file + ":4: skipped: torn, or no line of a journal: it is no JSON",
                      file + ":5: skipped: torn, or no line of a journal: it does not begin with its time",
                      file + ":6: skipped: longer than 4 MiB",
                      file + ":8: skipped: torn, or no line of a journal: it does not begin with its time"}));
}

TEST_F(JournalTest, VeryManyLinesThatAreNoneAreCounted) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "garbage\n";
  append_raw(text);
  const auto got = io::read_journal_text(path_);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->skipped, 1000U);
  ASSERT_EQ(got->skips.size(), io::JournalText::kMostSkipsTold);
  EXPECT_EQ(got->skips.back().line, 1000U);
  EXPECT_EQ(got->skips.front().line, 981U);
}

}  // namespace
