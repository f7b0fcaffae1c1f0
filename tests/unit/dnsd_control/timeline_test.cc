#include "dnsd/control/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace control {
namespace {

std::string line(const std::string& event, int number) {
  return R"({"time":"2026-11-22T02:21:47.123Z","event":")" + event + R"(","n":)" + std::to_string(number) + "}";
}

TEST(Timeline, KeepsTheOrderOfAllKindsTogether) {
  Timeline timeline;
  timeline.add(line("decision", 1));
  timeline.add(line("path", 2));
  timeline.add(line("decision", 3));
  EXPECT_THAT(timeline.lines(), testing::ElementsAre(line("decision", 1), line("path", 2), line("decision", 3)));
}

TEST(Timeline, ChangesOfAnswersAreNotPushedOutByAFloodOfOthers) {
  Timeline timeline;
  timeline.add(line("decision", 0));
  for (int i = 1; i < 10'000; ++i) timeline.add(line("path", i));
  EXPECT_EQ(timeline.lines().size(), 1 + Timeline::kMostOthers);
  EXPECT_EQ(timeline.lines().front(), line("decision", 0));
  EXPECT_EQ(timeline.lines().back(), line("path", 9999));
  for (int i = 0; i < 10'000; ++i) timeline.add(line("decision", i));
  EXPECT_EQ(timeline.lines().size(), Timeline::kMostDecisions + Timeline::kMostOthers);
}

TEST(Timeline, LeavesOutWhatIsNoEvent) {
  Timeline timeline;
  for (const char* bad : {"", "{", "[]", "7", "{}", R"({"event":7})", R"({"event":["decision"]})", "\xff"}) {
    timeline.add(bad);
  }
  EXPECT_THAT(timeline.lines(), testing::IsEmpty());
}

}  // namespace
}  // namespace control
