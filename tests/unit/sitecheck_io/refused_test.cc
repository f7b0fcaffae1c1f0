// What comes in at the peer port of a running site and must not be believed (protocol.md rules 10, 11 and 16, section
// 3): it changes nothing, is counted, and `status` names it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/io/udp.h"
#include "sitecheck/io/runner.h"
#include "sitecheck/io/status_json.h"
#include "tests/support/loop_test.h"
#include "tests/support/mariadb_server.h"

namespace sitecheck {
namespace {

using nlohmann::json;

base::SocketAddress loopback(std::uint8_t last) { return {base::IpAddress::v4({127, 0, 0, last}), 0}; }

ecv::Key key_named(const std::string& id, std::uint8_t fill) {
  ecv::Key out;
  out.id = id;
  out.purpose = ecv::Purpose::kPeers;
  out.secret.fill(fill);
  return out;
}

class RefusedTest : public testing_support::LoopTest {
 protected:
  void SetUp() override {
    site2_ = *io::UdpSocket::bind(loop_, loopback(1), [this](base::ByteView bytes, const base::SocketAddress&) {
      const auto decoded = ecv::decode(bytes, ecv::KeyRing({key_named("p1", 7)}, ecv::Purpose::kPeers));
      if (decoded.fault == ecv::DatagramFault::kNone) heard_ = decoded.datagram;
    });
    stranger_ = *io::UdpSocket::bind(loop_, loopback(2), [](base::ByteView /*bytes*/, const base::SocketAddress&) {});
    conf_.site = {"site1", 1};
    conf_.peer = loopback(1);
    conf_.state_dir = folder_.path() / "state";
    conf_.arbiter.timing = *ecv::preset("fast");
    conf_.keys.emplace_back();
    conf_.keys[0].id = "p1";
    conf_.keys[0].purpose = ecv::Purpose::kPeers;
    conf_.keys[0].key = key_named("p1", 7);
    conf_.peers.emplace_back();
    conf_.peers[0].site = "site2";
    conf_.peers[0].id = 2;
    conf_.peers[0].addr = {site2_->address()};
    conf::Pool pool;
    pool.name = "main";
    pool.monitor = {"mon", "m"};
    pool.admin = {"adm", "a"};
    conf::Node node;
    node.name = "db1";
    node.host = "127.0.0.1";
    node.port = 1;  // nobody
    pool.nodes = {node};
    conf_.pools = {pool};
    auto runner = Runner::start(loop_, conf_, {});
    ASSERT_TRUE(runner) << runner.error().message;
    runner_ = std::move(*runner);
    run_until([&] { return heard_.has_value(); });
  }

  // Of site2's process 5, which has proved itself alive: it echoes what it heard last.
  ecv::Datagram datagram() {
    ecv::Datagram d;
    d.pool = "main";
    d.from = "site2";
    d.to = "site1";
    d.boot_id = 5;
    d.seq = ++seq_;
    d.nonce = seq_;
    d.echo = heard_->nonce;
    d.config_hash = heard_->config_hash;
    d.guard = "process";
    return d;
  }
  void send(const ecv::Datagram& d, const ecv::Key& key = key_named("p1", 7)) {
    (void)site2_->send(runner_->peer_address(), *ecv::encode(d, key));
  }
  json status() {
    return json::parse(
        status_json(*runner_, {base::read_boot_clock(), base::read_wall_clock(), base::read_boot_clock()}));
  }
  // How often status says that it refused for this reason.
  std::uint64_t refused(const std::string& reason) {
    std::uint64_t out = 0;
    const auto all = status();
    for (const auto& each : all.at("refused")) {
      if (each.at("reason") == reason) out += each.at("count").get<std::uint64_t>();
    }
    return out;
  }
  void expect_refused(const std::string& reason, std::uint64_t count = 1) {
    run_until([&] { return refused(reason) >= count; });
    EXPECT_EQ(refused(reason), count) << status().at("refused");
  }
  // A datagram that is accepted; whatever was sent before it was heard by then.
  void accepted() {
    const auto d = datagram();
    send(d);
    run_until([&] { return heard_->echo == d.nonce; });
  }

  testing_support::TemporaryFolder folder_;
  std::unique_ptr<io::UdpSocket> site2_;
  std::unique_ptr<io::UdpSocket> stranger_;
  conf::Sitecheck conf_;
  std::unique_ptr<Runner> runner_;
  std::optional<ecv::Datagram> heard_;
  std::uint64_t seq_ = 100;
};

TEST_F(RefusedTest, WhatCannotBeVerifiedIsNamedByItsFault) {
  send(datagram(), key_named("p1", 8));
  expect_refused("its signature does not match");
  send(datagram(), key_named("p9", 7));
  expect_refused("signed with a key that is not known here");
  auto newer = datagram();
  newer.version = 2;
  send(newer);
  expect_refused("of another protocol version");
  EXPECT_EQ(status().at("refused").at(0).at("from"), "site2");
  (void)stranger_->send(runner_->peer_address(), *ecv::encode(datagram(), key_named("p1", 8)));
  expect_refused("not to be verified");
}

TEST_F(RefusedTest, WhatIsReplayedOrOvertakenIsCountedAndChangesNothing) {
  auto first = datagram();
  first.state = ecv::PoolState::kActive;
  auto late = datagram();
  std::swap(first.seq, late.seq);  // `late` was sent before `first`
  send(first);
  accepted();
  const auto before = status().at("pools").at(0).at("peers");
  send(late);
  send(first);
  accepted();
  expect_refused("replayed or overtaken", 2);
  EXPECT_EQ(status().at("pools").at(0).at("peers"), before);
}

TEST_F(RefusedTest, AProcessThatProvesNothingIsNamed) {
  auto d = datagram();
  d.echo = 0;
  send(d);
  expect_refused("of a process that has not proved itself alive");
}

// Also a counter that has come to its end: none that wraps is ever taken.
TEST_F(RefusedTest, AnEpochFromTheFarFutureIsNamedAndNotTaken) {
  auto d = datagram();
  d.max_epoch_seen = {~std::uint64_t{0}};
  send(d);
  expect_refused("an epoch from the far future");
  EXPECT_EQ(status().at("pools").at(0).at("max_epoch_seen"), 0);
  EXPECT_NE(status().at("pools").at(0).at("alarms").dump().find("too far ahead"), std::string::npos);
}

TEST_F(RefusedTest, AnotherConfigurationIsNamedAtThePeer) {
  auto d = datagram();
  d.config_hash = heard_->config_hash + 1;
  send(d);
  run_until([&] { return status().at("peers").at(0).at("config_match") == false; });
  EXPECT_NE(status().at("pools").at(0).at("alarms").dump().find("differ"), std::string::npos);
}

}  // namespace
}  // namespace sitecheck
