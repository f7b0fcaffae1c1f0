// The heartbeat row as MySQL 8 is asked for it, on a fake server that speaks its protocol: what the statements do on a
// real one is known for 5.6 and 5.7 (tests/func/mysql5_test.py).
#include <gtest/gtest.h>

#include <algorithm>

#include "probes/mysql_heartbeat.h"
#include "probes/mysql_schema.h"
#include "sitecheck/io/heartbeat_writer.h"
#include "tests/support/fake_mysql.h"
#include "tests/support/loop_test.h"

namespace sitecheck {
namespace {

using base::seconds;
using testing_support::FakeMysql;
using testing_support::RecordedServer;

const std::string kSource(probes::kBeatSource);
const std::string kNumbersSql = "SELECT @@global.gtid_executed AS held";

class HeartbeatOnMysql8 : public testing_support::LoopTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    hold("aaaaaaaa-1111-2222-3333-444444444444:1-5,\n" + beats(41) + ",\n" + epochs());
    server_.answer("INSERT /* wideip heartbeat */*", {0, "", {}, {}, 1});
  }
  // The transactions of the present epoch: its row is the last of them.
  [[nodiscard]] std::string epochs() const {
    const auto last = probes::epoch_number(version_, epoch_.value, probes::create_schema_sql("").size());
    return std::string(probes::kEpochSource) + ":1-" + std::to_string(last);
  }
  // Heartbeats of the present epoch.
  [[nodiscard]] std::string beats(int count) const {
    return kSource + ":" + std::to_string(before_ + 1) + "-" +
           std::to_string(before_ + static_cast<std::uint64_t>(count));
  }
  void hold(const std::string& set) { server_.answer(kNumbersSql, {0, "", {"held"}, {{set}}}); }
  [[nodiscard]] core::WriteBeat beat(int at_s) const {
    const auto now = base::read_boot_clock();
    return {0, 0, epoch_, base::Instant(seconds(at_s)), seconds(1), now + seconds(20)};
  }
  // As the core does it: again and again, since one that finds no connection in its time is gone.
  template <typename Done>
  void beat_until(int at_s, Done done) {
    writer_.write(beat(at_s));
    base::Timer again(loop_, [&] { writer_.write(beat(at_s)); });
    again.start(base::milliseconds(5), base::milliseconds(5));
    run_until(done, seconds(20));
  }
  // Until the row of that moment was written: one of a moment before may still be under way.
  void write(int at_s) {
    const auto before = writer_.written();
    beat_until(at_s, [&] {
      const auto all = asked();
      return writer_.written() > before && std::count(all.begin(), all.end(), row(at_s)) > 0;
    });
  }
  [[nodiscard]] std::string row(int at_s) const {
    return probes::write_heartbeat_sql("wideip", "site1", {epoch_.value, at_s * 1000, 1000}, false);
  }
  // Without what sets a session up.
  [[nodiscard]] std::vector<std::string> asked() const {
    std::vector<std::string> out;
    for (auto& sql : server_.asked()) {
      if (sql != "SELECT 1" && !sql.starts_with("SET SESSION lock_wait")) out.push_back(std::move(sql));
    }
    return out;
  }
  [[nodiscard]] std::string next(int number) const {
    return "SET SESSION gtid_next='" + kSource + ":" + std::to_string(before_ + static_cast<std::uint64_t>(number)) +
           "'";
  }

  const ecv::Epoch epoch_ = ecv::Epoch::make(3, 1);
  const std::uint64_t before_ = std::uint64_t{3} << 30U;  // the number before the epoch's first heartbeat
  const probes::ServerVersion version_ = probes::ServerVersion::parse(GetParam());
  FakeMysql server_{
      RecordedServer::load(std::string(WIDEIP_SOURCE_DIR) + "/tests/support/mysql8/" + GetParam() + ".txt"), "mon",
      "secret"};
  // The admin account bypasses read_only, and is not needed here: it would be refused.
  HeartbeatWriter writer_{loop_, HeartbeatWriterOptions{"db",
                                                        "site1",
                                                        "wideip",
                                                        {"127.0.0.1", server_.port(), "mon", "secret", {}},
                                                        {"127.0.0.1", server_.port(), "adm", "none", {}}}};
};

INSTANTIATE_TEST_SUITE_P(Versions, HeartbeatOnMysql8, testing::Values("8.0.21", "8.0.36", "8.4.3"), [](const auto& of) {
  std::string name = of.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return "V" + name;
});

TEST_P(HeartbeatOnMysql8, IsNumberedAfterThoseThatTheServerHoldsWithoutAGap) {
  write(100);
  write(101);
  const auto all = asked();
  ASSERT_GE(all.size(), 5U);
  const std::vector<std::string> first(all.begin(), all.begin() + 3);
  EXPECT_EQ(first, (std::vector<std::string>{kNumbersSql, next(42), row(100)}));
  EXPECT_NE(std::find(all.begin(), all.end(), next(43)), all.end());
  EXPECT_EQ(std::count(all.begin(), all.end(), kNumbersSql), 1);
  EXPECT_NE(std::find(all.begin(), all.end(), row(101)), all.end());
  EXPECT_EQ(writer_.fault(), "");
  EXPECT_EQ(server_.full_logins(), 1);  // by the monitor account alone
}

TEST_P(HeartbeatOnMysql8, BeginsOnlyOnceTheEpochsRowIsThere) {
  hold(beats(41));
  beat_until(100, [&] { return !writer_.fault().empty(); });
  EXPECT_NE(writer_.fault().find("next change of writer"), std::string::npos) << writer_.fault();
  EXPECT_EQ(asked(), std::vector<std::string>{kNumbersSql});
}

// Another took the number meanwhile, or the server was closed: the session would keep it, so it goes.
TEST_P(HeartbeatOnMysql8, ARowThatChangesNothingEndsTheSessionAndItsNumber) {
  server_.answer("INSERT /* wideip heartbeat */*", {});
  const auto looked = [&] {
    const auto all = asked();
    return std::count(all.begin(), all.end(), kNumbersSql);
  };
  beat_until(100, [&] { return looked() >= 2; });
  EXPECT_EQ(writer_.written(), 0U);
  EXPECT_EQ(writer_.fault(), "");
  hold(beats(43) + "," + epochs());
  beat_until(101, [&] {
    const auto all = asked();
    return std::find(all.begin(), all.end(), next(44)) != all.end();
  });
  server_.answer("INSERT /* wideip heartbeat */*", {0, "", {}, {}, 1});
  write(102);
  EXPECT_EQ(writer_.fault(), "");
}

TEST_P(HeartbeatOnMysql8, AClosedServerIsNoFaultAndAMissingGrantIs) {
  server_.answer("INSERT /* wideip heartbeat */*", {1290, "running with the --super-read-only option", {}, {}});
  beat_until(100, [&] {
    const auto all = asked();
    return std::count(all.begin(), all.end(), row(100)) >= 2;  // the answer to the first is here
  });
  EXPECT_EQ(writer_.fault(), "");
  server_.answer(next(42), {1227, "Access denied; you need REPLICATION_APPLIER", {}, {}});
  beat_until(101, [&] { return !writer_.fault().empty(); });
  EXPECT_EQ(writer_.fault(), "the heartbeat cannot be written: Access denied; you need REPLICATION_APPLIER");
  EXPECT_EQ(writer_.written(), 0U);
}

}  // namespace
}  // namespace sitecheck
