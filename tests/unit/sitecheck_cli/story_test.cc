#include "sitecheck/cli/story.h"

#include <gtest/gtest.h>

namespace sitecheck::cli {
namespace {

TEST(Story, TellsMomentPoolAndSentenceDayByDay) {
  EXPECT_EQ(render_story(R"({"events":[
    {"time":"2026-11-22T23:59:59.900Z","event":"node.silent","message":"db1 does not answer: refused","pool":"main",
     "node":"db1"},
    {"time":"2026-11-22T23:59:59.950Z","event":"pool.state","message":"ACTIVE to FENCING","pool":"main","from":"ACTIVE",
     "to":"FENCING","why":"the writer failed"},
    {"time":"2026-11-23T00:00:00.001Z","event":"checkpoint.lost","message":"checkpoint isp does not answer",
     "checkpoint":"isp"},
    {"time":"2026-11-23T00:00:00.002Z","event":"node.state","message":"FAILED_OFFLINE","pool":"main","node":"db1",
     "status":"FAIL","why":"4 failed polls"},
    {"time":"2026-11-23T00:00:00.003Z","event":"pool.semi_sync","message":"degraded","pool":"shop","replicas":"0"}]})"),
            "2026-11-22 UTC\n"
            "23:59:59.900  main  db1 does not answer: refused\n"
            "23:59:59.950  main  ACTIVE to FENCING (the writer failed)\n"
            "\n"
            "2026-11-23 UTC\n"
            "00:00:00.001        checkpoint isp does not answer\n"
            "00:00:00.002  main  db1: state FAILED_OFFLINE (status FAIL; 4 failed polls)\n"
            "00:00:00.003  shop  semi sync degraded (replicas 0)\n");
}

TEST(Story, LinesOfTheJournalThatAreNoneAreTold) {
  EXPECT_EQ(render_story(R"({"events":[],"skipped":3,"skips":["/s/events:7: skipped: torn\u001b"]})"),
            "/s/events:7: skipped: torn?\nand 2 more before these\nno events\n");
}

TEST(Story, NothingHappenedIsSaidAndNonsenseDoesNoHarm) {
  EXPECT_EQ(render_story(R"({"events":[]})"), "no events\n");
  EXPECT_EQ(render_story("nonsense"), "no events\n");
  EXPECT_EQ(render_story(R"({"events":[7,{"time":3,"message":"a\u001b[2J b"},{}]})").find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace sitecheck::cli
