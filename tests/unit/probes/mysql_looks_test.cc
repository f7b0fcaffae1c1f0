// A MySQL server as a checkpoint: a real mariadbd, and what never ends a handshake.
#include "probes/mysql_looks.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>

#include "base/io/socket.h"
#include "tests/support/mariadb_server.h"
#include "tests/unit/base_io/loop_util.h"

namespace probes {
namespace {

using io_test::loopback;
using io_test::run_until;
using testing_support::MariadbServer;

class MysqlLooksTest : public testing::Test {
 protected:
  Observation look(MysqlLooks& looks, base::Duration timeout) {
    const auto probe = looks.make(timeout);
    std::optional<Observation> got;
    probe->start([&](const Observation& seen) { got = seen; });
    EXPECT_FALSE(got) << "ended from within start()";
    EXPECT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
    return got.value_or(Observation{});
  }
  base::Loop loop_;
};

TEST_F(MysqlLooksTest, AServerThatRefusesTheAccountWasReached) {
  const MariadbServer server;
  MysqlLooks looks(loop_, loopback(server.port()), {"nobody_of_that_name", ""});
  const auto seen = look(looks, base::seconds(5));
  EXPECT_TRUE(seen.ok()) << seen.detail;
  EXPECT_EQ(seen.detail, "");
}

// A server that is slower than the round's timeout must not block this host for its broken handshakes (error 1129).
TEST_F(MysqlLooksTest, LateHandshakesAreNotBrokenOff) {
  MariadbServer server;
  server.sql("SET GLOBAL max_connect_errors = 3");
  MysqlLooks looks(loop_, loopback(server.port()), {"nobody_of_that_name", ""});
  server.signal(SIGSTOP);
  for (int i = 0; i < 6; ++i) {
    const auto seen = look(looks, base::milliseconds(10));
    EXPECT_EQ(seen.outcome, Outcome::kTimeout) << seen.detail;
  }
  EXPECT_EQ(looks.under_way(), 6U);
  server.signal(SIGCONT);
  EXPECT_TRUE(run_until(loop_, [&] { return looks.under_way() == 0; }));
  EXPECT_TRUE(look(looks, base::seconds(5)).ok());
  MysqlServiceProbe probe(loop_, loopback(server.port()), {"nobody_of_that_name", ""}, base::seconds(5));
  std::optional<Observation> got;
  probe.start([&](const Observation& seen) { got = seen; });
  ASSERT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
  EXPECT_EQ(got->detail.find("blocked"), std::string::npos) << got->detail;
}

TEST_F(MysqlLooksTest, ASilentServerGetsOnlySoManyConnections) {
  const auto silent = io::bind_socket(loopback(), SOCK_STREAM);  // takes connections and says nothing
  MysqlLooks looks(loop_, *io::bound_address(silent->get()), {"u", ""});
  for (std::size_t i = 0; i < MysqlLooks::kMostLate; ++i) {
    EXPECT_EQ(look(looks, base::milliseconds(1)).outcome, Outcome::kTimeout);
  }
  EXPECT_EQ(looks.under_way(), MysqlLooks::kMostLate);
  const auto seen = look(looks, base::seconds(30));
  EXPECT_EQ(seen.outcome, Outcome::kTimeout);
  EXPECT_NE(seen.detail.find("earlier logins"), std::string::npos) << seen.detail;
  EXPECT_EQ(looks.under_way(), MysqlLooks::kMostLate);
}

TEST_F(MysqlLooksTest, ADestroyedLookStaysSilent) {
  const auto silent = io::bind_socket(loopback(), SOCK_STREAM);
  MysqlLooks looks(loop_, *io::bound_address(silent->get()), {"u", ""});
  auto probe = looks.make(base::milliseconds(1));
  probe->start([](const Observation&) { FAIL(); });
  probe.reset();
  io_test::run_for(loop_, base::milliseconds(20));
  EXPECT_EQ(looks.under_way(), 1U);
}

}  // namespace
}  // namespace probes
