#include "base/io/control.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/fd.h"
#include "base/file.h"
#include "tests/unit/base_io/loop_util.h"

namespace {

using io::ControlAnswer;
using io::ControlReply;
using io::ControlRequest;
using io::ControlServer;
using io_test::run_until;
using nlohmann::json;

class ControlTest : public testing::Test {
 protected:
  io_test::TempFolder folder_;
  std::filesystem::path path_ = folder_ / "c.sock";
  base::Loop loop_;
  std::optional<ControlRequest> got_;
  std::unique_ptr<ControlServer> server_;

  void serve(io::ControlHandler handler, io::ControlOptions options = {}) {
    auto made = ControlServer::listen(loop_, path_, std::move(handler), options);
    ASSERT_TRUE(made) << made.error().message;
    server_ = std::move(*made);
  }
  void serve(io::ControlOptions options = {}) {
    serve(
        [this](const ControlRequest& r, const ControlAnswer& answer) {
          got_ = r;
          answer({1, R"({"answer":[1,2]})", "because"});
        },
        options);
  }
  // The blocking client, beside the loop.
  base::Result<ControlReply> ask(const std::string& command, const std::string& args = "{}",
                                 const std::string& reason = "", base::Duration timeout = base::seconds(5)) {
    std::optional<base::Result<ControlReply>> out;
    std::atomic<bool> done = false;
    std::thread client([&] {
      out = io::ask_control(path_, command, args, reason, timeout);
      done = true;
    });
    base::Timer tick(loop_, [] {});
    tick.start(base::milliseconds(1), base::milliseconds(1));
    EXPECT_TRUE(run_until(loop_, [&] { return done.load(); }));
    client.join();
    return *out;
  }
  [[nodiscard]] base::Fd connect() const {
    base::Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::strncpy(where.sun_path, path_.c_str(), sizeof where.sun_path - 1);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
    return fd;
  }
  // What the server says to these bytes until it closes.
  std::string talk(const std::string& bytes) {
    const auto fd = connect();
    (void)!::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    std::string out;
    bool closed = false;
    base::Poll poll(loop_, fd.get(), [&](int, int) {
      std::array<char, 65536> part{};
      const auto n = ::recv(fd.get(), part.data(), part.size(), MSG_DONTWAIT);
      if (n > 0) out.append(part.data(), static_cast<std::size_t>(n));
      closed = n == 0 || (n < 0 && errno != EAGAIN);
      if (closed) poll.stop();
    });
    poll.start(base::Poll::kReadable);
    EXPECT_TRUE(run_until(loop_, [&] { return closed; }));
    return out;
  }
};

TEST_F(ControlTest, CarriesACommandAndItsReply) {
  serve();
  const auto reply = ask("status", R"({"pool":"main","n":[1,{"a":null}]})", "to see");
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->exit, 1);
  EXPECT_EQ(json::parse(reply->data), json::parse(R"({"answer":[1,2]})"));
  EXPECT_EQ(reply->error, "because");
  ASSERT_TRUE(got_);
  EXPECT_EQ(got_->command, "status");
  EXPECT_EQ(json::parse(got_->args), json::parse(R"({"pool":"main","n":[1,{"a":null}]})"));
  EXPECT_EQ(got_->reason, "to see");
}

TEST_F(ControlTest, KnowsTheCallerFromTheKernel) {
  serve();
  talk(R"({"command":"x","uid":4242,"user":"mallory","pid":1})"
       "\n");
  ASSERT_TRUE(got_);
  EXPECT_EQ(got_->uid, ::getuid());
  EXPECT_EQ(got_->pid, ::getpid());
  EXPECT_EQ(got_->user, ::getpwuid(::getuid())->pw_name);
}

TEST_F(ControlTest, AnswersLater) {
  ControlAnswer held;
  serve([&](const ControlRequest&, ControlAnswer answer) { held = std::move(answer); });
  base::Timer later(loop_, [&] {
    held({0, R"("done")", ""});
    held({1, "{}", "twice"});
  });
  later.start(base::milliseconds(60));
  const auto reply = ask("switchover");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->exit, 0);
  EXPECT_EQ(reply->data, "\"done\"");
  held({1, "{}", "long after"});
}

TEST_F(ControlTest, AnAnswerMayComeAfterTheServerIsGone) {
  ControlAnswer held;
  serve([&](const ControlRequest&, ControlAnswer answer) { held = std::move(answer); });
  const auto fd = connect();
  ASSERT_GT(::send(fd.get(), "{\"command\":\"x\"}\n", 16, 0), 0);
  ASSERT_TRUE(run_until(loop_, [&] { return held != nullptr; }));
  server_.reset();
  held({0, "{}", ""});
}

TEST_F(ControlTest, CarriesALargeReply) {
  const std::string big = json(std::string(4 << 20, 'x')).dump();
  serve([&](const ControlRequest&, const ControlAnswer& answer) { answer({0, big, ""}); });
  const auto reply = ask("status");
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->data, big);
}

TEST_F(ControlTest, MalformedRequestsAreAnsweredAndNeverHandled) {
  serve();
  const std::string cases[] = {
      "\n",
      "nonsense\n",
      "[]\n",
      "{}\n",
      "{\"command\":7}\n",
      "{\"command\":\"x\",\"args\":[]}\n",
      "{\"command\":\"x\",\"reason\":1}\n",
      "{\"command\":\"x\"\n",
      std::string("\0\xFF\xFE\n", 4),
      std::string(60000, '[') + "\n",
      "{\"command\":\"x\",\"args\":" +
          [] {
            std::string deep;
            for (int i = 0; i < 9000; ++i) deep += "{\"a\":";
            return deep;
          }() +
          "1" + std::string(9000, '}') + "}\n",
  };
  for (const auto& bytes : cases) {
    const auto reply = json::parse(talk(bytes), nullptr, false);
    ASSERT_TRUE(reply.is_object()) << bytes.substr(0, 40);
    EXPECT_EQ(reply["exit"], 2);
    EXPECT_NE(reply["error"], "");
  }
  EXPECT_FALSE(got_);
}

TEST_F(ControlTest, ALineThatIsTooLongIsRefused) {
  io::ControlOptions options;
  options.max_request = 100;
  serve(options);
  const auto reply = json::parse(talk("{\"command\":\"" + std::string(100, 'x') + "\"}\n"), nullptr, false);
  ASSERT_TRUE(reply.is_object());
  EXPECT_EQ(reply["exit"], 2);
  EXPECT_FALSE(got_);
}

TEST_F(ControlTest, TextThatIsNoUtf8IsReplacedNotThrown) {
  serve([](const ControlRequest&, const ControlAnswer& answer) { answer({0, "{}", "bad \xFF byte"}); });
  const auto reply = ask("x");
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->error, "bad \xEF\xBF\xBD byte");
}

TEST_F(ControlTest, ReplyDataThatIsNoJsonBecomesEmpty) {
  serve([](const ControlRequest&, const ControlAnswer& answer) { answer({0, "{broken", ""}); });
  EXPECT_EQ(ask("x")->data, "{}");
}

TEST_F(ControlTest, SilentClientsAreDroppedAndOthersServed) {
  io::ControlOptions options;
  options.line_timeout = base::milliseconds(80);
  options.max_clients = 3;
  serve(options);
  std::vector<base::Fd> silent;
  for (int i = 0; i < 3; ++i) silent.push_back(connect());
  ASSERT_GT(::send(silent[0].get(), "{\"comm", 6, 0), 0);
  io_test::run_for(loop_, base::milliseconds(150));
  char c = 0;
  EXPECT_EQ(::recv(silent[0].get(), &c, 1, MSG_DONTWAIT), 0);
  EXPECT_TRUE(ask("status"));
}

TEST_F(ControlTest, AClientThatDoesNotReadIsDropped) {
  io::ControlOptions options;
  options.line_timeout = base::milliseconds(80);
  const std::string big = json(std::string(8 << 20, 'x')).dump();
  serve([&](const ControlRequest&, const ControlAnswer& answer) { answer({0, big, ""}); }, options);
  const auto fd = connect();
  ASSERT_GT(::send(fd.get(), "{\"command\":\"x\"}\n", 16, 0), 0);
  base::Timer tick(loop_, [] {});
  tick.start(base::milliseconds(5), base::milliseconds(5));
  EXPECT_TRUE(run_until(loop_, [&] {
    pollfd hung_up{fd.get(), 0, 0};
    return ::poll(&hung_up, 1, 0) == 1 && (hung_up.revents & POLLHUP) != 0;
  })) << "the connection is still open";
}

TEST_F(ControlTest, AClientThatLeavesHurtsNobody) {
  ControlAnswer held;
  serve([&](const ControlRequest&, ControlAnswer answer) { held = std::move(answer); });
  {
    const auto fd = connect();
    ASSERT_GT(::send(fd.get(), "{\"command\":\"x\"}\n", 16, 0), 0);
    ASSERT_TRUE(run_until(loop_, [&] { return held != nullptr; }));
  }
  held({0, json(std::string(1 << 20, 'x')).dump(), ""});
  io_test::run_for(loop_, base::milliseconds(20));
}

TEST_F(ControlTest, TheFileHasItsModeAndGoesAway) {
  const auto mask = ::umask(077);
  serve();
  ::umask(mask);
  struct stat st {};
  ASSERT_EQ(::stat(path_.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777U, 0660U);
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ControlTest, ReplacesAStaleSocketButNoLiveOne) {
  serve();
  auto second = ControlServer::listen(loop_, path_, nullptr);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("another daemon"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(path_));
  server_.reset();
  {
    const base::Fd stale(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::strncpy(where.sun_path, path_.c_str(), sizeof where.sun_path - 1);
    ASSERT_EQ(::bind(stale.get(), reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
  }
  ASSERT_TRUE(std::filesystem::exists(path_));
  serve();
  EXPECT_TRUE(ask("status"));
}

TEST_F(ControlTest, LeavesOtherFilesAlone) {
  ASSERT_TRUE(base::write_file_durably(path_, "precious"));
  EXPECT_FALSE(ControlServer::listen(loop_, path_, nullptr));
  EXPECT_EQ(*base::read_file(path_, 100), "precious");
  EXPECT_FALSE(ControlServer::listen(loop_, folder_ / std::string(200, 'x'), nullptr));
  EXPECT_FALSE(ControlServer::listen(loop_, folder_ / "none/c.sock", nullptr));
}

TEST_F(ControlTest, TheClientSaysWhatFailed) {
  const auto nobody = io::ask_control(path_, "x", "{}", "", base::seconds(1));
  ASSERT_FALSE(nobody);
  EXPECT_NE(nobody.error().message.find("no daemon answers"), std::string::npos);
  EXPECT_FALSE(io::ask_control(path_, "x", "[]", "", base::seconds(1)));
  serve([](const ControlRequest&, const ControlAnswer&) {});
  const auto silent = ask("x", "{}", "", base::milliseconds(80));
  ASSERT_FALSE(silent);
  EXPECT_NE(silent.error().message.find("no reply within"), std::string::npos);
}

TEST_F(ControlTest, AHandlerMayTakeTheConnectionAndSayMoreThanOneAnswer) {
  base::Fd taken;
  serve([&](const ControlRequest& request, const ControlAnswer&) { taken = request.take(); });
  const auto client = connect();
  const std::string_view line = "{\"command\":\"replace\"}\n";
  ASSERT_EQ(::send(client.get(), line.data(), line.size(), 0), static_cast<ssize_t>(line.size()));
  ASSERT_TRUE(run_until(loop_, [&] { return static_cast<bool>(taken); }));
  server_.reset();
  ASSERT_EQ(::send(taken.get(), "more", 4, 0), 4);
  std::array<char, 4> got{};
  EXPECT_EQ(::recv(client.get(), got.data(), got.size(), MSG_WAITALL), 4);
}

TEST_F(ControlTest, ASecondServerTakesTheSocketOverWithoutAGap) {
  serve();
  base::SocketBag given;
  ASSERT_TRUE(given.add(base::Fd(::dup(server_->descriptor()))));
  auto next = ControlServer::listen(
      loop_, path_,
      [](const ControlRequest&, const ControlAnswer& answer) {
        answer({0, "{}", "next"});
      },
      {}, &given);
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_TRUE(given.empty());
  server_->pause();
  EXPECT_EQ(ask("x")->error, "next");
  (*next)->pause();
  server_->resume();
  EXPECT_EQ(ask("x")->error, "because");
  (*next)->resume();
  server_->give_away();
  server_.reset();
  EXPECT_EQ(ask("x")->error, "next") << "the file of the socket is still there";
}

}  // namespace
