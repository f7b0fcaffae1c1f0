#include "base/io/subprocess.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>

#include "tests/support/loop_test.h"

namespace {

class Subprocess : public testing_support::LoopTest {
 protected:
  io::SubprocessEnd run(io::SubprocessOptions options) {
    std::optional<io::SubprocessEnd> end;
    const io::Subprocess child(loop_, std::move(options), [&](const io::SubprocessEnd& e) { end = e; });
    EXPECT_FALSE(end) << "told from within the constructor";
    run_until([&] { return end.has_value(); });
    return end.value_or(io::SubprocessEnd{});
  }
  io::SubprocessEnd shell(const std::string& script) { return run({.argv = {"sh", "-c", script}}); }
};

TEST_F(Subprocess, TellsTheExitStatusAndWhatWasPrinted) {
  const auto end = shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(end.exit, 3);
  EXPECT_FALSE(end.ok());
  EXPECT_EQ(end.output, "out\nerr\n");
  EXPECT_EQ(end.describe(), "exit status 3: err");
  EXPECT_TRUE(shell("true").ok());
}

TEST_F(Subprocess, TheInputArrivesWholeHoweverLong) {
  io::SubprocessOptions options{.argv = {"wc", "-c"}};
  options.input.assign(1'000'000, 'x');
  EXPECT_EQ(run(options).output, "1000000\n");
}

TEST_F(Subprocess, SeesOnlyTheEnvironmentThatItIsGiven) {
  ::setenv("WIDEIP_TEST_SECRET", "hidden", 1);
  io::SubprocessOptions options{.argv = {"env"}};
  options.environment = {{"WIDEIP_POOL", "main"}};
  const auto end = run(options);
  ::unsetenv("WIDEIP_TEST_SECRET");
  EXPECT_NE(end.output.find("WIDEIP_POOL=main\n"), std::string::npos);
  EXPECT_NE(end.output.find("PATH="), std::string::npos);
  EXPECT_EQ(end.output.find("hidden"), std::string::npos);
}

TEST_F(Subprocess, WhatHangsIsKilledWithAllThatItStarted) {
  const auto end = run({.argv = {"sh", "-c", "sleep 1000 & echo $!; wait"}, .timeout = base::milliseconds(200)});
  EXPECT_TRUE(end.timed_out);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_EQ(end.describe().substr(0, 16), "not ended within");
  const auto grandchild = static_cast<pid_t>(std::atoi(end.output.c_str()));
  ASSERT_GT(grandchild, 1);
  // Gone, or a zombie until its new parent looks.
  run_until([&] {
    return ::kill(grandchild, 0) != 0 ||
           shell("grep -q 'State:.Z' /proc/" + std::to_string(grandchild) + "/status").ok();
  });
}

TEST_F(Subprocess, AProgramThatIsNotThereIsAnErrorThatNamesIt) {
  const auto end = run({.argv = {"/nonexistent/hook"}});
  EXPECT_EQ(end.describe(), "/nonexistent/hook: no such file or directory");
  EXPECT_FALSE(end.exit);
  EXPECT_EQ(run({.argv = {}}).describe(), "no program named");
}

TEST_F(Subprocess, KeepsTheBeginningOfEndlessOutput) {
  const auto end = run({.argv = {"sh", "-c", "yes | head -c 3000000"}, .max_output = 10});
  EXPECT_EQ(end.exit, 0);
  EXPECT_EQ(end.output, "y\ny\ny\ny\ny\n");
}

// A hook that puts something into the background has ended when itself has ended.
TEST_F(Subprocess, DoesNotWaitForWhatStaysInTheBackground) {
  const auto end = shell("sleep 60 & echo $!");
  EXPECT_TRUE(end.ok());
  EXPECT_LT(end.took, base::seconds(60));
  const auto behind = static_cast<pid_t>(std::atoi(end.output.c_str()));
  ASSERT_GT(behind, 1);
  EXPECT_EQ(::kill(behind, SIGKILL), 0);
}

TEST_F(Subprocess, DestroyedItKillsAndTellsNothing) {
  bool told = false;
  auto child = std::make_unique<io::Subprocess>(loop_, io::SubprocessOptions{.argv = {"sleep", "1000"}},
                                                [&](const io::SubprocessEnd&) { told = true; });
  child.reset();
  run_for(base::milliseconds(20));
  EXPECT_FALSE(told);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a zombie is left";
}

TEST_F(Subprocess, ItsEndMayDestroyIt) {
  std::unique_ptr<io::Subprocess> child;
  bool told = false;
  child =
      std::make_unique<io::Subprocess>(loop_, io::SubprocessOptions{.argv = {"true"}}, [&](const io::SubprocessEnd&) {
        child.reset();
        told = true;
      });
  run_until([&] { return told; });
}

// The daemons ignore SIGPIPE; a child must not inherit that.
TEST_F(Subprocess, SignalsStandAtTheirDefaults) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const auto end = shell("grep SigIgn /proc/self/status");
  std::signal(SIGPIPE, before);
  EXPECT_EQ(end.output, "SigIgn:\t0000000000000000\n");
}

}  // namespace
