#include "sitecheck/io/chronicle.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sitecheck {
namespace {

using base::milliseconds;
using base::seconds;

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
  out.pools = {pool};
  return out;
}

// A site that takes what it is told, and its chronicle.
class ChronicleTest : public ::testing::Test {
 protected:
  ChronicleTest() : site_(config(), {5, 6, false}, std::vector<core::LoadedPool>(1), now_), chronicle_(config()) {}

  // The lines of one step, as "id: message".
  std::vector<std::string> after(const std::vector<core::Event>& events, base::Duration later = milliseconds(10),
                                 std::vector<core::Action> actions = {}) {
    now_ += later;
    std::vector<core::Action> wanted;
    site_.step(events, now_, wanted);
    for (const auto& action : wanted) {
      if (const auto* start = std::get_if<core::StartRound>(&action)) round_ = start->round;
      if (const auto* send = std::get_if<core::SendPeer>(&action)) nonce_ = send->datagram.nonce;
    }
    std::vector<std::string> out;
    lines_ = chronicle_.tell(site_, events, actions, now_);
    for (const auto& line : lines_) out.push_back(line.id + ": " + line.message);
    return out;
  }
  static core::NodePolled poll(core::PollResult result = core::PollResult::kOk) {
    core::NodePolled out;
    out.result = result;
    if (result != core::PollResult::kOk) {
      out.message = "Connection refused";
    } else {
      out.read_only = true;
    }
    return out;
  }
  // The outcome of the round that the site asked for last.
  [[nodiscard]] core::RoundDone round(bool ok) const {
    core::RoundDone out;
    out.round = round_;
    out.items = {{ok, ok ? "" : "timeout"}};
    return out;
  }
  core::PeerDatagram datagram(std::size_t path = 0) {
    core::PeerDatagram out;
    out.path = path;
    out.datagram.pool = "main";
    out.datagram.from = "site2";
    out.datagram.to = "site1";
    out.datagram.boot_id = 7;
    out.datagram.seq = ++seq_;
    out.datagram.echo = nonce_;
    out.datagram.state = ecv::PoolState::kStandby;
    return out;
  }

  base::Instant now_{seconds(1000)};
  std::uint64_t seq_ = 0;
  std::uint64_t round_ = 0;
  ecv::Nonce nonce_ = 0;
  core::Site site_;
  Chronicle chronicle_;
  std::vector<core::Journal> lines_;
};

using Lines = std::vector<std::string>;

TEST_F(ChronicleTest, APollIsToldWhenItSaysSomethingElse) {
  EXPECT_EQ(after({poll()}), (Lines{"node.answers: db1 answers", "node.read_only: db1 is closed (read_only)"}));
  EXPECT_EQ(lines_[0].fields, (std::vector<std::pair<std::string, std::string>>{{"pool", "main"}, {"node", "db1"}}));
  EXPECT_EQ(after({poll()}), Lines{});
  EXPECT_EQ(after({poll(core::PollResult::kRefused)}),
            Lines{"node.silent: db1 does not answer: refused: Connection refused"});
  EXPECT_EQ(lines_[0].level, base::Level::kWarn);
  EXPECT_EQ(after({poll(core::PollResult::kRefused)}), Lines{});
  EXPECT_EQ(after({poll()}, milliseconds(1200)), Lines{"node.answers: db1 answers after 1.2 s"});
  auto open = poll();
  open.read_only = false;
  open.write = core::WriteProbe::kOk;
  EXPECT_EQ(after({open}), (Lines{"node.read_only: db1 is open for writes", "node.write: db1 takes writes"}));
  open.write = core::WriteProbe::kFailed;
  open.message = "write probe: disk full";
  EXPECT_EQ(after({open}), Lines{"node.write: db1 takes no writes: write probe: disk full"});
}

TEST_F(ChronicleTest, ReplicationIsToldWhenItChanges) {
  auto replica = poll();
  replica.io = "Yes";
  replica.sql = "Yes";
  (void)after({poll()});
  EXPECT_EQ(after({replica}), Lines{"node.replication: db1 replicates: IO Yes, SQL Yes"});
  replica.io = "Connecting";
  replica.io_errno = 2003;
  EXPECT_EQ(after({replica}), Lines{"node.replication: db1 replicates: IO Connecting, SQL Yes (error 2003)"});
  EXPECT_EQ(after({poll()}), Lines{"node.replication: db1 replicates no more"});
}

TEST_F(ChronicleTest, ARoundIsToldWhenACheckpointOrTheQuorumChanges) {
  (void)after({});
  (void)after({round(true)}, seconds(1));
  (void)after({}, seconds(20));
  EXPECT_EQ(after({round(true)}), Lines{});
  (void)after({}, seconds(20));
  EXPECT_EQ(after({round(false)}),
            (Lines{"checkpoint.lost: checkpoint isp does not answer: timeout",
                   "checkpoint.no_quorum: the quorum of checkpoints is lost: 0 of 1 external checkpoints answer, 1 are "
                   "needed"}));
  const auto back = after({round(true)}, seconds(2));
  ASSERT_FALSE(back.empty());
  EXPECT_EQ(back[0], "checkpoint.back: checkpoint isp answers again after 2.0 s");
}

TEST_F(ChronicleTest, APathIsToldWhenItIsHeardLostAndHeardAgain) {
  auto lines = after({datagram(0), datagram(1)});
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "peer.heard: site2 is heard on path 1"), 1);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "peer.heard: site2 is heard on path 2"), 1);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "peer.state: site2 says that it is STANDBY, not eligible"), 1);
  EXPECT_EQ(after({datagram(0)}, milliseconds(500)), Lines{});
  EXPECT_EQ(after({datagram(0)}, milliseconds(600)),
            Lines{"peer.path_lost: nothing is heard from site2 on path 2 any more"});
  lines = after({}, milliseconds(1100));
  EXPECT_EQ(lines, (Lines{"peer.path_lost: nothing is heard from site2 on path 1 any more",
                          "peer.silent: site2 is silent on every path"}));
  EXPECT_EQ(after({}, seconds(5)), Lines{}) << "once";
  EXPECT_EQ(after({datagram(0)}), Lines{"peer.heard: site2 is heard on path 1 again, after 6.1 s"});
}

TEST_F(ChronicleTest, VotesGivenAndGotAreToldOnceUntilTheyDiffer) {
  (void)after({datagram()});
  auto d = datagram();
  d.datagram.want = ecv::Want::kPromote;
  d.datagram.answers = {{1, ecv::AnswerKind::kRefuse, "not closed", {}}};
  EXPECT_EQ(after({d}),
            (Lines{"peer.wants: site2 asks to become the writer", "vote.got: site2 refuses this site: not closed"}));
  d = datagram();
  d.datagram.want = ecv::Want::kPromote;
  d.datagram.answers = {{2, ecv::AnswerKind::kRefuse, "not closed", {}}};
  EXPECT_EQ(after({d}), Lines{});
  core::SendPeer grant;
  grant.datagram.to = "site2";
  grant.datagram.answers = {{9, ecv::AnswerKind::kGrant, "", {}}};
  EXPECT_EQ(after({}, milliseconds(1), {grant}), Lines{"vote.given: this site grants site2"});
  EXPECT_EQ(after({}, milliseconds(1), {grant}), Lines{});
  grant.datagram.answers = {{9, ecv::AnswerKind::kRelease, "", ecv::Epoch::make(4, 1)}};
  EXPECT_EQ(after({}, milliseconds(1), {grant}), Lines{"vote.given: this site releases the writer to site2 (epoch 4)"});
}

TEST_F(ChronicleTest, WhatCannotBeVerifiedIsToldAtOnceAndThenCountedAMinute) {
  const core::PeerUnverifiable bad{ecv::DatagramFault::kMismatch, 0, "site2"};
  EXPECT_EQ(after({bad}), Lines{"peer.refused: refused what comes from site2: its signature does not match"});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(after({bad, bad}), Lines{});
  const auto lines = after({bad}, seconds(61));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("(201 more)"), std::string::npos) << lines[0];
  EXPECT_EQ(lines_[0].fields.back(), (std::pair<std::string, std::string>{"total", "202"}));
  const auto refused = chronicle_.refused();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].from, "site2");
  EXPECT_EQ(refused[0].count, 202U);
  EXPECT_LT(refused[0].since, now_ - seconds(60));
}

TEST_F(ChronicleTest, AReplayedDatagramIsRefusedAndCounted) {
  (void)after({});  // the site says its nonce
  const auto d = datagram();
  (void)after({d}, seconds(2));
  (void)after({datagram()}, seconds(2));
  const auto lines = after({d, d, d}, seconds(2));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "peer.refused: refused what comes: replayed or overtaken (3)"), 1)
      << ::testing::PrintToString(lines);
}

TEST_F(ChronicleTest, FencesAndPromotionsAreToldWithTheTimeTheyTook) {
  EXPECT_EQ(after({}, milliseconds(1), {core::Fence{0, 3, false, "its permit ended"}}),
            Lines{"fence.begun: the databases are being closed: its permit ended"});
  EXPECT_EQ(after({core::FenceDone{0, 3, core::Closing::kClosed, false, ""}}, milliseconds(14)),
            Lines{"fence.done: the databases are closed after 14 ms"});
  core::Promote step;
  step.attempt = 2;
  step.step = core::PromoteStep::kOpenWrites;
  EXPECT_EQ(after({}, milliseconds(1), {step}), Lines{});
  EXPECT_EQ(after({core::PromoteDone{0, 2, core::PromoteStep::kOpenWrites, true, ""}}, milliseconds(3)),
            Lines{"promote.step: writes are open after 3.0 ms"});
  EXPECT_EQ(after({core::PromoteDone{0, 2, core::PromoteStep::kApplyReceived, false, "error 1062"}}),
            Lines{"promote.step: the promotion fails at apply-received: error 1062"});
}

TEST_F(ChronicleTest, EtcdIsToldWhenItsAnswersChange) {
  EXPECT_EQ(after({}, milliseconds(1), {core::EtcdCampaign{0, 1, seconds(1)}}),
            Lines{"etcd.campaign: this site asks etcd for the writer"});
  EXPECT_EQ(after({core::EtcdDone{0, 1, core::EtcdResult::kDone, 77, 12, {}, ""}}),
            Lines{"etcd.won: etcd gives the writer to this site, revision 12"});
  for (std::uint64_t token = 2; token < 5; ++token) {
    (void)after({}, milliseconds(1), {core::EtcdKeepAlive{0, token, 77, seconds(1)}});
    const auto lines = after({core::EtcdDone{0, token, core::EtcdResult::kDone, 77, 0, {}, ""}});
    EXPECT_EQ(lines, token == 2 ? Lines{"etcd.renewed: etcd renews the lease"} : Lines{});
  }
  (void)after({}, milliseconds(1), {core::EtcdKeepAlive{0, 9, 77, seconds(1)}});
  EXPECT_EQ(after({core::EtcdDone{0, 9, core::EtcdResult::kUnavailable, 77, 0, {}, "refused"}}),
            Lines{"etcd.not_renewed: etcd cannot be asked: refused"});
  EXPECT_EQ(after({core::EtcdWatched{0, true, {"site2", 5}, ""}}), Lines{"etcd.owner: etcd: site2 is the writer"});
  EXPECT_EQ(after({core::EtcdWatched{0, false, {}, "refused"}}), Lines{"etcd.silent: etcd is not heard: refused"});
}

TEST_F(ChronicleTest, GuardAndServiceAddressAreToldWhenTheyChange) {
  EXPECT_EQ(after({core::GuardStatus{0, true, ""}}), Lines{"guard.alive: the guard answers"});
  EXPECT_EQ(after({core::GuardStatus{0, true, ""}}), Lines{});
  EXPECT_EQ(after({core::GuardStatus{0, false, "no socket"}}),
            Lines{"guard.dead: the guard does not answer: no socket"});
  EXPECT_EQ(after({core::ServiceTested{0, "site2", true, ""}}), Lines{});
  EXPECT_EQ(after({core::ServiceTested{0, "site2", false, "timeout"}}),
            Lines{"service.down: the service address of site2 does not answer: timeout"});
}

TEST_F(ChronicleTest, TheCoresOwnLinesStandAtTheirPlace) {
  const core::Journal state{base::Level::kInfo, "pool.state", "ACTIVE to FENCING", {{"pool", "main"}}};
  EXPECT_EQ(after({poll(core::PollResult::kRefused)}, milliseconds(1), {state, core::Fence{0, 1, true, "x"}}),
            (Lines{"node.silent: db1 does not answer: refused: Connection refused", "pool.state: ACTIVE to FENCING",
                   "fence.begun: the databases are being closed by force: x"}));
}

TEST_F(ChronicleTest, ASourceThatFlapsIsSummedUp) {
  int told = 0;
  for (int i = 0; i < 100; ++i) {
    told += static_cast<int>(after({poll(i % 2 == 0 ? core::PollResult::kOk : core::PollResult::kRefused)}).size());
  }
  EXPECT_EQ(told, 20);
  const auto lines = after({}, seconds(61));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines_[0].id, "journal.held_back");
  EXPECT_NE(lines[0].find("81 changes"), std::string::npos) << lines[0];
}

}  // namespace
}  // namespace sitecheck
