#include "probes/mysql_privileges.h"

#include <gtest/gtest.h>

namespace probes {
namespace {

const ServerVersion kMariadb = ServerVersion::parse("10.11.6-MariaDB");
const ServerVersion kMysql5 = ServerVersion::parse("5.7.29");
const ServerVersion kMysql8 = ServerVersion::parse("8.4.3");

MysqlResult told(const std::vector<std::string>& lines) {
  MysqlResult r;
  r.columns = {"Grants for a@%"};
  for (const auto& line : lines) r.rows.push_back({line});
  return r;
}

using Statements = std::vector<std::string>;

TEST(Privileges, WhatIsThereIsNotMissing) {
  EXPECT_EQ(
      missing_grants(
          kMariadb, AccountRole::kMonitor, "wideip",
          told({"GRANT BINLOG ADMIN, BINLOG REPLAY, SLAVE MONITOR ON *.* TO `mon`@`%` IDENTIFIED BY PASSWORD '*1'",
                "GRANT SELECT, INSERT, UPDATE ON `wideip`.* TO `mon`@`%`"})),
      Statements{});
  EXPECT_EQ(missing_grants(kMysql5, AccountRole::kAdmin, "wideip",
                           told({"GRANT PROCESS, SUPER, REPLICATION CLIENT ON *.* TO 'adm'@'127.%'",
                                 "GRANT SELECT, INSERT, UPDATE, CREATE ON `wide%`.* TO 'adm'@'127.%'"})),
            Statements{});
  EXPECT_EQ(missing_grants(kMysql8, AccountRole::kMonitor, "wideip",
                           told({"GRANT REPLICATION CLIENT ON *.* TO `mon`@`%`",
                                 "GRANT SESSION_VARIABLES_ADMIN ON *.* TO `mon`@`%`",
                                 "GRANT SELECT, INSERT, UPDATE ON `wideip`.* TO `mon`@`%`"})),
            Statements{});
  EXPECT_EQ(missing_grants(kMariadb, AccountRole::kAdmin, "wideip",
                           told({"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"})),
            Statements{});
}

TEST(Privileges, WhatLacksIsOneStatementAnObjectInTheServersOwnWords) {
  EXPECT_EQ(missing_grants(kMariadb, AccountRole::kMonitor, "wideip",
                           told({"GRANT USAGE ON *.* TO `mon`@`127.%` IDENTIFIED BY PASSWORD '*1'",
                                 "GRANT SELECT (epoch, counter), INSERT ON `wideip`.* TO `mon`@`127.%`"})),
            (Statements{"GRANT REPLICA MONITOR, BINLOG ADMIN, BINLOG REPLAY ON *.* TO `mon`@`127.%`",
                        "GRANT SELECT, UPDATE ON `wideip`.* TO `mon`@`127.%`"}));
  EXPECT_EQ(missing_grants(kMysql8, AccountRole::kAdmin, "wideip",
                           told({"GRANT PROCESS, REPLICATION CLIENT ON *.* TO `adm`@`%`",
                                 "GRANT CONNECTION_ADMIN,REPLICATION_SLAVE_ADMIN,SYSTEM_VARIABLES_ADMIN ON *.* TO "
                                 "`adm`@`%`",
                                 "GRANT SELECT, INSERT, UPDATE, CREATE ON `wideip`.* TO `adm`@`%`"})),
            Statements{"GRANT SYSTEM_USER ON *.* TO `adm`@`%`"});
  EXPECT_EQ(
      missing_grants(kMysql5, AccountRole::kReplication, "wideip", told({"GRANT USAGE ON *.* TO 'r'@'10.0.0.1'"})),
      Statements{"GRANT REPLICATION SLAVE ON *.* TO 'r'@'10.0.0.1'"});
}

TEST(Privileges, AnotherSchemasRightsDoNotCount) {
  for (const auto* object : {"`other`.*", "`wide\\_ip`.*", "`w`.`wideip`", "`wideip2`.*", "``.*"}) {
    EXPECT_EQ(missing_grants(kMysql5, AccountRole::kMonitor, "wideip",
                             told({"GRANT REPLICATION CLIENT ON *.* TO 'mon'@'%'",
                                   std::string("GRANT SELECT, INSERT, UPDATE ON ") + object + " TO 'mon'@'%'"})),
              Statements{"GRANT SELECT, INSERT, UPDATE ON `wideip`.* TO 'mon'@'%'"})
        << object;
  }
}

TEST(Privileges, SuperHoldsWhatItsVersionSays) {
  const auto grants = told(
      {"GRANT PROCESS, SUPER, SLAVE MONITOR ON *.* TO `adm`@`%`", "GRANT ALL PRIVILEGES ON `wideip`.* TO `adm`@`%`"});
  EXPECT_EQ(missing_grants(ServerVersion::parse("10.6.12-MariaDB"), AccountRole::kAdmin, "wideip", grants),
            Statements{});
  EXPECT_EQ(missing_grants(kMariadb, AccountRole::kAdmin, "wideip", grants),
            Statements{"GRANT READ_ONLY ADMIN ON *.* TO `adm`@`%`"});
  EXPECT_EQ(missing_grants(ServerVersion::parse("11.4.2-MariaDB"), AccountRole::kAdmin, "wideip", grants),
            Statements{"GRANT READ_ONLY ADMIN, CONNECTION ADMIN, REPLICATION SLAVE ADMIN, BINLOG ADMIN, BINLOG REPLAY "
                       "ON *.* TO `adm`@`%`"});
}

// It would find a fenced server open.
TEST(Privileges, AMonitorThatBypassesReadOnlyIsTold) {
  EXPECT_EQ(missing_grants(kMysql5, AccountRole::kMonitor, "wideip",
                           told({"GRANT SUPER, REPLICATION CLIENT ON *.* TO 'mon'@'%'",
                                 "GRANT SELECT, INSERT, UPDATE ON `wideip`.* TO 'mon'@'%'"})),
            Statements{"REVOKE SUPER ON *.* FROM 'mon'@'%'"});
  EXPECT_EQ(
      missing_grants(kMariadb, AccountRole::kMonitor, "wideip", told({"GRANT ALL PRIVILEGES ON *.* TO `mon`@`%`"})),
      Statements{"REVOKE READ_ONLY ADMIN ON *.* FROM `mon`@`%`"});
}

TEST(Privileges, OfRolesNothingIsClaimed) {
  EXPECT_EQ(missing_grants(kMysql8, AccountRole::kMonitor, "wideip",
                           told({"GRANT USAGE ON *.* TO `mon`@`%`", "GRANT `watcher`@`%` TO `mon`@`%`"})),
            Statements{});
}

TEST(Privileges, OfGarbageNothingIsClaimed) {
  for (const std::string line : {"", "GRANT", "GRANT  ON  TO ", "DROP TABLE x", "GRANT SELECT ON"}) {
    EXPECT_EQ(missing_grants(kMysql5, AccountRole::kReplication, "wideip", told({line})), Statements{}) << line;
  }
  EXPECT_EQ(missing_grants(kMysql5, AccountRole::kReplication, "wideip", MysqlResult{}), Statements{});
  MysqlResult null;
  null.rows = {{std::nullopt}, {}};
  EXPECT_EQ(missing_grants(kMysql5, AccountRole::kReplication, "wideip", null), Statements{});
  const std::string hostile = "GRANT SELECT ON `" + std::string(100000, '%') + "`.* TO 'a'@'%'";
  EXPECT_FALSE(missing_grants(kMysql5, AccountRole::kMonitor, "wideip", told({hostile})).empty());
}

}  // namespace
}  // namespace probes
