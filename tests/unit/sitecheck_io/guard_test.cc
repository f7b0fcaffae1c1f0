// The guard beside a real mariadbd (protocol.md section 5).
#include "sitecheck/io/guard.h"

#include <gtest/gtest.h>

#include "sitecheck/io/guard_link.h"
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

  static MariadbServer* server_;
  TemporaryFolder folder_;
  bool alive_ = false;
  std::string message_;
};
MariadbServer* GuardTest::server_ = nullptr;

TEST_F(GuardTest, ClosesWhenTheDeadlinePassesUnderLoad) {
  const auto guard = start(*server_);
  const auto l = link();
  run_until([&] { return alive_; });
  arm_and_open(*l, milliseconds(700));
  const auto deadline = base::read_boot_clock() + milliseconds(700);
  Writers writers(*server_, 10);
  run_until([&] { return base::read_boot_clock() > deadline && l->last()->state == GuardState::kClosed; });
  writers.stop();
  EXPECT_GT(writers.acknowledged(), 0);
  EXPECT_EQ(server_->sql("SELECT @@global.read_only"), "1");
  EXPECT_LT(base::to_ms(writers.last_begun() - deadline), 20 + 600);  // G + F
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
