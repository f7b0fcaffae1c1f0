// The HTTPS monitor against certificates that are good, expired, for another name, and signed by nobody that is known.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/io/http_server.h"
#include "probes/http.h"
#include "tests/unit/base_io/loop_util.h"

namespace probes {
namespace {

std::string read(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

class HttpsTest : public testing::Test {
 protected:
  [[nodiscard]] std::string file(const std::string& name) const { return (folder_ / name).string(); }
  void run(const std::string& command) const {
    ASSERT_EQ(std::system(("cd " + file(".") + " && " + command + " 2>/dev/null").c_str()), 0) << command;
  }
  // A certificate that vouches for itself, for the subject alternative name, valid as told.
  void make(const std::string& name, const std::string& alternative, const std::string& dates) {
    std::ofstream(file(name + ".cnf")) << "[ca]\ndefault_ca=d\n[d]\ndatabase=./" << name << ".index\nserial=./" << name
                                       << ".serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nx509_extensions=e\n"
                                          "[p]\ncommonName=supplied\n[e]\nsubjectAltName="
                                       << alternative << "\n";
    std::ofstream(file(name + ".index")) << "";
    std::ofstream(file(name + ".serial")) << "01\n";
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=" + name + " -keyout " + name +
        ".key -out " + name + ".csr");
    run("openssl ca -config " + name + ".cnf -selfsign -batch -in " + name + ".csr -keyfile " + name + ".key " + dates +
        " -notext -out " + name + ".pem");
  }
  void serve(const std::string& name) {
    io::ServerOptions options;
    options.tls = {read(file(name + ".pem")), read(file(name + ".key"))};
    auto opened =
        io::HttpServer::listen(loop_, io_test::loopback(), options, io::answer_at_once([](const io::ServerRequest&) {
                                 return io::ServerResponse{200, "state=UP"};
                               }));
    ASSERT_TRUE(opened) << opened.error().message;
    server_ = std::move(*opened);
  }
  Observation look(const std::string& host, const std::string& ca, bool verify = true) {
    HttpCheck check;
    check.url = "https://" + host + ":" + std::to_string(server_->address().port) + "/";
    check.connect_to = server_->address();
    check.receive = "state=UP";
    check.timeout = base::seconds(10);
    check.verify_tls = verify;
    if (!ca.empty()) check.tls.ca_file = file(ca + ".pem");
    HttpProbe probe(client_, check);
    std::optional<Observation> got;
    probe.start([&](const Observation& seen) { got = seen; });
    EXPECT_TRUE(io_test::run_until(
        loop_, [&] { return got.has_value(); }, base::seconds(20)));
    return got.value_or(Observation{});
  }

  io_test::TempFolder folder_;
  base::Loop loop_;
  io::HttpClient client_{loop_};
  std::unique_ptr<io::HttpServer> server_;
};

const char* const kNow = "-days 2";
const char* const kPast = "-startdate 20200101000000Z -enddate 20200102000000Z";

TEST_F(HttpsTest, AGoodCertificateIsTakenByAddressAndByName) {
  make("web", "IP:127.0.0.1,DNS:www.example.com", kNow);
  serve("web");
  EXPECT_TRUE(look("127.0.0.1", "web").ok());
  EXPECT_TRUE(look("www.example.com", "web").ok());
}

TEST_F(HttpsTest, AnExpiredOneIsAFailureThatSaysSo) {
  make("old", "IP:127.0.0.1", kPast);
  serve("old");
  const auto seen = look("127.0.0.1", "old");
  EXPECT_EQ(seen.outcome, Outcome::kProtocol);
  EXPECT_NE(seen.detail.find("certificate has expired"), std::string::npos) << seen.detail;
  EXPECT_TRUE(look("127.0.0.1", "old", false).ok()) << "unless it is not to be looked at";
}

TEST_F(HttpsTest, OneForAnotherNameIsAFailureThatNamesIt) {
  make("web", "DNS:www.example.com", kNow);
  serve("web");
  const auto seen = look("shop.example.com", "web");
  EXPECT_EQ(seen.outcome, Outcome::kProtocol);
  EXPECT_NE(seen.detail.find("shop.example.com"), std::string::npos) << seen.detail;
}

TEST_F(HttpsTest, OneThatNobodyKnownSignedIsAFailure) {
  make("web", "IP:127.0.0.1", kNow);
  make("other", "IP:127.0.0.1", kNow);
  serve("web");
  EXPECT_EQ(look("127.0.0.1", "other").outcome, Outcome::kProtocol);
  EXPECT_EQ(look("127.0.0.1", "").outcome, Outcome::kProtocol) << "the system's authorities";
}

}  // namespace
}  // namespace probes
