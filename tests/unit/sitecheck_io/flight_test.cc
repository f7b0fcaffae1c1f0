#include "sitecheck/io/flight.h"

#include <gtest/gtest.h>

#include <random>

#include "sitecheck/io/flight_codec.h"

namespace sitecheck {
namespace {

using base::milliseconds;

base::Instant at(std::int64_t ms) { return base::Instant(milliseconds(ms)); }

core::SiteConfig config() {
  core::SiteConfig out;
  out.site = "site1";
  out.id = 1;
  out.timing = *ecv::preset("lan");
  out.peers.push_back({"site2", 2, 2});
  out.checkpoints = {{"isp", core::Scope::kExternal, "192.0.2.1@443"}};
  core::PoolConfig pool;
  pool.name = "main";
  pool.nodes = {{"db1", true, 1}, {"db2", true, 2}};
  pool.max_lag = base::seconds(9);
  out.pools = {pool, pool};
  return out;
}

FlightHeader header() {
  FlightHeader out;
  out.version = "1.2.3";
  out.start = at(1000);
  out.config = config();
  out.identity = {0xFFFF'FFFF'FFFF'FFFF, 7, true};
  out.loaded.resize(2);
  out.loaded[1].slots = core::LoadedPool::Slots::kDoubtful;
  out.loaded[1].record.max_epoch = ecv::Epoch::make(9, 2);
  out.loaded[1].permit = {at(-5), ecv::Epoch::make(8, 1), 1234567890123456789};
  return out;
}

core::NodePolled poll(core::PoolIndex pool, core::NodeIndex node) {
  core::NodePolled out;
  out.pool = pool;
  out.node = node;
  out.read_only = true;
  out.gtid = "1-1-" + std::string(300, '7');
  out.io = "Yes";
  out.sql = "Yes";
  out.lag_ms = 0;
  return out;
}

core::PeerDatagram datagram(std::uint64_t seq) {
  core::PeerDatagram out;
  auto& d = out.datagram;
  d.pool = "main";
  d.from = "site2";
  d.to = "site1";
  d.boot_id = 0x1234567812345678;
  d.seq = seq;
  d.nonce = seq * 0x9E3779B97F4A7C15;
  d.echo = seq * 0xBF58476D1CE4E5B9;
  d.position = std::string(400, '5');
  d.answers = {{seq * 0x94D049BB133111EB, ecv::AnswerKind::kGrant, "", {}}};
  return out;
}

// One event of every kind, with something in every member that is easily lost.
std::vector<core::Event> one_of_each() {
  core::RoundDone round;
  round.round = 12;
  round.items = {{false, "refused"}};
  core::RelayDatagram relay;
  relay.datagram.relay = ecv::Relay{2, ecv::Epoch::make(3, 2), 40};
  core::Command command;
  command.id = 3;
  command.operation = core::Operation::kSwitchover;
  command.pool = 1;
  command.node = 1;
  command.who = "root";
  command.reason = std::string("a\0b\xFF", 4);
  return {poll(0, 1),
          round,
          datagram(1),
          core::PeerUnverifiable{ecv::DatagramFault::kUnknownKey, 1, "site2"},
          relay,
          core::Persisted{1, 2, true, ""},
          core::ReadOnlyAsserted{1, 1, 2, core::Closing::kProcessGone, "m"},
          core::FenceDone{0, 9, core::Closing::kUnknown, true, "m"},
          core::PromoteDone{0, 9, core::PromoteStep::kOpenWrites, true, ""},
          core::RejoinDone{0, 9, false, "m"},
          core::GuardStatus{0, true, ""},
          core::EtcdDone{0, 9, core::EtcdResult::kLost, -1, 5, {"site2", 4}, "m"},
          core::EtcdWatched{0, true, {"site2", 4}, ""},
          core::ServiceTested{0, "site2", true, ""},
          command,
          core::ModeSet{4, core::Mode::kPassive, "root", "work"}};
}

std::string text(const base::Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

bool same_events(const std::vector<core::Event>& a, const std::vector<core::Event>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].index() != b[i].index()) return false;
    const bool same = std::visit([&]<typename E>(const E& e) { return flight::same(e, std::get<E>(b[i])); }, a[i]);
    if (!same) return false;
  }
  return true;
}

TEST(Flight, EveryKindOfEventAndTheWholeHeaderComeBack) {
  ASSERT_EQ(one_of_each().size(), std::variant_size_v<core::Event>) << "a new kind of event belongs into this test";
  FlightEncoder encoder;
  std::string file = text(encoder.begin(header()));
  encoder.step(at(1001), one_of_each(), 77);
  encoder.step(at(1001), {}, 0);
  file += text(encoder.end_block());
  encoder.step(at(5000), one_of_each(), 0xFFFFFFFF);
  file += text(encoder.end_block());
  auto decoder = FlightDecoder::open(file);
  ASSERT_TRUE(decoder) << decoder.error().message;
  EXPECT_TRUE(flight::same(decoder->header(), header()));
  for (const auto& [when, count, actions] :
       {std::tuple{1001, 16, 77U}, std::tuple{1001, 0, 0U}, std::tuple{5000, 16, 0xFFFFFFFFU}}) {
    const auto step = decoder->next();
    ASSERT_TRUE(step && *step);
    EXPECT_EQ((*step)->now, at(when));
    EXPECT_EQ((*step)->actions, actions);
    EXPECT_TRUE(same_events((*step)->events, count == 0 ? std::vector<core::Event>{} : one_of_each()));
  }
  const auto end = decoder->next();
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
  EXPECT_FALSE(decoder->torn());
}

TEST(Flight, WhatDoesNotChangeCostsAlmostNothing) {
  FlightEncoder encoder;
  (void)encoder.begin(header());
  const std::vector<core::Event> polls = {poll(0, 0), poll(0, 1), poll(1, 0), poll(1, 1)};
  encoder.step(at(1001), polls, 0);
  const auto before = encoder.block_size();
  for (int i = 0; i < 100; ++i) encoder.step(at(1250 + i * 250), polls, 0);
  EXPECT_LE(encoder.block_size() - before, 100U * (4 * 4 + 5));
  encoder.step(at(40000), std::vector<core::Event>{datagram(1)}, 0);
  const auto first = encoder.block_size();
  encoder.step(at(40000), std::vector<core::Event>{datagram(2)}, 0);
  EXPECT_LE(encoder.block_size() - first, 55U) << "three random numbers of 64 bits, and a few bits besides";
}

TEST(Flight, AFileThatWasBeingWrittenEndsWhereItIsTorn) {
  FlightEncoder encoder;
  const std::string start = text(encoder.begin(header()));
  encoder.step(at(1001), one_of_each(), 0);
  const std::string block = text(encoder.end_block());
  for (std::size_t kept = 1; kept < block.size(); kept += 7) {
    auto decoder = FlightDecoder::open(start + block + block.substr(0, kept));
    ASSERT_TRUE(decoder);
    ASSERT_TRUE(decoder->next().value());
    const auto end = decoder->next();
    ASSERT_TRUE(end);
    EXPECT_FALSE(*end);
    EXPECT_TRUE(decoder->torn());
  }
}

TEST(Flight, NoDamageIsTakenForARecording) {
  FlightEncoder encoder;
  const std::string start = text(encoder.begin(header()));
  encoder.step(at(1001), one_of_each(), 5);
  const std::string block = text(encoder.end_block());
  for (const std::string& bad : {std::string(), std::string("wideipF1"), std::string("wideipF2") + start.substr(8),
                                 start.substr(0, start.size() - 1), std::string(10000, '\xFF')}) {
    EXPECT_FALSE(FlightDecoder::open(bad));
  }
  for (std::size_t i = 0; i < block.size(); ++i) {
    std::string damaged = start + block;
    damaged[start.size() + i] = static_cast<char>(damaged[start.size() + i] ^ 0x20);
    auto decoder = FlightDecoder::open(damaged);
    ASSERT_TRUE(decoder);
    const auto step = decoder->next();
    EXPECT_TRUE(!step || !*step) << "byte " << i;
  }
}

// Frames with true checksums around content that nobody wrote.
TEST(Flight, WhateverStandsInAFrameNothingIsReadPastItNorOutOfRange) {
  FlightEncoder encoder;
  const std::string start = text(encoder.begin(header()));
  encoder.step(at(1001), one_of_each(), 5);
  const base::Bytes good = encoder.end_block();
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same run every time
  const auto checksum = [](const base::Bytes& bytes) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const auto b : bytes) hash = (hash ^ b) * 0x100000001b3;
    return static_cast<std::uint32_t>(hash ^ hash >> 32);
  };
  int steps = 0;
  for (int run = 0; run < 20000; ++run) {
    base::Bytes payload(good.begin() + 8, good.end());
    for (std::uint32_t n = 1 + random() % 4; n > 0; --n) {
      payload[random() % payload.size()] = static_cast<std::uint8_t>(random());
    }
    if (random() % 4 == 0) payload.resize(random() % payload.size() + 1);
    base::ByteWriter frame;
    frame.u32(static_cast<std::uint32_t>(payload.size()));
    frame.u32(checksum(payload));
    frame.bytes(payload);
    auto decoder = FlightDecoder::open(start + text(frame.data()));
    ASSERT_TRUE(decoder);
    while (auto step = decoder->next()) {
      if (!*step) break;
      ++steps;
      for (const auto& event : (*step)->events) {
        std::visit(
            [](const auto& e) {
              if constexpr (requires { e.pool; }) {
                ASSERT_LT(e.pool, 2U);
              }
              if constexpr (requires { e.node + 1; }) {
                ASSERT_LT(e.node, 2U);
              }
            },
            event);
      }
    }
  }
  EXPECT_GT(steps, 1000) << "some of it is a recording";
}

TEST(Flight, TheHashOfActionsTellsThemApart) {
  const std::vector<core::Action> none;
  EXPECT_EQ(hash_actions(none), 0U);
  core::SendPeer send;
  send.datagram = datagram(1).datagram;
  core::SendPeer other = send;
  other.datagram.answers[0].nonce ^= 1;
  const auto hash = [](core::Action a) { return hash_actions(std::vector<core::Action>{std::move(a)}); };
  EXPECT_EQ(hash(send), hash(send));
  EXPECT_NE(hash(send), hash(other));
  EXPECT_NE(hash(core::ClearPermit{0}), hash(core::ClearPermit{1}));
  EXPECT_NE(hash(core::ClearPermit{0}), hash(core::Changed{0}));
}

}  // namespace
}  // namespace sitecheck
