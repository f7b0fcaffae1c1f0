#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>

#include "files.h"

namespace conf {
namespace {

// The real files, but for the environment.
Outside outside() {
  Outside out = real_outside();
  out.variable = [](const std::string& name) -> std::optional<std::string> {
    return name.find("KEY") != std::string::npos ? test::kSecret : "secret";
  };
  return out;
}

TEST(Examples, EachLoads) {
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(WIDEIP_SOURCE_DIR) + "/conf/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++seen;
    const bool dnsd = entry.path().filename().string().starts_with("dnsd");
    const auto faults =
        dnsd ? load_dnsd(entry.path(), outside()).faults : load_sitecheck(entry.path(), outside()).faults;
    EXPECT_EQ(test::lines(faults), "");
  }
  EXPECT_EQ(seen, 19);
}

TEST(Examples, EachIsListed) {
  const std::filesystem::path folder = std::string(WIDEIP_SOURCE_DIR) + "/conf/examples";
  const auto list = real_outside().read(folder / "README.md");
  ASSERT_TRUE(list);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string name = std::filesystem::relative(entry.path(), folder).string();
    EXPECT_THAT(*list, testing::HasSubstr("`" + name + "`"));
  }
}

// Protocol.md rule 9: both sites use the same external checkpoints, arbiter and timing; each is the other's mirror.
TEST(Examples, TheTwoSitesBelongTogether) {
  const std::string folder = std::string(WIDEIP_SOURCE_DIR) + "/conf/examples/";
  const auto one = load_sitecheck(folder + "sitecheck-site1.yaml", outside()).value;
  const auto two = load_sitecheck(folder + "sitecheck-site2.yaml", outside()).value;
  EXPECT_EQ(one.arbiter.timing, two.arbiter.timing);
  ASSERT_EQ(one.checkpoints.size(), two.checkpoints.size());
  for (std::size_t i = 0; i < one.checkpoints.size(); ++i) {
    EXPECT_EQ(one.checkpoints[i].id, two.checkpoints[i].id);
    EXPECT_EQ(one.checkpoints[i].target(), two.checkpoints[i].target());
    EXPECT_EQ(one.checkpoints[i].url, two.checkpoints[i].url);
  }
  EXPECT_EQ(one.peers.at(0).site, two.site.name);
  EXPECT_EQ(two.peers.at(0).id, one.site.id);
  EXPECT_EQ(one.pools.at(0).nodes.at(1).host, two.pools.at(0).nodes.at(0).host);
  const auto dnsd = load_dnsd(folder + "dnsd.yaml", outside()).value;
  EXPECT_EQ(dnsd.sites.at(0).peer, two.peers.at(0).addr);
  EXPECT_EQ(dnsd.keys.at(0).key.secret, one.keys.at(1).key.secret);
}

// Every voter has the same voters and times, or the sites refuse each other (protocol.md rule 9); the names are those
// by which the dnsd signs.
TEST(Examples, TheSitesAndTheWitnessBelongTogether) {
  const std::string folder = std::string(WIDEIP_SOURCE_DIR) + "/conf/examples/";
  const auto one = load_sitecheck(folder + "sitecheck-witness-site1.yaml", outside()).value;
  const auto two = load_sitecheck(folder + "sitecheck-witness-site2.yaml", outside()).value;
  const auto ns1 = load_dnsd(folder + "dnsd-witness.yaml", outside()).value;
  EXPECT_EQ(one.arbiter.mode, ArbiterMode::kWitness);
  EXPECT_EQ(one.arbiter.timing, two.arbiter.timing);
  ASSERT_EQ(one.arbiter.voters.size(), 1U);
  EXPECT_EQ(one.arbiter.voters[0].id, ns1.server.id);
  EXPECT_EQ(one.arbiter.voters[0].addr, two.arbiter.voters.at(0).addr);
  EXPECT_EQ(one.arbiter.voters[0].addr[0].port, ns1.relay->port);
  const auto votes = ns1.votes();
  ASSERT_EQ(votes.size(), 1U);
  EXPECT_EQ(votes[0].pool, one.pools.at(0).name);
  ASSERT_EQ(votes[0].sites.size(), 2U);
  EXPECT_EQ(votes[0].sites[0]->name, one.site.name);
  EXPECT_EQ(votes[0].sites[0]->peer, two.peers.at(0).addr);
  EXPECT_EQ(ns1.keys.at(1).key.secret, one.keys.at(0).key.secret);
  EXPECT_EQ(one.pools[0].service_at.at(0).address, two.pools.at(0).service);
  const auto three = load_sitecheck(folder + "sitecheck-witness-site3.yaml", outside()).value;
  EXPECT_TRUE(three.pools.at(0).nodes.empty());
  EXPECT_EQ(three.arbiter.timing, one.arbiter.timing);
}

TEST(Examples, TheSitesOfEtcdAskTheSameClusterAndKnowEachOther) {
  const std::string folder = std::string(WIDEIP_SOURCE_DIR) + "/conf/examples/";
  const auto dnsd = load_dnsd(folder + "dnsd-etcd.yaml", outside()).value;
  std::vector<Sitecheck> sites;
  for (const char* n : {"1", "2", "3"}) {
    sites.push_back(load_sitecheck(folder + "sitecheck-etcd-site" + n + ".yaml", outside()).value);
  }
  ASSERT_EQ(dnsd.sites.size(), sites.size());
  const auto& one = sites.front();
  ASSERT_TRUE(one.arbiter.etcd);
  EXPECT_EQ(one.arbiter.etcd->password, "not-secret-etcd");
  EXPECT_EQ(one.arbiter.timing, ecv::for_etcd(*ecv::preset("lan")));
  for (std::size_t i = 0; i < sites.size(); ++i) {
    const auto& site = sites[i];
    ASSERT_TRUE(site.arbiter.etcd);
    EXPECT_EQ(site.arbiter.etcd->endpoints, one.arbiter.etcd->endpoints);
    EXPECT_EQ(site.arbiter.etcd->prefix, one.arbiter.etcd->prefix);
    EXPECT_EQ(site.arbiter.timing, one.arbiter.timing);
    EXPECT_EQ(dnsd.sites[i].name, site.site.name);
    EXPECT_EQ(dnsd.wideips.at(0).members.at(i).addresses.front(), site.pools.at(0).service->ip);
    ASSERT_EQ(site.peers.size(), 2U);
    for (const auto& peer : site.peers) {
      const auto other = std::find_if(sites.begin(), sites.end(), [&](const auto& s) { return s.site.id == peer.id; });
      ASSERT_NE(other, sites.end());
      EXPECT_EQ(other->site.name, peer.site);
      const auto known =
          std::find_if(dnsd.sites.begin(), dnsd.sites.end(), [&](const auto& s) { return s.name == peer.site; });
      ASSERT_NE(known, dnsd.sites.end());
      EXPECT_EQ(known->peer, peer.addr);
    }
  }
}

}  // namespace
}  // namespace conf
