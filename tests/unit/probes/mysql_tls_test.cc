// TLS towards a real MariaDB that demands it, and towards one that has none.
#include <gtest/gtest.h>

#include <cstdlib>

#include "probes/mysql_client.h"
#include "probes/mysql_outcome.h"
#include "probes/mysql_probe.h"
#include "probes/mysql_service.h"
#include "tests/support/loop_test.h"
#include "tests/support/mariadb_server.h"

namespace probes {
namespace {

using testing_support::MariadbServer;

const testing_support::TemporaryFolder& folder() {
  static const testing_support::TemporaryFolder out;
  return out;
}
std::string file(const std::string& name) { return (folder().path() / name).string(); }

// A certificate that vouches for itself, for an address.
void make_certificate(const std::string& name, const std::string& alternative) {
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=" + name +
      " -addext subjectAltName=" + alternative + " -keyout " + file(name + ".key") + " -out " + file(name + ".pem") +
      " 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
}

class MysqlTlsTest : public testing_support::LoopTest {
 protected:
  static void SetUpTestSuite() {
    make_certificate("server", "IP:127.0.0.1");
    make_certificate("elsewhere", "IP:192.0.2.1");
    make_certificate("client", "DNS:wideip");
    server_ = std::make_unique<MariadbServer>(
        1, std::vector<std::string>{"--ssl-cert=" + file("server.pem"), "--ssl-key=" + file("server.key"),
                                    "--ssl-ca=" + file("client.pem"), "--require-secure-transport=ON"});
    server_->sql("CREATE USER mon@'127.%' IDENTIFIED BY 'm'");
    server_->sql("CREATE USER cert@'127.%' IDENTIFIED BY 'c' REQUIRE X509");
  }
  static void TearDownTestSuite() { server_.reset(); }

  static MysqlTarget target(std::optional<MysqlTls> tls, const std::string& user = "mon") {
    return {"127.0.0.1", server_->port(), user, user.substr(0, 1), {}, false, std::move(tls)};
  }
  MysqlResult ask(const MysqlTarget& to) {
    MysqlClient client(loop_, to);
    std::optional<MysqlResult> got;
    client.query("SHOW STATUS LIKE 'Ssl_cipher'", base::seconds(10), [&](const MysqlResult& r) { got = r; });
    run_until([&] { return got.has_value(); }, base::seconds(20));
    return got.value_or(MysqlResult{});
  }

  inline static std::unique_ptr<MariadbServer> server_;
};

TEST_F(MysqlTlsTest, ACertificateThatFitsIsTakenAndTheConnectionIsEncrypted) {
  const auto r = ask(target(MysqlTls{file("server.pem"), "", "", true}));
  ASSERT_TRUE(r.ok()) << r.message;
  EXPECT_NE(r.get("Value").value_or(""), "");
}

TEST_F(MysqlTlsTest, AServerThatDemandsTlsRefusesAConnectionInTheClear) {
  const auto r = ask(target(std::nullopt));
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(classify(r), Outcome::kMisconfigured) << r.message;  // proves nothing about the writer
}

TEST_F(MysqlTlsTest, ACertificateOfAnotherAuthorityIsRefused) {
  const auto r = ask(target(MysqlTls{file("elsewhere.pem"), "", "", true}));
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(classify(r), Outcome::kMisconfigured) << r.code << " " << r.message;
}

TEST_F(MysqlTlsTest, ACertificateForAnotherAddressIsRefused) {
  const MariadbServer other(2, {"--ssl-cert=" + file("elsewhere.pem"), "--ssl-key=" + file("elsewhere.key")});
  other.sql("CREATE USER mon@'127.%' IDENTIFIED BY 'm'");
  auto to = target(MysqlTls{file("elsewhere.pem"), "", "", true});
  to.port = other.port();
  EXPECT_FALSE(ask(to).ok());
  to.tls->verify = false;
  EXPECT_TRUE(ask(to).ok());
}

TEST_F(MysqlTlsTest, AServerWithoutTlsIsRefused) {
  const MariadbServer plain(2, {"--skip-ssl"});
  plain.sql("CREATE USER mon@'127.%' IDENTIFIED BY 'm'");
  for (const bool verify : {true, false}) {
    auto to = target(MysqlTls{verify ? file("server.pem") : "", "", "", verify});
    to.port = plain.port();
    const auto r = ask(to);
    EXPECT_FALSE(r.ok());
    EXPECT_EQ(classify(r), Outcome::kMisconfigured) << r.code << " " << r.message;
  }
}

TEST_F(MysqlTlsTest, AClientCertificateIsShown) {
  EXPECT_FALSE(ask(target(MysqlTls{file("server.pem"), "", "", true}, "cert")).ok());
  const auto r = ask(target(MysqlTls{file("server.pem"), file("client.pem"), file("client.key"), true}, "cert"));
  EXPECT_TRUE(r.ok()) << r.message;
}

TEST_F(MysqlTlsTest, AServiceThatIsRefusedForItsCertificateHasAnswered) {
  const auto at = base::SocketAddress{base::IpAddress::v4({127, 0, 0, 1}), server_->port()};
  for (const auto* ca : {"server.pem", "elsewhere.pem"}) {
    MysqlServiceProbe probe(loop_, at, {"mon", "m", MysqlTls{file(ca), "", "", true}}, base::seconds(10));
    std::optional<Observation> got;
    probe.start([&](const Observation& seen) { got = seen; });
    run_until([&] { return got.has_value(); }, base::seconds(20));
    EXPECT_TRUE(service_answers(*got)) << ca << ": " << got->detail;
  }
}

}  // namespace
}  // namespace probes
