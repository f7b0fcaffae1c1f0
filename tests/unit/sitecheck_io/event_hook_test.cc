#include "sitecheck/io/event_hook.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/loop_test.h"
#include "tests/unit/base_io/loop_util.h"

namespace {

using testing::HasSubstr;

class EventHook : public testing_support::LoopTest {
 protected:
  // A hook whose runs append to a file what `script` prints.
  void hook(const std::string& script, int rate = 100, base::Duration per = base::seconds(60)) {
    conf::EventHook conf;
    conf.command = {"sh", "-c", "{ " + script + "; } >> " + out()};
    conf.events = {"pool.*", "fence.begun"};
    conf.level = base::Level::kWarn;
    conf.rate = rate;
    conf.per = per;
    conf.timeout = base::milliseconds(500);
    hook_ = std::make_unique<sitecheck::EventHook>(loop_, conf, "site1");
  }
  [[nodiscard]] std::string out() const { return (folder_ / "out").string(); }
  [[nodiscard]] std::string printed() const {
    std::ifstream file(out());
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void tell(const std::string& id, base::Level level = base::Level::kWarn, const std::string& message = "something") {
    core::Journal entry;
    entry.level = level;
    entry.id = id;
    entry.message = message;
    entry.fields = {{"pool", "main"}, {"from", "ACTIVE"}};
    hook_->tell(entry);
  }
  void wait_for(const std::string& text) {
    run_until([&] {
      run_for(base::milliseconds(2));
      return printed().find(text) != std::string::npos;
    });
  }

  io_test::TempFolder folder_;
  std::unique_ptr<sitecheck::EventHook> hook_;
};

TEST_F(EventHook, TheEventComesAsJsonAndInTheEnvironment) {
  hook("cat; echo \"$WIDEIP_SITE $WIDEIP_EVENT $WIDEIP_LEVEL $WIDEIP_POOL: $WIDEIP_MESSAGE\"; echo end");
  tell("pool.state", base::Level::kError, "ACTIVE to \"FENCING\"; $(rm -rf x)\n`y`");
  wait_for("end");
  const auto text = printed();
  const auto json = nlohmann::json::parse(text.substr(0, text.find('\n')));
  EXPECT_EQ(json["event"], "pool.state");
  EXPECT_EQ(json["level"], "error");
  EXPECT_EQ(json["site"], "site1");
  EXPECT_EQ(json["message"], "ACTIVE to \"FENCING\"; $(rm -rf x)\n`y`");
  EXPECT_EQ(json["fields"]["from"], "ACTIVE");
  EXPECT_THAT(std::string(json["time"]), HasSubstr("Z"));
  EXPECT_THAT(text, HasSubstr("site1 pool.state error main: ACTIVE to \"FENCING\"; $(rm -rf x)\n`y`\n"));
}

TEST_F(EventHook, OnlyWhatIsAskedForRuns) {
  hook("echo $WIDEIP_EVENT");
  tell("node.silent");
  tell("pool.state", base::Level::kInfo);
  tell("fence.begun");
  wait_for("fence.begun");
  EXPECT_EQ(printed(), "fence.begun\n");
  EXPECT_EQ(hook_->counters().runs, 1U);
}

TEST_F(EventHook, OneAfterTheOther) {
  hook("echo begin $WIDEIP_EVENT; sleep 0.02; echo end");
  tell("pool.a");
  tell("pool.b");
  wait_for("begin pool.b\nend");
  EXPECT_EQ(printed(), "begin pool.a\nend\nbegin pool.b\nend\n");
}

TEST_F(EventHook, BeyondTheRateOneRunTellsHowMany) {
  hook("echo \"$WIDEIP_EVENT $WIDEIP_MESSAGE\"; grep -o '\"pool.b\":\"3\"'", 1, base::milliseconds(1000));
  tell("pool.a");
  for (int i = 0; i < 3; ++i) tell("pool.b");
  wait_for("3 more were held back\n\"pool.b\":\"3\"");
  EXPECT_EQ(printed(), "pool.a something\nhook.held_back 3 more were held back\n\"pool.b\":\"3\"\n");
  EXPECT_EQ(hook_->counters().held_back, 3U);
}

TEST_F(EventHook, AFailedRunGoesToTheLogAndTheNextOneComes) {
  testing::internal::CaptureStderr();
  hook("echo $WIDEIP_EVENT; test $WIDEIP_EVENT != pool.a || { echo no mail >&2; exit 75; }");
  tell("pool.a");
  tell("pool.b");
  wait_for("pool.b");
  run_until([&] { return hook_->counters().failed == 1; });
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("event_hook.failed"));
  EXPECT_THAT(log, HasSubstr("exit status 75: no mail"));
  EXPECT_THAT(log, HasSubstr("pool.a")) << "the event is not lost";
}

TEST_F(EventHook, AHangingRunIsKilledAndTheNextOneComes) {
  testing::internal::CaptureStderr();
  hook("echo $WIDEIP_EVENT; test $WIDEIP_EVENT != pool.a || sleep 1000");
  tell("pool.a");
  tell("pool.b");
  wait_for("pool.b");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("not ended within"));
}

TEST_F(EventHook, ASlowHookDropsWhatFindsNoPlaceIntoTheLog) {
  testing::internal::CaptureStderr();
  hook("sleep 1000", 10'000);
  for (int i = 0; i < 102; ++i) tell("pool.a");
  hook_.reset();
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("event_hook.dropped"));
}

TEST_F(EventHook, ATestTellsHowItEnded) {
  hook("echo $WIDEIP_EVENT; exit 3", 1);
  std::optional<std::string> said;
  hook_->test([&](bool ok, const std::string& message) { said = (ok ? "ok " : "no ") + message; });
  run_until([&] { return said.has_value(); });
  EXPECT_EQ(*said, "no the hook failed: exit status 3");
  EXPECT_EQ(printed(), "hook.test\n");
  hook("true");
  said.reset();
  hook_->test([&](bool ok, const std::string& message) { said = (ok ? "ok " : "no ") + message; });
  run_until([&] { return said.has_value(); });
  EXPECT_EQ(*said, "ok the hook ran, exit status 0");
}

}  // namespace
