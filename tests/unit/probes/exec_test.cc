// External monitors, by the real shell.
#include "probes/exec.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <optional>

#include "tests/unit/base_io/loop_util.h"

namespace probes {
namespace {

class ExecTest : public testing::Test {
 protected:
  Observation look(const std::string& script, base::Duration timeout = base::seconds(30)) {
    ExecProbe probe(loop_, {{"/bin/sh", "-c", script}, {{"WIDEIP_ADDRESS", "192.0.2.1"}}, timeout});
    std::optional<Observation> got;
    probe.start([&](const Observation& seen) { got = seen; });
    EXPECT_FALSE(got) << "observed from within start()";
    EXPECT_TRUE(io_test::run_until(
        loop_, [&] { return got.has_value(); }, base::seconds(60)));
    return got.value_or(Observation{});
  }
  base::Loop loop_;
};

TEST_F(ExecTest, ExitStatusZeroIsOk) {
  const auto seen = look("echo whatever");
  EXPECT_TRUE(seen.ok()) << seen.detail;
  EXPECT_EQ(seen.detail, "");
}

TEST_F(ExecTest, AnyOtherIsAMismatchWithItsLastLine) {
  const auto seen = look("echo first; echo replication is broken >&2; exit 3");
  EXPECT_EQ(seen.outcome, Outcome::kMismatch);
  EXPECT_EQ(seen.detail, "/bin/sh: exit status 3: replication is broken");
}

TEST_F(ExecTest, ItFindsItsEnvironmentAndNothingOfOurs) {
  ::setenv("WIDEIP_TEST_SECRET", "x", 1);
  EXPECT_TRUE(look("test \"$WIDEIP_ADDRESS\" = 192.0.2.1 && test -z \"$WIDEIP_TEST_SECRET\"").ok());
}

TEST_F(ExecTest, OneThatHangsIsKilledWithAllThatItStarted) {
  const io_test::TempFolder folder;
  const auto pid_file = folder / "pid";
  const auto seen = look("sleep 300 & echo $! >" + pid_file.string() + "; wait", base::seconds(2));
  EXPECT_EQ(seen.outcome, Outcome::kTimeout);
  EXPECT_NE(seen.detail.find("killed"), std::string::npos) << seen.detail;
  pid_t child = 0;
  std::ifstream(pid_file) >> child;
  ASSERT_GT(child, 0);
  // Killed; it is gone as soon as its new parent has reaped it, where there is one that does.
  const auto ended = [&] {
    if (::kill(child, 0) != 0) return true;
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string number, name, state;
    stat >> number >> name >> state;
    return state == "Z";
  };
  EXPECT_TRUE(io_test::run_until(loop_, ended));
}

TEST_F(ExecTest, AProgramThatIsNotThereIsMisconfigured) {
  ExecProbe probe(loop_, {{"/nonexistent/check"}, {}, base::seconds(5)});
  std::optional<Observation> got;
  probe.start([&](const Observation& seen) { got = seen; });
  EXPECT_TRUE(io_test::run_until(loop_, [&] { return got.has_value(); }));
  EXPECT_EQ(got->outcome, Outcome::kMisconfigured);
}

TEST_F(ExecTest, AFloodOfOutputIsNoTrouble) {
  const auto seen = look("head -c 3000000 /dev/zero | tr '\\0' x; exit 1");
  EXPECT_EQ(seen.outcome, Outcome::kMismatch);
  EXPECT_LT(seen.detail.size(), 5000U);
}

TEST_F(ExecTest, OnceDestroyedItStaysSilent) {
  int calls = 0;
  {
    ExecProbe doomed(loop_, {{"/bin/sh", "-c", "sleep 300"}, {}, base::seconds(300)});
    doomed.start([&](const Observation&) { ++calls; });
  }
  EXPECT_TRUE(look("true").ok());
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace probes
