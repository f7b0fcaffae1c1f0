#include "base/io/service_manager.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "tests/unit/base_io/loop_util.h"

namespace {

// What a service manager hears at its socket.
class Manager {
 public:
  explicit Manager(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::strncpy(where.sun_path, path.c_str(), sizeof where.sun_path - 1);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  [[nodiscard]] std::string next() const {
    std::array<char, 4096> text{};
    const auto n = ::recv(fd_.get(), text.data(), text.size(), 0);
    return n < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(n));
  }

 private:
  base::Fd fd_;
};

class ServiceManager : public testing::Test {
 protected:
  io_test::TempFolder folder_;
  base::Loop loop_;
};

TEST_F(ServiceManager, IsToldEachState) {
  const Manager manager((folder_ / "notify").string());
  io::ServiceManager daemon(loop_);
  daemon.ready("ready\ndns=127.0.0.1@53");
  EXPECT_EQ(manager.next(), "READY=1\nSTATUS=ready dns=127.0.0.1@53");
  daemon.reloading();
  EXPECT_EQ(manager.next().substr(0, 27), "RELOADING=1\nMONOTONIC_USEC=");
  daemon.stopping();
  EXPECT_EQ(manager.next(), "STOPPING=1");
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr) << "no child may speak for this process";
}

TEST_F(ServiceManager, IsToldNothingMoreAfterASuccessor) {
  const Manager manager((folder_ / "notify").string());
  io::ServiceManager daemon(loop_);
  daemon.succeeded_by(4711);
  EXPECT_EQ(manager.next(), "MAINPID=4711");
  daemon.stopping();
  EXPECT_EQ(manager.next(), "");
}

TEST_F(ServiceManager, HearsThatTheLoopRuns) {
  const Manager manager((folder_ / "notify").string());
  ::setenv("WATCHDOG_USEC", "10000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  const io::ServiceManager daemon(loop_);
  int alive = 0;
  EXPECT_TRUE(io_test::run_until(loop_, [&] { return (alive += manager.next() == "WATCHDOG=1" ? 1 : 0) == 3; }));
}

TEST_F(ServiceManager, AWatchdogOfAnotherProcessIsNotOurs) {
  const Manager manager((folder_ / "notify").string());
  ::setenv("WATCHDOG_USEC", "1000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  const io::ServiceManager daemon(loop_);
  io_test::run_for(loop_, base::milliseconds(20));
  EXPECT_EQ(manager.next(), "");
}

TEST_F(ServiceManager, WithoutOneNothingHappens) {
  ::unsetenv("NOTIFY_SOCKET");
  io::ServiceManager daemon(loop_);
  daemon.ready("ready");
  daemon.succeeded_by(1);
}

}  // namespace
