// The fence against a real mariadbd under load (protocol.md section 3, "Fence").
#include "sitecheck/io/node_closer.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/unit/sitecheck_io/fence_fixture.h"

namespace sitecheck {
namespace {

using base::milliseconds;
using base::seconds;
using testing_support::MariadbServer;

class NodeCloserTest : public testing_support::LoopTest {
 protected:
  static void SetUpTestSuite() {
    server_ = new MariadbServer();
    make_pool_accounts(*server_);
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  void SetUp() override { server_->sql("SET GLOBAL read_only=0"); }

  Closed close(NodeCloser& closer, CloseMode mode, base::Duration limit) {
    std::optional<Closed> got;
    closer.close(mode, limit, [&](const Closed& c) { got = c; });
    run_until([&] { return got.has_value(); });
    return got.value_or(Closed{});
  }
  std::unique_ptr<NodeCloser> standing(const MariadbServer& server) {
    auto closer = std::make_unique<NodeCloser>(loop_, closer_of(server));
    closer->start();
    run_until([&] { return closer->ready(); });
    return closer;
  }

  static MariadbServer* server_;
};
MariadbServer* NodeCloserTest::server_ = nullptr;

TEST_F(NodeCloserTest, AssertSetsReadOnlyAndKillsNobody) {
  const auto closer = standing(*server_);
  MYSQL* client = mysql_init(nullptr);
  ASSERT_NE(mysql_real_connect(client, "127.0.0.1", "app", "app", "shop", server_->port(), nullptr, 0), nullptr);
  const auto closed = close(*closer, CloseMode::kAssert, seconds(2));
  EXPECT_EQ(closed.closing, core::Closing::kClosed) << closed.message;
  EXPECT_EQ(server_->sql("SELECT @@global.read_only"), "1");
  EXPECT_EQ(mysql_query(client, "DO 1"), 0);
  mysql_close(client);
}

TEST_F(NodeCloserTest, NoWriteThatBeginsAfterTheFenceIsAcknowledged) {
  const auto closer = standing(*server_);
  Writers writers(*server_, 20);
  run_until([&] { return writers.acknowledged() > 200; });
  const auto begun = base::read_boot_clock();
  const auto closed = close(*closer, CloseMode::kSoft, seconds(5));
  const auto confirmed = base::read_boot_clock();
  ASSERT_EQ(closed.closing, core::Closing::kClosed) << closed.message;
  const auto rows = server_->sql("SELECT COUNT(*) FROM shop.orders");
  run_for(milliseconds(300));
  writers.stop();
  EXPECT_LE(writers.last_begun(), confirmed);
  EXPECT_EQ(server_->sql("SELECT COUNT(*) FROM shop.orders"), rows);
  EXPECT_LT(base::to_ms(confirmed - begun), 5000);
  RecordProperty("fence_ms", static_cast<int>(base::to_ms(confirmed - begun)));
}

// A server shows an account without PROCESS its own sessions, and no error: nothing is left to be seen, whoever writes.
TEST_F(NodeCloserTest, AnAccountThatSeesOnlyItsOwnSessionsProvesNothingUntilItIsGrantedMore) {
  MariadbServer server(8);
  make_pool_accounts(server);
  server.sql("REVOKE PROCESS ON *.* FROM adm@'127.%'");
  const auto closer = standing(server);
  MYSQL* client = mysql_init(nullptr);
  ASSERT_NE(mysql_real_connect(client, "127.0.0.1", "app", "app", "shop", server.port(), nullptr, 0), nullptr);
  const auto blind = close(*closer, CloseMode::kSoft, milliseconds(500));
  EXPECT_EQ(blind.closing, core::Closing::kUnknown);
  EXPECT_NE(blind.message.find("lacks PROCESS"), std::string::npos) << blind.message;
  EXPECT_EQ(mysql_query(client, "DO 1"), 0);
  server.sql("GRANT PROCESS ON *.* TO adm@'127.%'");
  const auto closed = close(*closer, CloseMode::kSoft, seconds(5));
  EXPECT_EQ(closed.closing, core::Closing::kClosed) << closed.message;
  EXPECT_NE(mysql_query(client, "DO 1"), 0);
  mysql_close(client);
}

TEST_F(NodeCloserTest, AHeldLockIsKilledOutOfTheWay) {
  const auto closer = standing(*server_);
  MYSQL* holder = mysql_init(nullptr);
  ASSERT_NE(mysql_real_connect(holder, "127.0.0.1", "app", "app", "shop", server_->port(), nullptr, 0), nullptr);
  ASSERT_EQ(mysql_query(holder, "LOCK TABLES orders WRITE"), 0);
  const auto begun = base::read_boot_clock();
  const auto closed = close(*closer, CloseMode::kSoft, seconds(5));
  EXPECT_EQ(closed.closing, core::Closing::kClosed) << closed.message;
  EXPECT_LT(base::to_ms(base::read_boot_clock() - begun), 5000);
  EXPECT_NE(mysql_query(holder, "INSERT INTO orders (writer, n) VALUES (1, 1)"), 0);
  mysql_close(holder);
}

TEST_F(NodeCloserTest, AnOpenTransactionCannotCommitAfterwards) {
  const auto closer = standing(*server_);
  MYSQL* writer = mysql_init(nullptr);
  ASSERT_NE(mysql_real_connect(writer, "127.0.0.1", "app", "app", "shop", server_->port(), nullptr, 0), nullptr);
  ASSERT_EQ(mysql_query(writer, "BEGIN"), 0);
  ASSERT_EQ(mysql_query(writer, "INSERT INTO orders (writer, n) VALUES (77, 7)"), 0);
  ASSERT_EQ(close(*closer, CloseMode::kSoft, seconds(5)).closing, core::Closing::kClosed);
  EXPECT_NE(mysql_query(writer, "COMMIT"), 0);
  EXPECT_EQ(server_->sql("SELECT COUNT(*) FROM shop.orders WHERE writer=77"), "0");
  mysql_close(writer);
}

TEST_F(NodeCloserTest, OwnAccountsAreSpared) {
  const auto closer = standing(*server_);
  MYSQL* monitor = mysql_init(nullptr);
  ASSERT_NE(mysql_real_connect(monitor, "127.0.0.1", "mon", "m", nullptr, server_->port(), nullptr, 0), nullptr);
  ASSERT_EQ(close(*closer, CloseMode::kSoft, seconds(5)).closing, core::Closing::kClosed);
  EXPECT_EQ(mysql_query(monitor, "DO 1"), 0);
  mysql_close(monitor);
}

TEST_F(NodeCloserTest, ASessionThatMayStillOpenIsKilledThoughItsAccountIsOwn) {
  MYSQL* opener = mysql_init(nullptr);
  ASSERT_NE(mysql_real_connect(opener, "127.0.0.1", "adm", "a", nullptr, server_->port(), nullptr, 0), nullptr);
  auto options = closer_of(*server_);
  options.also_kill = [id = mysql_thread_id(opener)] { return std::vector<std::uint64_t>{id}; };
  NodeCloser closer(loop_, options);
  ASSERT_EQ(close(closer, CloseMode::kSoft, seconds(5)).closing, core::Closing::kClosed);
  EXPECT_NE(mysql_query(opener, "SET GLOBAL read_only=0"), 0);
  EXPECT_EQ(server_->sql("SELECT @@global.read_only"), "1");
  mysql_close(opener);
}

// Whoever logged in before the fence was confirmed would else stay for good, at a server that refuses each of its
// writes: a killed connection resolves the name anew.
TEST_F(NodeCloserTest, SessionsThatCameDuringTheFenceAreEndedAfterIt) {
  const auto closer = standing(*server_);
  Arrivals arrivals(*server_, 4);
  base::Timer tick(loop_, [] {});
  tick.start(milliseconds(1), milliseconds(1));
  run_until([&] { return arrivals.count() > 20; });
  std::optional<Closed> closed;
  base::Instant confirmed{};  // read here: whoever comes once the sessions were listed again may stay
  closer->close(CloseMode::kSoft, seconds(5), [&](const Closed& c) {
    closed = c;
    confirmed = base::read_boot_clock();
  });
  run_until([&] { return closed.has_value(); });
  ASSERT_EQ(closed->closing, core::Closing::kClosed) << closed->message;
  arrivals.stop();
  run_until([&] { return arrivals.ended(); });  // the loop goes on: what is done after the fence is done soon
  const auto came = arrivals.before(confirmed);
  ASSERT_GT(came.size(), 10U);
  std::string ids;
  for (const auto id : came) ids += (ids.empty() ? "" : ",") + std::to_string(id);
  const auto left = [&] {
    return server_->sql("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND<>'Killed' AND ID IN (" +
                        ids + ")");
  };
  run_until([&] { return left() == "0"; });
  EXPECT_EQ(left(), "0");
  EXPECT_EQ(server_->sql("SELECT @@global.read_only"), "1");
}

TEST_F(NodeCloserTest, AKilledServerCountsAsClosedOnceItsProcessIsGone) {
  MariadbServer doomed(3);
  make_pool_accounts(doomed);
  const auto closer = standing(doomed);
  doomed.kill();
  const auto begun = base::read_boot_clock();
  const auto closed = close(*closer, CloseMode::kSoft, seconds(2));
  EXPECT_EQ(closed.closing, core::Closing::kProcessGone) << closed.message;
  EXPECT_LT(base::to_ms(base::read_boot_clock() - begun), 2000);
}

TEST_F(NodeCloserTest, WithoutAPidFileARefusedPortProvesNothing) {
  MariadbServer doomed(4);
  make_pool_accounts(doomed);
  auto options = closer_of(doomed);
  options.pid_file.clear();
  NodeCloser closer(loop_, options);
  doomed.kill();
  EXPECT_EQ(close(closer, CloseMode::kHard, milliseconds(300)).closing, core::Closing::kUnknown);
}

TEST_F(NodeCloserTest, AHungServerIsNotConfirmedSoftAndKilledHard) {
  MariadbServer hung(5);
  make_pool_accounts(hung);
  const auto closer = standing(hung);
  hung.signal(SIGSTOP);
  const auto soft = close(*closer, CloseMode::kSoft, milliseconds(300));
  EXPECT_EQ(soft.closing, core::Closing::kUnknown);
  const auto hard = close(*closer, CloseMode::kHard, milliseconds(1000));
  EXPECT_EQ(hard.closing, core::Closing::kProcessGone) << hard.message;
  EXPECT_TRUE(hard.killed);
}

TEST_F(NodeCloserTest, AHardClosingBesideASoftOneEndsBoth) {
  MariadbServer hung(6);
  make_pool_accounts(hung);
  const auto closer = standing(hung);
  hung.signal(SIGSTOP);
  std::optional<Closed> soft;
  std::optional<Closed> hard;
  closer->close(CloseMode::kSoft, seconds(5), [&](const Closed& c) { soft = c; });
  run_for(milliseconds(100));
  const auto begun = base::read_boot_clock();
  closer->close(CloseMode::kHard, seconds(5), [&](const Closed& c) { hard = c; });
  run_until([&] { return soft && hard; });
  EXPECT_EQ(soft->closing, core::Closing::kProcessGone);
  EXPECT_EQ(hard->closing, core::Closing::kProcessGone);
  EXPECT_LT(base::to_ms(base::read_boot_clock() - begun), 5000);
}

TEST_F(NodeCloserTest, AWrongPasswordIsSaidAndNotTakenForClosed) {
  auto options = closer_of(*server_);
  options.admin.password = "wrong";
  options.pid_file.clear();
  NodeCloser closer(loop_, options);
  const auto closed = close(closer, CloseMode::kSoft, milliseconds(200));
  EXPECT_EQ(closed.closing, core::Closing::kUnknown);
  EXPECT_NE(closed.message.find("Access denied"), std::string::npos) << closed.message;
}

}  // namespace
}  // namespace sitecheck
