// Promotion steps and the return as a replica, on two real mariadbd (protocol.md section 3).
#include "sitecheck/io/node_admin.h"

#include <gtest/gtest.h>

#include "probes/mysql_heartbeat.h"
#include "tests/unit/sitecheck_io/fence_fixture.h"

namespace sitecheck {
namespace {

using base::seconds;
using testing_support::MariadbServer;

class NodeAdminTest : public testing_support::LoopTest {
 protected:
  // A fresh pair each time: replication's history is what is tested.
  void SetUp() override {
    for (auto* server : {&one_, &two_}) make_pool_accounts(*server);
    one_.sql("SET GLOBAL read_only=1");
    two_.sql("SET GLOBAL read_only=1");
  }

  [[nodiscard]] std::unique_ptr<NodeAdmin> admin_of_node(const MariadbServer& node, const MariadbServer& peer) {
    AdminOptions o;
    o.node = "db";
    o.site = "site1";
    o.schema = "wideip";
    o.admin = admin_of(node);
    o.monitor = {"127.0.0.1", node.port(), "mon", "m", {}};
    o.replicate_from = base::SocketAddress{base::IpAddress::v4({127, 0, 0, 1}), peer.port()};
    o.replication_user = "repl";
    o.replication_password = "r";
    return std::make_unique<NodeAdmin>(loop_, o);
  }
  template <typename Begin>
  Outcome wait(Begin begin) {
    std::optional<Outcome> got;
    begin([&](const Outcome& o) { got = o; });
    run_until([&] { return got.has_value(); }, seconds(20));
    return got.value_or(Outcome{});
  }
  Outcome promote(NodeAdmin& a, std::uint64_t counter, std::uint8_t site) {
    for (const auto& step : std::vector<std::function<void(NodeAdmin::Done)>>{
             [&](auto d) { a.stop_replication(d); }, [&](auto d) { a.apply_received(d); },
             [&](auto d) { a.open_super(d); }, [&](auto d) { a.insert_epoch(ecv::Epoch::make(counter, site), d); },
             [&](auto d) { a.open_writes(base::read_boot_clock() + seconds(5), d); }}) {
      if (const auto o = wait(step); !o.ok) return o;
    }
    return {true, ""};
  }

  MariadbServer one_{1};
  MariadbServer two_{2};
};

TEST_F(NodeAdminTest, TheSchemaIsMadeOutsideTheBinaryLog) {
  const auto a = admin_of_node(one_, two_);
  EXPECT_TRUE(wait([&](auto d) { a->ensure_schema(d); }).ok);
  EXPECT_TRUE(wait([&](auto d) { a->ensure_schema(d); }).ok);
  EXPECT_EQ(one_.sql("SELECT COUNT(*) FROM wideip.epoch"), "0");
  EXPECT_EQ(one_.sql("SELECT @@global.gtid_binlog_state"), "");
}

TEST_F(NodeAdminTest, APromotionWritesTheEpochInItsOwnDomainAndOpens) {
  const auto a = admin_of_node(one_, two_);
  const auto o = promote(*a, 3, 1);
  EXPECT_TRUE(o.ok) << o.message;
  EXPECT_EQ(one_.sql("SELECT @@global.read_only"), "0");
  EXPECT_EQ(one_.sql("SELECT epoch FROM wideip.epoch"), std::to_string(3 << 8 | 1));
  EXPECT_EQ(one_.sql("SELECT @@global.gtid_binlog_state").find("1-1-"), std::string::npos);
  EXPECT_NE(one_.sql("SELECT @@global.gtid_binlog_state").find(std::to_string(probes::kEpochDomain)),
            std::string::npos);
}

TEST_F(NodeAdminTest, ASecondTryOfTheSameEpochSucceeds) {
  const auto a = admin_of_node(one_, two_);
  EXPECT_TRUE(wait([&](auto d) { a->insert_epoch(ecv::Epoch::make(2, 1), d); }).ok);
  EXPECT_TRUE(wait([&](auto d) { a->insert_epoch(ecv::Epoch::make(2, 1), d); }).ok);
  EXPECT_EQ(one_.sql("SELECT COUNT(*) FROM wideip.epoch"), "1");
}

TEST_F(NodeAdminTest, NothingIsOpenedAfterTheDeadline) {
  const auto a = admin_of_node(one_, two_);
  EXPECT_FALSE(wait([&](auto d) { a->open_writes(base::read_boot_clock(), d); }).ok);
  EXPECT_EQ(one_.sql("SELECT @@global.read_only"), "1");
}

TEST_F(NodeAdminTest, WhatWasReceivedIsAppliedBeforeOpening) {
  const auto a = admin_of_node(one_, two_);
  const auto b = admin_of_node(two_, one_);
  ASSERT_TRUE(promote(*a, 1, 1).ok);
  const auto joined = wait([&](auto d) { b->rejoin(d); });
  ASSERT_TRUE(joined.ok) << joined.message;
  two_.sql("STOP SLAVE SQL_THREAD");
  for (int i = 0; i < 50; ++i) one_.sql("INSERT INTO shop.orders (writer, n) VALUES (1, " + std::to_string(i) + ")");
  const auto all = one_.sql("SELECT @@global.gtid_binlog_pos");
  run_until([&] {
    MYSQL* m = two_.open();
    mysql_query(m, "SHOW ALL SLAVES STATUS");
    MYSQL_RES* r = mysql_store_result(m);
    MYSQL_ROW row = mysql_fetch_row(r);
    bool got = false;
    for (unsigned i = 0; row != nullptr && i < mysql_num_fields(r); ++i)
      got = got || (row[i] != nullptr && row[i] == all);
    mysql_free_result(r);
    mysql_close(m);
    base::Timer tick(loop_, [] {});
    tick.start(base::milliseconds(10));
    return got;
  });
  one_.kill();
  const auto o = promote(*b, 2, 2);
  ASSERT_TRUE(o.ok) << o.message;
  EXPECT_EQ(two_.sql("SELECT COUNT(*) FROM shop.orders"), "50");
}

// MariaDB would throw the relay log away at the next start by GTID.
TEST_F(NodeAdminTest, WhatWasReceivedIsAppliedThoughBothThreadsWereStopped) {
  const auto a = admin_of_node(one_, two_);
  const auto b = admin_of_node(two_, one_);
  ASSERT_TRUE(promote(*a, 1, 1).ok);
  const auto joined = wait([&](auto d) { b->rejoin(d); });
  ASSERT_TRUE(joined.ok) << joined.message;
  for (int i = 0; i < 5; ++i) one_.sql("INSERT INTO shop.orders (writer, n) VALUES (1, " + std::to_string(i) + ")");
  two_.sql("SELECT MASTER_GTID_WAIT('" + one_.sql("SELECT @@global.gtid_binlog_pos") + "', 10)");
  two_.sql("STOP SLAVE SQL_THREAD");
  for (int i = 0; i < 20; ++i) one_.sql("INSERT INTO shop.orders (writer, n) VALUES (1, " + std::to_string(i) + ")");
  two_.sql("FLUSH RELAY LOGS");  // it goes on in a second file
  one_.sql("CREATE TABLE shop.more (id INT PRIMARY KEY)");
  for (int i = 0; i < 20; ++i) one_.sql("INSERT INTO shop.orders (writer, n) VALUES (1, " + std::to_string(i) + ")");
  const auto want = one_.row("SHOW MASTER STATUS");
  run_until([&] {
    const auto have = two_.row("SHOW SLAVE STATUS");
    base::Timer tick(loop_, [] {});
    tick.start(base::milliseconds(10));
    return have.at("Master_Log_File") == want.at("File") && have.at("Read_Master_Log_Pos") == want.at("Position");
  });
  two_.sql("STOP SLAVE");
  one_.kill();
  const auto o = promote(*b, 2, 2);
  ASSERT_TRUE(o.ok) << o.message;
  EXPECT_EQ(two_.sql("SELECT COUNT(*) FROM shop.orders"), "45");
  EXPECT_EQ(two_.sql("SELECT COUNT(*) FROM shop.more"), "0");
}

// Own domain ids, GTID master-master: a demoted master has its own transactions in its binary log only.
TEST_F(NodeAdminTest, ADemotedMasterRejoinsFromItsOwnLastPosition) {
  const auto a = admin_of_node(one_, two_);
  const auto b = admin_of_node(two_, one_);
  ASSERT_TRUE(promote(*a, 1, 1).ok);
  ASSERT_TRUE(wait([&](auto d) { b->rejoin(d); }).ok);
  one_.sql("INSERT INTO shop.orders (writer, n) VALUES (1, 1)");
  two_.sql("SELECT MASTER_GTID_WAIT('" + one_.sql("SELECT @@global.gtid_binlog_pos") + "', 10)");
  one_.kill();
  // The source no longer has the beginning of the other's domain: asking for it would end in error 1236.
  two_.sql("FLUSH BINARY LOGS");
  two_.sql("PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 DAY");
  ASSERT_TRUE(promote(*b, 2, 2).ok);
  two_.sql("INSERT INTO shop.orders (writer, n) VALUES (2, 2)");
  one_.start();
  one_.sql("SET GLOBAL read_only=1");
  const auto back = wait([&](auto d) { a->rejoin(d); });
  ASSERT_TRUE(back.ok) << back.message;
  one_.sql("SELECT MASTER_GTID_WAIT('" + two_.sql("SELECT @@global.gtid_binlog_pos") + "', 10)");
  EXPECT_EQ(one_.sql("SELECT COUNT(*) FROM shop.orders"), "2");
  EXPECT_EQ(one_.sql("SELECT MAX(counter) FROM wideip.epoch"), "2");
  EXPECT_TRUE(wait([&](auto d) { a->rejoin(d); }).message.starts_with("already"));
}

// The epoch row of a promotion that died at once never reached the peer; it must not keep the node out.
TEST_F(NodeAdminTest, AnEpochRowThatNeverLeftIsNoObstacle) {
  const auto a = admin_of_node(one_, two_);
  const auto b = admin_of_node(two_, one_);
  ASSERT_TRUE(promote(*a, 1, 1).ok);
  ASSERT_TRUE(promote(*b, 2, 2).ok);
  two_.sql("INSERT INTO shop.orders (writer, n) VALUES (2, 2)");
  one_.sql("SET GLOBAL read_only=1");
  const auto back = wait([&](auto d) { a->rejoin(d); });
  ASSERT_TRUE(back.ok) << back.message;
  one_.sql("SELECT MASTER_GTID_WAIT('" + two_.sql("SELECT @@global.gtid_binlog_pos") + "', 10)");
  EXPECT_EQ(one_.sql("SELECT COUNT(*) FROM shop.orders"), "1");
  ASSERT_TRUE(wait([&](auto d) { b->insert_epoch(ecv::Epoch::make(3, 2), d); }).ok);
  one_.sql("SELECT MASTER_GTID_WAIT('" + two_.sql("SELECT @@global.gtid_binlog_pos") + "', 10)");
  EXPECT_EQ(one_.sql("SELECT MAX(counter) FROM wideip.epoch"), "3");
}

// `recover --accept-errant`: the last transactions of its own domain never left it, and it follows all the same.
TEST_F(NodeAdminTest, AcceptedErrantTransactionsAreNoObstacle) {
  const auto a = admin_of_node(one_, two_);
  const auto b = admin_of_node(two_, one_);
  ASSERT_TRUE(promote(*a, 1, 1).ok);
  ASSERT_TRUE(wait([&](auto d) { b->rejoin(d); }).ok);
  one_.sql("INSERT INTO shop.orders (writer, n) VALUES (1, 1)");
  two_.sql("SELECT MASTER_GTID_WAIT('" + one_.sql("SELECT @@global.gtid_binlog_pos") + "', 10)");
  two_.sql("STOP SLAVE");
  one_.sql("INSERT INTO shop.orders (id, writer, n) VALUES (1000, 1, 2)");
  ASSERT_TRUE(promote(*b, 2, 2).ok);
  two_.sql("INSERT INTO shop.orders (writer, n) VALUES (2, 3)");
  one_.sql("SET GLOBAL read_only=1");
  const auto back = wait([&](auto d) { a->rejoin(d); });
  ASSERT_TRUE(back.ok) << back.message;
  one_.sql("SELECT MASTER_GTID_WAIT('" + two_.sql("SELECT @@global.gtid_binlog_pos") + "', 10)");
  EXPECT_EQ(one_.sql("SELECT COUNT(*) FROM shop.orders WHERE n = 3"), "1");
  EXPECT_EQ(one_.sql("SELECT @@global.gtid_strict_mode"), "1");
}

TEST_F(NodeAdminTest, ASourceThatDoesNotAnswerFailsTheRejoin) {
  const auto a = admin_of_node(one_, two_);
  two_.kill();
  const auto o = wait([&](auto d) { a->rejoin(d); });
  EXPECT_FALSE(o.ok);
  EXPECT_NE(o.message.find("source"), std::string::npos) << o.message;
}

TEST_F(NodeAdminTest, AnAbortedStepFailsAndOpensNothing) {
  const auto a = admin_of_node(one_, two_);
  std::optional<Outcome> got;
  a->open_writes(base::read_boot_clock() + seconds(5), [&](const Outcome& o) { got = o; });
  a->abort();
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->ok);
  run_for(base::milliseconds(200));
  EXPECT_EQ(one_.sql("SELECT @@global.read_only"), "1");
}

TEST(RejoinPosition, AcceptedTransactionsThatTheSourceLacksDoNotStandInTheWay) {
  RejoinFacts f;
  f.current_pos = "1-1-739,2-2-50";
  f.binlog_pos = "1-1-739";
  f.source_binlog_state = "1-1-707,2-2-60";
  f.source_binlog_pos = "1-1-707,2-2-60";
  EXPECT_EQ(rejoin_position(f), "1-1-707,2-2-50");
}

// The number of statement `n` of the epoch with this counter, of that server.
std::string epoch_entry(int server, std::uint64_t counter, std::uint64_t n) {
  const auto first = probes::epoch_number(probes::ServerVersion::parse("10.11.6-MariaDB"), counter << 8U, 0);
  return std::to_string(probes::kEpochDomain) + "-" + std::to_string(server) + "-" + std::to_string(first + n);
}

TEST(RejoinPosition, JoinsOwnDomains) {
  RejoinFacts f;
  f.current_pos = "1-1-100,2-2-50," + epoch_entry(1, 1, 9);
  f.binlog_pos = "1-1-100,2-2-50,3-1-4," + epoch_entry(1, 1, 11);
  f.source_binlog_state = epoch_entry(1, 1, 11) + "," + epoch_entry(2, 2, 19);
  f.source_binlog_pos = "1-1-100,2-2-60," + epoch_entry(2, 2, 19);
  EXPECT_EQ(rejoin_position(f), "1-1-100,2-2-50," + epoch_entry(1, 1, 9) + ",3-1-4");
}

// Rows of the source's epoch that it inserted before this node came back are changed by its next heartbeats:
// replication that began behind the insertion would stop with error 1032.
TEST(RejoinPosition, BeginsBehindWhatTheSourceHoldsOfTheOwnEpoch) {
  RejoinFacts f;
  f.current_pos = f.binlog_pos = "1-1-100," + epoch_entry(1, 3, 4900);
  f.source_binlog_pos = "1-1-90,2-2-60," + epoch_entry(2, 5, 6);
  f.source_binlog_state =
      "1-1-90,2-2-60," + epoch_entry(3, 2, 7) + "," + epoch_entry(1, 3, 4850) + "," + epoch_entry(2, 5, 6);
  EXPECT_EQ(rejoin_position(f), "1-1-90," + epoch_entry(1, 3, 4850));
}

// What the source wrote between could not follow what this node has: error 1950.
TEST(RejoinPosition, BeginsWithTheNextEpochOfTheSourceWhereItHoldsNothingOfTheOwn) {
  RejoinFacts f;
  f.current_pos = f.binlog_pos = "1-1-100," + epoch_entry(1, 7, 6);
  f.source_binlog_pos = "1-1-90,2-2-60," + epoch_entry(2, 9, 40);
  f.source_binlog_state =
      "1-1-90,2-2-60," + epoch_entry(1, 2, 26) + "," + epoch_entry(3, 8, 33) + "," + epoch_entry(2, 9, 40);
  EXPECT_EQ(rejoin_position(f), "1-1-90," + epoch_entry(3, 8, 0));
  f.source_binlog_state = "1-1-90,2-2-60," + epoch_entry(2, 9, 40);
  EXPECT_EQ(rejoin_position(f), "1-1-90," + epoch_entry(2, 9, 0));
  f.source_binlog_pos = f.source_binlog_state = "1-1-90,2-2-60," + epoch_entry(2, 6, 40);
  EXPECT_EQ(rejoin_position(f), "1-1-90," + epoch_entry(2, 6, 40)) << "nothing later: its own position";
}

}  // namespace
}  // namespace sitecheck
