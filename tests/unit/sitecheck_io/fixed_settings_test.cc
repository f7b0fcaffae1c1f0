#include "sitecheck/io/fixed_settings.h"

#include <gmock/gmock.h>

#include <functional>

namespace sitecheck {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

conf::Sitecheck base_of() {
  conf::Sitecheck out;
  out.site = {"site1", 1};
  out.arbiter.timing = *ecv::preset("lan");
  conf::Peer peer;
  peer.site = "site2";
  peer.id = 2;
  peer.addr = {{base::IpAddress::v4({192, 0, 2, 1}), 8055}};
  out.peers = {peer};
  conf::Pool pool;
  pool.name = "main";
  pool.monitor = {"mon", "m"};
  conf::Node node;
  node.name = "db1";
  node.host = "192.0.2.10";
  pool.nodes = {node};
  out.pools = {pool};
  out.stats.emplace();
  conf::KeyFile key;
  key.id = "p1";
  out.keys = {key};
  return out;
}

std::vector<std::string> fixed(const std::function<void(conf::Sitecheck&)>& change) {
  auto after = base_of();
  change(after);
  return fixed_differences(base_of(), after);
}

TEST(FixedSettings, WhatIsTheSameIsNoDifferenceWhereverItStands) {
  EXPECT_THAT(fixed([](auto& c) {
                c.peers[0].mark.line = 77;
                c.pools[0].mark.line = 3;
                c.stats->mark.line = 9;
              }),
              IsEmpty());
}

TEST(FixedSettings, WhoThisSiteIsAndWhereItListensIsFixed) {
  EXPECT_THAT(fixed([](auto& c) {
                c.site = {"site9", 9};
                c.ecv.listen.port = 1;
                c.peer.port = 2;
                c.control = "/x";
                c.state_dir = "/y";
                c.stats->listen.port = 3;
              }),
              ElementsAre("site.name", "site.id", "ecv.listen", "peer.listen", "control", "state_dir", "stats.listen"));
  EXPECT_THAT(fixed([](auto& c) { c.stats.reset(); }), ElementsAre("stats.listen"));
}

TEST(FixedSettings, WhatPromisesToOtherSitesStandOnIsFixed) {
  EXPECT_THAT(fixed([](auto& c) { c.arbiter.mode = conf::ArbiterMode::kWitness; }), ElementsAre("arbiter.mode"));
  EXPECT_THAT(fixed([](auto& c) { c.arbiter.timing.lease *= 2; }), ElementsAre("arbiter.timing"));
  EXPECT_THAT(fixed([](auto& c) {
                c.arbiter.preset = "wan";
                c.arbiter.timing = *ecv::preset("wan");
              }),
              ElementsAre("arbiter.preset"));
  EXPECT_THAT(fixed([](auto& c) { c.peers[0].site = "site3"; }), ElementsAre("peers (which sites there are)"));
  EXPECT_THAT(fixed([](auto& c) { c.peers.clear(); }), ElementsAre("peers (which sites there are)"));
  EXPECT_THAT(fixed([](auto& c) { c.arbiter.voters.emplace_back(); }), ElementsAre("arbiter.voters (which there are)"));
  EXPECT_THAT(fixed([](auto& c) { c.pools[0].kind = "single"; }), ElementsAre("kind of pool main"));
  EXPECT_THAT(fixed([](auto& c) { c.pools[0].schema = "other"; }), ElementsAre("schema of pool main"));
  EXPECT_THAT(fixed([](auto& c) { c.pools[0].guard = conf::GuardKind::kNone; }),
              ElementsAre("guard of pool main (and restart its guard)"));
}

TEST(FixedSettings, ThresholdsPathsAccountsNodesPoolsAndHooksAreNot) {
  EXPECT_THAT(fixed([](auto& c) {
                c.arbiter.timing.fall = 9;
                c.arbiter.promote_on_silence = false;
                c.peers[0].addr.push_back({base::IpAddress::v4({192, 0, 2, 2}), 8055});
                c.pools[0].monitor.password = "other";
                c.pools[0].warn_lag = base::seconds(3);
                c.pools[0].nodes[0].host = "192.0.2.11";
                c.pools.push_back(c.pools[0]);
                c.pools[1].name = "other";
                c.keys[0].key.secret[0] = 7;
                c.checkpoints.emplace_back();
                c.event_hook.emplace();
                c.agent.emplace();
                c.levels.emplace();
              }),
              IsEmpty());
}

TEST(FixedSettings, InModeEtcdWhichPoolsThereAreIsFixed) {
  auto before = base_of();
  before.arbiter.mode = conf::ArbiterMode::kEtcd;
  auto after = before;
  after.pools.push_back(after.pools[0]);
  after.pools[1].name = "other";
  EXPECT_THAT(fixed_differences(before, after), ElementsAre("pools (which there are, in arbiter.mode etcd)"));
}

TEST(FixedSettings, AKeyOfAGuardOnAnotherHostIsFixed) {
  auto before = base_of();
  before.pools[0].guard_address = {base::IpAddress::v4({192, 0, 2, 7}), 8057};
  auto after = before;
  after.keys[0].key.secret[0] = 7;
  EXPECT_THAT(fixed_differences(before, after), ElementsAre("keys, while the guard of pool main is on another host"));
}

TEST(FixedSettings, SecretsWithOtherContentAreNamedAndNotShown) {
  auto after = base_of();
  after.pools[0].monitor.password = "fresh-secret";
  after.keys[0].key.secret[3] = 1;
  EXPECT_THAT(secret_changes(base_of(), after),
              ElementsAre("~ key p1: other content", "~ password of monitor of pool main: other content"));
  EXPECT_THAT(secret_changes(base_of(), base_of()), IsEmpty());
}

}  // namespace
}  // namespace sitecheck
