#include "probes/mysql_heartbeat.h"

#include <gtest/gtest.h>

#include "probes/mysql_probe.h"
#include "probes/mysql_schema.h"

namespace probes {
namespace {

const auto kMariadb = ServerVersion::parse("10.11.6-MariaDB");
const auto kMysql = ServerVersion::parse("8.0.36");
constexpr std::uint64_t kEpoch = 7 << 8 | 2;

TEST(MysqlHeartbeat, ARowIsReadAndNothingElseIs) {
  const auto row = parse_heartbeat("1794 86400000 1000");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->epoch, 1794U);
  EXPECT_EQ(row->at_ms, 86'400'000);
  EXPECT_EQ(row->every_ms, 1000);
  ASSERT_TRUE(parse_heartbeat(std::nullopt));  // the table is empty
  EXPECT_EQ(parse_heartbeat(std::nullopt)->epoch, 0U);
  for (const auto* text : {"", "1", "1 2", "1 2 3 4", "a b c", "1 2 3x", "-1 2 3", "1 -2 3", "1 2 18446744073709551615",
                           "1 99999999999999 3", "99999999999999999999 2 3", "1  2 3"}) {
    EXPECT_FALSE(parse_heartbeat(text)) << text;
  }
}

TEST(MysqlHeartbeat, OnlyAnAccountThatBypassesReadOnlyAsksForItInTheStatement) {
  const HeartbeatRow row{kEpoch, 5000, 1000};
  EXPECT_EQ(write_heartbeat_sql("wideip", "site1", row, false),
            "INSERT /* wideip heartbeat */ INTO `wideip`.heartbeat (site, epoch, beat, every) VALUES ('site1', 1794, "
            "5000, 1000) ON DUPLICATE KEY UPDATE epoch = VALUES(epoch), beat = VALUES(beat), every = VALUES(every)");
  EXPECT_NE(write_heartbeat_sql("wideip", "site1", row, true).find("WHERE @@global.read_only = 0"), std::string::npos);
}

TEST(MysqlHeartbeat, NumbersOfEpochsLeaveRoomForHeartbeatsAndNeverMeet) {
  EXPECT_EQ(epoch_number(kMariadb, kEpoch, 4), (std::uint64_t{7} << 30) + 4);
  EXPECT_EQ(epoch_number(kMysql, kEpoch, 0), kEpoch * 8 + 1);
  EXPECT_LT(epoch_number(kMysql, kEpoch, 7), epoch_number(kMysql, kEpoch + 1, 0));
  EXPECT_LT(create_schema_sql("wideip").size(), 8U);  // and the row itself
}

TEST(MysqlHeartbeat, BeginsOnlyOnceItsTableIsReplicated) {
  EXPECT_FALSE(may_beat(kMariadb, "", kEpoch));
  EXPECT_FALSE(may_beat(kMariadb, "0-1-99999999999,2003395685-1-60", kEpoch));  // an older version's numbers
  EXPECT_FALSE(may_beat(kMariadb, "2003395685-1-" + std::to_string(std::uint64_t{6} << 30), kEpoch));
  EXPECT_TRUE(
      may_beat(kMariadb, "0-1-5,2003395685-2-3, 2003395685-1-" + std::to_string(std::uint64_t{7} << 30), kEpoch));
  const std::string source(kEpochSource);
  const auto at = [](std::size_t n) { return std::to_string(epoch_number(kMysql, kEpoch, n)); };
  EXPECT_FALSE(may_beat(kMysql, source + ":" + at(0) + "-" + at(3), kEpoch));  // as older versions wrote it
  EXPECT_TRUE(
      may_beat(kMysql, "aaaaaaaa-1111-2222-3333-444444444444:1-5,\n" + source + ":1-8:" + at(0) + "-" + at(4), kEpoch));
}

TEST(MysqlHeartbeat, MysqlNumbersThemByTheEpochWithoutGaps) {
  const std::string source(kBeatSource);
  const std::uint64_t epoch = 3 << 8 | 1;
  const std::uint64_t first = (std::uint64_t{3} << 30U) + 1;
  EXPECT_EQ(next_beat("", epoch), first);
  EXPECT_EQ(next_beat("aaaaaaaa-1111-2222-3333-444444444444:" + std::to_string(first), epoch), first);
  const auto interval = [](std::uint64_t from, std::uint64_t to) {
    return ":" + std::to_string(from) + "-" + std::to_string(to);
  };
  EXPECT_EQ(next_beat(source + ":1-41" + interval(first, first + 40), epoch), first + 41);
  EXPECT_EQ(next_beat(source + ":1-41" + interval(first, first + 40) + ":" + std::to_string(first + 42), epoch),
            first + 43);
  EXPECT_EQ(next_beat(source + interval(first, first + 40), 4 << 8 | 2), (std::uint64_t{4} << 30U) + 1)
      << "what an earlier writer used, here or where nobody hears of it, is not used again";
}

}  // namespace
}  // namespace probes
