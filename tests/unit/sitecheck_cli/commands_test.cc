// The commands that do more than ask: against a control socket in this process.
#include "sitecheck/cli/commands.h"

#include <gmock/gmock.h>

#include <atomic>
#include <sstream>
#include <thread>

#include "base/io/control.h"
#include "sample_status.h"
#include "sitecheck/cli/cli.h"
#include "sitecheck/cli/recover.h"
#include "sitecheck/cli/switchover.h"
#include "tests/unit/base_io/loop_util.h"

namespace sitecheck::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A daemon that answers `switchover` once the steps were asked for.
class Daemon {
 public:
  explicit Daemon(io::ControlReply reply) : reply_(std::move(reply)), thread_([this] { serve(); }) {
    while (!ready_) std::this_thread::yield();
  }
  ~Daemon() {
    over_ = true;
    thread_.join();
  }
  [[nodiscard]] std::string socket() const { return (folder_ / "s").string(); }
  [[nodiscard]] const std::string& args() const { return args_; }

 private:
  void serve() {
    base::Loop loop;
    bool stop = false;
    base::Timer watch(loop, [&] { stop = over_; });
    watch.start(base::milliseconds(5), base::milliseconds(5));
    int looks = 0;
    io::ControlAnswer waiting;
    auto server = io::ControlServer::listen(loop, socket(), [&](const auto& request, io::ControlAnswer answer) {
      if (request.command == "status") {
        const char* step = ++looks < 3 ? "closing" : "catching-up";
        answer({0,
                R"({"pools":[{"name":"main","switchover":{"target":"site2","since_ms":1,"step":")" + std::string(step) +
                    "\"}}]}",
                ""});
        if (looks >= 5 && waiting) std::exchange(waiting, {})(reply_);
        return;
      }
      args_ = request.command + " " + request.args;
      if (request.args.find("\"dry_run\":false") == std::string::npos) return answer(reply_);
      waiting = std::move(answer);
    });
    ready_ = true;
    while (!stop) loop.run_once(true);
  }

  io_test::TempFolder folder_;
  io::ControlReply reply_;
  std::string args_;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

struct Outcome {
  int exit = 0;
  std::string out;
  std::string err;
};
Outcome run_with(const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  const int exit = run(args, {}, out, err);
  return {exit, out.str(), err.str()};
}

TEST(SwitchoverCommand, TellsEachStepOnceAndThenTheOutcome) {
  Daemon daemon({0, R"({"text":"site2 has the writer"})", ""});
  const auto got =
      run_with({"switchover", "main", "--to", "site2", "--reason", "patching", "--control", daemon.socket()});
  EXPECT_EQ(got.exit, 0);
  EXPECT_EQ(got.out, "site2 has the writer\n");
  EXPECT_EQ(got.err, "stopping the writes here\nwaiting for site2 to hold every transaction\n");
}

TEST(SwitchoverCommand, GivesTheDaemonsRefusalAsItsStatus) {
  Daemon daemon({1, "{}", "not done within 5 s"});
  const auto got = run_with({"switchover", "main", "--to", "site2", "--limit", "2s", "--control", daemon.socket()});
  EXPECT_EQ(got.exit, 1);
  EXPECT_THAT(got.err, HasSubstr("sitecheck: not done within 5 s\n"));
  EXPECT_THAT(daemon.args(), HasSubstr(R"("to":"site2","dry_run":false,"limit_ms":2000)"));
}

TEST(SwitchoverCommand, ADryRunAndAnAbortAreAnsweredAtOnce) {
  Daemon daemon({0, R"({"text":"nothing stands against it"})", ""});
  EXPECT_EQ(run_with({"switchover", "main", "--to", "site2", "--dry-run", "--control", daemon.socket()}).err, "");
  EXPECT_THAT(daemon.args(), HasSubstr("\"dry_run\":true"));
  EXPECT_EQ(run_with({"switchover", "main", "--abort", "--control", daemon.socket()}).exit, 0);
  EXPECT_EQ(daemon.args(), R"(switchover {"pool":"main","abort":true})");
}

TEST(SwitchoverCommand, WrongUsageIsStatusTwo) {
  EXPECT_THAT(run_with({"switchover", "main", "--control", "/nowhere"}).err,
              HasSubstr("--to SITE is needed, or --abort"));
  EXPECT_EQ(run_with({"switchover", "main", "--abort", "--to", "b", "--control", "/nowhere"}).exit, 2);
  EXPECT_THAT(run_with({"switchover", "main", "--to", "b", "--limit", "5", "--control", "/nowhere"}).err,
              HasSubstr("--limit: found \"5\""));
  const auto none = run_with({"switchover", "main", "--to", "b", "--control", "/nowhere/s"});
  EXPECT_EQ(none.exit, 1);
  EXPECT_THAT(none.err, HasSubstr("sitecheck is not running"));
}

TEST(SwitchoverCommand, ReadsProgressOfItsOwnPoolOnly) {
  EXPECT_EQ(progress_line(test::kWitnessStatus, "main"), "waiting for site2 to hold every transaction");
  EXPECT_EQ(progress_line(test::kWitnessStatus, "other"), "");
  EXPECT_EQ(progress_line(test::kStatus, "main"), "");
  EXPECT_EQ(progress_line("nonsense", "main"), "");
}

TEST(Recover, ListsWhatIsGivenUpAndTakesOnlyYes) {
  EXPECT_THAT(errant_of(test::kWitnessStatus, "main"), ElementsAre("0-1-43", "0-1-44"));
  EXPECT_TRUE(errant_of(test::kStatus, "db1").empty());
  std::ostringstream out;
  std::istringstream yes("yes\n");
  EXPECT_TRUE(confirmed({"0-1-43"}, yes, out));
  EXPECT_THAT(out.str(), HasSubstr("  0-1-43\n"));
  for (const char* answer : {"", "y\n", "no\n", "YES\n"}) {
    std::istringstream in(answer);
    EXPECT_FALSE(confirmed({"0-1-43"}, in, out)) << answer;
  }
  std::istringstream nothing;
  EXPECT_TRUE(confirmed({}, nothing, out));
}

}  // namespace
}  // namespace sitecheck::cli
