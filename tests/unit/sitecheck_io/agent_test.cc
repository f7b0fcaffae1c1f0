#include "sitecheck/io/agent.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "tests/support/loop_test.h"
#include "tests/unit/base_io/loop_util.h"

namespace {

class Agent : public testing_support::LoopTest {
 protected:
  Agent() {
    conf::Agent conf;
    conf.listen = io_test::loopback();
    conf.ports = {{io_test::loopback(), "main", "db1", false, {}}, {io_test::loopback(), "main", "", true, {}}};
    auto server = sitecheck::AgentServer::listen(loop_, conf, [](std::string_view pool) {
      std::optional<sitecheck::AgentPool> out;
      if (pool != "main") return out;
      sitecheck::EcvNode node;
      node.name = "db1";
      node.state = ecv::NodeState::kActive;
      node.read_only = false;
      out = sitecheck::AgentPool{true, false, {node}};
      return out;
    });
    EXPECT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }

  base::Fd connect(std::size_t port) {
    sockaddr_storage to{};
    const auto length = server_->addresses().at(port).to_sockaddr(to);
    base::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), length), 0);
    return fd;
  }
  static void send(const base::Fd& fd, const std::string& text) {
    EXPECT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // All that comes until the server closes.
  std::string receive(const base::Fd& fd) {
    std::string out;
    bool closed = false;
    run_until([&] {
      char part[256];
      const ssize_t n = ::recv(fd.get(), part, sizeof part, MSG_DONTWAIT);
      if (n > 0) out.append(part, static_cast<std::size_t>(n));
      closed = n == 0 || (n < 0 && errno != EAGAIN);
      if (!closed) run_for(base::milliseconds(1));
      return closed;
    });
    return out;
  }
  std::string ask(std::size_t port, const std::string& text) {
    const auto fd = connect(port);
    if (!text.empty()) send(fd, text);
    return receive(fd);
  }

  std::unique_ptr<sitecheck::AgentServer> server_;
};

TEST_F(Agent, AnswersWhatTheBalancerAsksFor) {
  EXPECT_EQ(ask(0, "main/db1 rw\n"), "up ready 100%\n");
  EXPECT_EQ(ask(0, "main/db2 rw\n"), "down #pool main has no node db2\n");
  EXPECT_EQ(ask(0, "other ro\n"), "down #there is no pool other here\n");
  EXPECT_EQ(server_->counters().answers, 3U);
}

TEST_F(Agent, APortOfItsOwnAnswersWithoutBeingAsked) {
  EXPECT_EQ(ask(1, ""), "up ready 100%\n");
  EXPECT_EQ(ask(2, ""), "up ready 100%\n");
  EXPECT_EQ(ask(1, "main/other rw\n"), "up ready 100%\n") << "what is sent there is not heard";
}

TEST_F(Agent, WordsInPiecesAndWithoutALineBreakAreUnderstood) {
  const auto fd = connect(0);
  for (const char* piece : {"ma", "in/db", "1 r", "w\n"}) {
    send(fd, piece);
    run_for(base::milliseconds(2));
  }
  EXPECT_EQ(receive(fd), "up ready 100%\n");
  EXPECT_EQ(ask(0, "main/db1 rw"), "up ready 100%\n") << "after a while";
}

TEST_F(Agent, WhoSaysNothingOrGarbageIsToldWhatToSay) {
  const std::string told = "down #send POOL[/NODE] rw|ro and a line break by agent-send\n";
  EXPECT_EQ(ask(0, ""), told);
  EXPECT_EQ(ask(0, "GET / HTTP/1.1\r\n\r\n"), told);
  EXPECT_EQ(ask(0, std::string("\0\xff\n", 3)), told);
  EXPECT_EQ(ask(0, std::string(1000, 'x')), told) << "no endless line is kept";
  EXPECT_EQ(server_->counters().refused, 4U);
}

TEST_F(Agent, AClientThatGoesAwayIsForgotten) {
  for (int i = 0; i < 20; ++i) connect(0);
  run_for(base::milliseconds(20));
  EXPECT_EQ(ask(0, "main/db1 rw\n"), "up ready 100%\n");
}

TEST_F(Agent, ManySilentClientsDoNotKeepItFromAnswering) {
  std::vector<base::Fd> silent;
  for (int i = 0; i < 300; ++i) {
    silent.push_back(connect(0));
    run_for(base::milliseconds(0));
  }
  EXPECT_GT(server_->counters().refused, 0U);
  run_until([&] { return ask(0, "main/db1 rw\n") == "up ready 100%\n"; });
}

TEST_F(Agent, OtherPortsAreTakenOverWholeOrNotAtAll) {
  const auto before = server_->addresses();
  conf::Agent conf;
  conf.ports = {{io_test::loopback(), "main", "", true, {}}, {before[0], "main", "db1", false, {}}};
  EXPECT_FALSE(server_->reconfigure(conf)) << "that address is taken, by a port that was asked for as any";
  EXPECT_EQ(server_->addresses(), before);
  EXPECT_EQ(ask(1, ""), "up ready 100%\n");
  conf.ports.pop_back();
  conf.listen = io_test::loopback();
  ASSERT_TRUE(server_->reconfigure(conf));
  EXPECT_EQ(server_->addresses().size(), 2U);
  EXPECT_EQ(ask(0, "main/db1 rw\n"), "up ready 100%\n");
  EXPECT_EQ(ask(1, ""), "up ready 100%\n");
}

}  // namespace
