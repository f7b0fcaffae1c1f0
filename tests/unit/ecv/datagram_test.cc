#include "ecv/datagram.h"

#include <gtest/gtest.h>

#include <random>

namespace ecv {

namespace {

Key key(std::string id, std::uint8_t fill) {
  Key k;
  k.id = std::move(id);
  k.purpose = Purpose::kPeers;
  k.secret.fill(fill);
  return k;
}

Datagram full() {
  Datagram d;
  d.pool = "main";
  d.from = "site1";
  d.to = "site2";
  d.boot_id = 0x1122334455667788;
  d.seq = 9;
  d.nonce = 10;
  d.echo = 11;
  d.state = PoolState::kActive;
  d.epoch = Epoch::make(7, 1);
  d.max_epoch_seen = Epoch::make(8, 2);
  d.eligible = true;
  d.position = "0-1-100,0-2-50";
  d.config_hash = 0xABCDEF;
  d.guard = "process";
  d.want = Want::kRenew;
  d.answers = {{5, AnswerKind::kRefuse, "behind", {}}, {6, AnswerKind::kRelease, "", Epoch::make(7, 1)}};
  d.relay = Relay{2, Epoch::make(7, 2), 40};
  return d;
}

const KeyRing& ring() {
  static const KeyRing kRing({key("p1", 1), key("p2", 2)}, Purpose::kPeers);
  return kRing;
}

// Content that a holder of the key signed, however wrong it is.
base::Bytes signed_bytes(base::Bytes content) {
  const auto mac = hmac_sha256(key("p1", 1).secret, content);
  content.insert(content.end(), mac.begin(), mac.end());
  return content;
}

}  // namespace

TEST(Datagram, ComesBackAsItWasSent) {
  const auto bytes = encode(full(), key("p1", 1));
  ASSERT_TRUE(bytes);
  EXPECT_LE(bytes->size(), kMaxDatagram);
  const auto out = decode(*bytes, ring());
  ASSERT_EQ(out.fault, DatagramFault::kNone) << name(out.fault);
  const auto& d = out.datagram;
  EXPECT_EQ(d.pool, "main");
  EXPECT_EQ(d.from, "site1");
  EXPECT_EQ(d.to, "site2");
  EXPECT_EQ(d.boot_id, full().boot_id);
  EXPECT_EQ(d.seq, 9U);
  EXPECT_EQ(d.nonce, 10U);
  EXPECT_EQ(d.echo, 11U);
  EXPECT_EQ(d.state, PoolState::kActive);
  EXPECT_EQ(d.epoch, full().epoch);
  EXPECT_EQ(d.max_epoch_seen, full().max_epoch_seen);
  EXPECT_TRUE(d.eligible);
  EXPECT_EQ(d.position, full().position);
  EXPECT_EQ(d.config_hash, full().config_hash);
  EXPECT_EQ(d.guard, "process");
  EXPECT_EQ(d.want, Want::kRenew);
  ASSERT_EQ(d.answers.size(), 2U);
  EXPECT_EQ(d.answers[0].reason, "behind");
  EXPECT_EQ(d.answers[1].kind, AnswerKind::kRelease);
  EXPECT_EQ(d.answers[1].epoch, full().answers[1].epoch);
  ASSERT_TRUE(d.relay);
  EXPECT_EQ(d.relay->age_ms, 40U);
}

TEST(Datagram, EitherLiveKeyVerifies) {
  EXPECT_EQ(decode(*encode(full(), key("p2", 2)), ring()).fault, DatagramFault::kNone);
}

TEST(Datagram, AnUnknownKeyAndAWrongSecretAreTold) {
  EXPECT_EQ(decode(*encode(full(), key("p3", 1)), ring()).fault, DatagramFault::kUnknownKey);
  EXPECT_EQ(decode(*encode(full(), key("p1", 9)), ring()).fault, DatagramFault::kMismatch);
}

TEST(Datagram, EveryChangedByteIsNoticed) {
  const auto good = *encode(full(), key("p1", 1));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= 0x40;
    const auto out = decode(bad, ring());
    EXPECT_NE(out.fault, DatagramFault::kNone) << i;
    EXPECT_TRUE(out.datagram.pool.empty());
  }
}

TEST(Datagram, EveryTruncationIsNoticed) {
  const auto good = *encode(full(), key("p1", 1));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(decode(base::ByteView(good).first(size), ring()).fault, DatagramFault::kNone) << size;
  }
}

TEST(Datagram, OversizedBytesAreRefusedUnread) {
  const base::Bytes large(kMaxDatagram + 1, 1);
  EXPECT_EQ(decode(large, ring()).fault, DatagramFault::kMalformed);
}

TEST(Datagram, AnotherVersionIsTold) {
  auto d = full();
  d.version = 2;
  EXPECT_EQ(decode(*encode(d, key("p1", 1)), ring()).fault, DatagramFault::kVersion);
}

TEST(Datagram, SignedContentThatEndsTooSoonIsMalformed) {
  const auto good = *encode(full(), key("p1", 1));
  const base::Bytes content(good.begin(), good.end() - 32);
  for (std::size_t size = 4; size < content.size(); ++size) {
    const base::Bytes part(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(decode(signed_bytes(part), ring()).fault, DatagramFault::kMalformed) << size;
  }
  auto longer = content;
  longer.push_back(0);
  EXPECT_EQ(decode(signed_bytes(longer), ring()).fault, DatagramFault::kMalformed);
}

TEST(Datagram, SignedRubbishNeverGetsThroughAsMoreThanItsTypesAllow) {
  std::mt19937 random(4711);
  const auto good = *encode(full(), key("p1", 1));
  for (int i = 0; i < 20000; ++i) {
    base::Bytes content(good.begin(), good.end() - 32);
    for (int n = 0; n < 3; ++n) content[4 + random() % (content.size() - 4)] = static_cast<std::uint8_t>(random());
    const auto out = decode(signed_bytes(content), ring());
    if (out.fault != DatagramFault::kNone) continue;
    EXPECT_LE(out.datagram.answers.size(), 8U);
    EXPECT_LE(static_cast<int>(out.datagram.state), static_cast<int>(PoolState::kMaint));
    EXPECT_LE(static_cast<int>(out.datagram.want), static_cast<int>(Want::kRelease));
  }
}

TEST(Datagram, WhatDoesNotFitIsNotSent) {
  auto d = full();
  d.position.assign(1100, '1');
  EXPECT_FALSE(encode(d, key("p1", 1)));
  d = full();
  d.answers.resize(9);
  EXPECT_FALSE(encode(d, key("p1", 1)));
  d = full();
  d.pool.assign(256, 'x');
  EXPECT_FALSE(encode(d, key("p1", 1)));
}

TEST(Datagram, TheLongestPositionOfASiteFits) {
  auto d = full();
  d.position.assign(700, '1');
  d.pool.assign(64, 'p');
  d.from.assign(64, 'f');
  d.to.assign(64, 't');
  EXPECT_TRUE(encode(d, key(std::string(32, 'k'), 1)));
}

}  // namespace ecv
