// The guard of kind nft beside a real mariadbd, in a network namespace of its own (protocol.md section 5).
#include <gtest/gtest.h>

#include "sitecheck/io/child.h"
#include "sitecheck/io/guard.h"
#include "sitecheck/io/guard_link.h"
#include "sitecheck/io/permit_file.h"
#include "tests/support/netns.h"
#include "tests/unit/sitecheck_io/fence_fixture.h"

namespace sitecheck {
namespace {

using base::milliseconds;
using base::seconds;
using testing_support::MariadbServer;
using testing_support::TemporaryFolder;

class GuardNftTest : public testing_support::LoopTest {
 protected:
  void SetUp() override {
    if (!testing_support::own_network_namespace()) GTEST_SKIP() << "needs root (a network namespace of its own)";
    if (!run_child({"nft", "--version"}, "", seconds(2))) GTEST_SKIP() << "nft is not installed";
    server_ = std::make_unique<MariadbServer>();
    make_pool_accounts(*server_);
    server_->sql("SET GLOBAL read_only=1");
  }
  void TearDown() override {
    guard_.reset();
    (void)PacketFilter::remove("main");
  }
  void start_guard() {
    GuardSettings s;
    s.pool = "main";
    s.socket = folder_.path() / "guard.sock";
    s.permit = folder_.path() / "permit";
    s.tick = milliseconds(20);
    s.nodes = {closer_of(*server_)};
    // Writers come from 127.0.5.1; sitecheck's own sockets have this process's user too, so they pass by address here.
    s.filter = FilterOptions{
        "main", {{base::IpAddress::v4({127, 0, 0, 1}), server_->port()}}, {*base::Prefix::parse("127.0.0.1/32")}, {}};
    auto guard = Guard::start(loop_, s);
    ASSERT_TRUE(guard) << guard.error().message;
    guard_ = std::move(*guard);
  }
  std::unique_ptr<GuardLink> link() {
    auto out = std::make_unique<GuardLink>(loop_,
                                           GuardLinkSettings{folder_.path() / "guard.sock", std::nullopt,
                                                             *kernel_boot_id(), milliseconds(50), milliseconds(300)},
                                           [this](bool alive, const std::string&) { alive_ = alive; });
    out->start();
    return out;
  }
  void arm_and_open(GuardLink& l, base::Duration lease) {
    run_until([&] { return alive_; });
    std::optional<bool> armed;
    std::string why;
    l.arm(base::read_boot_clock() + lease, {257}, seconds(3), [&](bool ok, const std::string& m) {
      armed = ok;
      why = m;
    });
    run_until([&] { return armed.has_value(); });
    ASSERT_TRUE(armed.value_or(false)) << why;
    EXPECT_FALSE(client_connects("127.0.5.1"));  // before the promotion opens
    l.admit();
    run_until([&] { return l.last() && !l.last()->cut; });
    server_->sql("SET GLOBAL read_only=0");  // over the Unix socket
  }
  bool client_connects(const char* source) {
    MYSQL* m = mysql_init(nullptr);
    const unsigned limit_s = 1;
    mysql_options(m, MYSQL_OPT_CONNECT_TIMEOUT, &limit_s);
    mysql_options(m, MYSQL_OPT_BIND, source);
    const bool ok = mysql_real_connect(m, "127.0.0.1", "app", "app", "shop", server_->port(), nullptr, 0) != nullptr;
    mysql_close(m);
    return ok;
  }

  std::unique_ptr<MariadbServer> server_;
  TemporaryFolder folder_;
  std::unique_ptr<Guard> guard_;
  bool alive_ = false;
};

TEST_F(GuardNftTest, ClosesAtTheDeadlineThoughTheGuardStandsStill) {
  start_guard();
  const auto l = link();
  const auto deadline = base::read_boot_clock() + milliseconds(1500);
  arm_and_open(*l, milliseconds(1400));
  Writers writers(*server_, 5, "127.0.5.1");
  run_for(milliseconds(300));
  std::this_thread::sleep_for(std::chrono::milliseconds(1800));  // this loop is the guard's, too: it does nothing now
  writers.stop();
  EXPECT_GT(writers.acknowledged(), 0);
  EXPECT_LE(writers.last_acknowledged(), deadline);
  EXPECT_EQ(server_->sql("SELECT @@global.read_only"), "0");                    // the kernel alone did it
  run_until([&] { return server_->sql("SELECT @@global.read_only") == "1"; });  // and now the guard does its part
}

TEST_F(GuardNftTest, CutOffClientsAreResetAndOwnAndAllowedOnesPass) {
  start_guard();
  const auto l = link();
  arm_and_open(*l, seconds(30));
  EXPECT_TRUE(client_connects("127.0.5.1"));
  std::optional<GuardReport> answer;
  l->close(false, [&](const GuardReport& r) { answer = r; });
  run_until([&] { return answer && answer->cut && answer->state == GuardState::kClosed; });
  EXPECT_FALSE(client_connects("127.0.5.1"));
  EXPECT_TRUE(client_connects("127.0.0.1"));
}

TEST_F(GuardNftTest, RenewalsAfterACutHoldTheDeadlineAndLetNobodyIn) {
  start_guard();
  const auto l = link();
  arm_and_open(*l, seconds(30));
  std::optional<GuardReport> answer;
  l->close(false, [&](const GuardReport& r) { answer = r; });
  run_until([&] { return answer && answer->cut && answer->state == GuardState::kClosed; });
  const auto deadline = base::read_boot_clock() + seconds(40);
  l->renew(deadline, {257});  // as while the writer is drained
  run_until([&] { return l->last()->deadline == deadline; });
  EXPECT_TRUE(l->last()->cut);
  EXPECT_FALSE(client_connects("127.0.5.1"));
  l->admit();  // the switchover was given up
  run_until([&] { return !l->last()->cut; });
  EXPECT_TRUE(client_connects("127.0.5.1"));
}

TEST_F(GuardNftTest, AServerThatHangsIsCutOffWhereItCannotBeKilled) {
  start_guard();
  const auto l = link();
  arm_and_open(*l, seconds(30));
  server_->signal(SIGSTOP);
  std::optional<GuardReport> answer;
  l->close(false, [&](const GuardReport& r) { answer = r; });
  run_until([&] { return answer && answer->cut; });
  EXPECT_FALSE(client_connects("127.0.5.1"));
}

TEST_F(GuardNftTest, AGuardThatRestartsWithinThePermitLeavesItOpen) {
  start_guard();
  auto permit = PermitFile::open(folder_.path() / "permit", *kernel_boot_id());
  ASSERT_TRUE(permit);
  {
    const auto l = link();
    arm_and_open(*l, seconds(3));
  }
  permit->store({base::read_boot_clock() + seconds(2), {257}});
  guard_.reset();
  EXPECT_TRUE(client_connects("127.0.5.1"));  // the table stays when the guard stops
  Writers writers(*server_, 2, "127.0.5.1");
  run_for(milliseconds(100));
  start_guard();
  const int before = writers.acknowledged();
  run_for(milliseconds(200));
  EXPECT_GT(writers.acknowledged(), before);
  run_until([&] { return server_->sql("SELECT @@global.read_only") == "1"; }, seconds(4));
  writers.stop();
  EXPECT_FALSE(client_connects("127.0.5.1"));
}

TEST_F(GuardNftTest, AtBootItIsClosed) {
  server_->sql("SET GLOBAL read_only=0");
  start_guard();
  EXPECT_FALSE(client_connects("127.0.5.1"));
}

TEST_F(GuardNftTest, AFirewallThatFlushesEverythingOpensItForAMomentOnly) {
  start_guard();
  const auto l = link();
  run_until([&] { return l->last() && l->last()->cut; });
  ASSERT_TRUE(run_child({"nft", "-f", "-"}, "flush ruleset\n", seconds(2)));
  run_until([&] { return !client_connects("127.0.5.1"); });
  run_until([&] { return l->last()->cut && l->last()->ready; });
}

}  // namespace
}  // namespace sitecheck
