#include "ecv/witness.h"

#include <gtest/gtest.h>

#include "ecv/peer_link.h"

namespace ecv {

namespace {

using base::milliseconds;
using base::seconds;

constexpr auto kWait = milliseconds(2800);

WitnessSettings settings(std::uint64_t boot) {
  WitnessSettings s;
  s.id = "w1";
  s.pool = "main";
  s.sites = {{"site1", 1, 2}, {"site2", 2, 2}};
  s.boot_id = boot;
  s.nonce_seed = boot * 31;
  return s;
}

// A witness, and sites that speak to it through the link that they really use.
class WitnessTest : public ::testing::Test {
 protected:
  struct Site {
    std::string name;
    PeerLink link;
    std::uint64_t hash = 42;
  };

  Site site(const std::string& name, std::uint64_t boot) { return {name, PeerLink(seconds(2), boot, boot * 7, 1)}; }

  Datagram request(Site& s, Want want) {
    Datagram d;
    d.pool = "main";
    d.from = s.name;
    d.to = "w1";
    d.config_hash = s.hash;
    d.grant_wait_ms = 2800;
    d.want = want;
    s.link.stamp(d, true, now);
    return d;
  }
  // Sends it and hands the reply to the site's link. The answer to this request, if the site may count it.
  std::optional<Answer> send(Site& s, const Datagram& d) { return send(s, d, witness); }
  std::optional<Answer> send(Site& s, const Datagram& d, Witness& to) {
    now += milliseconds(1);
    const auto reply = to.take(d, 0, now);
    if (!reply) return std::nullopt;
    EXPECT_EQ(reply->to, s.name);
    EXPECT_EQ(reply->from, "w1");
    if (s.link.receive(*reply, 0, now) != PeerLink::Freshness::kAccepted) return std::nullopt;
    for (const auto& a : reply->answers) {
      if (s.link.open_request(a.nonce) != nullptr && a.nonce == d.nonce) return a;
    }
    return std::nullopt;
  }
  std::optional<Answer> ask(Site& s, Want want) { return send(s, request(s, want)); }
  // Both learn each other's nonce.
  void meet(Site& s) {
    ask(s, Want::kNone);
    ask(s, Want::kNone);
  }
  [[nodiscard]] AnswerKind kind(const std::optional<Answer>& a) const {
    EXPECT_TRUE(a);
    return a ? a->kind : AnswerKind::kRelease;
  }

  void SetUp() override {
    meet(one);
    meet(two);
    now += kWait;
  }

  base::Instant now{seconds(100)};
  Witness witness{settings(1000), now};
  Site one = site("site1", 11);
  Site two = site("site2", 22);
};

constexpr auto kGrant = AnswerKind::kGrant;
constexpr auto kRefuse = AnswerKind::kRefuse;

}  // namespace

TEST_F(WitnessTest, GrantsOneSiteAtATime) {
  EXPECT_EQ(kind(ask(one, Want::kPromote)), kGrant);
  const auto no = ask(two, Want::kPromote);
  EXPECT_EQ(kind(no), kRefuse);
  EXPECT_EQ(no->reason, "promised to site1");
  EXPECT_EQ(kind(ask(one, Want::kRenew)), kGrant);
  now += kWait;
  EXPECT_EQ(kind(ask(two, Want::kPromote)), kGrant);
  EXPECT_EQ(kind(ask(one, Want::kRenew)), kRefuse);
  EXPECT_EQ(witness.view(now).holder, "site2");
}

TEST_F(WitnessTest, AfterABootItGrantsNobodyForTGrant) {
  Witness fresh(settings(2000), now);
  const auto booted = now;
  EXPECT_FALSE(send(one, request(one, Want::kRenew), fresh));  // each must first echo the other's nonce
  const auto early = send(one, request(one, Want::kRenew), fresh);
  EXPECT_EQ(kind(early), kRefuse);
  EXPECT_EQ(early->reason, "moratorium");
  EXPECT_TRUE(fresh.view(now).moratorium);
  now = booted + kWait;
  EXPECT_EQ(kind(send(one, request(one, Want::kRenew), fresh)), kGrant);
  EXPECT_FALSE(fresh.view(now).moratorium);
}

// Rule 5: what an earlier process of this voter promised is not known, so nobody can give it back.
TEST_F(WitnessTest, AReleaseDuringTheMoratoriumChangesNothing) {
  Witness fresh(settings(2000), now);
  const auto booted = now;
  send(one, request(one, Want::kNone), fresh);
  send(two, request(two, Want::kNone), fresh);
  const auto until = fresh.view(now).until;
  for (Site* site : {&one, &two}) send(*site, request(*site, Want::kRelease), fresh);
  EXPECT_TRUE(fresh.view(now).moratorium);
  EXPECT_EQ(fresh.view(now).until, until);
  EXPECT_EQ(fresh.view(now).stale, 0U);  // they were heard
  EXPECT_EQ(send(two, request(two, Want::kPromote), fresh)->reason, "moratorium");
  now = booted + kWait - milliseconds(2);
  EXPECT_EQ(kind(send(one, request(one, Want::kPromote), fresh)), kRefuse);
  EXPECT_EQ(kind(send(one, request(one, Want::kPromote), fresh)), kGrant);
}

TEST_F(WitnessTest, AVoteGivenBackIsFreeAtOnce) {
  ASSERT_EQ(kind(ask(one, Want::kPromote)), kGrant);
  EXPECT_FALSE(ask(one, Want::kRelease));  // answered by nothing
  EXPECT_EQ(kind(ask(two, Want::kPromote)), kGrant);
}

TEST_F(WitnessTest, NobodyGivesBackAnothersVote) {
  ASSERT_EQ(kind(ask(one, Want::kPromote)), kGrant);
  ask(two, Want::kRelease);
  EXPECT_EQ(kind(ask(two, Want::kPromote)), kRefuse);
}

TEST_F(WitnessTest, ARequestOvertakenByTheReleaseIsNotHeardAnyMore) {
  ASSERT_EQ(kind(ask(one, Want::kPromote)), kGrant);
  const auto late = request(one, Want::kRenew);
  ask(one, Want::kRelease);
  const auto stale = witness.view(now).stale;
  EXPECT_FALSE(send(one, late));
  EXPECT_EQ(witness.view(now).stale, stale + 1);
  EXPECT_EQ(kind(ask(two, Want::kPromote)), kGrant);
}

TEST_F(WitnessTest, AReleaseOvertakenByANewRequestIsVoid) {
  const auto late = request(one, Want::kRelease);
  ASSERT_EQ(kind(ask(one, Want::kPromote)), kGrant);
  EXPECT_FALSE(send(one, late));
  EXPECT_EQ(kind(ask(two, Want::kPromote)), kRefuse);
}

TEST_F(WitnessTest, ALostReleaseIsRepeatedOrTheVoteLapses) {
  ASSERT_EQ(kind(ask(one, Want::kPromote)), kGrant);
  request(one, Want::kRelease);  // lost
  EXPECT_EQ(kind(ask(two, Want::kPromote)), kRefuse);
  ask(one, Want::kRelease);
  EXPECT_EQ(kind(ask(two, Want::kPromote)), kGrant);
}

TEST_F(WitnessTest, AReplayedRequestOfAnEarlierProcessCountsForNothing) {
  const auto old = request(one, Want::kPromote);
  Site again = site("site1", 12);
  meet(again);
  ASSERT_EQ(kind(ask(two, Want::kPromote)), kGrant);
  now += kWait;
  EXPECT_FALSE(witness.take(old, 0, now));
  EXPECT_EQ(witness.view(now).holder, "");
}

TEST_F(WitnessTest, AReplayedRequestDoesNotProveANewWitnessAnything) {
  const auto old = request(one, Want::kPromote);
  Witness fresh(settings(2000), now);
  now += kWait;
  const auto greeting = fresh.take(old, 0, now);
  ASSERT_TRUE(greeting);
  EXPECT_TRUE(greeting->answers.empty());
  EXPECT_FALSE(fresh.take(old, 0, now));
  EXPECT_EQ(fresh.view(now).holder, "");
}

TEST_F(WitnessTest, OfTwoProcessesOfOneWitnessOnlyTheLaterCounts) {
  Witness second(settings(2000), now);
  meet(one);
  send(one, request(one, Want::kNone), second);
  send(one, request(one, Want::kNone), second);  // the site now knows the second
  EXPECT_FALSE(ask(one, Want::kPromote));        // what the first says is stale
  now += kWait;
  send(one, request(one, Want::kNone), second);
  EXPECT_EQ(kind(send(one, request(one, Want::kPromote), second)), kGrant);
  EXPECT_FALSE(ask(one, Want::kRenew));
}

TEST_F(WitnessTest, AnotherConfigurationElsewhereRefusesAPromotionButNotTheHolder) {
  ASSERT_EQ(kind(ask(one, Want::kPromote)), kGrant);
  two.hash = 43;
  ask(two, Want::kNone);
  EXPECT_EQ(kind(ask(one, Want::kRenew)), kGrant);
  const auto no = ask(one, Want::kPromote);
  EXPECT_EQ(kind(no), kRefuse);
  EXPECT_EQ(no->reason, "config");
  EXPECT_EQ(ask(two, Want::kRenew)->reason, "config");
  EXPECT_FALSE(witness.view(now).sites[0].config_match);
  now += kWait;  // site2 is silent since
  EXPECT_EQ(kind(ask(one, Want::kPromote)), kGrant);
}

TEST_F(WitnessTest, ASiteOfAnotherModeGetsNoVote) {
  auto d = request(one, Want::kPromote);
  d.grant_wait_ms = 0;
  const auto no = send(one, d);
  EXPECT_EQ(kind(no), kRefuse);
  EXPECT_EQ(no->reason, "another arbiter");
}

TEST_F(WitnessTest, StrangersAndOtherPoolsAreNotAnswered) {
  Site stranger = site("site9", 99);
  EXPECT_FALSE(witness.take(request(stranger, Want::kPromote), 0, now));
  auto d = request(one, Want::kPromote);
  d.pool = "other";
  EXPECT_FALSE(witness.take(d, 0, now));
  d = request(one, Want::kPromote);
  d.to = "w2";
  EXPECT_FALSE(witness.take(d, 0, now));
}

TEST_F(WitnessTest, TheCopyOfTheOtherPathIsAnsweredOnce) {
  const auto d = request(one, Want::kPromote);
  EXPECT_TRUE(witness.take(d, 0, now));
  EXPECT_FALSE(witness.take(d, 1, now));
  EXPECT_EQ(witness.view(now).granted, 1U);
}

}  // namespace ecv
