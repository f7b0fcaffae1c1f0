// The probe against real mariadbd.
#include "probes/mysql_probe.h"

#include <gtest/gtest.h>

#include <deque>

#include "probes/mysql_schema.h"
#include "tests/support/mariadb_server.h"

namespace probes {
namespace {

using base::milliseconds;
using base::seconds;
using testing_support::MariadbServer;

void make_accounts(const MariadbServer& server) {
  server.sql("SET GLOBAL read_only=0");
  server.sql("CREATE USER mon@'127.%' IDENTIFIED BY 'm'");
  server.sql("GRANT SLAVE MONITOR, BINLOG ADMIN, BINLOG REPLAY ON *.* TO mon@'127.%'");
  server.sql("GRANT SELECT, INSERT, UPDATE ON wideip.* TO mon@'127.%'");
}

class MysqlProbeTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new MariadbServer();
    make_accounts(*server_);
    for (const auto& sql : create_schema_sql("wideip")) server_->sql(sql);
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  void SetUp() override {
    server_->sql("SET GLOBAL read_only=0");
    server_->sql("SET GLOBAL max_connections=151");
    server_->sql("DELETE FROM wideip.epoch");
  }

  [[nodiscard]] static MysqlProbeOptions options() {
    MysqlProbeOptions o;
    o.target = {"127.0.0.1", server_->port(), "mon", "m", {}};
    o.interval = milliseconds(100);
    o.timeout = milliseconds(100);
    return o;
  }

  template <typename Done>
  void run_until(Done done, base::Duration limit = seconds(5)) {
    bool expired = false;
    base::Timer stop(loop_, [&] { expired = true; });
    stop.start(limit);
    while (!done() && !expired) loop_.run_once(true);
    ASSERT_TRUE(done());
  }
  // The first observation of a new probe.
  MysqlObservation look(const MysqlProbeOptions& o) {
    std::optional<MysqlObservation> seen;
    MysqlProbe probe(loop_, o, [&](const MysqlObservation& s) {
      if (!seen) seen = s;
    });
    probe.start();
    run_until([&] { return seen.has_value(); });
    return seen.value_or(MysqlObservation{});
  }

  static MariadbServer* server_;
  base::Loop loop_;
};
MariadbServer* MysqlProbeTest::server_ = nullptr;

TEST_F(MysqlProbeTest, SeesTheServersState) {
  server_->sql("INSERT INTO wideip.epoch VALUES (257, 1, 's', '1', NOW()), (514, 2, 't', '1', NOW())");
  server_->sql("SET GLOBAL read_only=1");
  const auto seen = look(options());
  EXPECT_EQ(seen.outcome, Outcome::kOk) << seen.message;
  EXPECT_EQ(seen.state.read_only, true);
  EXPECT_EQ(seen.state.identity, "1");
  EXPECT_EQ(seen.epoch, 514U);
  EXPECT_EQ(seen.replica, std::nullopt);
  EXPECT_TRUE(seen.state.position.starts_with("1-1-")) << seen.state.position;
  EXPECT_EQ(seen.write, WriteOutcome::kNotTried);
  EXPECT_EQ(seen.warning, "");
}

TEST_F(MysqlProbeTest, AGrantThatLacksIsNamedAsTheStatement) {
  server_->sql("REVOKE UPDATE ON wideip.* FROM mon@'127.%'");
  server_->sql("REVOKE SLAVE MONITOR ON *.* FROM mon@'127.%'");
  const auto seen = look(options());
  server_->sql("GRANT UPDATE ON wideip.* TO mon@'127.%'");
  server_->sql("GRANT SLAVE MONITOR ON *.* TO mon@'127.%'");
  EXPECT_EQ(seen.outcome, Outcome::kMisconfigured);
  EXPECT_EQ(seen.warning,
            "the monitor account needs: GRANT REPLICA MONITOR ON *.* TO `mon`@`127.%`; "
            "GRANT UPDATE ON `wideip`.* TO `mon`@`127.%`");
  EXPECT_EQ(look(options()).warning, "");
}

TEST_F(MysqlProbeTest, ReadsTheNewestHeartbeatInTheSameStatement) {
  server_->sql("REPLACE INTO wideip.heartbeat VALUES ('a', 257, 5000, 1000), ('b', 514, 7000, 500)");
  auto o = options();
  EXPECT_FALSE(look(o).heartbeat.has_value());  // not asked for
  o.heartbeat = true;
  auto seen = look(o);
  ASSERT_TRUE(seen.heartbeat.has_value());
  EXPECT_EQ(seen.heartbeat->epoch, 514U);
  EXPECT_EQ(seen.heartbeat->at_ms, 7000);
  EXPECT_EQ(seen.heartbeat->every_ms, 500);
  EXPECT_TRUE(seen.epoch.has_value());
  o.epoch = false;
  seen = look(o);
  EXPECT_TRUE(seen.heartbeat.has_value());
  EXPECT_FALSE(seen.epoch.has_value());
}

TEST_F(MysqlProbeTest, ASchemaWithoutHeartbeatsTellsItsEpochAllTheSame) {
  server_->sql("RENAME TABLE wideip.heartbeat TO wideip.hidden");
  auto o = options();
  o.heartbeat = true;
  const auto seen = look(o);
  const auto plain = look(options());
  server_->sql("RENAME TABLE wideip.hidden TO wideip.heartbeat");
  EXPECT_EQ(seen.outcome, Outcome::kOk) << seen.message;
  EXPECT_EQ(seen.epoch, plain.epoch);
  ASSERT_TRUE(seen.heartbeat.has_value());
  EXPECT_EQ(seen.heartbeat->epoch, 0U);
}

TEST_F(MysqlProbeTest, AMissingEpochTableReadsAsNoEpoch) {
  auto o = options();
  o.schema = "none_such";
  server_->sql("GRANT SELECT ON none_such.* TO mon@'127.%'");
  const auto seen = look(o);
  EXPECT_EQ(seen.outcome, Outcome::kOk);
  EXPECT_EQ(seen.epoch, 0U);
}

TEST_F(MysqlProbeTest, AnEpochTableThatMayNotBeReadIsUnknown) {
  auto o = options();
  o.schema = "mysql";
  const auto seen = look(o);
  EXPECT_EQ(seen.outcome, Outcome::kOk);
  EXPECT_EQ(seen.epoch, std::nullopt);
  EXPECT_FALSE(seen.message.empty());
}

TEST_F(MysqlProbeTest, WritesOutsideTheBinaryLog) {
  auto o = options();
  o.write = true;
  const auto before = server_->sql("SELECT @@global.gtid_binlog_state");
  const auto seen = look(o);
  EXPECT_EQ(seen.write, WriteOutcome::kOk) << seen.message;
  EXPECT_GE(std::stoi(server_->sql("SELECT beat FROM wideip.probe WHERE server='1'")), 1);
  EXPECT_EQ(server_->sql("SELECT @@global.gtid_binlog_state"), before);
}

TEST_F(MysqlProbeTest, DoesNotWriteWhereTheServerIsReadOnly) {
  auto o = options();
  o.write = true;
  server_->sql("SET GLOBAL read_only=1");
  EXPECT_EQ(look(o).write, WriteOutcome::kNotTried);
}

TEST_F(MysqlProbeTest, AMissingProbeTableIsNoFailedWriter) {
  auto o = options();
  o.write = true;
  o.schema = "none_such";
  server_->sql("GRANT INSERT ON none_such.* TO mon@'127.%'");
  EXPECT_EQ(look(o).write, WriteOutcome::kMisconfigured);
}

TEST_F(MysqlProbeTest, AHeldLockFailsTheWriteInTimeAndLeavesNoSessionBehind) {
  auto o = options();
  o.write = true;
  MYSQL* holder = server_->open();
  ASSERT_EQ(mysql_query(holder, "LOCK TABLES wideip.probe WRITE"), 0);
  std::deque<MysqlObservation> seen;
  MysqlProbe probe(loop_, o, [&](const MysqlObservation& s) { seen.push_back(s); });
  probe.start();
  run_until([&] { return seen.size() >= 6; });
  for (const auto& s : seen) {
    EXPECT_EQ(s.write, WriteOutcome::kFailed);
    EXPECT_LT(base::to_ms(s.took), 2000);
  }
  EXPECT_LE(std::stoi(server_->sql("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='mon'")), 3);
  mysql_close(holder);
}

TEST_F(MysqlProbeTest, AWrongPasswordIsMisconfigured) {
  auto o = options();
  o.target.password = "wrong";
  const auto seen = look(o);
  EXPECT_EQ(seen.outcome, Outcome::kMisconfigured);
  EXPECT_EQ(seen.code, 1045U);
}

TEST_F(MysqlProbeTest, TooManyConnectionsIsDegraded) {
  server_->sql("SET GLOBAL max_connections=10");
  std::vector<MYSQL*> held;
  for (int i = 0; i < 11; ++i) held.push_back(server_->open());
  const auto seen = look(options());
  // Over one that is held: the server takes a while to forget those that are closed.
  ASSERT_NE(held[0], nullptr);
  EXPECT_EQ(mysql_query(held[0], "SET GLOBAL max_connections=151"), 0);
  for (auto* m : held) {
    if (m != nullptr) mysql_close(m);
  }
  EXPECT_EQ(seen.outcome, Outcome::kDegraded) << seen.message;
  EXPECT_EQ(seen.code, 1040U);
}

TEST_F(MysqlProbeTest, NobodyListeningIsRefused) {
  auto o = options();
  o.target.port = testing_support::free_port();
  EXPECT_EQ(look(o).outcome, Outcome::kRefused);
}

TEST_F(MysqlProbeTest, AHangIsATimeout) {
  server_->signal(SIGSTOP);
  const auto seen = look(options());
  server_->signal(SIGCONT);
  EXPECT_NE(seen.outcome, Outcome::kOk);
  EXPECT_LT(base::to_ms(seen.took), 2000);
}

TEST_F(MysqlProbeTest, ProbesAtOnceWhenTheKeptConnectionBreaksAndAgainAfterTheFirstError) {
  MariadbServer doomed(7);
  make_accounts(doomed);
  auto o = options();
  o.interval = seconds(5);
  o.target.port = doomed.port();
  std::deque<MysqlObservation> seen;
  MysqlProbe probe(loop_, o, [&](const MysqlObservation& s) { seen.push_back(s); });
  probe.start();
  run_until([&] { return !seen.empty(); });
  ASSERT_EQ(seen[0].outcome, Outcome::kOk) << seen[0].message;
  const auto killed_at = base::read_boot_clock();
  doomed.kill();
  run_until([&] { return seen.size() >= 3; });
  EXPECT_NE(seen[1].outcome, Outcome::kOk);
  EXPECT_NE(seen[2].outcome, Outcome::kOk);
  EXPECT_LT(seen[2].begun_at - killed_at, o.interval);
}

TEST_F(MysqlProbeTest, KeepsItsIntervalAndItsConnection) {
  std::deque<MysqlObservation> seen;
  MysqlProbe probe(loop_, options(), [&](const MysqlObservation& s) { seen.push_back(s); });
  const auto before = std::stoi(
      server_->sql("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME='CONNECTIONS'"));
  probe.start();
  run_until([&] { return seen.size() >= 6; });
  const auto after = std::stoi(
      server_->sql("SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME='CONNECTIONS'"));
  EXPECT_EQ(after - before, 2);  // the probe's one, and the question's own
  const auto spread = seen[5].begun_at - seen[0].begun_at;
  EXPECT_GE(base::to_ms(spread), 450);
}

TEST_F(MysqlProbeTest, SeesReplicationConnectRunAndBreak) {
  MariadbServer replica(2, {"--read-only=1"});
  make_accounts(replica);
  replica.sql("RESET MASTER");  // its accounts are no transactions of its own
  server_->sql("CREATE USER IF NOT EXISTS repl@'127.%' IDENTIFIED BY 'r'");
  server_->sql("GRANT REPLICATION SLAVE ON *.* TO repl@'127.%'");
  replica.sql("SET GLOBAL gtid_slave_pos='" + server_->sql("SELECT @@global.gtid_binlog_pos") + "'");
  replica.sql(change_source_sql({}, {"127.0.0.1", server_->port(), "repl", "r"}));
  replica.sql("START SLAVE");
  auto o = options();
  o.target.port = replica.port();
  std::deque<MysqlObservation> seen;
  MysqlProbe probe(loop_, o, [&](const MysqlObservation& s) { seen.push_back(s); });
  probe.start();
  run_until([&] { return !seen.empty() && seen.back().replica && seen.back().replica->io == "Yes"; });
  EXPECT_EQ(seen.back().replica->sql, "Yes");
  server_->sql("CREATE DATABASE IF NOT EXISTS d");
  server_->sql("CREATE TABLE IF NOT EXISTS d.t (a INT PRIMARY KEY)");
  replica.sql("SELECT MASTER_GTID_WAIT('" + server_->sql("SELECT @@global.gtid_binlog_pos") + "', 5)");
  replica.sql("INSERT INTO d.t VALUES (1)");
  server_->sql("INSERT INTO d.t VALUES (1)");
  run_until([&] { return seen.back().replica && seen.back().replica->sql == "No"; });
  EXPECT_EQ(seen.back().replica->sql_errno, 1062U);
}

}  // namespace
}  // namespace probes
