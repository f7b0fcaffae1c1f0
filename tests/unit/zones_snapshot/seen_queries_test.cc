#include "zones/snapshot/seen_queries.h"

#include <gtest/gtest.h>

#include <thread>

#include "zones/snapshot/counters.h"

namespace snapshot {
namespace {

const std::vector<std::uint8_t> kClient = {192, 0, 2, 7};

TEST(SeenQueries, AreReadOnceEach) {
  SeenQueries seen;
  SeenQueries::Mark mark;
  std::vector<SeenQuery> got;
  const auto name = *wire::Name::parse("db.example.com");
  seen.record(kClient, name.wire(), 30);
  const auto other = *base::IpAddress::parse("2001:db8::7");
  seen.record(other.bytes(), name.wire(), 0);
  seen.read(mark, got);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].client.to_string(), "192.0.2.7");
  EXPECT_EQ(got[0].name.to_string(), "db.example.com.");
  EXPECT_EQ(got[0].ttl_s, 30U);
  EXPECT_EQ(got[1].client.to_string(), "2001:db8::7");
  got.clear();
  seen.read(mark, got);
  EXPECT_TRUE(got.empty());
  seen.record(kClient, name.wire(), 5);
  seen.read(mark, got);
  EXPECT_EQ(got.size(), 1U);
}

TEST(SeenQueries, KeepTheNewest) {
  SeenQueries seen;
  const wire::Name root;
  for (std::uint32_t i = 0; i < 1000; ++i) seen.record(kClient, root.wire(), i);
  SeenQueries::Mark mark;
  std::vector<SeenQuery> got;
  seen.read(mark, got);
  ASSERT_EQ(got.size(), SeenQueries::kKept);
  EXPECT_EQ(got.front().ttl_s, 1000 - SeenQueries::kKept);
  EXPECT_EQ(got.back().ttl_s, 999U);
}

TEST(SeenQueries, LeaveOutWhatDoesNotFit) {
  SeenQueries seen;
  const std::string label(60, 'a');
  const auto longest = *wire::Name::parse(label + "." + label + "." + label);
  seen.record(kClient, longest.wire(), 1);
  seen.record({}, wire::Name().wire(), 1);
  SeenQueries::Mark mark;
  std::vector<SeenQuery> got;
  seen.read(mark, got);
  EXPECT_TRUE(got.empty());
}

// What is read is what was written, all of one query, however the two threads meet.
TEST(SeenQueries, AReaderNeverSeesHalves) {
  SeenQueries seen;
  std::atomic<bool> stop{false};
  const auto name_of = [](std::uint32_t i) { return *wire::Name::parse("n" + std::to_string(i) + ".example.com"); };
  std::vector<wire::Name> names;
  for (std::uint32_t i = 0; i < 50; ++i) names.push_back(name_of(i));
  std::thread writer([&] {
    for (std::uint32_t i = 0; i < 200'000; ++i) {
      const std::vector<std::uint8_t> client(4, static_cast<std::uint8_t>(i % 50));
      seen.record(client, names[i % 50].wire(), i % 50);
    }
    stop = true;
  });
  SeenQueries::Mark mark;
  std::size_t halves = 0;
  while (!stop) {
    std::vector<SeenQuery> got;
    seen.read(mark, got);
    for (const auto& each : got) {
      const bool whole = each.name.key() == names[each.ttl_s % 50].key() && each.client.bytes()[0] == each.ttl_s;
      halves += whole ? 0 : 1;
    }
  }
  writer.join();
  EXPECT_EQ(halves, 0U);
}

TEST(SeenQueries, TheBoardReadsAllWorkers) {
  CounterBoard board;
  const wire::Name root;
  board.add_worker().seen().record(kClient, root.wire(), 1);
  auto& second = board.add_worker();
  std::vector<SeenQueries::Mark> marks;
  EXPECT_EQ(board.seen(marks).size(), 1U);
  second.seen().record(kClient, root.wire(), 2);
  EXPECT_EQ(board.seen(marks).size(), 1U);
  EXPECT_TRUE(board.seen(marks).empty());
}

}  // namespace
}  // namespace snapshot
