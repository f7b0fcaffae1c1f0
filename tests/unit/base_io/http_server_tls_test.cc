// HTTPS: certificates that fit or do not, and their exchange while requests are under way.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/fd.h"
#include "base/io/http_client.h"
#include "base/io/http_server.h"
#include "tests/unit/base_io/loop_util.h"
#include "tests/unit/base_io/stream_client.h"

namespace {

using io_test::run_until;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

class HttpServerTls : public testing::Test {
 protected:
  // A certificate for 127.0.0.1 that vouches for itself.
  io::ServerTls certificate(const std::string& name) {
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=" +
        name + " -addext subjectAltName=IP:127.0.0.1 -keyout " + (folder_ / (name + ".key")).string() + " -out " +
        ca(name) + " 2>/dev/null";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return {read(ca(name)), read(folder_ / (name + ".key"))};
  }
  [[nodiscard]] std::string ca(const std::string& name) const { return (folder_ / (name + ".pem")).string(); }

  void serve(const io::ServerTls& tls, io::HttpHandler handler) {
    io::ServerOptions options;
    options.tls = tls;
    auto opened = io::HttpServer::listen(loop_, io_test::loopback(), options, std::move(handler));
    ASSERT_TRUE(opened) << opened.error().message;
    server_ = std::move(*opened);
  }
  std::unique_ptr<io::HttpCall> begin(const std::string& trusted, std::optional<io::HttpReply>& got) {
    io::HttpRequest request;
    request.url = "https://127.0.0.1:" + std::to_string(server_->address().port) + "/";
    request.fresh_connection = true;
    request.timeout = base::seconds(10);
    request.tls.ca_file = ca(trusted);
    return client_.start(request, [&got](const io::HttpReply& r) { got = r; });
  }
  // The status, 0 if the server's certificate is not the trusted one.
  int get(const std::string& trusted) {
    std::optional<io::HttpReply> got;
    const auto call = begin(trusted, got);
    EXPECT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
    return got.value_or(io::HttpReply{}).status;
  }

  io_test::TempFolder folder_;
  base::Loop loop_;
  io::HttpClient client_{loop_};
  std::unique_ptr<io::HttpServer> server_;
};

io::HttpHandler hello() {
  return io::answer_at_once([](const io::ServerRequest&) {
    return io::ServerResponse{200, std::string(100'000, 'x')};
  });
}

TEST_F(HttpServerTls, ServesThoseWhoTrustItsCertificate) {
  serve(certificate("one"), hello());
  certificate("other");
  EXPECT_EQ(get("one"), 200);
  EXPECT_EQ(get("other"), 0);
}

TEST_F(HttpServerTls, SpeaksNoHttpInTheClear) {
  serve(certificate("one"), hello());
  std::optional<io::HttpReply> got;
  io::HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(server_->address().port) + "/";
  const auto call = client_.start(request, [&](const io::HttpReply& r) { got = r; });
  EXPECT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
  EXPECT_EQ(got->status, 0);
  EXPECT_EQ(get("one"), 200);
}

TEST_F(HttpServerTls, RefusesACertificateThatDoesNotFit) {
  const auto one = certificate("one");
  const auto two = certificate("two");
  for (const auto& tls :
       {io::ServerTls{one.cert, two.key}, io::ServerTls{"no PEM", one.key}, io::ServerTls{one.cert, ""}}) {
    io::ServerOptions options;
    options.tls = tls;
    const auto opened = io::HttpServer::listen(loop_, io_test::loopback(), options, hello());
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().message.find("certificate"), std::string::npos) << opened.error().message;
  }
}

TEST_F(HttpServerTls, ExchangesItsCertificateWithoutClosingThePort) {
  serve(certificate("one"), hello());
  const auto at = server_->address();
  ASSERT_EQ(get("one"), 200);
  const auto two = certificate("two");
  ASSERT_TRUE(server_->renew(two));
  EXPECT_EQ(get("two"), 200);
  EXPECT_EQ(get("one"), 0);
  EXPECT_FALSE(server_->renew({"no PEM", two.key}));
  EXPECT_EQ(get("two"), 200) << "what does not fit changes nothing";
  EXPECT_EQ(server_->address(), at);
  const auto three = certificate("three");
  ASSERT_TRUE(server_->renew(certificate("one")));
  ASSERT_TRUE(server_->renew(three));
  EXPECT_EQ(get("three"), 200) << "two in one turn: the last counts";
}

TEST_F(HttpServerTls, ACertificateThatIsTheSameClosesNobody) {
  const auto one = certificate("one");
  std::vector<io::Responder> held;
  serve(one, [&](const io::ServerRequest&, io::Responder responder) { held.push_back(std::move(responder)); });
  std::optional<io::HttpReply> got;
  const auto call = begin("one", got);
  ASSERT_TRUE(run_until(loop_, [&] { return held.size() == 1; }));
  ASSERT_TRUE(server_->renew(one));
  loop_.run_once(false);
  held[0].respond({200, "still there"});
  ASSERT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
  EXPECT_EQ(got->body, "still there");
}

class ClientCertificates : public HttpServerTls {
 protected:
  // A certificate for `name` by the authority "clients", for `purpose` (extendedKeyUsage).
  void issue(const std::string& name, const std::string& authority = "clients",
             const std::string& purpose = "clientAuth") {
    const auto path = [&](const std::string& suffix) { return (folder_ / (name + suffix)).string(); };
    const std::string command =
        "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=" + name + " -keyout " +
        path(".key") + " -out " + path(".csr") + " 2>/dev/null && printf 'extendedKeyUsage=" + purpose + "\\n' >" +
        path(".ext") + " && openssl x509 -req -days 2 -in " + path(".csr") + " -CA " + ca(authority) + " -CAkey " +
        (folder_ / (authority + ".key")).string() + " -CAcreateserial -extfile " + path(".ext") + " -out " +
        path(".pem") + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  // The status that the holder of a certificate gets; 0: turned away.
  int get_as(const std::string& name) {
    std::optional<io::HttpReply> got;
    io::HttpRequest request;
    request.url = "https://127.0.0.1:" + std::to_string(server_->address().port) + "/";
    request.fresh_connection = true;
    request.timeout = base::seconds(20);
    request.tls = {ca("server"), name.empty() ? "" : ca(name),
                   name.empty() ? "" : (folder_ / (name + ".key")).string()};
    const auto call = client_.start(request, [&got](const io::HttpReply& r) { got = r; });
    EXPECT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
    return got.value_or(io::HttpReply{}).status;
  }
};

TEST_F(ClientCertificates, WhoHasOneByTheAuthorityIsServedAndNobodyElse) {
  auto tls = certificate("server");
  tls.client_ca = certificate("clients").cert;
  certificate("strangers");
  issue("known");
  issue("stranger", "strangers");
  issue("server-only", "clients", "serverAuth");
  int asked = 0;
  serve(tls, io::answer_at_once([&](const io::ServerRequest&) {
          ++asked;
          return io::ServerResponse{200, "ok"};
        }));
  EXPECT_EQ(get_as("known"), 200);
  EXPECT_EQ(get_as(""), 0) << "no certificate";
  EXPECT_EQ(get_as("stranger"), 0) << "another authority";
  EXPECT_EQ(get_as("server-only"), 0) << "a certificate that is not for clients";
  EXPECT_EQ(asked, 1) << "the others never got as far as a request";
  EXPECT_TRUE(run_until(loop_, [&] { return server_->counters().failed.handshake == 3; }));
  EXPECT_EQ(get_as("known"), 200);
}

TEST_F(ClientCertificates, TheirAuthorityIsExchangedWithTheServersCertificate) {
  auto tls = certificate("server");
  tls.client_ca = certificate("clients").cert;
  const auto others = certificate("others").cert;
  issue("old");
  issue("new", "others");
  serve(tls, hello());
  ASSERT_EQ(get_as("old"), 200);
  tls.client_ca = others;
  ASSERT_TRUE(server_->renew(tls));
  EXPECT_EQ(get_as("new"), 200);
  EXPECT_EQ(get_as("old"), 0);
  tls.client_ca.clear();
  ASSERT_TRUE(server_->renew(tls));
  EXPECT_EQ(get_as(""), 200);
}

// As a command of the REST API does it.
TEST_F(HttpServerTls, MayExchangeItFromItsOwnHandlerWhileAnswersAreHeld) {
  const auto two = certificate("two");
  std::vector<io::Responder> held;
  serve(certificate("one"), [&](const io::ServerRequest&, io::Responder responder) {
    held.push_back(std::move(responder));
    if (held.size() == 2) {
      EXPECT_TRUE(server_->renew(two));
    }
  });
  std::optional<io::HttpReply> first, second;
  const auto a = begin("one", first);
  ASSERT_TRUE(run_until(loop_, [&] { return held.size() == 1; }));
  const auto b = begin("one", second);
  ASSERT_TRUE(run_until(loop_, [&] { return first && second; })) << "those under way are closed";
  held[0].respond({200, "late"});
  held.clear();
  std::optional<io::HttpReply> third;
  const auto c = begin("two", third);
  ASSERT_TRUE(run_until(loop_, [&] { return !held.empty(); }));
  held[0].respond({200, "good"});
  ASSERT_TRUE(run_until(loop_, [&] { return third.has_value(); }));
  EXPECT_EQ(third->body, "good");
}

// A client that never ends its handshake holds a connection, never the server.
TEST_F(HttpServerTls, AHalfHandshakeHoldsUpNobody) {
  serve(certificate("one"), hello());
  std::vector<base::Fd> silent;
  for (int i = 0; i < 20; ++i) {
    silent.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage where{};
    const auto length = server_->address().to_sockaddr(where);
    ASSERT_EQ(::connect(silent.back().get(), reinterpret_cast<sockaddr*>(&where), length), 0);
    if (i % 2 == 0) {
      ASSERT_EQ(::send(silent.back().get(), "\x16\x03\x01", 3, MSG_NOSIGNAL), 3);
    }
  }
  EXPECT_EQ(get("one"), 200);
}

// libmicrohttpd wants to be run at once as long as a hello is half there, which would leave nothing else its turn.
TEST_F(HttpServerTls, HalfAHelloLeavesTheRestOfTheLoopItsTurn) {
  io::ServerOptions options;
  options.tls = certificate("one");
  options.idle_timeout = options.slowest_request = base::seconds(600);
  auto opened = io::HttpServer::listen(loop_, io_test::loopback(), options, hello());
  ASSERT_TRUE(opened);
  server_ = std::move(*opened);
  std::vector<std::unique_ptr<io_test::StreamClient>> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(std::make_unique<io_test::StreamClient>(loop_, server_->address(), "\x16\x03\x01"));
  }
  ASSERT_TRUE(run_until(loop_, [&] { return server_->connections() == 20; }));
  for (int i = 0; i < 20; ++i) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const base::Fd ours(ends[0]);
    const base::Fd theirs(ends[1]);
    bool told = false;
    base::Poll poll(loop_, ours.get(), [&](int, int) { told = true; });
    poll.start(base::Poll::kReadable);
    ASSERT_EQ(::write(theirs.get(), "x", 1), 1);
    ASSERT_TRUE(run_until(loop_, [&] { return told; }));
    poll.stop();
  }
}

}  // namespace
