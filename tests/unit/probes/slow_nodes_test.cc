// Nodes that do not answer, each in its own way, and what they do to the probes of others on the same loop: nothing.
#include <gtest/gtest.h>

#include <list>

#include "probes/mysql_probe.h"
#include "tests/support/fake_mysql.h"
#include "tests/support/loop_test.h"

namespace probes {
namespace {

using base::milliseconds;
using base::seconds;
using testing_support::FakeMysql;
using testing_support::Misbehaviour;
using testing_support::RecordedServer;

FakeMysql make_server() {
  return {RecordedServer::load(WIDEIP_SOURCE_DIR "/tests/support/mysql8/8.4.3.txt"), "mon", "secret"};
}

// A listener whose queue of connections is full: a SYN to it is dropped.
class BlackHole {
 public:
  BlackHole() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    at_.sin_family = AF_INET;
    at_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at_;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&at_), size), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at_), &size);
    while (joins()) EXPECT_LT(waiting_.size(), 8U);
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  ~BlackHole() {
    for (const int fd : waiting_) ::close(fd);
    ::close(listener_);
  }
  [[nodiscard]] std::uint16_t port() const { return ntohs(at_.sin_port); }

 private:
  // False: this connection hangs.
  bool joins() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    waiting_.push_back(fd);
    ::connect(fd, reinterpret_cast<sockaddr*>(&at_), sizeof at_);
    pollfd watched{fd, POLLOUT, 0};
    return ::poll(&watched, 1, 200) == 1 && waiting_.size() < 8;
  }

  int listener_;
  sockaddr_in at_{};
  std::list<int> waiting_;
};

class SlowNodes : public testing_support::LoopTest {
 protected:
  static constexpr auto kPatience = seconds(3);        // with a node that does not answer
  static constexpr auto kInterval = milliseconds(50);  // of the others
  static constexpr std::size_t kEnough = 5;            // of the sixty polls that fit into that patience

  struct Watched {
    std::unique_ptr<MysqlProbe> probe;
    std::vector<MysqlObservation> seen;
  };

  Watched& watch(std::uint16_t port, base::Duration interval, base::Duration timeout) {
    MysqlProbeOptions o;
    o.target = {"127.0.0.1", port, "mon", "secret", {}};
    o.interval = interval;
    o.timeout = timeout;
    auto& watched = probes_.emplace_back();
    watched.probe =
        std::make_unique<MysqlProbe>(loop_, o, [&watched](const MysqlObservation& s) { watched.seen.push_back(s); });
    watched.probe->start();
    return watched;
  }

  std::list<Watched> probes_;
};

// Many of each kind, so that even a tenth of a second of each would show in what the others are polled.
TEST_F(SlowNodes, NeverDelayTheOthers) {
  auto good = make_server();
  auto silent = make_server();
  silent.misbehave(Misbehaviour::kSilent);
  auto mute = make_server();
  mute.misbehave(Misbehaviour::kSilentAnswers);
  auto drips = make_server();
  drips.misbehave(Misbehaviour::kDrips);
  const BlackHole hole;
  std::vector<Watched*> others;
  for (int i = 0; i < 3; ++i) others.push_back(&watch(good.port(), kInterval, kPatience));
  run_until([&] { return others.back()->seen.size() >= 2; });
  std::vector<Watched*> slow;
  for (int i = 0; i < 30; ++i) {
    for (const auto port : {silent.port(), mute.port(), hole.port()})
      slow.push_back(&watch(port, kPatience, kPatience));
  }
  watch(drips.port(), kPatience, kPatience);  // it ends some day, good or bad
  std::vector<std::size_t> before;
  for (const auto* each : others) before.push_back(each->seen.size());

  run_until([&] { return std::any_of(slow.begin(), slow.end(), [](const auto* s) { return !s->seen.empty(); }); });

  for (const auto* each : slow) {
    if (each->seen.empty()) continue;
    EXPECT_NE(each->seen.front().outcome, Outcome::kOk);
  }
  for (std::size_t i = 0; i < others.size(); ++i) {
    const auto& seen = others[i]->seen;
    EXPECT_GE(seen.size() - before[i], kEnough) << "polls of another node until the first slow one was given up";
    for (const auto& s : seen) EXPECT_EQ(s.outcome, Outcome::kOk) << s.message;
  }
}

}  // namespace
}  // namespace probes
