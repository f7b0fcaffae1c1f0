// Fence, promotion and return on Oracle's MySQL 5.6 and 5.7 (protocol.md section 3): what differs from MariaDB.
#include <gtest/gtest.h>

#include "probes/mysql_heartbeat.h"
#include "sitecheck/core/gtid.h"
#include "sitecheck/io/heartbeat_writer.h"
#include "sitecheck/io/node_admin.h"
#include "sitecheck/io/node_closer.h"
#include "tests/unit/sitecheck_io/fence_fixture.h"

namespace sitecheck {
namespace {

using base::milliseconds;
using base::seconds;
using core::GtidSet;
using testing_support::MysqlServer;
using testing_support::MysqlVersion;

class NodeMysqlTest : public testing_support::LoopTest, public testing::WithParamInterface<MysqlVersion> {
 protected:
  void SetUp() override {
    if (testing_support::mysql_folder(GetParam()).empty()) {
      GTEST_SKIP() << "MySQL " << testing_support::name(GetParam()) << " is not here: contrib/mysql-servers fetches it";
    }
    one_ = std::make_unique<MysqlServer>(GetParam(), 1);
    two_ = std::make_unique<MysqlServer>(GetParam(), 2);
    for (auto* server : {one_.get(), two_.get()}) {
      make_pool_accounts(*server);
      close(*server);
    }
  }
  // As my.cnf boots it.
  static void close(const MysqlServer& server) {
    server.sql(has_super() ? "SET GLOBAL super_read_only=1" : "SET GLOBAL read_only=1");
  }
  static bool has_super() { return GetParam() == MysqlVersion::k57; }

  std::unique_ptr<NodeAdmin> admin(const MysqlServer& node, const MysqlServer& peer) {
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
    return got.value_or(Outcome{false, "no outcome"});
  }
  Outcome promote(NodeAdmin& a, std::uint64_t counter, std::uint8_t site) {
    for (const auto& step : std::vector<std::function<void(NodeAdmin::Done)>>{
             [&](auto d) { a.ensure_schema(d); }, [&](auto d) { a.stop_replication(d); },
             [&](auto d) { a.apply_received(d); }, [&](auto d) { a.open_super(d); },
             [&](auto d) { a.insert_epoch(ecv::Epoch::make(counter, site), d); },
             [&](auto d) { a.open_writes(base::read_boot_clock() + seconds(5), d); }}) {
      if (const auto o = wait(step); !o.ok) return o;
    }
    return {true, ""};
  }
  // What a probe would send to the peer.
  static std::string position(const MysqlServer& server) {
    probes::MysqlResult r;
    r.columns = {"applied", "read_only"};
    r.rows = {{server.sql("SELECT @@global.gtid_executed"), "0"}};
    probes::ServerVersion v;
    v.flavour = probes::Flavour::kMysql;
    return probes::read_state(v, r).position;
  }
  static GtidSet set(const MysqlServer& server) { return *GtidSet::parse(position(server)); }
  void catch_up(const MysqlServer& replica, const MysqlServer& source) {
    run_until(
        [&] {
          base::Timer tick(loop_, [] {});
          tick.start(milliseconds(20));
          return GtidSet::parse(replica.sql("SELECT @@global.gtid_executed"))
              ->contains(*GtidSet::parse(source.sql("SELECT @@global.gtid_executed")));
        },
        seconds(10));
  }
  static void insert(const MysqlServer& server, int n) {
    server.sql("INSERT INTO shop.orders (writer, n) VALUES (1, " + std::to_string(n) + ")");
  }

  std::unique_ptr<MysqlServer> one_;
  std::unique_ptr<MysqlServer> two_;
};

INSTANTIATE_TEST_SUITE_P(Versions, NodeMysqlTest, testing::Values(MysqlVersion::k57, MysqlVersion::k56),
                         [](const auto& of) { return of.param == MysqlVersion::k56 ? "V56" : "V57"; });

TEST_P(NodeMysqlTest, APromotionWritesTheEpochUnderItsOwnSourceAndOpens) {
  EXPECT_EQ(probes::kEpochSource, core::kEpochSource);
  const auto a = admin(*one_, *two_);
  const auto o = promote(*a, 3, 1);
  ASSERT_TRUE(o.ok) << o.message;
  EXPECT_EQ(one_->sql("SELECT @@global.read_only"), "0");
  EXPECT_EQ(one_->sql("SELECT epoch FROM wideip.epoch"), std::to_string(3 << 8 | 1));
  EXPECT_NE(one_->sql("SELECT @@global.gtid_executed").find(probes::kEpochSource), std::string::npos);
  EXPECT_EQ(position(*one_), "");  // no data: neither the tables, nor the row, nor the try of a write
}

// By the admin account: the monitor may not number its transactions here without SUPER.
TEST_P(NodeMysqlTest, HeartbeatsAreNumberedByTheEpochReplicatedAndRefusedByAClosedServer) {
  const auto a = admin(*one_, *two_);
  ASSERT_TRUE(promote(*a, 3, 1).ok);
  const auto b = admin(*two_, *one_);
  const auto joined = wait([&](auto d) { b->rejoin(d); });
  ASSERT_TRUE(joined.ok) << joined.message;
  const auto writer_of = [&](const MysqlServer& server, const std::string& site) {
    return std::make_unique<HeartbeatWriter>(
        loop_,
        HeartbeatWriterOptions{"db", site, "wideip", {"127.0.0.1", server.port(), "mon", "m", {}}, admin_of(server)});
  };
  const auto beat = [&](std::uint64_t counter, int at_s) {
    return core::WriteBeat{0,
                           0,
                           ecv::Epoch::make(counter, 1),
                           base::Instant(seconds(at_s)),
                           seconds(1),
                           base::read_boot_clock() + seconds(10)};
  };
  const auto write = [&](HeartbeatWriter& writer, std::uint64_t counter, int at_s) {
    const auto before = writer.written();
    writer.write(beat(counter, at_s));
    run_until([&] { return writer.written() > before; });
  };
  const auto first = writer_of(*one_, "site1");
  for (int at = 100; at < 105; ++at) write(*first, 3, at);
  EXPECT_EQ(first->fault(), "");
  catch_up(*two_, *one_);
  const auto row = [](const MysqlServer& server) {
    return server.sql("SELECT beat FROM wideip.heartbeat ORDER BY epoch DESC LIMIT 1");
  };
  run_until([&] {
    base::Timer tick(loop_, [] {});
    tick.start(milliseconds(20));
    return row(*two_) == "104000";
  });
  const std::uint64_t number = (std::uint64_t{3} << 30U) + 1;
  EXPECT_NE(
      one_->sql("SELECT @@global.gtid_executed")
          .find(std::string(probes::kBeatSource) + ":" + std::to_string(number) + "-" + std::to_string(number + 4)),
      std::string::npos);
  EXPECT_EQ(position(*one_), "");  // no data
  // Two that never leave: the next writer has numbers of its own, and the old one follows it all the same.
  two_->sql("STOP SLAVE IO_THREAD");
  for (int at = 105; at < 107; ++at) write(*first, 3, at);
  close(*one_);
  first->write(beat(3, 200));
  run_for(milliseconds(300));
  EXPECT_EQ(row(*one_), "106000");
  ASSERT_TRUE(promote(*b, 4, 1).ok);
  const auto second = writer_of(*two_, "site2");
  const auto back = wait([&](auto d) { a->rejoin(d); });
  ASSERT_TRUE(back.ok) << back.message;
  for (int at = 10; at < 14; ++at) write(*second, 4, at);
  run_until([&] {
    base::Timer tick(loop_, [] {});
    tick.start(milliseconds(20));
    return row(*one_) == "13000";
  });
}

TEST_P(NodeMysqlTest, ASecondTryOfTheSameEpochSucceeds) {
  const auto a = admin(*one_, *two_);
  ASSERT_TRUE(wait([&](auto d) { a->open_super(d); }).ok);
  for (int i = 0; i < 2; ++i) {
    const auto o = wait([&](auto d) { a->insert_epoch(ecv::Epoch::make(2, 1), d); });
    EXPECT_TRUE(o.ok) << o.message;
  }
  EXPECT_EQ(one_->sql("SELECT COUNT(*) FROM wideip.epoch"), "1");
}

TEST_P(NodeMysqlTest, TheReplicaTakesEpochAndDataAndRejoinsAsReplica) {
  const auto a = admin(*one_, *two_);
  const auto b = admin(*two_, *one_);
  auto o = promote(*a, 1, 1);
  ASSERT_TRUE(o.ok) << o.message;
  o = wait([&](auto d) { b->rejoin(d); });
  ASSERT_TRUE(o.ok) << o.message;
  EXPECT_TRUE(wait([&](auto d) { b->rejoin(d); }).message.starts_with("already"));
  insert(*one_, 1);
  catch_up(*two_, *one_);
  EXPECT_EQ(two_->sql("SELECT MAX(counter) FROM wideip.epoch"), "1");
  close(*one_);
  o = promote(*b, 2, 2);
  ASSERT_TRUE(o.ok) << o.message;
  insert(*two_, 2);
  o = wait([&](auto d) { a->rejoin(d); });
  ASSERT_TRUE(o.ok) << o.message;
  catch_up(*one_, *two_);
  EXPECT_EQ(one_->sql("SELECT COUNT(*) FROM shop.orders"), "2");
  EXPECT_TRUE(set(*one_).contains(set(*two_)) && set(*two_).contains(set(*one_)));
}

// Both sites were promoted with the same counter, apart: neither row hides the other's.
TEST_P(NodeMysqlTest, EpochRowsOfTwoSitesWithOneCounterDoNotClash) {
  const auto a = admin(*one_, *two_);
  const auto b = admin(*two_, *one_);
  ASSERT_TRUE(promote(*a, 1, 1).ok);
  ASSERT_TRUE(promote(*b, 1, 2).ok);
  insert(*two_, 1);
  close(*one_);
  const auto o = wait([&](auto d) { a->rejoin(d); });
  ASSERT_TRUE(o.ok) << o.message;
  catch_up(*one_, *two_);
  EXPECT_EQ(one_->sql("SELECT COUNT(*) FROM wideip.epoch"), "2");
}

TEST_P(NodeMysqlTest, WhatWasReceivedIsAppliedThoughBothThreadsWereStopped) {
  const auto a = admin(*one_, *two_);
  const auto b = admin(*two_, *one_);
  ASSERT_TRUE(promote(*a, 1, 1).ok);
  ASSERT_TRUE(wait([&](auto d) { b->rejoin(d); }).ok);
  catch_up(*two_, *one_);
  two_->sql("STOP SLAVE SQL_THREAD");
  for (int i = 0; i < 40; ++i) insert(*one_, i);
  run_until([&] {
    const auto want = one_->row("SHOW MASTER STATUS");
    const auto have = two_->row("SHOW SLAVE STATUS");
    base::Timer tick(loop_, [] {});
    tick.start(milliseconds(20));
    return have.at("Master_Log_File") == want.at("File") && have.at("Read_Master_Log_Pos") == want.at("Position");
  });
  two_->sql("STOP SLAVE");
  one_->kill();
  const auto o = promote(*b, 2, 2);
  ASSERT_TRUE(o.ok) << o.message;
  EXPECT_EQ(two_->sql("SELECT COUNT(*) FROM shop.orders"), "40");
}

TEST_P(NodeMysqlTest, ErrantTransactionsAreListedExactlyAndAcceptedOnesDoNotHinderTheReturn) {
  const auto a = admin(*one_, *two_);
  const auto b = admin(*two_, *one_);
  ASSERT_TRUE(promote(*a, 1, 1).ok);
  ASSERT_TRUE(wait([&](auto d) { b->rejoin(d); }).ok);
  insert(*one_, 1);
  catch_up(*two_, *one_);
  two_->sql("STOP SLAVE");
  for (const char* id : {"100", "101"}) one_->sql(std::string("INSERT INTO shop.orders (id) VALUES (") + id + ")");
  one_->kill();
  ASSERT_TRUE(promote(*b, 2, 2).ok);
  insert(*two_, 9);
  one_->start();
  close(*one_);
  const auto uuid = one_->sql("SELECT @@server_uuid");
  EXPECT_EQ(set(*one_).lacking_in(set(*two_)), uuid + ":2-3");
  EXPECT_EQ(set(*one_).count_lacking_in(set(*two_)), 2U);
  const auto o = wait([&](auto d) { a->rejoin(d); });
  ASSERT_TRUE(o.ok) << o.message;
  catch_up(*one_, *two_);
  EXPECT_EQ(one_->sql("SELECT COUNT(*) FROM shop.orders"), "4");
}

TEST_P(NodeMysqlTest, NoWriteThatBeginsAfterTheFenceIsAcknowledged) {
  ASSERT_TRUE(promote(*admin(*one_, *two_), 1, 1).ok);
  NodeCloser closer(loop_, closer_of(*one_));
  closer.start();
  run_until([&] { return closer.ready(); });
  Writers writers(*one_, 10);
  run_for(milliseconds(300));
  std::optional<Closed> closed;
  closer.close(CloseMode::kSoft, seconds(5), [&](const Closed& c) { closed = c; });
  run_until([&] { return closed.has_value(); });
  const auto fenced = base::read_boot_clock();
  run_for(milliseconds(200));
  writers.stop();
  EXPECT_EQ(closed->closing, core::Closing::kClosed) << closed->message;
  EXPECT_GT(writers.acknowledged(), 0);
  EXPECT_LT(writers.last_begun(), fenced);
  EXPECT_EQ(one_->sql("SELECT @@global.read_only"), "1");
  if (has_super()) {
    EXPECT_EQ(one_->sql("SELECT @@global.super_read_only"), "1");
  }
}

TEST_P(NodeMysqlTest, SessionsThatCameDuringTheFenceAreEndedAfterIt) {
  ASSERT_TRUE(promote(*admin(*one_, *two_), 1, 1).ok);
  NodeCloser closer(loop_, closer_of(*one_));
  closer.start();
  run_until([&] { return closer.ready(); });
  Arrivals arrivals(*one_, 4);
  base::Timer tick(loop_, [] {});
  tick.start(milliseconds(1), milliseconds(1));
  run_until([&] { return arrivals.count() > 20; });
  std::optional<Closed> closed;
  base::Instant confirmed{};  // read here: whoever comes once the sessions were listed again may stay
  closer.close(CloseMode::kSoft, seconds(5), [&](const Closed& c) {
    closed = c;
    confirmed = base::read_boot_clock();
  });
  run_until([&] { return closed.has_value(); });
  ASSERT_EQ(closed->closing, core::Closing::kClosed) << closed->message;
  arrivals.stop();
  run_until([&] { return arrivals.ended(); });  // the loop goes on: what is done after the fence is done soon
  std::string ids = "0";
  for (const auto id : arrivals.before(confirmed)) ids += "," + std::to_string(id);
  run_until([&] {
    return one_->sql("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND<>'Killed' AND ID IN (" + ids +
                     ")") == "0";
  });
}

TEST_P(NodeMysqlTest, AHeldLockIsKilledOutOfTheWay) {
  ASSERT_TRUE(promote(*admin(*one_, *two_), 1, 1).ok);
  NodeCloser closer(loop_, closer_of(*one_));
  closer.start();
  run_until([&] { return closer.ready(); });
  MYSQL* holder = mysql_init(nullptr);
  ASSERT_NE(mysql_real_connect(holder, "127.0.0.1", "app", "app", "shop", one_->port(), nullptr, 0), nullptr);
  ASSERT_EQ(mysql_query(holder, "LOCK TABLES orders WRITE"), 0);
  std::optional<Closed> closed;
  closer.close(CloseMode::kSoft, seconds(5), [&](const Closed& c) { closed = c; });
  run_until([&] { return closed.has_value(); });
  EXPECT_EQ(closed->closing, core::Closing::kClosed) << closed->message;
  EXPECT_NE(mysql_query(holder, "INSERT INTO orders (writer, n) VALUES (1, 1)"), 0);
  mysql_close(holder);
}

TEST_P(NodeMysqlTest, AnAccountThatSeesOnlyItsOwnSessionsProvesNothingUntilItIsGrantedMore) {
  one_->sql(has_super() ? "SET GLOBAL super_read_only=0" : "SET GLOBAL read_only=0");
  one_->sql("REVOKE PROCESS ON *.* FROM adm@'127.%'");
  NodeCloser closer(loop_, closer_of(*one_));
  closer.start();
  run_until([&] { return closer.ready(); });
  MYSQL* client = mysql_init(nullptr);
  ASSERT_NE(mysql_real_connect(client, "127.0.0.1", "app", "app", "shop", one_->port(), nullptr, 0), nullptr);
  std::optional<Closed> closed;
  closer.close(CloseMode::kSoft, milliseconds(500), [&](const Closed& c) { closed = c; });
  run_until([&] { return closed.has_value(); });
  EXPECT_EQ(closed->closing, core::Closing::kUnknown);
  EXPECT_NE(closed->message.find("lacks PROCESS"), std::string::npos) << closed->message;
  EXPECT_EQ(mysql_query(client, "DO 1"), 0);
  one_->sql(has_super() ? "SET GLOBAL super_read_only=0" : "SET GLOBAL read_only=0");
  one_->sql("GRANT PROCESS ON *.* TO adm@'127.%'");
  closed.reset();
  closer.close(CloseMode::kSoft, seconds(5), [&](const Closed& c) { closed = c; });
  run_until([&] { return closed.has_value(); });
  EXPECT_EQ(closed->closing, core::Closing::kClosed) << closed->message;
  EXPECT_NE(mysql_query(client, "DO 1"), 0);
  mysql_close(client);
}

TEST_P(NodeMysqlTest, AHungServerIsKilledHard) {
  NodeCloser closer(loop_, closer_of(*one_));
  closer.start();
  run_until([&] { return closer.ready(); });
  one_->signal(SIGSTOP);
  std::optional<Closed> closed;
  closer.close(CloseMode::kHard, seconds(2), [&](const Closed& c) { closed = c; });
  run_until([&] { return closed.has_value(); });
  EXPECT_EQ(closed->closing, core::Closing::kProcessGone) << closed->message;
  EXPECT_TRUE(closed->killed);
}

TEST_P(NodeMysqlTest, TheWriteProbeLeavesNoTransaction) {
  ASSERT_TRUE(promote(*admin(*one_, *two_), 1, 1).ok);
  probes::MysqlProbeOptions o;
  o.target = {"127.0.0.1", one_->port(), "mon", "m", {}};
  o.schema = "wideip";
  o.interval = milliseconds(20);
  o.timeout = milliseconds(500);
  o.write = true;
  int polls = 0;
  probes::MysqlObservation last;
  probes::MysqlProbe probe(loop_, o, [&](const auto& seen) {
    ++polls;
    last = seen;
  });
  probe.start();
  run_until([&] { return polls >= 5; });
  EXPECT_EQ(last.outcome, probes::Outcome::kOk) << last.message;
  EXPECT_EQ(last.write, probes::WriteOutcome::kOk) << last.message;
  EXPECT_EQ(last.state.position, "");
}

}  // namespace
}  // namespace sitecheck
