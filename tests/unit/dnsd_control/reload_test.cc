// A reload beside the loop: what may happen between its beginning and its end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>

#include "house.h"

namespace control::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Each reading of the configuration waits until the test lets it go on.
struct SlowReload : House {
  std::atomic<int> readings{0};
  std::promise<void> gate;
  std::vector<std::string> told;  // who was told what

  SlowReload() {
    load_config = [this, open = gate.get_future().share()](const std::filesystem::path& path) {
      auto out = conf::load_dnsd(path);
      ++readings;
      open.wait();
      return out;
    };
    one.active(1, 1);
  }
  void reload(const std::string& who) {
    running->control->reload(who, "", [this, who](const ReloadOutcome& outcome) {
      told.push_back(who + (outcome.done ? " done" : " refused: " + to_string(outcome.faults.front())));
    });
  }
  void wait_for_reading() {
    while (readings == 0) std::this_thread::yield();
  }
};

TEST_F(SlowReload, TheLoopDecidesMeanwhile) {
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  write_config("    ttl: 30\n");
  reload("ann");
  wait_for_reading();
  two.active(2, 2);
  EXPECT_TRUE(comes_to_answer("198.51.100.11"));
  EXPECT_EQ(ask().ttl_s, 5U);
  EXPECT_EQ(status()["generation"], 1);
  gate.set_value();
  ASSERT_TRUE(run_until(loop, [&] { return !told.empty(); }));
  EXPECT_THAT(told, ElementsAre("ann done"));
  EXPECT_TRUE(answers("198.51.100.11"));
  EXPECT_EQ(ask().ttl_s, 30U);
}

TEST_F(SlowReload, WhatIsAskedForMeanwhileIsOneReloadAfterIt) {
  start_and_wait();
  reload("ann");
  wait_for_reading();
  write_config("    ttl: 30\n");  // ann's reload may have read the file before
  reload("ben");
  reload("eve");
  gate.set_value();
  ASSERT_TRUE(run_until(loop, [&] { return told.size() == 3; }));
  EXPECT_THAT(told, ElementsAre("ann done", "ben done", "eve done"));
  EXPECT_EQ(readings, 2);
  EXPECT_EQ(ask().ttl_s, 30U);
  const auto journal = json::parse(command("events").data)["events"];
  int lines = 0;
  for (const json& event : journal) lines += event.value("command", "") == "reload" ? 1 : 0;
  EXPECT_EQ(lines, 3) << journal;
}

TEST_F(SlowReload, AProcessThatIsReplacedMeanwhilePutsNothingInPlace) {
  start_and_wait();
  write_config("    ttl: 30\n");
  reload("ann");
  wait_for_reading();
  running->control->pause();
  gate.set_value();
  ASSERT_TRUE(run_until(loop, [&] { return !told.empty(); }));
  EXPECT_THAT(told, ElementsAre(HasSubstr("ann refused: another process is taking over")));
  EXPECT_EQ(ask().ttl_s, 5U);
}

TEST_F(SlowReload, TheEndWaitsForWhatIsRead) {
  start_and_wait();
  write_config("    ttl: 30\n");
  reload("ann");
  wait_for_reading();
  reload("ben");
  bool over = false;
  running->control->finish([&] { over = true; });
  reload("eve");
  two.active(2, 2);
  EXPECT_TRUE(comes_to_answer("198.51.100.11")) << "it serves on, and decides";
  EXPECT_FALSE(over);
  gate.set_value();
  ASSERT_TRUE(run_until(loop, [&] { return over; }));
  EXPECT_THAT(told, ElementsAre(HasSubstr("eve refused: this process is about to end"), HasSubstr("ann refused"),
                                HasSubstr("ben refused")));
  EXPECT_EQ(ask().ttl_s, 5U);
}

TEST_F(SlowReload, WithoutAReloadTheEndWaitsForNothing) {
  start_and_wait();
  bool over = false;
  running->control->finish([&] { over = true; });
  EXPECT_TRUE(over);
}

TEST_F(SlowReload, NobodyIsToldOnceControlIsGone) {
  start_and_wait();
  reload("ann");
  wait_for_reading();
  reload("ben");
  gate.set_value();
  stop();
  EXPECT_THAT(told, ElementsAre());
}

}  // namespace
}  // namespace control::test
