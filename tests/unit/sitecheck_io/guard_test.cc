// The guard beside a real mariadbd (protocol.md section 5).
#include "sitecheck/io/guard.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <thread>
#include <vector>

#include "base/io/udp.h"
#include "sitecheck/io/guard_link.h"
#include "sitecheck/io/packet_socket.h"
#include "sitecheck/io/permit_file.h"
#include "tests/unit/sitecheck_io/fence_fixture.h"

namespace sitecheck {
namespace {

using base::milliseconds;
using base::seconds;
using testing_support::MariadbServer;
using testing_support::TemporaryFolder;

class GuardTest : public testing_support::LoopTest {
 protected:
  static void SetUpTestSuite() {
    server_ = new MariadbServer();
    make_pool_accounts(*server_);
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  void SetUp() override { server_->sql("SET GLOBAL read_only=1"); }

  [[nodiscard]] GuardSettings settings(const MariadbServer& server) const {
    GuardSettings s;
    s.pool = "main";
    s.socket = folder_.path() / "guard.sock";
    s.permit = folder_.path() / "permit";
    s.tick = milliseconds(20);
    s.fence_bound = milliseconds(600);
    s.nodes = {closer_of(server)};
    return s;
  }
  std::unique_ptr<Guard> start(const MariadbServer& server) {
    auto guard = Guard::start(loop_, settings(server));
    EXPECT_TRUE(guard) << guard.error().message;
    return guard ? std::move(*guard) : nullptr;
  }
  std::unique_ptr<GuardLink> link() {
    auto out = std::make_unique<GuardLink>(loop_,
                                           GuardLinkSettings{folder_.path() / "guard.sock", std::nullopt,
                                                             *kernel_boot_id(), milliseconds(50), milliseconds(300)},
                                           [this](bool alive, const std::string& message) {
                                             alive_ = alive;
                                             message_ = message;
                                           });
    out->start();
    return out;
  }
  // Arms for `lease` from now and opens the node, as a promotion does.
  void arm_and_open(GuardLink& l, base::Duration lease) {
    std::optional<bool> armed;
    l.arm(base::read_boot_clock() + lease, {257}, seconds(3), [&](bool ok, const std::string& m) {
      armed = ok;
      message_ = m;
    });
    run_until([&] { return armed.has_value(); });
    ASSERT_TRUE(*armed) << message_;
    server_->sql("SET GLOBAL read_only=0");
  }

  // As sitecheck would, beside the loop: the guard need not run for it.
  void order(const base::Fd& to, base::Duration left, GuardWish wish = GuardWish::kRenew) {
    GuardOrder o{*kernel_boot_id(), ++seq_, base::read_boot_clock() + left, {257}, wish};
    const auto bytes = encode(o);
    (void)::send(to.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  static std::vector<GuardState> heard(const base::Fd& from) {
    std::vector<GuardState> out;
    std::array<std::uint8_t, kMaxGuardMessage> bytes{};
    for (;;) {
      const ssize_t n = ::recv(from.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (n <= 0) return out;
      const auto report = decode_report(base::ByteView(bytes).first(static_cast<std::size_t>(n)));
      if (report) out.push_back(report->state);
    }
  }
  // A guard that holds a permit of half a second, and the node open.
  base::Fd open_for_half_a_second() {
    auto fd = connect_packets(folder_.path() / "guard.sock");
    EXPECT_TRUE(fd) << fd.error().message;
    bool open = false;
    run_until([&] {
      if (open) return true;
      order(*fd, milliseconds(500));
      const auto states = heard(*fd);
      return open = !states.empty() && states.back() == GuardState::kOpen;
    });
    server_->sql("SET GLOBAL read_only=0");
    return std::move(*fd);
  }
  static void stand_still(base::Duration time) { std::this_thread::sleep_for(time); }

  static MariadbServer* server_;
  TemporaryFolder folder_;
  std::uint64_t seq_ = 0;
  bool alive_ = false;
  std::string message_;
};
MariadbServer* GuardTest::server_ = nullptr;

TEST_F(GuardTest, AGuardThatWatchesOtherNodesCountsAsDeadUntilItWatchesThese) {
  auto guard = start(*server_);
  auto l = link();
  run_until([&] { return alive_ == true; });
  const auto ours = settings(*server_).nodes;
  l->expect(nodes_hash(ours));
  run_for(milliseconds(200));
  EXPECT_EQ(alive_, true);
  auto more = ours;
  more.push_back(ours[0]);
  more.back().node = "db2";
  l->expect(nodes_hash(more));
  run_until([&] { return alive_ == false; });
  EXPECT_NE(message_.find("reload the guard"), std::string::npos) << message_;
  std::optional<bool> armed;
  l->arm(base::read_boot_clock() + seconds(2), {257}, milliseconds(300), [&](bool ok, const std::string& m) {
    armed = ok;
    message_ = m;
  });
  run_until([&] { return armed.has_value(); });
  EXPECT_EQ(armed, false);
  EXPECT_NE(message_.find("other nodes"), std::string::npos) << message_;
  std::reverse(more.begin(), more.end());
  more.pop_back();
  more.push_back(ours[0]);
  more.erase(more.begin());
  l->expect(nodes_hash(more));
  run_until([&] { return alive_ == true; });
}

TEST_F(GuardTest, ClosesWhenTheDeadlinePassesUnderLoad) {
  const auto guard = start(*server_);
  const auto l = link();
  run_until([&] { return alive_; });
  arm_and_open(*l, seconds(2));
  const auto deadline = base::read_boot_clock() + seconds(2);
  Writers writers(*server_, 10);
  run_until([&] { return base::read_boot_clock() > deadline && l->last()->state == GuardState::kClosed; });
  const auto closed = base::read_boot_clock();
  run_for(milliseconds(100));
  writers.stop();
  EXPECT_GT(writers.acknowledged(), 0);
  EXPECT_EQ(server_->sql("SELECT @@global.read_only"), "1");
  EXPECT_LE(writers.last_begun(), closed);
}

TEST_F(GuardTest, StaysOpenWhileItIsRenewed) {
  const auto guard = start(*server_);
  const auto l = link();
  run_until([&] { return alive_; });
  arm_and_open(*l, milliseconds(300));
  for (int i = 0; i < 10; ++i) {
    l->renew(base::read_boot_clock() + milliseconds(300), {257});
    run_for(milliseconds(100));
    EXPECT_EQ(server_->sql("SELECT @@global.read_only"), "0");
  }
}

// Frozen past the lease (SIGSTOP): its tick is due before its socket is read.
TEST_F(GuardTest, AGuardThatStoodStillHearsTheRenewalsThatWaitBeforeItActs) {
  const auto guard = start(*server_);
  const auto fd = open_for_half_a_second();
  for (int i = 0; i < 8; ++i) {
    stand_still(milliseconds(100));
    order(fd, milliseconds(500));
  }
  run_for(milliseconds(100));
  EXPECT_EQ(server_->sql("SELECT @@global.read_only"), "0");
  for (const auto state : heard(fd)) EXPECT_EQ(state, GuardState::kOpen);
}

TEST_F(GuardTest, AGuardWhoseSocketWasFullFindsTheNewestDeadlineInTheMapping) {
  auto permit = PermitFile::open(folder_.path() / "permit", *kernel_boot_id());
  ASSERT_TRUE(permit);
  const auto guard = start(*server_);
  const auto fd = open_for_half_a_second();
  for (int i = 0; i < 40; ++i) {
    stand_still(milliseconds(50));
    order(fd, milliseconds(500));
    permit->store({base::read_boot_clock() + milliseconds(500), {257}});
  }
  run_for(milliseconds(100));
  EXPECT_EQ(server_->sql("SELECT @@global.read_only"), "0");
  for (const auto state : heard(fd)) EXPECT_EQ(state, GuardState::kOpen);
  run_until([&] { return server_->sql("SELECT @@global.read_only") == "1"; }, seconds(2));  // not renewed any more
}

TEST_F(GuardTest, AGuardThatStoodStillClosesIfWhatWaitsHasEndedToo) {
  const auto guard = start(*server_);
  const auto fd = open_for_half_a_second();
  order(fd, milliseconds(600));
  stand_still(milliseconds(900));
  run_until([&] { return server_->sql("SELECT @@global.read_only") == "1"; }, seconds(2));
}

TEST_F(GuardTest, AGuardThatStoodStillObeysACutThatWaitsBehindRenewals) {
  const auto guard = start(*server_);
  const auto fd = open_for_half_a_second();
  stand_still(milliseconds(600));
  order(fd, seconds(30));
  order(fd, base::Duration::zero(), GuardWish::kCut);
  run_until([&] { return server_->sql("SELECT @@global.read_only") == "1"; }, seconds(2));
}

TEST_F(GuardTest, AGuardOnAnotherHostThatStoodStillHearsTheRenewalsThatWait) {
  ecv::Key key;
  key.id = "k";
  key.purpose = ecv::Purpose::kPeers;
  const ecv::KeyRing ring({key}, ecv::Purpose::kPeers);
  const base::SocketAddress any{base::IpAddress::v4({127, 0, 0, 1}), 0};
  const auto address = (*io::UdpSocket::bind(loop_, any, [](base::ByteView, const base::SocketAddress&) {}))->address();
  auto remote = settings(*server_);
  remote.remote = GuardPortSettings{address, ring, "site1", "main"};
  const auto guard = Guard::start(loop_, remote);
  ASSERT_TRUE(guard) << guard.error().message;
  base::Loop sitecheck;  // goes on while the guard's loop stands still
  GuardLinkSettings s{{}, RemoteGuard{address, ring, "site1", "main", 0.01}, "", milliseconds(40), seconds(3)};
  GuardLink l(sitecheck, s, [](bool, const std::string&) {});
  l.start();
  const auto turn = [&] {
    l.renew(base::read_boot_clock() + milliseconds(500), {257});
    sitecheck.run_once(false);
    stand_still(milliseconds(10));
  };
  run_until([&] {
    turn();
    return l.last() && l.last()->state == GuardState::kOpen;
  });
  server_->sql("SET GLOBAL read_only=0");
  for (int i = 0; i < 90; ++i) turn();
  bool stayed_open = true;
  for (int i = 0; i < 20; ++i) {
    loop_.run_once(false);
    turn();
    stayed_open = stayed_open && l.last()->state == GuardState::kOpen;
  }
  EXPECT_TRUE(stayed_open);
  EXPECT_EQ(server_->sql("SELECT @@global.read_only"), "0");
}

TEST_F(GuardTest, AnOlderDeadlineDoesNotShortenTheNewer) {
  const auto guard = start(*server_);
  const auto l = link();
  run_until([&] { return alive_; });
  arm_and_open(*l, milliseconds(1500));
  l->renew(base::read_boot_clock() + milliseconds(50), {257});
  run_for(milliseconds(400));
  EXPECT_EQ(server_->sql("SELECT @@global.read_only"), "0");
}

TEST_F(GuardTest, ClosesAtOnceWhenTold) {
  const auto guard = start(*server_);
  const auto l = link();
  run_until([&] { return alive_; });
  arm_and_open(*l, seconds(30));
  l->close(true, nullptr);
  run_until([&] { return server_->sql("SELECT @@global.read_only") == "1"; }, seconds(2));
}

TEST_F(GuardTest, AGuardThatStartsFindsARunningPermitAndLeavesTheWriterOpen) {
  auto permit = PermitFile::open(folder_.path() / "permit", *kernel_boot_id());
  ASSERT_TRUE(permit);
  permit->store({base::read_boot_clock() + milliseconds(900), {257}});
  server_->sql("SET GLOBAL read_only=0");
  const auto guard = start(*server_);
  run_for(milliseconds(500));
  EXPECT_EQ(server_->sql("SELECT @@global.read_only"), "0");
  run_until([&] { return server_->sql("SELECT @@global.read_only") == "1"; }, seconds(2));
}

TEST_F(GuardTest, AGuardThatStartsWithoutAPermitClosesTheNode) {
  server_->sql("SET GLOBAL read_only=0");
  const auto guard = start(*server_);
  run_until([&] { return server_->sql("SELECT @@global.read_only") == "1"; }, seconds(2));
}

TEST_F(GuardTest, ANodeThatOpensWithoutAPermitIsClosedAgain) {
  const auto guard = start(*server_);
  const auto l = link();
  run_until([&] { return l->last() && l->last()->state == GuardState::kClosed; });
  server_->sql("SET GLOBAL read_only=0");
  run_until([&] { return server_->sql("SELECT @@global.read_only") == "1"; }, seconds(3));
}

TEST_F(GuardTest, KillsAServerThatHangs) {
  MariadbServer hung(8);
  make_pool_accounts(hung);
  hung.sql("SET GLOBAL read_only=1");
  const auto guard = start(hung);
  const auto l = link();
  run_until([&] { return alive_; });
  std::optional<bool> armed;
  l->arm(base::read_boot_clock() + milliseconds(500), {257}, seconds(3),
         [&](bool ok, const std::string&) { armed = ok; });
  run_until([&] { return armed.has_value(); });
  hung.sql("SET GLOBAL read_only=0");
  hung.signal(SIGSTOP);
  run_until([&] { return l->last()->state == GuardState::kClosed; }, seconds(5));
  int status = 0;
  EXPECT_EQ(::waitpid(hung.pid(), &status, 0), hung.pid());
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(GuardTest, TheLinkFindsAGuardThatStartsLaterAndSeesItsEnd) {
  const auto l = link();
  run_for(milliseconds(100));
  EXPECT_FALSE(alive_);
  auto guard = start(*server_);
  run_until([&] { return alive_; });
  guard.reset();
  run_until([&] { return !alive_; }, seconds(1));
  guard = start(*server_);
  run_until([&] { return alive_; });
}

TEST_F(GuardTest, ArmingFailsWithoutAGuard) {
  const auto l = link();
  std::optional<bool> armed;
  l->arm(base::read_boot_clock() + seconds(1), {257}, milliseconds(200),
         [&](bool ok, const std::string&) { armed = ok; });
  run_until([&] { return armed.has_value(); });
  EXPECT_FALSE(*armed);
}

// Of two servers the writer dies: the other one must not have to wait for its return.
TEST_F(GuardTest, AServerThatIsGoneDoesNotKeepAnotherFromBeingOpened) {
  MariadbServer writer;
  make_pool_accounts(writer);
  writer.sql("SET GLOBAL read_only=1");
  auto both = settings(*server_);
  both.nodes.push_back(closer_of(writer));
  auto started = Guard::start(loop_, both);
  ASSERT_TRUE(started) << started.error().message;
  const auto l = link();
  const auto arm = [&](std::uint64_t epoch) {
    std::optional<bool> armed;
    l->arm(base::read_boot_clock() + seconds(3), {epoch}, milliseconds(1500), [&](bool ok, const std::string& m) {
      armed = ok;
      message_ = m;
    });
    run_until([&] { return armed.has_value(); });
    return *armed;
  };
  ASSERT_TRUE(arm(257)) << message_;
  writer.sql("SET GLOBAL read_only=0");
  writer.kill();
  EXPECT_TRUE(arm(513)) << message_;
}

// One that hangs may still commit what it has: nothing is opened beside it.
TEST_F(GuardTest, AServerThatHangsKeepsAnotherFromBeingOpened) {
  MariadbServer writer;
  make_pool_accounts(writer);
  writer.sql("SET GLOBAL read_only=1");
  auto both = settings(*server_);
  both.nodes.push_back(closer_of(writer));
  both.nodes.back().pid_file.clear();
  auto started = Guard::start(loop_, both);
  ASSERT_TRUE(started) << started.error().message;
  const auto l = link();
  std::optional<bool> armed;
  const auto arm = [&](std::uint64_t epoch, base::Duration limit) {
    armed.reset();
    l->arm(base::read_boot_clock() + seconds(3), {epoch}, limit, [&](bool ok, const std::string&) { armed = ok; });
    run_until([&] { return armed.has_value(); });
    return *armed;
  };
  ASSERT_TRUE(arm(257, seconds(3)));
  writer.signal(SIGSTOP);
  run_until([&] { return l->last() && !l->last()->ready; }, seconds(10));  // its connections are given up
  EXPECT_FALSE(arm(513, milliseconds(600)));
  writer.signal(SIGCONT);
}

TEST_F(GuardTest, ASecondGuardOfThePoolIsTurnedAway) {
  const auto guard = start(*server_);
  EXPECT_FALSE(Guard::start(loop_, settings(*server_)));
}

TEST_F(GuardTest, OrdersOfAnotherBootOrGarbageChangeNothing) {
  const auto guard = start(*server_);
  GuardLink stranger(loop_,
                     {folder_.path() / "guard.sock", std::nullopt, "00000000-0000-0000-0000-000000000000",
                      milliseconds(50), seconds(1)},
                     [](bool, const std::string&) {});
  stranger.start();
  std::optional<bool> armed;
  stranger.arm(base::read_boot_clock() + seconds(5), {257}, milliseconds(300),
               [&](bool ok, const std::string&) { armed = ok; });
  run_until([&] { return armed.has_value(); });
  EXPECT_FALSE(*armed);
}

TEST(GuardMessage, TruncatedOrForeignBytesAreRefused) {
  const GuardOrder order{"kernel", 7, base::Instant(seconds(5)), {513}, GuardWish::kClose};
  const auto bytes = encode(order);
  const auto back = decode_order(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->kernel, "kernel");
  EXPECT_EQ(back->seq, 7U);
  EXPECT_EQ(back->deadline, order.deadline);
  EXPECT_EQ(back->epoch, order.epoch);
  EXPECT_EQ(back->wish, GuardWish::kClose);
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode_order(base::ByteView(bytes).first(n))) << n;
  EXPECT_FALSE(decode_report(bytes));
  const auto report = encode(GuardReport{1, base::Instant(seconds(1)), GuardState::kClosing, true, true, "m"});
  ASSERT_TRUE(decode_report(report));
  EXPECT_EQ(decode_report(report)->state, GuardState::kClosing);
  EXPECT_FALSE(decode_order(report));
}

}  // namespace
}  // namespace sitecheck
