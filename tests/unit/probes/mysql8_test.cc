// The probe against MySQL 8.0 and 8.4 (answers written by hand, tests/support/mysql8), and against servers that
// misbehave.
#include <gtest/gtest.h>

#include <deque>

#include "probes/mysql_probe.h"
#include "tests/support/fake_mysql.h"
#include "tests/support/loop_test.h"

namespace probes {
namespace {

using base::milliseconds;
using base::seconds;
using testing_support::FakeMysql;
using testing_support::Misbehaviour;
using testing_support::RecordedServer;

constexpr const char* kUuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const std::string kStateSql =
    "SELECT @@global.read_only AS read_only, @@global.gtid_executed AS applied, @@global.super_read_only AS "
    "super_read_only, @@global.server_uuid AS identity";
const std::string kReplicaSql = "SHOW REPLICA STATUS";

RecordedServer recorded(const std::string& version, const std::string& family = "mysql8") {
  return RecordedServer::load(std::string(WIDEIP_SOURCE_DIR) + "/tests/support/" + family + "/" + version + ".txt");
}

class Mysql8Test : public testing_support::LoopTest {
 protected:
  // Longer than any of these answers takes on a busy machine.
  static MysqlProbeOptions options(const FakeMysql& server) {
    MysqlProbeOptions o;
    o.target = {"127.0.0.1", server.port(), "mon", "secret", {}};
    o.interval = milliseconds(20);
    o.timeout = seconds(5);
    return o;
  }
  static FakeMysql make(const std::string& version = "8.4.3") { return {recorded(version), "mon", "secret"}; }

  MysqlObservation look(const MysqlProbeOptions& o) {
    std::optional<MysqlObservation> seen;
    MysqlProbe probe(loop_, o, [&](const MysqlObservation& s) {
      if (!seen) seen = s;
    });
    probe.start();
    run_until([&] { return seen.has_value(); }, seconds(20));
    return seen.value_or(MysqlObservation{});
  }
  MysqlObservation look(const FakeMysql& server) { return look(options(server)); }
};

class Mysql8Version : public Mysql8Test, public testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Versions, Mysql8Version, testing::Values("8.0.21", "8.0.36", "8.4.3"), [](const auto& of) {
  std::string name = of.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return "V" + name;
});

TEST_P(Mysql8Version, IsReadByItsOwnDialect) {
  const auto server = make(GetParam());
  const auto seen = look(server);
  ASSERT_EQ(seen.outcome, Outcome::kOk) << seen.message;
  EXPECT_EQ(seen.message, "");
  EXPECT_EQ(seen.warning, "");
  EXPECT_EQ(seen.version, ServerVersion::parse(GetParam()));
  EXPECT_EQ(seen.state.read_only, true);
  EXPECT_EQ(seen.state.super_read_only, true);
  EXPECT_EQ(seen.state.identity, "8b3a52b2-9d0b-11ee-8c90-0242ac120002");
  EXPECT_TRUE(seen.state.position.starts_with(std::string(kUuid) + ":1-42")) << seen.state.position;
  ASSERT_TRUE(seen.replica.has_value());
  EXPECT_EQ(seen.replica->source_host, "10.0.0.2");
  EXPECT_EQ(seen.replica->source_port, 3306);
  EXPECT_EQ(seen.replica->io, "Yes");
  EXPECT_EQ(seen.replica->sql, "Yes");
  EXPECT_EQ(seen.replica->lag_s, 0);
  EXPECT_EQ(seen.replica->received, std::string(kUuid) + ":1-42");
  EXPECT_TRUE(seen.replica->uses_gtid && seen.replica->drained && seen.replica->idle);
  EXPECT_EQ(seen.epoch, 513U);
}

TEST_P(Mysql8Version, IsAskedOnlyWhatItKnows) {
  const auto server = make(GetParam());
  look(server);
  for (const auto& sql : server.asked()) EXPECT_EQ(server.answer_to(sql).error, 0U) << sql;
}

TEST_P(Mysql8Version, TellsItsHeartbeatAndItsEpochInOneStatement) {
  auto server = make(GetParam());
  server.answer(schema_sql("wideip", true, true), {0, "", {"epoch", "heartbeat"}, {{"770", "770 86400000 1000"}}});
  auto o = options(server);
  o.heartbeat = true;
  const auto seen = look(o);
  ASSERT_EQ(seen.outcome, Outcome::kOk) << seen.message;
  EXPECT_EQ(seen.epoch, 770U);
  ASSERT_TRUE(seen.heartbeat);
  EXPECT_EQ(seen.heartbeat->epoch, 770U);
  EXPECT_EQ(seen.heartbeat->at_ms, 86'400'000);
  EXPECT_EQ(seen.heartbeat->every_ms, 1000);
}

TEST_F(Mysql8Test, WithoutAHeartbeatTableItTellsItsEpochAllTheSame) {
  auto server = make();
  server.answer(schema_sql("wideip", true, true), {1146, "Table 'wideip.heartbeat' doesn't exist", {}, {}});
  auto o = options(server);
  o.heartbeat = true;
  const auto seen = look(o);
  ASSERT_EQ(seen.outcome, Outcome::kOk) << seen.message;
  EXPECT_EQ(seen.epoch, 513U);
  ASSERT_TRUE(seen.heartbeat);
  EXPECT_EQ(seen.heartbeat->epoch, 0U);
}

TEST_F(Mysql8Test, TheFirstLoginIsWholeAndTheNextIsFast) {
  auto server = make();
  std::deque<MysqlObservation> seen;
  MysqlProbe probe(loop_, options(server), [&](const MysqlObservation& s) { seen.push_back(s); });
  probe.start();
  run_until([&] { return !seen.empty(); });
  EXPECT_EQ(seen[0].outcome, Outcome::kOk) << seen[0].message;
  EXPECT_EQ(server.full_logins(), 1);
  EXPECT_EQ(server.fast_logins(), 0);
  server.hang_up();
  run_until([&] { return server.fast_logins() >= 1 && seen.back().outcome == Outcome::kOk; });
  EXPECT_EQ(server.full_logins(), 1);
}

TEST_F(Mysql8Test, AWrongPasswordIsMisconfigured) {
  const auto server = make();
  auto o = options(server);
  o.target.password = "wrong";
  const auto seen = look(o);
  EXPECT_EQ(seen.outcome, Outcome::kMisconfigured) << seen.message;
  EXPECT_EQ(seen.code, 1045U);
}

TEST_F(Mysql8Test, AWriterIsTriedOutsideOfTheBinaryLog) {
  auto server = make();
  auto state = server.answer_to(kStateSql);
  state.rows[0][0] = "0";
  state.rows[0][2] = "0";
  server.answer(kStateSql, state);
  auto o = options(server);
  o.write = true;
  const auto seen = look(o);
  EXPECT_EQ(seen.write, WriteOutcome::kOk) << seen.message;
  EXPECT_EQ(seen.semi_sync.state, SemiSyncState::kOff);
  const auto asked = server.asked();
  EXPECT_EQ(std::count(asked.begin(), asked.end(), "SET SESSION sql_log_bin=0"), 1);
  EXPECT_EQ(std::count(asked.begin(), asked.end(), "START TRANSACTION"), 0);
}

TEST_F(Mysql8Test, AMonitorThatLacksAGrantIsToldTheStatement) {
  auto server = make();
  server.answer("SHOW GRANTS", {0, "", {"Grants for mon@%"}, {{"GRANT REPLICATION CLIENT ON *.* TO `mon`@`%`"}}});
  const auto seen = look(server);
  EXPECT_EQ(seen.outcome, Outcome::kOk) << seen.message;
  EXPECT_EQ(seen.warning,
            "the monitor account needs: GRANT SESSION_VARIABLES_ADMIN ON *.* TO `mon`@`%`; "
            "GRANT SELECT, INSERT, UPDATE ON `wideip`.* TO `mon`@`%`");
}

TEST_F(Mysql8Test, ALookOverAKeptConnectionIsOneRoundTrip) {
  const auto server = make();
  std::vector<std::pair<int, std::size_t>> after;  // trips and statements
  MysqlProbe probe(loop_, options(server), [&](const MysqlObservation& s) {
    EXPECT_EQ(s.outcome, Outcome::kOk) << s.message;
    after.emplace_back(server.trips(), server.asked().size());
  });
  probe.start();
  run_until([&] { return after.size() >= 4; }, seconds(20));
  EXPECT_EQ(after[3].first - after[0].first, 3);
  EXPECT_EQ(after[3].second - after[0].second, 9U);  // state, replication, epoch
}

TEST_F(Mysql8Test, AServerThatDoesNotTellGrantsIsLookedAtAllTheSame) {
  auto server = make();
  server.answer("SHOW GRANTS", {1290, "The MySQL server is running with --skip-grant-tables", {}, {}});
  const auto seen = look(server);
  EXPECT_EQ(seen.outcome, Outcome::kOk) << seen.message;
  EXPECT_EQ(seen.warning, "");
}

// MariaDB 11 with two sources.
class Mariadb11Test : public Mysql8Test {
 protected:
  FakeMysql server_{recorded("11.4.2", "mariadb11"), "mon", "secret"};
};

TEST_F(Mariadb11Test, ThePoolsOwnConnectionCountsAndABrokenForeignOneWarns) {
  auto o = options(server_);
  o.source = base::SocketAddress{base::IpAddress::v4({10, 0, 0, 2}), 3306};
  const auto seen = look(o);
  ASSERT_EQ(seen.outcome, Outcome::kOk) << seen.message;
  ASSERT_TRUE(seen.replica.has_value());
  EXPECT_EQ(seen.replica->source_host, "10.0.0.2");
  EXPECT_EQ(seen.replica->io, "Yes");
  EXPECT_EQ(seen.state.position, "1-1-7,2-2-42");
  EXPECT_EQ(seen.warning,
            "the replication connection \"reports\" from 10.0.9.9:3306, which is not the pool's, does not run "
            "(IO Connecting, SQL Yes): error connecting to master 'r@10.0.9.9:3306'");
}

TEST_F(Mariadb11Test, IsAskedOnlyWhatItKnows) {
  look(server_);
  for (const auto& sql : server_.asked()) EXPECT_EQ(server_.answer_to(sql).error, 0U) << sql;
}

// The server is alive and says something else than its version should: that is named, and fails nobody.
class Mysql8Shape : public Mysql8Test {
 protected:
  void expect_misread(FakeMysql& server, const std::string& message) {
    const auto seen = look(server);
    EXPECT_EQ(seen.outcome, Outcome::kMisconfigured);
    EXPECT_NE(seen.message.find(message), std::string::npos) << "not \"" << message << "\": " << seen.message;
    EXPECT_LT(seen.message.size(), 250U);
  }
  static std::size_t at(const testing_support::FakeResult& r, const std::string& column) {
    return static_cast<std::size_t>(std::find(r.columns.begin(), r.columns.end(), column) - r.columns.begin());
  }
  void expect_misread_with(const std::string& sql, const std::string& column, std::optional<std::string> value,
                           const std::string& message) {
    auto server = make();
    auto answer = server.answer_to(sql);
    answer.rows[0].at(at(answer, column)) = std::move(value);
    server.answer(sql, answer);
    expect_misread(server, message);
  }
};

TEST_F(Mysql8Shape, EveryMissingColumnIsNamed) {
  const std::map<std::string, std::vector<std::string>> needed = {
      {kStateSql, {"read_only", "applied", "super_read_only", "identity"}},
      {kReplicaSql,
       {"Source_Host", "Source_Port", "Replica_IO_Running", "Replica_SQL_Running", "Last_IO_Errno", "Last_SQL_Errno",
        "Seconds_Behind_Source", "Retrieved_Gtid_Set"}},
      {"SELECT MAX(epoch) AS epoch FROM `wideip`.epoch", {"epoch"}}};
  for (const auto& [sql, columns] : needed) {
    for (const auto& column : columns) {
      auto server = make();
      auto answer = server.answer_to(sql);
      answer.columns.at(at(answer, column)) = "another";
      server.answer(sql, answer);
      expect_misread(server, "column \"" + column + "\" is missing");
    }
  }
}

TEST_F(Mysql8Shape, NullsAndWrongTypesAreNamed) {
  expect_misread_with(kStateSql, "read_only", std::nullopt, "column \"read_only\" is NULL");
  expect_misread_with(kStateSql, "read_only", "banana", "column \"read_only\" holds \"banana\", not 0 or 1");
  expect_misread_with(kStateSql, "applied", "';--\x01", "column \"applied\" holds \"';--?\"");
  expect_misread_with(kReplicaSql, "Source_Port", "99999999", "column \"Source_Port\" holds \"99999999\"");
  expect_misread_with(kReplicaSql, "Replica_IO_Running", "Perhaps", "column \"Replica_IO_Running\"");
  expect_misread_with(kReplicaSql, "Last_SQL_Errno", "-1", "column \"Last_SQL_Errno\"");
  expect_misread_with(kReplicaSql, "Seconds_Behind_Source", "soon", "column \"Seconds_Behind_Source\"");
}

TEST_F(Mysql8Shape, LagThatIsNullIsUnknownAndNoFault) {
  auto server = make();
  auto answer = server.answer_to(kReplicaSql);
  answer.rows[0].at(at(answer, "Seconds_Behind_Source")) = std::nullopt;
  server.answer(kReplicaSql, answer);
  const auto seen = look(server);
  EXPECT_EQ(seen.outcome, Outcome::kOk) << seen.message;
  EXPECT_EQ(seen.replica->lag_s, std::nullopt);
}

TEST_F(Mysql8Shape, MegabytesAreCutShortInTheMessage) {
  expect_misread_with(kStateSql, "identity", std::string(1U << 20U, 'x'), "…\" (1048576 bytes)");
  expect_misread_with(kStateSql, "read_only", std::string(1U << 20U, '1'), "(1048576 bytes), not 0 or 1");
  expect_misread_with(kReplicaSql, "Source_Host", std::string(5U << 20U, 'h'), "the result exceeds");
}

TEST_F(Mysql8Shape, NoRowAndTwoRowsOfStateAreNamed) {
  for (const int rows : {0, 2}) {
    auto server = make();
    auto answer = server.answer_to(kStateSql);
    answer.rows.assign(static_cast<std::size_t>(rows), answer.rows[0]);
    server.answer(kStateSql, answer);
    expect_misread(server, std::to_string(rows) + " rows in the answer");
  }
}

TEST_F(Mysql8Shape, AStatementThatTheServerDoesNotKnowFailsNobody) {
  auto server = make();
  server.answer(kReplicaSql, {1064, "You have an error in your SQL syntax", {}, {}});
  expect_misread(server, "You have an error in your SQL syntax");
}

// Bytes that are no answer at all: a failure, in its time, and over when the server is well again.
class Mysql8Misbehaving : public Mysql8Test, public testing::WithParamInterface<Misbehaviour> {};

INSTANTIATE_TEST_SUITE_P(All, Mysql8Misbehaving,
                         testing::Values(Misbehaviour::kSilent, Misbehaviour::kGarbage, Misbehaviour::kGarbageAnswers,
                                         Misbehaviour::kSilentAnswers, Misbehaviour::kDrips,
                                         Misbehaviour::kBreaksOffInRows));

TEST_P(Mysql8Misbehaving, IsAFailureThatDelaysNobodyAndEnds) {
  auto bad = make();
  auto well = make();
  bad.misbehave(GetParam());
  auto o = options(bad);
  o.timeout = milliseconds(300);
  std::deque<MysqlObservation> of_bad;
  std::deque<MysqlObservation> of_well;
  std::size_t well_at_first = 0;
  MysqlProbe one(loop_, o, [&](const MysqlObservation& s) {
    if (of_bad.empty()) well_at_first = of_well.size();
    of_bad.push_back(s);
  });
  MysqlProbe other(loop_, options(well), [&](const MysqlObservation& s) { of_well.push_back(s); });
  one.start();
  other.start();
  run_until([&] { return of_bad.size() >= 3 && of_well.size() >= 3; }, seconds(20));
  for (const auto& s : of_bad) {
    EXPECT_NE(s.outcome, Outcome::kOk);
    EXPECT_NE(s.outcome, Outcome::kMisconfigured) << s.message;
    EXPECT_NE(s.message, "");
  }
  for (const auto& s : of_well) EXPECT_EQ(s.outcome, Outcome::kOk) << s.message;
  if (of_bad[0].outcome == Outcome::kTimeout) {
    EXPECT_GE(well_at_first, 2U);  // while the bad one used up its time
  }
  bad.misbehave(Misbehaviour::kNone);
  bad.hang_up();
  run_until([&] { return of_bad.back().outcome == Outcome::kOk; }, seconds(20));
}

}  // namespace
}  // namespace probes
