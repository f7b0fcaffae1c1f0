#include "base/time.h"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;

TEST(Time, FormatsUtcToTheMillisecond) {
  EXPECT_EQ(base::format_utc(base::WallTime(0us)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(base::format_utc(base::WallTime(1'700'000'000'123'456us)), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(base::format_utc(base::WallTime(-1us)), "1969-12-31T23:59:59.999Z");
}

TEST(Time, FormatsLocalTimeForPeople) {
  const auto text = base::format_local(base::WallTime(1'700'000'000s));
  ASSERT_EQ(text.size(), 19U);
  EXPECT_EQ(text[10], ' ');
  EXPECT_EQ(text.substr(14, 2), "13") << "minutes and seconds are the same in whole-hour zones";
}

TEST(Time, FormatsDurationsForPeople) {
  EXPECT_EQ(base::format_duration(0us), "0.0 ms");
  EXPECT_EQ(base::format_duration(1'500us), "1.5 ms");
  EXPECT_EQ(base::format_duration(250ms), "250 ms");
  EXPECT_EQ(base::format_duration(3'200ms), "3.2 s");
  EXPECT_EQ(base::format_duration(5min + 1s), "5 m 1 s");
  EXPECT_EQ(base::format_duration(2h + 3min), "2 h 3 m");
  EXPECT_EQ(base::format_duration(-250ms), "-250 ms");
}

TEST(Time, WholeMillisecondsGoTowardsZero) {
  EXPECT_EQ(base::to_ms(1'999us), 1);
  EXPECT_EQ(base::to_ms(-1'999us), -1);
}

TEST(Time, TheBootClockNeverStepsBack) {
  auto last = base::read_boot_clock();
  for (int i = 0; i < 1000; ++i) {
    const auto now = base::read_boot_clock();
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GT(base::read_wall_clock(), base::WallTime(1'700'000'000s));
}

}  // namespace
