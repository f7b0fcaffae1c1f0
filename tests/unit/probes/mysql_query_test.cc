// The MySQL monitor against a real server, and its comparison by itself.
#include "probes/mysql_query.h"

#include <gtest/gtest.h>

#include <optional>

#include "probes/galera_probe.h"
#include "tests/support/fake_mysql.h"
#include "tests/support/mariadb_server.h"
#include "tests/unit/base_io/loop_util.h"

namespace probes {
namespace {

using testing_support::MariadbServer;

class MysqlQueryTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<MariadbServer>();
    server_->sql("CREATE USER mon@'127.%' IDENTIFIED BY 'm'");
  }
  static void TearDownTestSuite() { server_.reset(); }

  template <typename P>
  Observation run(P& probe) {
    std::optional<Observation> got;
    probe.start([&](const Observation& seen) { got = seen; });
    EXPECT_TRUE(io_test::run_until(
        loop_, [&] { return got.has_value(); }, base::seconds(30)));
    return got.value_or(Observation{});
  }
  [[nodiscard]] static MysqlCheck check() {
    MysqlCheck out{{*base::IpAddress::parse("127.0.0.1"), server_->port()}, {"mon", "m"}};
    out.timeout = base::seconds(20);
    return out;
  }
  Observation look(const MysqlCheck& check) {
    MysqlQueryProbe probe(loop_, check);
    return run(probe);
  }

  base::Loop loop_;
  inline static std::unique_ptr<MariadbServer> server_;
};

TEST_F(MysqlQueryTest, ALoginAndAQueryThatSucceedsAreOk) {
  const auto seen = look(check());
  EXPECT_TRUE(seen.ok()) << seen.detail;
}

TEST_F(MysqlQueryTest, TheValueIsCompared) {
  auto c = check();
  c.query = "SELECT 'UP' AS state, NULL AS hole, 7 AS lag";
  c.expect = "UP";
  EXPECT_TRUE(look(c).ok());
  c.expect = "DOWN";
  const auto other = look(c);
  EXPECT_EQ(other.outcome, Outcome::kMismatch);
  EXPECT_NE(other.detail.find("state is \"UP\", \"DOWN\" is expected"), std::string::npos) << other.detail;
  c.expect = "7";
  c.column = "LAG";
  EXPECT_TRUE(look(c).ok()) << "letter case of columns does not count";
  c.column = "hole";
  EXPECT_NE(look(c).detail.find("hole is NULL"), std::string::npos);
  c.column = "none";
  EXPECT_NE(look(c).detail.find("no column none"), std::string::npos);
}

TEST_F(MysqlQueryTest, NoRowIsNotTheValue) {
  auto c = check();
  c.query = "SELECT 1 FROM DUAL WHERE 1=0";
  EXPECT_TRUE(look(c).ok()) << "nothing is expected";
  c.expect = "1";
  EXPECT_NE(look(c).detail.find("no row"), std::string::npos);
}

TEST_F(MysqlQueryTest, AQueryThatFailsIsAMismatchWithTheServersWords) {
  auto c = check();
  c.query = "SELECT * FROM no_such_table";
  const auto seen = look(c);
  EXPECT_EQ(seen.outcome, Outcome::kMismatch);
  EXPECT_FALSE(seen.detail.empty());
}

TEST_F(MysqlQueryTest, ALoginThatIsRefusedProvesNothing) {
  auto c = check();
  c.account.password = "wrong";
  EXPECT_EQ(look(c).outcome, Outcome::kMisconfigured);
}

TEST_F(MysqlQueryTest, AQueryThatTakesTooLongIsATimeout) {
  auto c = check();
  c.query = "SELECT SLEEP(30)";
  c.timeout = base::milliseconds(300);
  EXPECT_EQ(look(c).outcome, Outcome::kTimeout);
}

TEST_F(MysqlQueryTest, AServerWithoutGaleraIsNoGaleraNode) {
  GaleraProbe probe(loop_, {check().address, {"mon", "m"}, {}, true, base::seconds(20)});
  const auto seen = run(probe);
  EXPECT_EQ(seen.outcome, Outcome::kMismatch);
  EXPECT_NE(seen.detail.find("wsrep"), std::string::npos) << seen.detail;
}

MysqlResult rows(const std::vector<std::pair<std::string, std::string>>& pairs) {
  MysqlResult out;
  out.columns = {"Variable_name", "Value"};
  for (const auto& [key, value] : pairs) out.rows.push_back({key, value});
  return out;
}

Observation galera(const std::string& state, const std::string& read_only, const GaleraPolicy& policy = {},
                   bool writable = true) {
  Observation seen;
  seen.outcome = Outcome::kOk;
  judge_galera({rows({{"wsrep_on", "ON"}, {"wsrep_reject_queries", "NONE"}}),
                rows({{"wsrep_cluster_status", "Primary"},
                      {"wsrep_ready", "ON"},
                      {"wsrep_connected", "ON"},
                      {"wsrep_local_state", state}}),
                rows({{"read_only", read_only}})},
               policy, writable, seen);
  return seen;
}

TEST(JudgeGalera, ASyncedNodeThatTakesWritesIsOk) {
  EXPECT_TRUE(galera("4", "OFF").ok());
  const auto closed = galera("4", "ON");
  EXPECT_EQ(closed.outcome, Outcome::kMismatch);
  EXPECT_EQ(closed.detail, "read_only is ON");
  EXPECT_TRUE(galera("4", "ON", {}, false).ok()) << "where reading is enough";
}

TEST(JudgeGalera, ADonorIsDisabledUnlessItMayServe) {
  EXPECT_EQ(galera("2", "OFF").outcome, Outcome::kDisabled);
  GaleraPolicy serves;
  serves.donor_serves = true;
  EXPECT_TRUE(galera("2", "OFF", serves).ok());
}

TEST(JudgeGalera, AJoinerIsAMismatch) { EXPECT_EQ(galera("1", "OFF").outcome, Outcome::kMismatch); }

using testing_support::FakeMysql;
using testing_support::Misbehaviour;

// Whatever stands at the port: the look ends in its time, as a failure with a reason.
class MonitorOfWhatMisbehaves : public testing::TestWithParam<Misbehaviour> {
 protected:
  Observation look(Probe& probe) {
    std::optional<Observation> got;
    probe.start([&](const Observation& seen) { got = seen; });
    EXPECT_TRUE(io_test::run_until(
        loop_, [&] { return got.has_value(); }, base::seconds(30)));
    return got.value_or(Observation{});
  }
  base::Loop loop_;
};

INSTANTIATE_TEST_SUITE_P(All, MonitorOfWhatMisbehaves,
                         testing::Values(Misbehaviour::kSilent, Misbehaviour::kGarbage, Misbehaviour::kGarbageAnswers,
                                         Misbehaviour::kSilentAnswers, Misbehaviour::kDrips));

TEST_P(MonitorOfWhatMisbehaves, IsAFailureInTime) {
  const auto folder = std::string(WIDEIP_SOURCE_DIR) + "/tests/support/mysql8/8.0.36.txt";
  FakeMysql server(testing_support::RecordedServer::load(folder), "mon", "m");
  server.misbehave(GetParam());
  const base::SocketAddress at{*base::IpAddress::parse("127.0.0.1"), server.port()};
  MysqlCheck check{at, {"mon", "m"}};
  check.timeout = base::milliseconds(300);
  MysqlQueryProbe query(loop_, check);
  GaleraProbe galera(loop_, {at, {"mon", "m"}, {}, true, base::milliseconds(300)});
  for (Probe* probe : std::initializer_list<Probe*>{&query, &galera}) {
    const auto seen = look(*probe);
    EXPECT_FALSE(seen.ok());
    EXPECT_NE(seen.outcome, Outcome::kMisconfigured) << seen.detail;
    EXPECT_FALSE(seen.detail.empty());
  }
}

}  // namespace
}  // namespace probes
