#include "probes/mysql_dialect.h"

#include <gtest/gtest.h>

namespace probes {
namespace {

MysqlResult row(std::vector<std::pair<std::string, std::optional<std::string>>> cells) {
  MysqlResult r;
  r.rows.emplace_back();
  for (auto& [column, value] : cells) {
    r.columns.push_back(column);
    r.rows[0].push_back(value);
  }
  return r;
}

TEST(ServerVersion, ReadsTheHandshakesOfBothFamilies) {
  EXPECT_EQ(ServerVersion::parse("10.11.6-MariaDB-1:10.11.6+maria~deb12-log"),
            (ServerVersion{Flavour::kMariadb, 10, 11, 6}));
  EXPECT_EQ(ServerVersion::parse("5.5.5-10.6.12-MariaDB"), (ServerVersion{Flavour::kMariadb, 10, 6, 12}));
  EXPECT_EQ(ServerVersion::parse("8.0.36"), (ServerVersion{Flavour::kMysql, 8, 0, 36}));
  EXPECT_EQ(ServerVersion::parse("5.7.29-log"), (ServerVersion{Flavour::kMysql, 5, 7, 29}));
  EXPECT_EQ(ServerVersion::parse("garbage"), ServerVersion{});
  EXPECT_EQ(ServerVersion::parse(""), ServerVersion{});
}

TEST(ServerVersion, KnowsWhereSuperReadOnlyExists) {
  EXPECT_TRUE(ServerVersion::parse("5.7.29").has_super_read_only());
  EXPECT_FALSE(ServerVersion::parse("5.6.24").has_super_read_only());
  EXPECT_FALSE(ServerVersion::parse("10.11.6-MariaDB").has_super_read_only());
}

TEST(Dialect, ReadsEverySpellingOfReadOnly) {
  for (const auto* on : {"1", "ON", "on", "NO_LOCK", "NO_LOCK_NO_ADMIN"}) EXPECT_EQ(parse_switch(on), true) << on;
  for (const auto* off : {"0", "OFF", "off"}) EXPECT_EQ(parse_switch(off), false) << off;
  for (const auto* other : {"", "2", "maybe"}) EXPECT_EQ(parse_switch(other), std::nullopt) << other;
}

TEST(Dialect, AsksForBooleansWithoutAggregates) {
  for (const auto* text : {"10.11.6-MariaDB", "11.4.2-MariaDB", "5.6.24", "5.7.29", "8.0.36", "8.4.0"}) {
    EXPECT_EQ(state_sql(ServerVersion::parse(text)).find('('), std::string::npos) << text;
  }
}

TEST(Dialect, MariadbPositionJoinsBinlogAndReplicatedPastWithoutEpochRows) {
  const auto v = ServerVersion::parse("10.11.6-MariaDB");
  const auto s = read_state(v, row({{"read_only", "1"},
                                    {"applied", "1-1-100,2-2-7,2003395685-1-8"},
                                    {"replicated", "2-2-5,3-9-4"},
                                    {"identity", "1"}}));
  EXPECT_EQ(s.read_only, true);
  EXPECT_EQ(s.super_read_only, std::nullopt);
  EXPECT_EQ(s.position, "1-1-100,2-2-7,3-9-4");
  EXPECT_EQ(s.identity, "1");
}

TEST(Dialect, MysqlSuperReadOnlyMeansReadOnly) {
  const auto s = read_state(ServerVersion::parse("8.0.36"),
                            row({{"read_only", "0"}, {"super_read_only", "1"}, {"applied", "a:1-5,\nb:1"}}));
  EXPECT_EQ(s.read_only, true);
  EXPECT_EQ(s.position, "a:1-5,b:1");
}

TEST(Dialect, HostilePositionsAreLeftOut) {
  EXPECT_EQ(merge_positions("1-1-5,x,2-2,3-3-3-3,,1-1-4, 4-4-4 ", "99999999999-1-1,1-1-18446744073709551616", 7),
            "1-1-5");
  EXPECT_EQ(merge_positions("", "", 7), "");
}

TEST(Dialect, ReadsMariadbReplicaStatus) {
  const auto v = ServerVersion::parse("10.11.6-MariaDB");
  const auto r = row({{"Connection_name", ""},
                      {"Master_Host", "10.0.0.2"},
                      {"Master_Port", "3306"},
                      {"Slave_IO_Running", "Preparing"},
                      {"Slave_SQL_Running", "Yes"},
                      {"Last_IO_Errno", "2003"},
                      {"Last_IO_Error", "cannot"},
                      {"Last_SQL_Errno", "0"},
                      {"Seconds_Behind_Master", std::nullopt},
                      {"Using_Gtid", "Slave_Pos"},
                      {"Gtid_IO_Pos", "1-1-5"}});
  const auto all = read_replica(v, r);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].io, "Connecting");
  EXPECT_EQ(all[0].sql, "Yes");
  EXPECT_EQ(all[0].io_errno, 2003U);
  EXPECT_EQ(all[0].lag_s, std::nullopt);
  EXPECT_TRUE(all[0].uses_gtid);
  EXPECT_EQ(all[0].received, "1-1-5");
  EXPECT_EQ(all[0].source_port, 3306);
}

TEST(Dialect, ReadsMysql84ReplicaStatus) {
  const auto r = row({{"Source_Host", "h"},
                      {"Source_Port", "1"},
                      {"Replica_IO_Running", "Yes"},
                      {"Replica_SQL_Running", "No"},
                      {"Seconds_Behind_Source", "4"},
                      {"Auto_Position", "1"},
                      {"Source_Log_File", "b.1"},
                      {"Relay_Source_Log_File", "b.1"},
                      {"Read_Source_Log_Pos", "9"},
                      {"Exec_Source_Log_Pos", "9"}});
  const auto all = read_replica(ServerVersion::parse("8.4.0"), r);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].lag_s, 4);
  EXPECT_EQ(all[0].sql, "No");
  EXPECT_TRUE(all[0].drained);
}

TEST(Dialect, OfSeveralConnectionsThePoolsOwnIsFound) {
  const auto connection = [](const std::string& name, const std::string& host) {
    ReplicaStatus s;
    s.channel = name;
    s.source_host = host;
    s.source_port = 3306;
    return s;
  };
  const std::vector<ReplicaStatus> named = {connection("x", "10.0.0.1"), connection("y", "10.0.0.2")};
  const std::vector<ReplicaStatus> unnamed = {connection("x", "10.0.0.1"), connection("", "10.0.0.2")};
  EXPECT_EQ(own_connection(named, "10.0.0.2", 3306), 1U);
  EXPECT_EQ(own_connection(named, "10.0.0.2", 3307), 0U);
  EXPECT_EQ(own_connection(unnamed, "10.0.0.1", 3306), 0U);
  EXPECT_EQ(own_connection(unnamed, "10.0.0.9", 3306), 1U);
  EXPECT_EQ(own_connection({}, "10.0.0.1", 3306), std::nullopt);
}

TEST(Dialect, UsesTheWordsOfEachVersion) {
  const auto maria = ServerVersion::parse("10.11.6-MariaDB");
  const auto old = ServerVersion::parse("5.7.29");
  const auto now = ServerVersion::parse("8.4.0");
  EXPECT_EQ(replica_sql(maria), "SHOW ALL SLAVES STATUS");
  EXPECT_EQ(replica_sql(old), "SHOW SLAVE STATUS");
  EXPECT_EQ(replica_sql(now), "SHOW REPLICA STATUS");
  EXPECT_EQ(close_sql(maria).front(), "SET GLOBAL read_only=1");
  EXPECT_EQ(close_sql(old).front(), "SET GLOBAL super_read_only=1");
  EXPECT_TRUE(open_super_sql(maria).empty());
  EXPECT_NE(change_source_sql(maria, {"h", 1, "u", "p'w"}).find("MASTER_PASSWORD='p''w', MASTER_USE_GTID=slave_pos"),
            std::string::npos);
  EXPECT_NE(change_source_sql(now, {"h", 1, "u", "p"}).find("SOURCE_AUTO_POSITION=1"), std::string::npos);
  EXPECT_EQ(wait_applied_sql(maria, "1-1-5", 0.25), "SELECT MASTER_GTID_WAIT('1-1-5', 0.250) AS done");
}

MysqlResult one_value(const std::string& column, const std::string& value) {
  MysqlResult r;
  r.columns = {column};
  r.rows = {{value}};
  return r;
}

// MySQL 5.6 takes whole seconds, 0 being for ever, and answers how many transactions it waited for.
TEST(Dialect, WaitingForWhatWasReceivedAnswersDifferentlyInMysql56) {
  const auto maria = ServerVersion::parse("10.11.6-MariaDB");
  const auto old = ServerVersion::parse("5.6.24");
  const auto mid = ServerVersion::parse("5.7.29");
  EXPECT_EQ(wait_applied_sql(old, "u:1", 0.2), "SELECT WAIT_UNTIL_SQL_THREAD_AFTER_GTIDS('u:1', 1) AS done");
  for (const auto& v : {maria, mid}) {
    EXPECT_TRUE(was_applied(v, one_value("done", "0")));
    EXPECT_FALSE(was_applied(v, one_value("done", "1")));
    EXPECT_FALSE(was_applied(v, one_value("done", "-1")));
  }
  EXPECT_TRUE(was_applied(old, one_value("done", "7")));
  EXPECT_FALSE(was_applied(old, one_value("done", "-1")));
  EXPECT_FALSE(was_applied(old, MysqlResult{}));
}

TEST(Dialect, ManySessionsOfOneAccountEndByOneStatementOfMariadb) {
  const std::vector<Session> sessions = {{"1", "app"}, {"2", "app"}, {"3", "app"},
                                         {"4", "app"}, {"5", "bob"}, {"6", ""}};
  EXPECT_EQ(kill_sql(ServerVersion::parse("10.11.6-MariaDB"), sessions),
            (std::vector<std::string>{"KILL CONNECTION 6", "KILL CONNECTION USER 'app'", "KILL CONNECTION 5"}));
  EXPECT_EQ(kill_sql(ServerVersion::parse("5.7.29"), sessions).size(), 6U);
}

TEST(Dialect, AMysqlPositionLeavesEpochRowsOut) {
  const auto v = ServerVersion::parse("5.7.29");
  const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  EXPECT_EQ(read_state(v, one_value("applied", std::string(kEpochSource) + ":2057-2060,\n" + uuid + ":1-5")).position,
            uuid + ":1-5");
  EXPECT_EQ(read_state(v, one_value("applied", std::string(kEpochSource) + ":2057")).position, "");
}

TEST(Dialect, SparesReplicationAndOwnSessionsOnly) {
  const std::vector<std::string> own = {"adm", "mon"};
  EXPECT_TRUE(is_client_session("app", "Query", own));
  EXPECT_TRUE(is_client_session("app", "Sleep", own));
  EXPECT_FALSE(is_client_session("unauthenticated user", "Connect", own));
  EXPECT_FALSE(is_client_session("app", "Killed", own));
  EXPECT_FALSE(is_client_session("repl", "Binlog Dump", own));
  EXPECT_FALSE(is_client_session("repl", "Binlog Dump GTID", own));
  EXPECT_FALSE(is_client_session("system user", "Slave_worker", own));
  EXPECT_FALSE(is_client_session("event_scheduler", "Daemon", own));
  EXPECT_FALSE(is_client_session("adm", "Query", own));
  EXPECT_TRUE(is_client_session("administrator", "Query", own));
}

}  // namespace
}  // namespace probes
