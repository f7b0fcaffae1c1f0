#include "probes/mysql_semi_sync.h"

#include <gtest/gtest.h>

#include "probes/mysql_probe.h"
#include "probes/mysql_schema.h"
#include "tests/support/loop_test.h"
#include "tests/support/mariadb_server.h"

namespace probes {
namespace {

MysqlResult rows(std::vector<MysqlRow> content) {
  MysqlResult out;
  out.columns = {"Variable_name", "Value"};
  out.rows = std::move(content);
  return out;
}

TEST(MysqlSemiSync, ReadsTheNamesOfEveryServer) {
  const auto mariadb =
      read_semi_sync(rows({{"rpl_semi_sync_master_enabled", "ON"}, {"rpl_semi_sync_slave_enabled", "OFF"}}),
                     rows({{"Rpl_semi_sync_master_clients", "2"}, {"Rpl_semi_sync_master_status", "ON"}}));
  EXPECT_EQ(mariadb.state, SemiSyncState::kOn);
  EXPECT_EQ(mariadb.replicas, 2);
  const auto mysql8 =
      read_semi_sync(rows({{"rpl_semi_sync_source_enabled", "ON"}}),
                     rows({{"Rpl_semi_sync_source_clients", "0"}, {"Rpl_semi_sync_source_status", "OFF"}}));
  EXPECT_EQ(mysql8.state, SemiSyncState::kDegraded);
  EXPECT_EQ(mysql8.replicas, 0);
}

TEST(MysqlSemiSync, WithoutThePluginOrSwitchedOffItIsOff) {
  EXPECT_EQ(read_semi_sync(rows({}), rows({})).state, SemiSyncState::kOff);
  EXPECT_EQ(
      read_semi_sync(rows({{"rpl_semi_sync_master_enabled", "OFF"}}), rows({{"Rpl_semi_sync_master_status", "ON"}}))
          .state,
      SemiSyncState::kOff);
}

TEST(MysqlSemiSync, WhatIsNotToldIsUnknown) {
  MysqlResult error;
  error.fault = MysqlFault::kServer;
  EXPECT_EQ(read_semi_sync(error, rows({})).state, SemiSyncState::kUnknown);
  const auto on = rows({{"rpl_semi_sync_master_enabled", "ON"}});
  EXPECT_EQ(read_semi_sync(on, error).state, SemiSyncState::kUnknown);
  EXPECT_EQ(read_semi_sync(on, rows({{std::nullopt, "x"}, {"x"}, {}})).state, SemiSyncState::kUnknown);
}

class SemiSyncProbe : public testing_support::LoopTest {};

TEST_F(SemiSyncProbe, ARealServerThatLosesItsReplicasIsSeenToDegrade) {
  testing_support::MariadbServer server;
  server.sql("CREATE USER mon@'%' IDENTIFIED BY 'm'");
  server.sql("GRANT SELECT, INSERT, UPDATE ON wideip.* TO mon@'%'");
  server.sql("GRANT REPLICA MONITOR, BINLOG ADMIN, BINLOG REPLAY ON *.* TO mon@'%'");
  for (const auto& sql : create_schema_sql("wideip")) server.sql(sql);
  MysqlProbeOptions options;
  options.target = {"127.0.0.1", server.port(), "mon", "m", {}};
  options.interval = base::milliseconds(100);
  options.timeout = base::seconds(1);
  options.write = true;
  std::optional<MysqlObservation> seen;
  MysqlProbe probe(loop_, options, [&](const MysqlObservation& o) { seen = o; });
  probe.start();
  run_until([&] { return seen && seen->semi_sync.state == SemiSyncState::kOff; });
  EXPECT_EQ(seen->write, WriteOutcome::kOk) << seen->message;
  server.sql("SET GLOBAL rpl_semi_sync_master_timeout=10");
  server.sql("SET GLOBAL rpl_semi_sync_master_enabled=ON");
  server.sql("CREATE DATABASE shop");  // a commit that waits for nobody in vain
  run_until([&] { return seen->semi_sync.state == SemiSyncState::kDegraded; });
  EXPECT_EQ(seen->semi_sync.replicas, 0);
}

}  // namespace
}  // namespace probes
