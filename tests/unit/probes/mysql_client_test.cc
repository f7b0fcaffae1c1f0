// The client against a real mariadbd, and against sockets that misbehave.
#include "probes/mysql_client.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/support/mariadb_server.h"

namespace probes {
namespace {

using base::milliseconds;
using base::seconds;
using testing_support::MariadbServer;

class MysqlClientTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new MariadbServer();
    server_->sql("CREATE USER mon@'127.%' IDENTIFIED BY 'secret'");
    server_->sql("GRANT ALL ON *.* TO mon@'127.%'");
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  [[nodiscard]] static MysqlTarget target() { return {"127.0.0.1", server_->port(), "mon", "secret", {}}; }

  // Runs the loop until `done` holds.
  template <typename Done>
  void run_until(Done done, base::Duration limit = seconds(10)) {
    const auto end = base::read_boot_clock() + limit;
    bool expired = false;
    base::Timer stop(loop_, [&] { expired = true; });
    stop.start(limit);
    while (!done() && !expired) loop_.run_once(true);
    ASSERT_TRUE(done()) << "not within " << base::format_duration(base::read_boot_clock() - end + limit);
  }
  MysqlResult ask(MysqlClient& client, const std::string& sql, base::Duration timeout = seconds(5)) {
    std::optional<MysqlResult> got;
    client.query(sql, timeout, [&](const MysqlResult& r) { got = r; });
    run_until([&] { return got.has_value(); });
    return got.value_or(MysqlResult{});
  }

  static MariadbServer* server_;
  base::Loop loop_;
};
MariadbServer* MysqlClientTest::server_ = nullptr;

TEST_F(MysqlClientTest, ReadsRowsWithColumnNamesAndNulls) {
  MysqlClient client(loop_, target());
  const auto r = ask(client, "SELECT 1 AS one, NULL AS nothing, 'x' AS Text UNION ALL SELECT 2, 'y', ''");
  ASSERT_TRUE(r.ok()) << r.message;
  EXPECT_EQ(r.columns, (std::vector<std::string>{"one", "nothing", "Text"}));
  ASSERT_EQ(r.rows.size(), 2U);
  EXPECT_EQ(r.get("one"), "1");
  EXPECT_EQ(r.get("nothing"), std::nullopt);
  EXPECT_EQ(r.get("text", 1), "");
  EXPECT_EQ(r.get("text", 2), std::nullopt);
  EXPECT_NE(client.server_version().find("MariaDB"), std::string::npos);
}

TEST_F(MysqlClientTest, KeepsOneConnectionForAllStatements) {
  MysqlClient client(loop_, target());
  const auto first = ask(client, "SELECT CONNECTION_ID() AS id").get("id");
  const auto second = ask(client, "SELECT CONNECTION_ID() AS id").get("id");
  EXPECT_EQ(first, second);
  EXPECT_EQ(first, std::to_string(client.connection_id()));
}

TEST_F(MysqlClientTest, RunsQueuedStatementsInOrder) {
  MysqlClient client(loop_, target());
  std::string seen;
  for (int i = 0; i < 5; ++i) {
    client.query("SELECT " + std::to_string(i) + " AS n", seconds(5),
                 [&](const MysqlResult& r) { seen += r.get("n").value_or("?"); });
  }
  run_until([&] { return seen.size() == 5; });
  EXPECT_EQ(seen, "01234");
}

class MysqlSeveral : public MysqlClientTest {
 protected:
  [[nodiscard]] static MysqlTarget several() {
    auto t = target();
    t.several = true;
    return t;
  }
  std::vector<MysqlResult> ask_all(MysqlClient& client, const std::string& sql, base::Duration timeout = seconds(5)) {
    std::vector<MysqlResult> got;
    client.query_all(sql, timeout, [&](const std::vector<MysqlResult>& all) { got = all; });
    run_until([&] { return !got.empty(); });
    return got;
  }
};

TEST_F(MysqlSeveral, StatementsOfOneTripAreAnsweredInOrder) {
  MysqlClient client(loop_, several());
  const auto all =
      ask_all(client, join_statements({"SELECT 1 AS a UNION ALL SELECT 2", "SET @x = 7", "SELECT @x AS x"}));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].rows.size(), 2U);
  EXPECT_TRUE(all[1].ok() && all[1].columns.empty());
  EXPECT_EQ(all[2].get("x"), "7");
  EXPECT_EQ(ask(client, "SELECT 'a; b' AS t").get("t"), "a; b");
}

TEST_F(MysqlSeveral, NothingRunsAfterTheFirstFault) {
  MysqlClient client(loop_, several());
  const auto all = ask_all(client, "SELECT 1 AS a; SELECT 1 FROM no_such.thing; SET @x = 7");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].ok());
  EXPECT_EQ(all[1].fault, MysqlFault::kServer);
  EXPECT_EQ(all[1].code, 1146U);  // no such table
  EXPECT_EQ(ask(client, "SELECT @x AS x").get("x"), std::nullopt);
}

TEST_F(MysqlSeveral, WhatWasAnsweredBeforeATimeoutIsTold) {
  MysqlClient client(loop_, several());
  const auto all = ask_all(client, "SELECT 1 AS a; SELECT SLEEP(60)", milliseconds(300));
  ASSERT_GE(all.size(), 1U);
  EXPECT_EQ(all.back().fault, MysqlFault::kTimeout);
  if (all.size() == 2) {
    EXPECT_EQ(all[0].get("a"), "1");
  }
  EXPECT_TRUE(ask(client, "SELECT 1").ok());
}

TEST_F(MysqlSeveral, IsRefusedWhereTheTargetDoesNotSaySo) {
  MysqlClient client(loop_, target());
  const auto all = ask_all(client, "SELECT 1; SELECT 2");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].code, 1064U);
}

TEST_F(MysqlClientTest, GivesTheServersErrorAndLivesOn) {
  MysqlClient client(loop_, target());
  const auto bad = ask(client, "SELECT * FROM no_such.thing");
  EXPECT_EQ(bad.fault, MysqlFault::kServer);
  EXPECT_EQ(bad.code, 1146U);
  EXPECT_TRUE(client.connected());
  EXPECT_TRUE(ask(client, "SELECT 1").ok());
}

TEST_F(MysqlClientTest, RunsSessionStatementsAfterEachConnect) {
  auto t = target();
  t.session = {"SET SESSION sql_log_bin=0", "SET SESSION lock_wait_timeout=7"};
  MysqlClient client(loop_, t);
  EXPECT_EQ(ask(client, "SELECT @@session.lock_wait_timeout AS v").get("v"), "7");
  client.close();
  EXPECT_EQ(ask(client, "SELECT @@session.lock_wait_timeout AS v").get("v"), "7");
}

TEST_F(MysqlClientTest, AFailedSessionStatementFailsTheStatementAsNeverSent) {
  auto t = target();
  t.session = {"SET SESSION no_such_variable=1"};
  MysqlClient client(loop_, t);
  const auto r = ask(client, "SELECT 1");
  EXPECT_EQ(r.code, 1193U);
  EXPECT_TRUE(r.connecting);
  EXPECT_FALSE(client.connected());
}

TEST_F(MysqlClientTest, WrongPasswordIsTheServersError1045) {
  auto t = target();
  t.password = "wrong";
  MysqlClient client(loop_, t);
  const auto r = ask(client, "SELECT 1");
  EXPECT_EQ(r.fault, MysqlFault::kServer);
  EXPECT_EQ(r.code, 1045U);
  EXPECT_TRUE(r.connecting);
}

TEST_F(MysqlClientTest, ARefusedConnectionIsUnreachable) {
  auto t = target();
  t.port = testing_support::free_port();
  MysqlClient client(loop_, t);
  const auto r = ask(client, "SELECT 1");
  EXPECT_EQ(r.fault, MysqlFault::kUnreachable);
  EXPECT_TRUE(r.connecting);
  EXPECT_FALSE(r.message.empty());
}

TEST_F(MysqlClientTest, AServerThatSaysNothingIsGivenUpInTime) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  socklen_t size = sizeof at;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  ::listen(fd, 8);
  auto t = target();
  t.port = ntohs(at.sin_port);
  MysqlClient client(loop_, t);
  const auto count_fds = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator{});
  };
  (void)ask(client, "SELECT 1", milliseconds(50));
  const auto before = count_fds();
  for (int i = 0; i < 5; ++i) {
    const auto start = base::read_boot_clock();
    const auto r = ask(client, "SELECT 1", milliseconds(100));
    EXPECT_EQ(r.fault, MysqlFault::kUnreachable);
    EXPECT_LT(base::to_ms(base::read_boot_clock() - start), 2000);
  }
  EXPECT_EQ(count_fds(), before);  // a half-open connection leaves no descriptor behind
  ::close(fd);
}

TEST_F(MysqlClientTest, ASlowStatementTimesOutAndTheNextOneConnectsAnew) {
  MysqlClient client(loop_, target());
  const auto id = ask(client, "SELECT CONNECTION_ID() AS id").get("id");
  const auto start = base::read_boot_clock();
  const auto r = ask(client, "SELECT SLEEP(5)", milliseconds(100));
  EXPECT_EQ(r.fault, MysqlFault::kTimeout);
  EXPECT_FALSE(r.connecting);
  EXPECT_LT(base::to_ms(base::read_boot_clock() - start), 3000);
  EXPECT_NE(ask(client, "SELECT CONNECTION_ID() AS id").get("id"), id);
}

TEST_F(MysqlClientTest, AStoppedServerDoesNotHoldTheLoop) {
  MysqlClient client(loop_, target());
  ASSERT_TRUE(ask(client, "SELECT 1").ok());
  server_->signal(SIGSTOP);
  const auto start = base::read_boot_clock();
  const auto r = ask(client, "SELECT 1", milliseconds(100));
  const auto again = ask(client, "SELECT 1", milliseconds(100));
  const auto took = base::read_boot_clock() - start;
  server_->signal(SIGCONT);
  EXPECT_EQ(r.fault, MysqlFault::kTimeout);
  EXPECT_EQ(again.fault, MysqlFault::kUnreachable);
  EXPECT_LT(base::to_ms(took), 5000);
}

TEST_F(MysqlClientTest, AKilledIdleConnectionIsNoticedAtOnce) {
  MysqlClient client(loop_, target());
  ASSERT_TRUE(ask(client, "SELECT 1").ok());
  bool broken = false;
  client.on_break([&] { broken = true; });
  server_->sql("KILL CONNECTION " + std::to_string(client.connection_id()));
  run_until([&] { return broken; }, seconds(1));
  EXPECT_FALSE(client.connected());
  EXPECT_TRUE(ask(client, "SELECT 1").ok());
}

TEST_F(MysqlClientTest, AConnectionKilledDuringAStatementIsLost) {
  MysqlClient client(loop_, target());
  ASSERT_TRUE(ask(client, "SELECT 1").ok());
  const auto id = client.connection_id();
  std::optional<MysqlResult> got;
  client.query("SELECT SLEEP(20)", seconds(20), [&](const MysqlResult& r) { got = r; });
  std::thread killer([&] { server_->sql("KILL CONNECTION " + std::to_string(id)); });
  run_until([&] { return got.has_value(); });
  killer.join();
  EXPECT_FALSE(got->ok());
}

TEST_F(MysqlClientTest, AResultOverTheCapIsRefused) {
  MysqlClient client(loop_, target());
  const auto r = ask(client, "SELECT seq FROM mysql.seq_1_to_20000");
  EXPECT_EQ(r.fault, MysqlFault::kTooLarge);
  EXPECT_TRUE(r.rows.empty());
  EXPECT_EQ(ask(client, "SELECT 1 AS one").get("one"), "1");
}

TEST_F(MysqlClientTest, ClosingCancelsWhatIsInFlightAndQueued) {
  MysqlClient client(loop_, target());
  int cancelled = 0;
  for (int i = 0; i < 3; ++i) {
    client.query("SELECT SLEEP(1)", seconds(5),
                 [&](const MysqlResult& r) { cancelled += r.fault == MysqlFault::kCancelled ? 1 : 0; });
  }
  loop_.run_once(true);
  client.close();
  EXPECT_EQ(cancelled, 3);
}

TEST_F(MysqlClientTest, ACallbackMayDestroyTheClient) {
  auto client = std::make_unique<MysqlClient>(loop_, target());
  bool gone = false;
  client->query("SELECT 1", seconds(5), [&](const MysqlResult&) {
    client.reset();
    gone = true;
  });
  client->query("SELECT 2", seconds(5), [&](const MysqlResult&) { ADD_FAILURE() << "ran after its client"; });
  run_until([&] { return gone; });
  for (int i = 0; i < 5; ++i) loop_.run_once(false);
}

TEST_F(MysqlClientTest, AFullQueueRefuses) {
  MysqlClient client(loop_, target());
  int refused = 0;
  int answered = 0;
  for (std::size_t i = 0; i < MysqlClient::kMaxQueued + 3; ++i) {
    client.query("SELECT 1", seconds(5),
                 [&](const MysqlResult& r) { (r.fault == MysqlFault::kCancelled ? refused : answered) += 1; });
  }
  run_until([&] { return refused + answered == static_cast<int>(MysqlClient::kMaxQueued) + 3; });
  EXPECT_EQ(refused, 3);
}

TEST(MysqlQuoting, KeepsHostileTextInside) {
  EXPECT_EQ(quote_sql("a'b\\c"), "'a''b\\\\c'");
  EXPECT_EQ(quote_identifier("a`b"), "`a``b`");
}

}  // namespace
}  // namespace probes
