// The voter's port: real datagrams on loopback, signed and verified. What is promised is tested with ecv::Witness.
#include "dnsd/control/voter.h"

#include <gtest/gtest.h>

#include "signed_site.h"

namespace control::test {
namespace {

base::Instant at(std::int64_t ms) { return base::Instant{base::milliseconds(1'000'000 + ms)}; }

ecv::Key peers_key(std::uint8_t fill = 9) {
  auto out = key("p1", fill);
  out.purpose = ecv::Purpose::kPeers;
  return out;
}

base::SocketAddress local() { return {*base::IpAddress::parse("127.0.0.1"), 0}; }

// A site that asks: what it heard, and how it speaks.
struct Site {
  Site(base::Loop& loop, std::string name_in) : name(std::move(name_in)) {
    socket = *io::UdpSocket::bind(loop, local(), [this](base::ByteView bytes, const base::SocketAddress&) {
      const auto decoded = ecv::decode(bytes, ring);
      ASSERT_EQ(decoded.fault, ecv::DatagramFault::kNone);
      heard.push_back(decoded.datagram);
    });
  }
  ecv::Datagram ask(ecv::Want want = ecv::Want::kPromote) {
    ecv::Datagram d;
    d.pool = "main";
    d.from = name;
    d.to = "ns1";
    d.boot_id = 7;
    d.seq = ++seq;
    d.nonce = 100 + seq;
    if (!heard.empty()) d.echo = heard.back().nonce;
    d.grant_wait_ms = 1000;
    d.want = want;
    return d;
  }

  std::string name;
  ecv::KeyRing ring{{peers_key()}, ecv::Purpose::kPeers};
  std::uint64_t seq = 0;
  std::vector<ecv::Datagram> heard;
  std::unique_ptr<io::UdpSocket> socket;
};

struct VoterTest : ::testing::Test {
  base::Loop loop;
  Site one{loop, "site1"};
  Site two{loop, "site2"};
  std::vector<std::string> holders;
  Voter voter{"ns1", [this](const std::string& pool, const std::string& before, const std::string& holder) {
                holders.push_back(pool + " " + before + ">" + holder);
              }};
  std::unique_ptr<io::UdpSocket> ours =
      *io::UdpSocket::bind(loop, local(), [](base::ByteView, const base::SocketAddress&) {});

  conf::Dnsd config() const {
    conf::Dnsd out;
    out.server.id = "ns1";
    out.relay = ours->address();
    conf::KeyFile file;
    file.id = "p1";
    file.purpose = ecv::Purpose::kPeers;
    file.key = peers_key();
    out.keys = {file};
    out.sites = {{"site1", {}, {one.socket->address()}, {}}, {"site2", {}, {two.socket->address()}, {}}};
    conf::WideIp wideip;
    wideip.members = {{"site1", "main", {}, {}}, {"site2", "main", {}, {}}};
    out.wideips = {wideip};
    return out;
  }
  VoterTest() { voter.configure(config(), at(0)); }

  bool give(const ecv::Datagram& d, const Site& from, base::Instant now, const ecv::Key& by = peers_key()) {
    return voter.take(*ecv::encode(d, by), from.socket->address(), *ours, now);
  }
  // Asks until this process of the site is believed, and gives the last answer.
  ecv::Answer answer(Site& site, base::Instant now, ecv::Want want = ecv::Want::kPromote) {
    for (int i = 0; i < 3; ++i) {
      const auto count = site.heard.size();
      EXPECT_TRUE(give(site.ask(want), site, now));
      run_for(loop, base::milliseconds(20));
      if (site.heard.size() > count && !site.heard.back().answers.empty()) return site.heard.back().answers[0];
    }
    ADD_FAILURE() << "no answer";
    return {};
  }
};

// Rule 5: what an earlier process granted is not known.
TEST_F(VoterTest, GrantsNobodyForAsLongAsAnEarlierGrantMayHold) {
  const auto first = answer(one, at(10));
  EXPECT_EQ(first.kind, ecv::AnswerKind::kRefuse);
  EXPECT_EQ(first.reason, "moratorium");
  const auto standing = voter.standings(at(20)).at(0);
  EXPECT_TRUE(standing.view.moratorium);
  EXPECT_GE(standing.refusals.at("moratorium"), 1U);
  EXPECT_EQ(answer(one, at(1001)).kind, ecv::AnswerKind::kGrant);
  EXPECT_EQ(voter.standings(at(1002)).at(0).view.holder, "site1");
  EXPECT_EQ(holders, (std::vector<std::string>{"main >site1"}));
}

TEST_F(VoterTest, HasOneVoteForOneSite) {
  EXPECT_EQ(answer(one, at(1500)).kind, ecv::AnswerKind::kGrant);
  EXPECT_EQ(answer(two, at(1600)).kind, ecv::AnswerKind::kRefuse);
  // The promise runs out, and is noticed without a request.
  voter.look(at(4000));
  EXPECT_EQ(holders.back(), "main site1>");
  EXPECT_EQ(answer(two, at(4001)).kind, ecv::AnswerKind::kGrant);
}

TEST_F(VoterTest, AReloadKeepsThePromise) {
  EXPECT_EQ(answer(one, at(1500)).kind, ecv::AnswerKind::kGrant);
  auto next = config();
  next.wideips.push_back(next.wideips[0]);
  voter.configure(next, at(1510));
  EXPECT_EQ(voter.standings(at(1511)).at(0).view.holder, "site1");
  EXPECT_EQ(answer(two, at(1520)).kind, ecv::AnswerKind::kRefuse);
}

TEST_F(VoterTest, AReloadThatChangesTheSitesBeginsWithTheMoratorium) {
  EXPECT_EQ(answer(one, at(1500)).kind, ecv::AnswerKind::kGrant);
  auto next = config();
  next.sites.push_back({"site3", {}, {ours->address()}, {}});
  next.wideips[0].members.push_back({"site3", "main", {}, {}});
  voter.configure(next, at(1510));
  EXPECT_EQ(answer(two, at(1520)).reason, "moratorium");
  EXPECT_EQ(answer(two, at(2511)).kind, ecv::AnswerKind::kGrant);
}

TEST_F(VoterTest, StrangersGetNothing) {
  const auto good = one.ask();
  EXPECT_FALSE(give(good, one, at(1500), peers_key(8)));  // the relay's business, or nobody's
  auto relayed = key("d1", 7);
  EXPECT_FALSE(give(good, one, at(1500), relayed));
  auto other = one.ask();
  other.to = "ns2";
  EXPECT_TRUE(give(other, one, at(1500)));
  other = one.ask();
  other.pool = "payments";
  EXPECT_TRUE(give(other, one, at(1500)));
  other = one.ask();
  other.from = "site9";
  EXPECT_TRUE(give(other, one, at(1500)));
  run_for(loop, base::milliseconds(20));
  EXPECT_TRUE(one.heard.empty());
  EXPECT_EQ(voter.counters().foreign, 3U);
}

// Rule 11.
TEST_F(VoterTest, AReplayedRequestChangesNothing) {
  EXPECT_EQ(answer(one, at(1500)).kind, ecv::AnswerKind::kGrant);
  auto old = one.ask();
  EXPECT_TRUE(give(one.ask(ecv::Want::kRelease), one, at(1600)));
  EXPECT_EQ(voter.standings(at(1601)).at(0).view.holder, "");
  EXPECT_TRUE(give(old, one, at(1602)));
  EXPECT_EQ(voter.standings(at(1603)).at(0).view.holder, "");
  EXPECT_GE(voter.standings(at(1603)).at(0).view.stale, 1U);
}

TEST_F(VoterTest, WithoutAKeyForPeersNobodyIsHeard) {
  auto plain = config();
  plain.keys.clear();
  voter.configure(plain, at(0));
  EXPECT_FALSE(give(one.ask(), one, at(1500)));
  EXPECT_TRUE(voter.standings(at(1500)).empty());
}

}  // namespace
}  // namespace control::test
