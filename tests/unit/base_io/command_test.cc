#include "base/io/command.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <sstream>
#include <thread>

#include "base/io/control.h"

namespace io {
namespace {

using testing::HasSubstr;

// A daemon that gives one reply to everything.
class Daemon {
 public:
  explicit Daemon(ControlReply reply)
      : path_(std::filesystem::temp_directory_path() / ("command-test-" + std::to_string(::getpid()) + ".sock")),
        stop_(loop_, [this] { loop_.stop(); }) {
    auto made =
        ControlServer::listen(loop_, path_, [this, reply](const ControlRequest& request, const ControlAnswer& answer) {
          asked = request;
          answer(reply);
        });
    if (!made) throw std::runtime_error(made.error().message);
    server_ = std::move(*made);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Daemon() {
    stop_.send();
    thread_.join();
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  ControlRequest asked;

 private:
  base::Loop loop_;
  std::filesystem::path path_;
  base::Async stop_;
  std::unique_ptr<ControlServer> server_;
  std::thread thread_;
};

struct Done {
  int exit;
  std::string out;
  std::string err;
};
Done run(const ControlReply& reply, bool json) {
  Daemon daemon(reply);
  std::ostringstream out;
  std::ostringstream err;
  const int exit = run_command(
      {.program = "dnsd", .control = daemon.path(), .name = "status", .reason = "test", .json = json},
      [](const std::string& data) { return "rendered " + data + "\n"; }, out, err);
  EXPECT_EQ(daemon.asked.command, "status");
  EXPECT_EQ(daemon.asked.reason, "test");
  return {exit, out.str(), err.str()};
}

TEST(Command, RendersWhatTheDaemonSaysAndEndsWithItsStatus) {
  const auto done = run({0, "{\"a\":1}", ""}, false);
  EXPECT_EQ(done.exit, 0);
  EXPECT_EQ(done.out, "rendered {\"a\":1}\n");
  EXPECT_EQ(run({1, "{\"a\":1}", ""}, false).exit, 1);
}

TEST(Command, PrintsJsonAsItCame) {
  EXPECT_EQ(run({0, R"({"a":[],"b":1})", ""}, true).out, "{\n  \"a\": [],\n  \"b\": 1\n}\n");
}

TEST(Command, PrintsTheDaemonsErrorLineByLine) {
  const auto done = run({2, "{}", "no such pool\nthere is: main\x1b[1m"}, false);
  EXPECT_EQ(done.exit, 2);
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(done.err, "dnsd: no such pool\nthere is: main?[1m\n");
}

TEST(Command, SaysDoneWhereTheDaemonSaysNothing) { EXPECT_EQ(run({0, "{}", ""}, false).out, "done\n"); }

TEST(Command, SaysHowToStartADaemonThatIsNotThere) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run_command({.program = "sitecheck", .control = "/nonexistent/c.sock", .name = "status"}, render_plainly,
                        out, err),
            1);
  EXPECT_THAT(err.str(), HasSubstr("sitecheck is not running, or cannot be reached: "));
  EXPECT_THAT(err.str(), HasSubstr("/nonexistent/c.sock"));
  EXPECT_THAT(err.str(), HasSubstr("start it with `sitecheck serve`"));
}

TEST(Command, AFileThatIsNoSocketIsNoDaemonThatCouldBeStarted) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run_command({.program = "dnsd", .control = "/etc/passwd", .name = "status"}, render_plainly, out, err), 1);
  EXPECT_EQ(err.str(),
            "dnsd cannot be asked: control socket /etc/passwd: it is no socket; --control names the daemon's\n");
}

TEST(RenderPlainly, PrefersTextThenLinesThenMembers) {
  EXPECT_EQ(render_plainly("{\"text\":\"OK\\nline\",\"x\":1}"), "OK\nline\n");
  EXPECT_EQ(render_plainly("{\"lines\":[\"a\",\"b\"]}"), "a\nb\n");
  EXPECT_EQ(render_plainly("{\"pool\":\"main\",\"n\":2}"), "pool: main\nn: 2\n");
  EXPECT_EQ(render_plainly("\"word\""), "word\n");
  EXPECT_EQ(render_plainly("no json"), "");
}

TEST(RenderEvents, PutsEachOnALine) {
  EXPECT_EQ(render_events(
                "{\"events\":[{\"time\":\"T\",\"event\":\"flip\",\"message\":\"m\",\"epoch\":3,\"bad\":\"\\u001b\"}]}"),
            "T  flip  m  epoch=3  bad=?\n");
  EXPECT_EQ(render_events("{\"events\":[]}"), "no events\n");
  EXPECT_EQ(render_events("{\"events\":[7]}"), "no events\n");
}

}  // namespace
}  // namespace io
