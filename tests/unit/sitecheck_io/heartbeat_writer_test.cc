// The heartbeat row on two real mariadbd: numbered, replicated, ended by a fence.
#include "sitecheck/io/heartbeat_writer.h"

#include <gtest/gtest.h>

#include "probes/mysql_heartbeat.h"
#include "sitecheck/io/node_admin.h"
#include "tests/unit/sitecheck_io/fence_fixture.h"

namespace sitecheck {
namespace {

using base::seconds;
using testing_support::MariadbServer;

class HeartbeatWriterTest : public testing_support::LoopTest {
 protected:
  void SetUp() override {
    for (auto* server : {&one_, &two_}) {
      make_pool_accounts(*server);
      server->sql("SET GLOBAL read_only=1");
    }
  }
  [[nodiscard]] static probes::MysqlTarget monitor_of(const MariadbServer& server) {
    return {"127.0.0.1", server.port(), "mon", "m", {}};
  }
  [[nodiscard]] std::unique_ptr<NodeAdmin> admin_of_node(const MariadbServer& node, const MariadbServer& peer) {
    AdminOptions o{"db",
                   "site1",
                   "wideip",
                   admin_of(node),
                   monitor_of(node),
                   base::SocketAddress{base::IpAddress::v4({127, 0, 0, 1}), peer.port()},
                   "repl",
                   "r"};
    return std::make_unique<NodeAdmin>(loop_, o);
  }
  template <typename Begin>
  void must(Begin begin) {
    std::optional<Outcome> got;
    begin([&](const Outcome& o) { got = o; });
    run_until([&] { return got.has_value(); }, seconds(20));
    ASSERT_TRUE(got->ok) << got->message;
  }
  void promote(const MariadbServer& node, const MariadbServer& peer, std::uint64_t counter) {
    const auto a = admin_of_node(node, peer);
    must([&](auto d) { a->stop_replication(d); });
    must([&](auto d) { a->apply_received(d); });
    must([&](auto d) { a->insert_epoch(ecv::Epoch::make(counter, 1), d); });
    must([&](auto d) { a->open_writes(base::read_boot_clock() + seconds(5), d); });
  }
  [[nodiscard]] std::unique_ptr<HeartbeatWriter> writer_of(const MariadbServer& node,
                                                           const std::string& site = "site1") {
    return std::make_unique<HeartbeatWriter>(
        loop_, HeartbeatWriterOptions{"db", site, "wideip", monitor_of(node), admin_of(node)});
  }
  static core::WriteBeat beat(std::uint64_t counter, int at_s) {
    const auto now = base::read_boot_clock();
    return {0, 0, ecv::Epoch::make(counter, 1), base::Instant(seconds(at_s)), seconds(1), now + seconds(10)};
  }
  void write(HeartbeatWriter& writer, std::uint64_t counter, int at_s) {
    const auto before = writer.written();
    writer.write(beat(counter, at_s));
    run_until([&] { return writer.written() > before; });
  }
  // A time-out in a turn of the loop, for what is asked of the servers meanwhile.
  template <typename Done>
  void wait(Done done) {
    base::Timer tick(loop_, [&] { tick.start(base::milliseconds(10)); });
    tick.start(base::milliseconds(10));
    run_until(done, seconds(20));
  }

  MariadbServer one_{1};
  MariadbServer two_{2};
};

TEST_F(HeartbeatWriterTest, TheRowIsReplicatedInTheEpochsDomainAndIsNoData) {
  promote(one_, two_, 3);
  const auto rejoining = admin_of_node(two_, one_);
  must([&](auto d) { rejoining->rejoin(d); });
  const auto writer = writer_of(one_);
  for (int at = 100; at < 105; ++at) write(*writer, 3, at);
  EXPECT_EQ(writer->fault(), "");
  wait([&] { return two_.sql("SELECT beat FROM wideip.heartbeat ORDER BY epoch DESC LIMIT 1") == "104000"; });
  const auto read =
      probes::parse_heartbeat(two_.sql("SELECT CONCAT_WS(' ', epoch, beat, every) FROM wideip.heartbeat"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->epoch, ecv::Epoch::make(3, 1).value);
  EXPECT_EQ(read->every_ms, 1000);
  EXPECT_EQ(one_.sql("SELECT COUNT(*) FROM wideip.heartbeat"), "1");
  const auto held = one_.sql("SELECT @@global.gtid_binlog_state");
  EXPECT_EQ(probes::merge_positions(held, "", probes::kEpochDomain), "") << held;
}

TEST_F(HeartbeatWriterTest, HeartbeatsThatNeverLeftDoNotKeepTheOldWriterFromFollowingTheNewOne) {
  promote(one_, two_, 3);
  const auto rejoining = admin_of_node(two_, one_);
  must([&](auto d) { rejoining->rejoin(d); });
  const auto writer = writer_of(one_);
  write(*writer, 3, 100);
  wait([&] { return two_.sql("SELECT beat FROM wideip.heartbeat ORDER BY epoch DESC LIMIT 1") == "100000"; });
  two_.sql("STOP SLAVE IO_THREAD");
  for (int at = 101; at < 110; ++at) write(*writer, 3, at);
  one_.sql("SET GLOBAL read_only=1");
  promote(two_, one_, 4);
  const auto other = writer_of(two_);
  write(*other, 4, 7);
  const auto back = admin_of_node(one_, two_);
  must([&](auto d) { back->rejoin(d); });
  for (int at = 8; at < 12; ++at) write(*other, 4, at);
  wait([&] { return one_.sql("SELECT beat FROM wideip.heartbeat ORDER BY epoch DESC LIMIT 1") == "11000"; });
}

// It begins with the last of the epochs that it missed, and lacks the rows that the earlier ones inserted.
TEST_F(HeartbeatWriterTest, ANodeThatMissedSeveralEpochsFollowsTheHeartbeatOfTheLast) {
  promote(one_, two_, 3);
  write(*writer_of(one_), 3, 100);  // nothing of this reaches the other
  one_.sql("SET GLOBAL read_only=1");
  const auto other = writer_of(two_, "site2");
  for (std::uint64_t counter = 4; counter < 7; ++counter) {
    promote(two_, one_, counter);
    for (int at = 1; at < 4; ++at) write(*other, counter, static_cast<int>(counter) * 10 + at);
  }
  const auto back = admin_of_node(one_, two_);
  must([&](auto d) { back->rejoin(d); });
  for (int at = 64; at < 67; ++at) write(*other, 6, at);
  wait([&] { return one_.sql("SELECT beat FROM wideip.heartbeat ORDER BY epoch DESC LIMIT 1") == "66000"; });
  EXPECT_EQ(one_.sql("SELECT MAX(counter) FROM wideip.epoch"), "6");
}

TEST_F(HeartbeatWriterTest, AServerThatWasClosedTakesNone) {
  promote(one_, two_, 3);
  const auto writer = writer_of(one_);
  write(*writer, 3, 100);
  one_.sql("SET GLOBAL read_only=1");
  writer->write(beat(3, 101));
  run_for(base::milliseconds(500));
  EXPECT_EQ(one_.sql("SELECT beat FROM wideip.heartbeat ORDER BY epoch DESC LIMIT 1"), "100000");
  EXPECT_EQ(writer->fault(), "");  // others tell that it is closed
}

TEST_F(HeartbeatWriterTest, NothingIsSentPastTheDeadline) {
  promote(one_, two_, 3);
  const auto writer = writer_of(one_);
  auto late = beat(3, 100);
  late.deadline = base::read_boot_clock();
  writer->write(late);
  run_for(base::milliseconds(200));
  EXPECT_EQ(one_.sql("SELECT COUNT(*) FROM wideip.heartbeat"), "0");
}

TEST_F(HeartbeatWriterTest, AHeartbeatThatIsHeldUpIsEndedByAFence) {
  promote(one_, two_, 3);
  const auto writer = writer_of(one_);
  write(*writer, 3, 100);
  MYSQL* holder = one_.open();
  mysql_query(holder, "LOCK TABLES wideip.heartbeat WRITE");
  auto held = beat(3, 101);
  held.every = seconds(10);  // it waits as long as the server lets it
  writer->write(held);
  wait([&] {
    return one_.sql("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER='mon' AND COMMAND='Query'") == "1";
  });
  NodeCloser closer(loop_, closer_of(one_));
  closer.start();
  std::optional<Closed> closed;
  closer.close(CloseMode::kSoft, seconds(10), [&](const Closed& c) { closed = c; });
  run_until([&] { return closed.has_value(); }, seconds(20));
  EXPECT_EQ(closed->closing, core::Closing::kClosed) << closed->message;
  EXPECT_EQ(one_.sql("SELECT beat FROM wideip.heartbeat ORDER BY epoch DESC LIMIT 1"), "100000");
  mysql_close(holder);
}

TEST_F(HeartbeatWriterTest, WithoutItsTableItWaitsForTheNextWriterAndSaysSo) {
  one_.sql("SET GLOBAL read_only=0");
  const auto writer = writer_of(one_);
  writer->write(beat(3, 100));
  run_until([&] { return !writer->fault().empty(); });
  EXPECT_NE(writer->fault().find("next change of writer"), std::string::npos) << writer->fault();
}

TEST_F(HeartbeatWriterTest, AMissingGrantIsTold) {
  promote(one_, two_, 3);
  one_.sql("REVOKE BINLOG REPLAY ON *.* FROM mon@'127.%'");
  const auto writer = writer_of(one_);
  writer->write(beat(3, 100));
  run_until([&] { return !writer->fault().empty(); });
  EXPECT_NE(writer->fault().find("BINLOG REPLAY"), std::string::npos) << writer->fault();
}

}  // namespace
}  // namespace sitecheck
