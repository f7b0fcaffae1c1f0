#include "sitecheck/io/peer_port.h"

#include <gtest/gtest.h>

#include "tests/support/loop_test.h"

namespace sitecheck {
namespace {

base::SocketAddress loopback(std::uint8_t last, std::uint16_t port) {
  return {base::IpAddress::v4({127, 0, 0, last}), port};
}

conf::KeyFile key(const std::string& id, ecv::Purpose purpose, std::uint8_t fill) {
  conf::KeyFile out;
  out.id = id;
  out.purpose = purpose;
  out.key.secret.fill(fill);
  return out;
}

class PeerPortTest : public testing_support::LoopTest {
 protected:
  static conf::Sitecheck config(std::uint8_t peers_key) {
    conf::Sitecheck c;
    c.site = {"site1", 1};
    c.peer = loopback(1, 0);
    c.keys = {key("p1", ecv::Purpose::kPeers, peers_key), key("d1", ecv::Purpose::kDnsd, 9)};
    return c;
  }
  std::unique_ptr<PeerPort> open(conf::Sitecheck c, std::vector<core::Event>& events) {
    auto port = PeerPort::open(loop_, c, [&](core::Event e) { events.push_back(std::move(e)); });
    EXPECT_TRUE(port);
    return std::move(*port);
  }
  // A sender whose every path leads to `to`.
  std::unique_ptr<PeerPort> sender(conf::Sitecheck c, const base::SocketAddress& to, int paths = 1) {
    conf::Peer peer;
    peer.site = "site1";
    peer.addr.assign(static_cast<std::size_t>(paths), to);
    c.peers = {peer};
    return open(std::move(c), ignored_);
  }
  static ecv::Datagram datagram() {
    ecv::Datagram d;
    d.pool = "main";
    d.from = "site2";
    d.to = "site1";
    d.boot_id = 5;
    d.seq = 1;
    return d;
  }

  std::vector<core::Event> events_;
  std::vector<core::Event> ignored_;
};

TEST_F(PeerPortTest, AVerifiedDatagramIsHandedOverOncePerPath) {
  auto c = config(1);
  conf::Peer peer;
  peer.addr = {loopback(1, 1), loopback(2, 1)};
  c.peers = {peer};
  const auto receiver = open(c, events_);
  const auto from = sender(config(1), receiver->address(), 2);
  from->send(datagram());
  run_until([&] { return events_.size() == 2; });
  ASSERT_TRUE(std::holds_alternative<core::PeerDatagram>(events_[0]));
  EXPECT_EQ(std::get<core::PeerDatagram>(events_[0]).datagram.from, "site2");
  EXPECT_EQ(from->counters().sent, 2U);
  EXPECT_EQ(receiver->counters().received, 2U);
}

TEST_F(PeerPortTest, AWrongKeyOnThePeersPathIsUnverifiable) {
  auto c = config(1);
  conf::Peer peer;
  peer.addr = {loopback(1, 1)};
  c.peers = {peer};
  const auto receiver = open(c, events_);
  sender(config(2), receiver->address())->send(datagram());
  run_until([&] { return events_.size() == 1; });
  ASSERT_TRUE(std::holds_alternative<core::PeerUnverifiable>(events_[0]));
  EXPECT_EQ(std::get<core::PeerUnverifiable>(events_[0]).fault, ecv::DatagramFault::kMismatch);
}

TEST_F(PeerPortTest, GarbageFromElsewhereIsDropped) {
  auto c = config(1);
  conf::Peer peer;
  peer.addr = {loopback(7, 1)};
  c.peers = {peer};
  const auto receiver = open(c, events_);
  sender(config(2), receiver->address())->send(datagram());
  run_until([&] { return receiver->counters().foreign == 1; });
  EXPECT_TRUE(events_.empty());
}

TEST_F(PeerPortTest, ARelayOfADnsdIsNoWordOfThePeer) {
  auto c = config(1);
  const auto receiver = open(c, events_);
  auto dnsd = config(1);
  dnsd.keys = {key("d1", ecv::Purpose::kPeers, 9)};  // signs with the dnsd's secret
  auto d = datagram();
  d.from = "ns1";
  d.relay = ecv::Relay{2, ecv::Epoch::make(3, 2), 10};
  sender(dnsd, receiver->address())->send(d);
  run_until([&] { return events_.size() == 1; });
  ASSERT_TRUE(std::holds_alternative<core::RelayDatagram>(events_[0]));
}

TEST_F(PeerPortTest, ADnsdMayTellOfTheServiceAddressAlone) {
  auto c = config(1);
  const auto receiver = open(c, events_);
  auto dnsd = config(1);
  dnsd.keys = {key("d1", ecv::Purpose::kPeers, 9)};
  auto d = datagram();
  d.from = "ns1";
  d.service = ecv::ServiceView::kDown;
  sender(dnsd, receiver->address())->send(d);
  run_until([&] { return events_.size() == 1; });
  ASSERT_TRUE(std::holds_alternative<core::RelayDatagram>(events_[0]));
  EXPECT_EQ(std::get<core::RelayDatagram>(events_[0]).datagram.service, ecv::ServiceView::kDown);
}

TEST_F(PeerPortTest, ADnsdsKeyCannotSpeakForThePeer) {
  auto c = config(1);
  conf::Peer peer;
  peer.addr = {loopback(1, 1)};
  c.peers = {peer};
  const auto receiver = open(c, events_);
  auto dnsd = config(1);
  dnsd.keys = {key("d1", ecv::Purpose::kPeers, 9)};
  sender(dnsd, receiver->address())->send(datagram());  // no relay in it
  run_until([&] { return events_.size() == 1; });
  EXPECT_TRUE(std::holds_alternative<core::PeerUnverifiable>(events_[0]));
}

TEST_F(PeerPortTest, ADatagramGoesToThePartyThatItNamesOnly) {
  std::vector<core::Event> at_site;
  std::vector<core::Event> at_witness;
  const auto site = open(config(1), at_site);
  const auto witness = open(config(1), at_witness);
  auto c = config(1);
  conf::Peer peer;
  peer.site = "site2";
  peer.addr = {site->address()};
  c.peers = {peer};
  conf::Voter voter;
  voter.id = "ns1";
  voter.addr = {witness->address(), witness->address()};
  c.arbiter.voters = {voter};
  const auto from = open(c, ignored_);
  auto d = datagram();
  d.to = "ns1";
  from->send(d);
  run_until([&] { return at_witness.size() == 2; });
  d.to = "site2";
  from->send(d);
  run_until([&] { return at_site.size() == 1; });
  d.to = "nobody";
  from->send(d);
  EXPECT_EQ(at_witness.size(), 2U);
  EXPECT_EQ(from->counters().sent, 3U);
}

TEST_F(PeerPortTest, WhatArrivesIsAttributedToTheSendersOwnPath) {
  auto c = config(1);
  conf::Peer peer;
  peer.site = "site3";
  peer.addr = {loopback(1, 1)};
  conf::Peer other;
  other.site = "site2";
  other.addr = {loopback(9, 1), loopback(1, 2)};
  conf::Voter voter;
  voter.id = "ns1";
  voter.addr = {loopback(1, 3)};
  c.peers = {peer, other};
  c.arbiter.voters = {voter};
  const auto receiver = open(c, events_);
  sender(config(1), receiver->address())->send(datagram());
  run_until([&] { return events_.size() == 1; });
  EXPECT_EQ(std::get<core::PeerDatagram>(events_[0]).path, 1U) << "of site2, although site3 shares the address";
}

TEST_F(PeerPortTest, WhatDoesNotVerifyIsLaidToThePartyWhoseAddressItCameFrom) {
  auto wrong = open(config(2), ignored_);
  auto c = config(1);
  conf::Peer peer;
  peer.site = "site3";
  peer.addr = {loopback(1, 1)};
  conf::Voter voter;
  voter.id = "ns1";
  voter.addr = {loopback(9, 1), wrong->address()};
  c.peers = {peer};
  c.arbiter.voters = {voter};
  const auto receiver = open(c, events_);
  auto back = config(2);
  conf::Peer to;
  to.site = "site1";
  to.addr = {receiver->address()};
  back.peers = {to};
  back.peer = wrong->address();
  const auto address = wrong->address();
  // The same address and port again, now knowing where to send.
  wrong.reset();
  const auto from = open(back, ignored_);
  ASSERT_EQ(from->address(), address);
  from->send(datagram());
  run_until([&] { return events_.size() == 1; });
  const auto& bad = std::get<core::PeerUnverifiable>(events_[0]);
  EXPECT_EQ(bad.party, "ns1");
  EXPECT_EQ(bad.path, 1U);
}

}  // namespace
}  // namespace sitecheck
