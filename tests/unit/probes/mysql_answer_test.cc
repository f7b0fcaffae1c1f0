#include "probes/mysql_answer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/answer_input.h"
#include "tests/support/mysql_wire.h"

namespace probes {
namespace {

namespace wire = testing_support::mysql_wire;
using testing_support::FakeResult;
using Progress = MysqlAnswer::Progress;

// The answers to several statements in one trip.
std::string bytes_of(const std::vector<FakeResult>& answers) {
  std::string out;
  std::uint8_t sequence = 1;
  for (std::size_t i = 0; i < answers.size(); ++i) out += wire::answer(answers[i], sequence, i + 1 < answers.size());
  return out;
}

FakeResult table(std::vector<std::string> columns, std::vector<std::vector<std::optional<std::string>>> rows) {
  return {0, "", std::move(columns), std::move(rows)};
}

std::vector<MysqlResult> read(MysqlAnswer& reader, const std::string& bytes, Progress wanted = Progress::kWhole) {
  reader.begin();
  EXPECT_EQ(reader.take(base::as_bytes(bytes)), wanted);
  return reader.take_results();
}

TEST(MysqlAnswer, ReadsEachResultOfATripInOrder) {
  MysqlAnswer reader;
  const auto all = read(reader, bytes_of({table({"a", "B"}, {{"1", std::nullopt}, {"", std::string(300, 'x')}}),
                                          {0, "", {}, {}},
                                          table({"c"}, {})}));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].columns, (std::vector<std::string>{"a", "B"}));
  EXPECT_EQ(all[0].get("a"), "1");
  EXPECT_EQ(all[0].get("b"), std::nullopt);
  EXPECT_EQ(all[0].get("a", 1), "");
  EXPECT_EQ(all[0].get("b", 1), std::string(300, 'x'));
  EXPECT_TRUE(all[1].ok() && all[1].columns.empty() && all[1].rows.empty());
  EXPECT_EQ(all[2].columns, std::vector<std::string>{"c"});
  EXPECT_TRUE(all[2].rows.empty());
  EXPECT_FALSE(reader.surplus());
}

TEST(MysqlAnswer, EndsWithTheFirstErrorAndKeepsWhatCameBefore) {
  MysqlAnswer reader;
  const auto all = read(reader, bytes_of({table({"a"}, {{"1"}}), {1146, "no such table", {}, {}}}));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].get("a"), "1");
  EXPECT_EQ(all[1].fault, MysqlFault::kServer);
  EXPECT_EQ(all[1].code, 1146U);
  EXPECT_EQ(all[1].message, "no such table");
}

// What many connections have in common: the same columns each time, and other rows.
TEST(MysqlAnswer, TheNextAnswerWithTheSameColumnsHasItsOwnRows) {
  MysqlAnswer reader;
  auto first = read(reader, bytes_of({table({"a", "b"}, {{"1", "2"}, {"3", "4"}}), table({"c"}, {{"5"}})}));
  reader.reuse(std::move(first));
  const auto second = read(reader, bytes_of({table({"a", "b"}, {{std::nullopt, "7"}}), table({"c"}, {})}));
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[0].columns, (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(second[0].rows.size(), 1U);
  EXPECT_EQ(second[0].get("a"), std::nullopt);
  EXPECT_EQ(second[0].get("b"), "7");
  EXPECT_EQ(second[1].columns, std::vector<std::string>{"c"});
  EXPECT_TRUE(second[1].rows.empty());
}

TEST(MysqlAnswer, TheNextAnswerMayHaveOtherColumnsOrNone) {
  MysqlAnswer reader;
  reader.reuse(read(reader, bytes_of({table({"a", "b"}, {{"1", "2"}})})));
  auto other = read(reader, bytes_of({table({"a", "x"}, {{"1", "2"}})}));
  ASSERT_EQ(other.size(), 1U);
  EXPECT_EQ(other[0].columns, (std::vector<std::string>{"a", "x"}));
  reader.reuse(std::move(other));
  const auto none = read(reader, bytes_of({{0, "", {}, {}}}));
  ASSERT_EQ(none.size(), 1U);
  EXPECT_TRUE(none[0].columns.empty() && none[0].rows.empty());
  reader.reuse(read(reader, bytes_of({table({"a", "x"}, {{"1", "2"}})})));
  const auto error = read(reader, bytes_of({{1045, "no", {}, {}}}));
  ASSERT_EQ(error.size(), 1U);
  EXPECT_EQ(error[0].code, 1045U);
  EXPECT_TRUE(error[0].columns.empty() && error[0].rows.empty());
}

// An answer that is still held while another is read must not lend its columns to a third.
TEST(MysqlAnswer, AResultGivenBackLateIsNotTakenForAnother) {
  MysqlAnswer reader;
  auto held = read(reader, bytes_of({table({"a"}, {{"1"}})}));
  auto next = read(reader, bytes_of({table({"x"}, {{"2"}})}));
  reader.reuse(std::move(held));
  const auto third = read(reader, bytes_of({table({"x"}, {{"3"}})}));
  ASSERT_EQ(third.size(), 1U);
  EXPECT_EQ(third[0].columns, std::vector<std::string>{"x"});
  EXPECT_EQ(third[0].get("x"), "3");
}

// MariaDB from 10.6: a byte after the number of columns tells that they follow.
TEST(MysqlAnswer, ColumnsMayBeAnnounced) {
  std::string bytes = bytes_of({table({"a"}, {{"1"}})});
  bytes.replace(0, 5, std::string("\2\0\0\1\1\1", 6));
  MysqlAnswer reader;
  const auto all = read(reader, bytes);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].get("a"), "1");
  bytes[5] = '\0';  // they do not: only of a prepared statement
  EXPECT_TRUE(read(reader, bytes, Progress::kMalformed).empty());
}

TEST(MysqlAnswer, AProgressReportIsNoError) {
  std::uint8_t sequence = 1;
  const std::string report = wire::packet(sequence, std::string("\xff\xff\xff\1\1\1\0\0\0\4here", 13));
  const auto bytes = report + wire::answer({0, "", {}, {}}, sequence, false);
  MysqlAnswer reader;
  const auto all = read(reader, bytes);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].ok());
}

TEST(MysqlAnswer, CountsWhatWasAffected) {
  std::uint8_t sequence = 1;
  MysqlAnswer reader;
  const auto all = read(reader, wire::packet(sequence, std::string("\0\xfc\x2c\x01\0\2\0\0\0", 9)));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].affected, 300U);
}

TEST(MysqlAnswer, WhatIsNoAnswerIsMalformed) {
  std::uint8_t sequence = 1;
  const auto one = [&](const std::string& body) {
    sequence = 1;
    return wire::packet(sequence, body);
  };
  const std::vector<std::string> bad = {
      std::string("\0\0\0\1", 4),                   // an empty packet
      std::string("\1\0\0\2\1", 5),                 // not the first of its answer
      one("\xfb/etc/passwd"),                       // asks for a file
      one(std::string("\0\0", 2)),                  // an OK that is cut
      one("\xff\1"),                                // an error without a number
      one(std::string("\xfc\x01\x10", 3)),          // 4097 columns
      one(std::string(1, '\xfe')),                  // an end of nothing
      one("\1") + wire::packet(sequence, "\3def"),  // a column that is cut
      one("\1") + wire::packet(sequence, wire::column("a")) + wire::packet(sequence, "\0011"),  // columns without end
  };
  for (const auto& bytes : bad) {
    MysqlAnswer reader;
    EXPECT_TRUE(read(reader, bytes, Progress::kMalformed).empty()) << testing::PrintToString(bytes);
  }
  // Rows of another number of values, or of a length that is not there.
  for (const char* const row : {"\0011", "\0011\0012\0013", "\0011\x99z"}) {
    sequence = 1;
    std::string bytes = wire::packet(sequence, "\2");
    for (const char* const name : {"a", "b"}) bytes += wire::packet(sequence, wire::column(name));
    bytes += wire::packet(sequence, wire::end_of(false)) + wire::packet(sequence, row);
    MysqlAnswer reader;
    EXPECT_TRUE(read(reader, bytes, Progress::kMalformed).empty());
  }
}

TEST(MysqlAnswer, AnAnswerWithoutEndToItsResultsIsMalformed) {
  std::string bytes;
  std::uint8_t sequence = 1;
  for (std::size_t i = 0; i <= MysqlAnswer::kMaxResults; ++i) bytes += wire::answer({0, "", {}, {}}, sequence, true);
  MysqlAnswer reader;
  EXPECT_EQ(read(reader, bytes, Progress::kMalformed).size(), MysqlAnswer::kMaxResults);
}

TEST(MysqlAnswer, RefusesMoreThanTheCaps) {
  std::vector<std::vector<std::optional<std::string>>> rows(MysqlClient::kMaxRows + 1, {"1"});
  MysqlAnswer reader;
  auto all = read(reader, bytes_of({table({"a"}, rows)}), Progress::kTooLarge);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].fault, MysqlFault::kTooLarge);
  EXPECT_TRUE(all[0].rows.empty());
  rows.assign(5, {std::string(1U << 20U, 'x')});
  all = read(reader, bytes_of({table({"a"}, rows)}), Progress::kTooLarge);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].fault, MysqlFault::kTooLarge);
  // Told by its header alone: nothing of it is waited for.
  EXPECT_EQ(read(reader, std::string("\xff\xff\xff\1", 4), Progress::kTooLarge).size(), 1U);
}

TEST(MysqlAnswer, TellsBytesAfterItsEnd) {
  MysqlAnswer reader;
  const auto all = read(reader, bytes_of({{0, "", {}, {}}}) + "more");
  EXPECT_EQ(all.size(), 1U);
  EXPECT_TRUE(reader.surplus());
  (void)read(reader, bytes_of({{0, "", {}, {}}}));
  EXPECT_FALSE(reader.surplus());
}

// Names that begin with "ok-" are whole answers. Whatever it is, it reads alike in pieces and a second time.
TEST(MysqlAnswer, TheCorpusReadsAlikeHoweverItIsCut) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(WIDEIP_SOURCE_DIR "/tests/fuzz/corpus/answer")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const auto found = fuzz::try_answer(base::as_bytes(bytes));
    const std::string name = entry.path().filename().string();
    EXPECT_EQ(found.progress == Progress::kWhole, name.starts_with("ok-")) << name;
    ++files;
  }
  EXPECT_GE(files, 10);
}

}  // namespace
}  // namespace probes
