#include "sitecheck/io/local_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/mariadb_server.h"

namespace sitecheck {
namespace {

using testing_support::TemporaryFolder;

// A child that sleeps under the name `name`.
class Sleeper {
 public:
  explicit Sleeper(const char* name) {
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_NAME, name);
      for (;;) ::pause();
    }
    while (running_name() != name) ::usleep(1000);
  }
  ~Sleeper() { end(); }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  void end() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    pid_ = 0;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string running_name() const {
    std::ifstream in("/proc/" + std::to_string(pid_) + "/comm");
    std::string name;
    std::getline(in, name);
    return name;
  }

 private:
  pid_t pid_ = 0;
};

class LocalProcessTest : public ::testing::Test {
 protected:
  void write_pid(pid_t pid) const { std::ofstream(file()) << pid << "\n"; }
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "mysqld.pid"; }
  TemporaryFolder folder_;
};

TEST_F(LocalProcessTest, KnowsItsServerRunningAndEnded) {
  Sleeper server("mariadbd");
  write_pid(server.pid());
  LocalProcess process(file(), 3306);
  EXPECT_EQ(process.look(), ProcessState::kRunning);
  server.end();
  EXPECT_EQ(process.look(), ProcessState::kGone);
}

TEST_F(LocalProcessTest, AZombieHasEnded) {
  Sleeper server("mysqld");
  write_pid(server.pid());
  LocalProcess process(file(), 3306);
  ::kill(server.pid(), SIGKILL);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(server.pid()), &info, WEXITED | WNOWAIT);
  EXPECT_EQ(process.look(), ProcessState::kGone);
}

TEST_F(LocalProcessTest, KillsTheServerOfItsPidFile) {
  Sleeper server("mariadbd");
  write_pid(server.pid());
  LocalProcess process(file(), 3306);
  const auto killed = process.kill();
  EXPECT_TRUE(killed) << killed.error().message;
  int status = 0;
  ::waitpid(server.pid(), &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(LocalProcessTest, NeverKillsAProcessOfAnotherName) {
  Sleeper other("postgres");
  write_pid(other.pid());
  LocalProcess process(file(), 3306);
  EXPECT_FALSE(process.kill());
  EXPECT_EQ(::kill(other.pid(), 0), 0);
  EXPECT_EQ(process.look(), ProcessState::kGone);  // the pid was given to another program
}

TEST_F(LocalProcessTest, NeverKillsAServerThatStartedAfterThePidFileWasWritten) {
  Sleeper other("mariadbd");
  write_pid(other.pid());
  const timespec times[2] = {{1000000000, 0}, {1000000000, 0}};  // 2001
  ASSERT_EQ(::utimensat(AT_FDCWD, file().c_str(), times, 0), 0);
  LocalProcess process(file(), 3306);
  EXPECT_FALSE(process.kill());
  process.remember();  // it answered: now it is known
  EXPECT_TRUE(process.kill());
}

TEST_F(LocalProcessTest, GarbageInThePidFileKillsNothing) {
  LocalProcess process(file(), 3306);
  for (const char* text : {"", "0", "1", "-5", "x", "99999999999999"}) {
    std::ofstream(file()) << text;
    EXPECT_FALSE(process.kill()) << text;
  }
}

TEST_F(LocalProcessTest, WithoutAConfiguredPidFileNothingIsKnown) {
  LocalProcess process({}, 3306);
  EXPECT_EQ(process.look(), ProcessState::kUnknown);
  EXPECT_FALSE(process.kill());
}

TEST_F(LocalProcessTest, AMissingPidFileBesideAServerThatCouldBeItProvesNothing) {
  Sleeper could_be("mysqld");
  LocalProcess process(file(), 3306);
  EXPECT_EQ(process.look(), ProcessState::kUnknown);
}

TEST_F(LocalProcessTest, ARememberedServerWithoutItsPidFileStillRuns) {
  Sleeper server("mariadbd");
  write_pid(server.pid());
  LocalProcess process(file(), 3306);
  process.remember();
  std::filesystem::remove(file());
  EXPECT_EQ(process.look(), ProcessState::kRunning);
}

}  // namespace
}  // namespace sitecheck
