// The probe of a service address, against a real mariadbd and against what is none.
#include "probes/mysql_service.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>
#include <sstream>
#include <string>

#include "base/file.h"
#include "base/io/socket.h"
#include "tests/support/mariadb_server.h"

namespace probes {
namespace {

using testing_support::MariadbServer;

base::SocketAddress local(std::uint16_t port) { return {*base::IpAddress::parse("127.0.0.1"), port}; }

struct MysqlServiceTest : ::testing::Test {
  static void SetUpTestSuite() { server = new MariadbServer(); }
  static void TearDownTestSuite() {
    delete server;
    server = nullptr;
  }
  static MariadbServer* server;
  base::Loop loop;

  Observation look(MysqlServiceProbe& probe) {
    std::optional<Observation> got;
    probe.start([&](const Observation& seen) { got = seen; });
    while (!got) loop.run_once(true);
    return *got;
  }
  Observation look(const base::SocketAddress& at, ServiceAccount account) {
    MysqlServiceProbe probe(loop, at, std::move(account), base::seconds(2));
    return look(probe);
  }
  // Lines of the error log, without those of InnoDB's own doings.
  static std::string clients_in_log() {
    std::istringstream log(*base::read_file(server->error_log(), 1 << 24));
    std::string out;
    for (std::string line; std::getline(log, line);) {
      if (line.find(" InnoDB: ") == std::string::npos) out += line + "\n";
    }
    return out;
  }
};
MariadbServer* MysqlServiceTest::server = nullptr;

TEST_F(MysqlServiceTest, AServerThatLetsTheAccountInAnswers) {
  server->sql("CREATE USER wideip_probe@'127.%'");
  const auto seen = look(local(server->port()), {"wideip_probe", ""});
  EXPECT_TRUE(seen.ok()) << seen.detail;
  EXPECT_TRUE(service_answers(seen));
}

TEST_F(MysqlServiceTest, AServerThatRefusesTheAccountAnswers) {
  const auto seen = look(local(server->port()), {"nobody_of_that_name", "x"});
  EXPECT_EQ(seen.outcome, Outcome::kMisconfigured) << seen.detail;
  EXPECT_TRUE(service_answers(seen));
}

// A probe that broke off its handshakes would have this host blocked after max_connect_errors of them (error 1129).
TEST_F(MysqlServiceTest, ManyLooksDoNotBlockTheHost) {
  server->sql("SET GLOBAL max_connect_errors = 3");
  MysqlServiceProbe probe(loop, local(server->port()), {"nobody_of_that_name", ""}, base::seconds(2));
  for (int i = 0; i < 10; ++i) {
    const auto seen = look(probe);
    EXPECT_EQ(seen.detail.find("blocked"), std::string::npos) << seen.detail;
    EXPECT_TRUE(service_answers(seen));
  }
}

// Lines that come with every test teach people not to read the log.
TEST_F(MysqlServiceTest, TestsByTheAccountOfSitecheckGrantsLeaveNothingBehind) {
  server->sql("CREATE USER IF NOT EXISTS 'probe_of_grants'@'%' WITH MAX_USER_CONNECTIONS 20");
  server->sql("SET GLOBAL max_connect_errors = 3");
  for (const char* level : {"2", "9"}) {
    server->sql(std::string("SET GLOBAL log_warnings = ") + level);
    const auto before = clients_in_log();
    const auto aborted = server->row("SHOW GLOBAL STATUS LIKE 'Aborted_c%'")["Value"];
    MysqlServiceProbe probe(loop, local(server->port()), {"probe_of_grants", ""}, base::seconds(5));
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(look(probe).ok());
    EXPECT_EQ(clients_in_log(), before);
    EXPECT_EQ(server->row("SHOW GLOBAL STATUS LIKE 'Aborted_c%'")["Value"], aborted);
    look(local(server->port()), {"nobody_of_that_name", ""});  // the log is the right one
    EXPECT_NE(clients_in_log(), before);
  }
}

TEST_F(MysqlServiceTest, NobodyThereIsNoAnswer) {
  auto fd = io::bind_socket(local(0), SOCK_STREAM);
  const auto address = *io::bound_address(fd->get());
  fd->reset();
  const auto seen = look(address, {"u", ""});
  EXPECT_EQ(seen.outcome, Outcome::kRefused) << seen.detail;
  EXPECT_FALSE(service_answers(seen));
}

// A balancer without a server behind it takes the connection and says nothing, or closes it.
TEST_F(MysqlServiceTest, AConnectionWithoutAGreetingIsNoAnswer) {
  const auto fd = io::bind_socket(local(0), SOCK_STREAM);
  MysqlServiceProbe probe(loop, *io::bound_address(fd->get()), {"u", ""}, base::milliseconds(100));
  const auto seen = look(probe);
  EXPECT_FALSE(service_answers(seen)) << seen.detail;
}

TEST_F(MysqlServiceTest, ACancelledLookTellsNothing) {
  MysqlServiceProbe probe(loop, local(server->port()), {"u", ""}, base::seconds(2));
  probe.start([](const Observation&) { FAIL(); });
  probe.cancel();
  EXPECT_TRUE(service_answers(look(local(server->port()), {"u", ""})));
}

}  // namespace
}  // namespace probes
