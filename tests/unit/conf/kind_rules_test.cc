#include "conf/kind_rules.h"

#include <gmock/gmock.h>

#include "conf/check.h"
#include "files.h"

namespace conf {
namespace {

using test::lines;
using test::sitecheck;
using test::with;
using testing::HasSubstr;

const std::string kGalera = R"(site: {name: site1, id: 1}
ecv: {listen: "127.0.0.1@8054"}
keys:
  - {id: d1, file: ecv.key, for: dnsd}
pools:
  - name: shop
    kind: multi_writer
    monitor: {user: wideip_mon, password_file: password}
    nodes:
      - {name: db1, address: 10.0.11.2, priority: 1}
      - {name: db2, address: 10.0.11.3, priority: 2, data_dir: /var/lib/mysql}
      - {name: db3, address: 10.0.11.4, priority: 3}
)";
const std::string kSingle = R"(site: {name: site1, id: 1}
ecv: {listen: "127.0.0.1@8054"}
keys:
  - {id: d1, file: ecv.key, for: dnsd}
pools:
  - name: shop
    kind: single
    monitor: {user: wideip_mon, password_file: password}
    nodes:
      - {name: db1, address: 10.0.11.2}
)";

std::string fault(const std::string& text) { return lines(sitecheck(text).faults); }
std::string with_line(const std::string& text, const std::string& line) {
  return with(text, "    nodes:\n", "    " + line + "\n    nodes:\n");
}

TEST(KindRules, AGaleraPoolNeedsNoAdminAccountAndNoGuard) {
  const auto loaded = sitecheck(kGalera);
  ASSERT_EQ(lines(loaded.faults), "");
  EXPECT_EQ(lines(loaded.warnings), "");
  const Pool& pool = loaded.value.pools.at(0);
  EXPECT_EQ(pool.kind, "multi_writer");
  EXPECT_EQ(pool.guard, GuardKind::kNone);
  EXPECT_FALSE(pool.preferred_writer);
  EXPECT_TRUE(pool.galera.wsrep);
  EXPECT_FALSE(pool.galera.donor_serves);
  EXPECT_EQ(pool.galera.cluster_size, 0);
  EXPECT_EQ(pool.galera.flow_control, 20);
  EXPECT_EQ(pool.nodes.at(1).data_dir, "/var/lib/mysql");
}

TEST(KindRules, TheOptionsOfGaleraAreRead) {
  const auto loaded = sitecheck(with_line(
      with_line(kGalera, "galera: {donor: allow, cluster_size: 5, flow_control: 50}"), "preferred_writer: true"));
  ASSERT_EQ(lines(loaded.faults), "");
  const Pool& pool = loaded.value.pools.at(0);
  EXPECT_TRUE(pool.preferred_writer);
  EXPECT_TRUE(pool.galera.donor_serves);
  EXPECT_EQ(pool.galera.cluster_size, 5);
  EXPECT_EQ(pool.galera.flow_control, 50);
}

TEST(KindRules, AnAllActivePoolWithoutWsrepHasNoneOfItsOptions) {
  EXPECT_EQ(fault(with_line(kGalera, "galera: {wsrep: off}")), "");
  EXPECT_FALSE(sitecheck(with_line(kGalera, "galera: {wsrep: off}")).value.pools.at(0).galera.wsrep);
  EXPECT_THAT(fault(with_line(kGalera, "galera: {wsrep: off, donor: allow}")),
              HasSubstr("donor: this is for wsrep: required; leave it out"));
}

TEST(KindRules, AWatchedPoolTakesNothingThatFencesOrPromotes) {
  for (const auto* line :
       {"guard: {kind: process}", "accept_unfenced: true", "max_loss: 0", "max_lag: 5s", "heartbeat: 1s",
        "switchover_limit: 5s", "anti_flap: {block: 5s}", "service: 192.0.2.11@3306",
        "admin: {user: adm, password_file: password}", "replication: {user: repl, password_file: password}"}) {
    const std::string key(line, std::string(line).find(':'));
    EXPECT_THAT(fault(with_line(kGalera, line)),
                HasSubstr(key + ": a pool of kind multi_writer is watched only: nothing is fenced"))
        << line;
  }
  EXPECT_THAT(fault(with(kGalera, "priority: 1", "priority: 1, replicate_from: 10.0.11.3@3306")),
              HasSubstr("replicate_from: the nodes of a pool of kind multi_writer are watched only"));
}

TEST(KindRules, OtherKindsTakeNoneOfMultiWriters) {
  EXPECT_THAT(fault(with_line(test::kSitecheck, "preferred_writer: true")),
              HasSubstr("preferred_writer: this is for kind multi_writer; leave it out"));
  EXPECT_THAT(fault(with_line(kSingle, "galera: {donor: allow}")), HasSubstr("galera: this is for kind multi_writer"));
}

TEST(KindRules, ASinglePoolHasOneNode) {
  EXPECT_EQ(fault(kSingle), "");
  EXPECT_THAT(fault(kSingle + "      - {name: db2, address: 10.0.11.3, priority: 2}\n"),
              HasSubstr("nodes: found 2 nodes; allowed for kind single: 1"));
}

TEST(KindRules, AWatchedPoolNeedsNodesAndAMonitor) {
  EXPECT_THAT(fault(with(kSingle, "    monitor: {user: wideip_mon, password_file: password}\n", "")),
              HasSubstr("missing key \"monitor\""));
  EXPECT_THAT(fault(with(kSingle, "    nodes:\n      - {name: db1, address: 10.0.11.2}\n", "")),
              HasSubstr("missing key \"nodes\""));
}

TEST(KindRules, AnUnknownKindIsToldTheAllowedOnes) {
  EXPECT_THAT(fault(with(kGalera, "kind: multi_writer", "kind: multi_write")), HasSubstr("multi_writer"));
}

// Nothing arbitrates between the sites: a wide-IP with one writer may have one of them only.
TEST(KindRules, WarnsOfNodesAtSeveralSites) {
  std::string text = with(kGalera, "ecv: {listen", "peer: {listen: \"127.0.0.1@8055\"}\necv: {listen");
  text = with(text, "keys:\n", "keys:\n  - {id: p1, file: ecv.key, for: peers}\n");
  text = with(text, "pools:\n",
              "peers:\n  - {site: site2, id: 2, addr: [\"10.0.12.1@8055\", \"10.1.12.1@8055\"]}\n"
              "checkpoints:\n  - {id: a, scope: external, tcp: \"203.0.113.1@443\"}\npools:\n");
  text = with(text, "priority: 3}", "site: site2}");
  const auto loaded = sitecheck(text);
  EXPECT_EQ(lines(loaded.faults), "");
  EXPECT_THAT(lines(loaded.warnings), HasSubstr("has nodes at several sites"));
}

TEST(KindRules, CheckSaysWhatAClaimIsWorth) {
  const auto said = implications(sitecheck(kGalera));
  EXPECT_THAT(said.text, HasSubstr("pool shop: 3 local of 3 nodes, watched only"));
  EXPECT_THAT(said.text, HasSubstr("every node that is well is ACTIVE"));
  EXPECT_THAT(said.text, HasSubstr("as its only member of pool shop"));
  EXPECT_THAT(said.text, HasSubstr("fewer than 3 nodes in the cluster, or flow control over 20%, is OK WARN"));
}

}  // namespace
}  // namespace conf
