#include "conf/sitecheck.h"

#include <gmock/gmock.h>

#include "files.h"
#include "tests/support/certificate.h"

namespace conf {
namespace {

using test::good_files;
using test::kSitecheck;
using test::lines;
using test::sitecheck;
using test::with;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

std::string fault(const std::string& text, const test::Files& files = good_files()) {
  return lines(sitecheck(text, files).faults);
}
std::string warning(const std::string& text) { return lines(sitecheck(text).warnings); }

// kSitecheck without its peer: a pool of a single site.
std::string single() {
  std::string text =
      with(kSitecheck, "peers:\n  - {site: site2, id: 2, addr: [\"10.0.12.1@8055\", \"198.51.100.11@8055\"]}\n", "");
  text = with(text, "peer: {listen: \"0.0.0.0@8055\"}\n", "");
  return with(text, "      - {name: db2, address: 10.0.12.2, site: site2}\n", "");
}

// kSitecheck with the dnsd ns1 as third voter.
std::string witness() {
  return with(kSitecheck, "mode: checkpoints, on_silence: promote",
              "mode: witness, voters: [{id: ns1, addr: [10.0.9.53@8055, 203.0.113.53@8055]}]");
}
// kSitecheck asking etcd.
std::string etcd(const std::string& options = "endpoints: [\"http://10.0.9.1:2379\"]") {
  return with(kSitecheck, "mode: checkpoints, on_silence: promote", "mode: etcd, etcd: {" + options + "}");
}

TEST(Sitecheck, WarnsOfALocalNodeWithoutPidFile) {
  EXPECT_THAT(warning(with(kSitecheck, ", pid_file: /run/mysqld/mysqld.pid", "")),
              HasSubstr("node db1 has no pid_file: a mysqld that died cannot be proved closed"));
}

TEST(Sitecheck, LoadsTheWholeFile) {
  const auto loaded = sitecheck(kSitecheck);
  ASSERT_EQ(lines(loaded.faults), "");
  EXPECT_EQ(lines(loaded.warnings), "");
  const Sitecheck& s = loaded.value;
  EXPECT_EQ(s.site.name, "site1");
  EXPECT_EQ(s.site.id, 1);
  EXPECT_EQ(s.ecv.listen.port, 8054);
  EXPECT_EQ(s.peer.port, 8055);
  EXPECT_EQ(s.keys.at(0).purpose, ecv::Purpose::kPeers);
  EXPECT_EQ(s.peers.at(0).addr.at(1).to_string(), "198.51.100.11@8055");
  EXPECT_TRUE(s.arbiter.promote_on_silence);
  EXPECT_EQ(s.arbiter.timing, *ecv::preset("lan"));
  ASSERT_THAT(s.checkpoints, SizeIs(3));
  EXPECT_EQ(s.checkpoints[0].kind, CheckpointKind::kTcp);
  EXPECT_EQ(s.checkpoints[2].kind, CheckpointKind::kHttp);
  EXPECT_EQ(s.checkpoints[2].url, "http://203.0.113.3/");
  EXPECT_EQ(s.checkpoints_clear_after, base::seconds(30));
  EXPECT_EQ(s.auto_recover_after, base::seconds(5));
  EXPECT_EQ(s.flap_window, base::seconds(3600));
  const Pool& pool = s.pools.at(0);
  EXPECT_EQ(pool.monitor.user, "mon");
  EXPECT_EQ(pool.admin.password, "secret");
  EXPECT_EQ(pool.schema, "wideip");
  EXPECT_EQ(pool.guard, GuardKind::kProcess);
  EXPECT_EQ(pool.guard_socket, "/var/lib/wideip/sitecheck/guard-main.sock");
  EXPECT_EQ(pool.service->to_string(), "192.0.2.11@3306");
  EXPECT_EQ(pool.nodes.at(0).host, "10.0.11.2");
  EXPECT_EQ(pool.nodes[0].port, 3306);
  EXPECT_EQ(pool.nodes[0].replicate_from->to_string(), "10.0.12.2@3306");
  EXPECT_EQ(pool.nodes[1].site, "site2");
}

TEST(Sitecheck, AGuardOfKindNftOnAnotherHost) {
  const auto loaded = sitecheck(
      std::string(kSitecheck) +
      "    guard: {kind: nft, address: 10.0.11.2@8057, allow: [10.0.12.0/24, 10.0.11.1, \"2001:db8::/32\"]}\n");
  ASSERT_EQ(lines(loaded.faults), "");
  const Pool& pool = loaded.value.pools.at(0);
  EXPECT_EQ(pool.guard, GuardKind::kNft);
  EXPECT_EQ(pool.guard_address->to_string(), "10.0.11.2@8057");
  ASSERT_THAT(pool.guard_allow, SizeIs(3));
  EXPECT_EQ(pool.guard_allow[1].to_string(), "10.0.11.1/32");
}

// A replica that the guard cuts off never gets what the writer acknowledged last.
TEST(Guard, AllowThatLeavesOutAReplicaIsWarnedOf) {
  const std::string text = kSitecheck;
  const auto line = [](const std::string& given) {
    return std::to_string(std::count(given.begin(), given.end(), '\n') + 1);
  };
  EXPECT_THAT(warning(text + "    guard: {kind: nft, allow: [10.0.13.0/24]}\n"),
              HasSubstr(":" + line(text) + ":31: pool main: guard.allow leaves out 10.0.12.2, node db2 of site2"));
  EXPECT_THAT(warning(text + "    guard: {kind: nft}\n"), HasSubstr(":" + line(text) + ":12: pool main"));
  EXPECT_EQ(warning(text + "    guard: {kind: nft, allow: [10.0.12.0/24]}\n"), "");
  EXPECT_EQ(warning(text + "    guard: {kind: process}\n"), "");
}

// A replica of the same site goes through the filter too.
TEST(Guard, AllowThatLeavesOutALocalReplicaIsWarnedOf) {
  const std::string text = with(kSitecheck, "      - {name: db2,",
                                "      - {name: db3, address: 10.0.11.3, priority: 2, replicate_from: 10.0.12.2@3306, "
                                "pid_file: /run/p}\n      - {name: db2,");
  const auto warned = warning(text + "    guard: {kind: nft, allow: [10.0.12.2, 10.0.11.3]}\n");
  EXPECT_THAT(warned, HasSubstr("leaves out 10.0.11.2, node db1:"));
  EXPECT_THAT(warned, Not(HasSubstr("node db3")));
}

TEST(Guard, APeerWithoutANodeHereIsWarnedOfUnlessAnAddressOfItPasses) {
  const std::string text = with(kSitecheck, "      - {name: db2, address: 10.0.12.2, site: site2}\n", "");
  EXPECT_THAT(warning(text + "    guard: {kind: nft, allow: [10.0.13.0/24]}\n"),
              HasSubstr("guard.allow has no address of site2"));
  EXPECT_EQ(warning(text + "    guard: {kind: nft, allow: [10.0.12.0/24]}\n"), "");
}

TEST(Sitecheck, AGuardsAllowListIsForNftAndNamesSitecheckWhenItIsElsewhere) {
  const std::string text = kSitecheck;
  EXPECT_THAT(fault(text + "    guard: {kind: nft, address: 10.0.11.2@8057}\n"),
              HasSubstr("needs allow: with sitecheck's own address"));
  EXPECT_THAT(fault(text + "    guard: {kind: process, allow: [10.0.0.0/8]}\n"), HasSubstr("for kind nft only"));
  EXPECT_THAT(fault(text + "    guard: {kind: nft, allow: [10.0.0.1/8]}\n"), HasSubstr("ADDRESS/LENGTH"));
}

TEST(Sitecheck, WhatIsAbsentHasTheSameDefaultsAsWhatIsEmpty) {
  const std::string bare = with(kSitecheck, "arbiter: {mode: checkpoints, on_silence: promote, preset: lan}\n", "");
  const auto absent = sitecheck(bare);
  const auto empty = sitecheck(bare + "arbiter: {}\nlog: {}\n");
  ASSERT_EQ(lines(absent.faults) + lines(empty.faults), "");
  EXPECT_EQ(absent.value.arbiter.timing, *ecv::preset("lan"));
  EXPECT_EQ(empty.value.arbiter.timing, absent.value.arbiter.timing);
  EXPECT_EQ(empty.value.arbiter.mode, ArbiterMode::kCheckpoints);
  EXPECT_EQ(empty.value.log.level, absent.value.log.level);
}

TEST(Sitecheck, TenFaultsAreTenReports) {
  std::string text = with(kSitecheck, "id: 1}", "id: 300}");
  text = with(text, "ecv: {listen: \"0.0.0.0@8054\"}", "ecv: {listen: \"127.0.0.1\"}");
  text = with(text, "mode: checkpoints", "mode: chekpoints");
  text = with(text, "on_silence: promote", "on_silence: shrug");
  text = with(text, "preset: lan", "prest: lan");
  text = with(text, "{id: a, scope: external", "{id: a, scope: outside");
  text = with(text, "    service:", "    kind: failower\n    service:");
  text = with(text, "admin: {user: adm, password_file: password", "admin: {user: adm, password_file: nowhere");
  text = with(text, "priority: 1", "priority: one");
  text += "    guard: {kind: 7}\n";
  EXPECT_THAT(sitecheck(text).faults, SizeIs(10)) << fault(text);
}

TEST(Sitecheck, ASiteWithoutPeerNeedsNoneOfWhatAPairNeeds) {
  const auto loaded = sitecheck(single());
  EXPECT_EQ(lines(loaded.faults), "");
  EXPECT_TRUE(loaded.value.peers.empty());
}

TEST(Sitecheck, ModeCheckpointsTakesOnePeer) {
  EXPECT_THAT(
      fault(with(kSitecheck, "arbiter:", "  - {site: site3, id: 3, addr: [10.0.13.1@8055, 10.0.13.2@8055]}\narbiter:")),
      HasSubstr("sitecheck.yaml:9:5: mode checkpoints takes exactly one peer, found 2; for more sites say arbiter: "
                "{mode: witness}"));
  EXPECT_THAT(fault(with(kSitecheck, "mode: checkpoints", "mode: quorum")),
              HasSubstr("mode: found \"quorum\"; allowed: one of: checkpoints, witness, etcd"));
}

TEST(Sitecheck, SitesAndIdsAreDistinct) {
  EXPECT_THAT(fault(with(kSitecheck, "site: site2, id: 2", "site: site2, id: 1")),
              HasSubstr("site id \"1\" stands already at sitecheck.yaml:1:25"));
  const auto same = fault(with(with(kSitecheck, "{site: site2, id", "{site: site1, id"), ", site: site2}", "}"));
  EXPECT_THAT(same, HasSubstr("site \"site1\" stands already at sitecheck.yaml:1:14"));
  EXPECT_THAT(fault(with(kSitecheck, "id: 1}", "id: 256}")), HasSubstr("1 to 255"));
}

TEST(Sitecheck, OnePathToThePeerIsAWarningThatNamesCa) {
  EXPECT_THAT(warning(with(kSitecheck, ", \"198.51.100.11@8055\"", "")), HasSubstr("CA (whenever both sites reach"));
}

TEST(Sitecheck, APairNeedsAListenerAndAKey) {
  EXPECT_THAT(fault(with(kSitecheck, "peer: {listen: \"0.0.0.0@8055\"}\n", "")), HasSubstr("missing key \"peer\""));
  EXPECT_THAT(fault(with(kSitecheck, "for: peers", "for: dnsd")), HasSubstr("no key has for: peers"));
  EXPECT_THAT(warning(with(kSitecheck, "for: dnsd", "for: peers")), HasSubstr("no dnsd believes them"));
}

TEST(Sitecheck, ExternalCheckpointsMakeTheQuorum) {
  std::string none = with(kSitecheck, "external, tcp", "internal, tcp");
  none = with(none, "external, tcp", "edge, tcp");
  none = with(none, "external, http", "internal, http");
  EXPECT_THAT(fault(none), HasSubstr("no checkpoint has scope: external"));
  const std::string hold = with(none, "on_silence: promote", "on_silence: hold");
  EXPECT_EQ(fault(hold), "");
  EXPECT_THAT(warning(hold), HasSubstr("losing the standby fences the writer"));
  EXPECT_THAT(warning(with(kSitecheck, "external, tcp", "internal, tcp")),
              HasSubstr("2 external checkpoints need 2, so they bear no more failures than 1 would"));
  EXPECT_THAT(warning(with(with(kSitecheck, "external, tcp", "internal, tcp"), "external, tcp", "edge, tcp")),
              HasSubstr("one external checkpoint"));
}

TEST(Sitecheck, ACheckpointHasOneKind) {
  EXPECT_THAT(fault(with(kSitecheck, ", tcp: \"203.0.113.1@443\"", "")),
              HasSubstr("a checkpoint has no kind; allowed: exactly one of tcp, http, mysql, dns, icmp"));
  EXPECT_THAT(fault(with(kSitecheck, "tcp: \"203.0.113.1@443\"", "tcp: 203.0.113.1@443, http: \"http://203.0.113.1\"")),
              HasSubstr("a checkpoint has tcp and http; allowed: exactly one"));
  EXPECT_THAT(fault(with(kSitecheck, "{id: b,", "{id: a,")),
              HasSubstr("checkpoint \"a\" stands already at sitecheck.yaml:11:10"));
}

TEST(Sitecheck, ACheckpointMayBeMysqlDnsOrIcmp) {
  const std::string tcp = "tcp: \"203.0.113.1@443\"";
  const auto one = [&](const std::string& kind) {
    return sitecheck(with(kSitecheck, tcp, kind)).value.checkpoints.at(0);
  };
  const auto mysql = one("mysql: \"203.0.113.1@3306\"");
  EXPECT_EQ(mysql.kind, CheckpointKind::kMysql);
  EXPECT_EQ(mysql.account.user, "wideip_probe");
  EXPECT_EQ(mysql.target(), "mysql 203.0.113.1@3306");
  EXPECT_EQ(one("mysql: 203.0.113.1@3306, account: {user: me}").account.user, "me");
  const auto dns = one("dns: \"[2001:db8::53]@53 example.com AAAA\"");
  EXPECT_EQ(dns.kind, CheckpointKind::kDns);
  EXPECT_EQ(dns.address.to_string(), "[2001:db8::53]@53");
  EXPECT_EQ(dns.dns_name, "example.com");
  EXPECT_EQ(dns.dns_type, 28);
  EXPECT_EQ(dns.target(), "dns [2001:db8::53]@53 example.com AAAA");
  const auto icmp = one("icmp: \"2001:db8::1\"");
  EXPECT_EQ(icmp.kind, CheckpointKind::kIcmp);
  EXPECT_EQ(icmp.target(), "icmp 2001:db8::1");
}

TEST(Sitecheck, AFaultyCheckpointIsToldWithWhatIsAllowed) {
  const std::string tcp = "tcp: \"203.0.113.1@443\"";
  const auto of = [&](const std::string& kind) { return fault(with(kSitecheck, tcp, kind)); };
  EXPECT_THAT(of("dns: \"203.0.113.1@53 example.com\""), HasSubstr("found 2 words; allowed: ADDRESS@PORT NAME TYPE"));
  EXPECT_THAT(of("dns: \"203.0.113.1 example.com A\""), HasSubstr("allowed: ADDRESS@PORT NAME TYPE"));
  EXPECT_THAT(of("dns: \"203.0.113.1@53 exa..mple A\""), HasSubstr("allowed: ADDRESS@PORT NAME TYPE"));
  EXPECT_THAT(of("dns: \"203.0.113.1@53 example.com ANY\""), HasSubstr("\"ANY\" is none of the types A, NS"));
  EXPECT_THAT(of("icmp: \"203.0.113.1@53\""), HasSubstr("icmp"));
  EXPECT_THAT(of("mysql: db.example.com@3306"), HasSubstr("mysql"));
  EXPECT_THAT(of(tcp + ", account: {user: me}"), HasSubstr("only a checkpoint of kind mysql logs in"));
}

std::string stats(const std::string& more) {
  return kSitecheck + std::string("stats: {listen: \"127.0.0.1@8056\", ") + more + "}\n";
}
test::Files token_files() {
  auto files = good_files();
  files.files["ops.token"] = "0123456789abcdef-ops\n";
  files.files["other.token"] = "0123456789abcdef-other\n";
  files.files["short.token"] = "0123\n";
  files.files["site.crt"] = ::test::kCertificate;
  files.files["ca.crt"] = ::test::kCertificate;
  files.files["no.crt"] = "no certificate";
  files.files["site.key"] = "KEY";
  return files;
}

TEST(Sitecheck, TheStatsPortTakesTokensAndTls) {
  const auto loaded = sitecheck(stats("anonymous: nobody, tls: {cert: site.crt, key: site.key}, tokens: [{name: ops, "
                                      "rights: write, file: ops.token}, {name: see, rights: read, file: other.token}]"),
                                token_files());
  ASSERT_EQ(lines(loaded.faults), "");
  const auto& s = *loaded.value.stats;
  EXPECT_EQ(s.anonymous, AnonymousReaders::kNobody);
  EXPECT_EQ(s.tls->cert, ::test::kCertificate);
  EXPECT_EQ(s.tls->client_ca, "");
  EXPECT_EQ(s.rate_limit, kStatsRate);
  EXPECT_EQ(s.tls->key, "KEY\n");
  ASSERT_THAT(s.tokens, SizeIs(2));
  EXPECT_TRUE(s.tokens[0].write);
  EXPECT_EQ(s.tokens[0].secret, "0123456789abcdef-ops");
  EXPECT_FALSE(s.tokens[1].write);
  EXPECT_EQ(sitecheck(stats("tokens: []")).value.stats->anonymous, AnonymousReaders::kLoopback);
}

TEST(Sitecheck, BothHttpPortsTakeAuthoritiesOfClientsAndARateLimit) {
  const std::string tls = "tls: {cert: site.crt, key: site.key, client_ca: ca.crt}, rate_limit: 7";
  const std::string ecv = "ecv: {listen: \"0.0.0.0@8054\"";
  ASSERT_NE(std::string(kSitecheck).find(ecv), std::string::npos);
  const auto loaded = sitecheck(with(stats(tls), ecv, ecv + ", " + tls), token_files());
  ASSERT_EQ(lines(loaded.faults), "");
  EXPECT_EQ(loaded.value.stats->tls->client_ca, ::test::kCertificate);
  EXPECT_EQ(loaded.value.stats->rate_limit, 7U);
  EXPECT_EQ(loaded.value.ecv.tls->client_ca, ::test::kCertificate);
  EXPECT_EQ(loaded.value.ecv.rate_limit, 7U);
  EXPECT_EQ(sitecheck(kSitecheck).value.ecv.rate_limit, 0U);
}

TEST(Sitecheck, ACertificateThatIsNoneIsAFaultAtItsPlace) {
  EXPECT_THAT(fault(stats("tls: {cert: no.crt, key: site.key}"), token_files()),
              HasSubstr("cert: no certificate in PEM"));
  EXPECT_THAT(fault(stats("tls: {cert: site.crt, key: site.key, client_ca: no.crt}"), token_files()),
              HasSubstr("client_ca: no certificate in PEM"));
}

TEST(Sitecheck, StatsThatEverybodyMayReadAreAWarning) {
  const auto warned = [](const std::string& text) { return lines(sitecheck(text, token_files()).warnings); };
  std::string open = with(stats("anonymous: everyone"), "127.0.0.1@8056", "0.0.0.0@8056");
  EXPECT_THAT(warned(open), HasSubstr("0.0.0.0@8056 may be read by whoever reaches it"));
  EXPECT_THAT(warned(with(open, "anonymous: everyone", "anonymous: nobody")), testing::Not(HasSubstr("whoever")));
  EXPECT_THAT(warned(with(open, "anonymous: everyone",
                          "anonymous: everyone, tls: {cert: site.crt, key: site.key, client_ca: ca.crt}")),
              testing::Not(HasSubstr("whoever")));
  EXPECT_THAT(warned(stats("anonymous: everyone")), testing::Not(HasSubstr("whoever"))) << "on loopback";
}

TEST(Sitecheck, FaultyTokensAreToldWithoutTheirSecret) {
  const auto of = [](const std::string& tokens) { return fault(stats("tokens: [" + tokens + "]"), token_files()); };
  EXPECT_THAT(of("{name: a, rights: read}"), HasSubstr("token a has no secret"));
  EXPECT_THAT(of("{name: a, rights: admin, file: ops.token}"), HasSubstr("one of: read, write"));
  const auto twice = of("{name: a, rights: read, file: ops.token}, {name: b, rights: write, file: ops.token}");
  EXPECT_THAT(twice, HasSubstr("tokens a and b are the same"));
  EXPECT_THAT(twice, testing::Not(HasSubstr("0123456789abcdef")));
  EXPECT_THAT(of("{name: a, rights: read, file: ops.token}, {name: a, rights: read, file: other.token}"),
              HasSubstr("token \"a\" stands already"));
  EXPECT_THAT(of("{name: a, rights: read, file: short.token}"), HasSubstr("16 to 256 printable characters"));
  EXPECT_THAT(of("{name: a, rights: read, file: none.token}"), HasSubstr("none.token"));
}

TEST(Sitecheck, TokensThatCrossTheNetworkInTheClearAreAWarning) {
  std::string open = stats("tokens: [{name: ops, rights: write, file: ops.token}]");
  EXPECT_THAT(lines(sitecheck(open, token_files()).warnings), testing::Not(HasSubstr("in the clear")));
  open = with(open, "127.0.0.1@8056", "0.0.0.0@8056");
  EXPECT_THAT(lines(sitecheck(open, token_files()).warnings), HasSubstr("in the clear"));
  open = with(open, "tokens:", "tls: {cert: site.crt, key: site.key}, tokens:");
  EXPECT_THAT(lines(sitecheck(open, token_files()).warnings), testing::Not(HasSubstr("in the clear")));
}

// Protocol.md section 4: configuration that violates its inequality is refused, with the numbers.
TEST(Sitecheck, UnsafeTimesAreRefusedWithTheirNumbers) {
  const auto times = [](const std::string& what) {
    return with(kSitecheck, "preset: lan}", "preset: lan, timing: {" + what + "}}");
  };
  EXPECT_THAT(fault(times("promote_wait: 3000ms")), HasSubstr("promote_wait 3000 ms is below"));
  EXPECT_THAT(fault(times("lease: 1999ms")), HasSubstr("lease 1999 ms is below 2W + 3I + T_o = 2000 ms"));
  EXPECT_THAT(fault(times("timeout: 251ms")), HasSubstr("timeout 251 ms is longer than interval 250 ms"));
  EXPECT_EQ(fault(times("promote_wait: 4s")), "");
  EXPECT_EQ(sitecheck(times("promote_wait: 4s")).value.arbiter.timing.promote_wait, base::seconds(4));
  EXPECT_EQ(sitecheck(times("fall: 5")).value.arbiter.timing.fall, 5);
}

TEST(Sitecheck, TimesOverrideThePresetWhereverItStands) {
  const auto loaded = sitecheck(
      with(kSitecheck, "{mode: checkpoints, on_silence: promote, preset: lan}", "{timing: {fall: 7}, preset: wan}"));
  EXPECT_EQ(lines(loaded.faults), "");
  EXPECT_EQ(loaded.value.arbiter.timing.fall, 7);
  EXPECT_EQ(loaded.value.arbiter.timing.lease, ecv::preset("wan")->lease);
}

TEST(Sitecheck, EveryPresetIsSafeInEveryMode) {
  for (const char* name : {"lan", "fast", "wan"}) {
    for (const std::string& text : {kSitecheck, witness(), etcd()}) {
      EXPECT_EQ(fault(with(text, "preset: lan", std::string("preset: ") + name + ", timing: {fall: 3}")), "") << name;
    }
  }
}

TEST(Nodes, TimeoutIsAtMostTheInterval) {
  EXPECT_THAT(fault(with(kSitecheck, "priority: 1,", "priority: 1, timeout: 300ms,")),
              HasSubstr("timeout 300 ms is longer than interval 250 ms"));
  EXPECT_THAT(fault(with(kSitecheck, "priority: 1,", "priority: 1, interval: 100ms,")),
              HasSubstr("timeout 250 ms is longer than interval 100 ms"));
  EXPECT_EQ(fault(with(kSitecheck, "priority: 1,", "priority: 1, interval: 1s, timeout: 1s,")), "");
}

TEST(Nodes, OneAtLeastIsLocal) {
  EXPECT_THAT(fault(with(kSitecheck, "priority: 1,", "site: site2,")), HasSubstr("no node of this pool is local"));
}

TEST(Nodes, NamesAddressesAndPrioritiesAreDistinct) {
  EXPECT_THAT(fault(with(kSitecheck, "name: db2", "name: db1")), HasSubstr("node \"db1\" stands already at"));
  EXPECT_THAT(fault(with(kSitecheck, "address: 10.0.12.2", "address: 10.0.11.2")),
              HasSubstr("a node at \"10.0.11.2@3306\" stands already"));
  EXPECT_THAT(fault(with(kSitecheck, "{name: db2, address: 10.0.12.2, site: site2}",
                         "{name: db2, address: 10.0.11.3, priority: 1}")),
              HasSubstr("a local node with priority \"1\" stands already"));
  // Remote nodes are not ranked here.
  EXPECT_EQ(fault(with(kSitecheck, "site: site2}", "site: site2, priority: 1}")), "");
}

TEST(Nodes, ARemoteNodeStandsAtThePeer) {
  EXPECT_THAT(fault(with(kSitecheck, ", site: site2}", ", site: site3}")),
              HasSubstr("is no peer (did you mean \"site2\"?)"));
  EXPECT_THAT(fault(with(kSitecheck, ", site: site2}", ", site: site1}")), HasSubstr("is this site"));
  EXPECT_THAT(fault(single() + "      - {name: db2, address: 10.0.12.2, site: site2}\n"),
              HasSubstr("there are no peers"));
}

TEST(Nodes, ARemoteNodeIsNeitherFencedNorPromoted) {
  for (const auto* key : {"pid_file: /run/mysqld.pid", "promote: prefer", "data_dir: /var/lib/mysql"}) {
    EXPECT_THAT(fault(with(kSitecheck, ", site: site2}", std::string(", site: site2, ") + key + "}")),
                HasSubstr("node db2 stands at site2: it is watched only, never fenced or promoted from here"));
  }
}

TEST(Pools, AccountsHaveOnePassword) {
  EXPECT_THAT(fault(with(kSitecheck, "{user: adm, password_file: password}", "{user: adm}")),
              HasSubstr("admin: the account has neither password_file and password"));
  EXPECT_THAT(fault(with(kSitecheck, "    replication: {user: repl, password_file: password}\n", "")),
              HasSubstr("missing key \"replication\""));
  EXPECT_THAT(warning(with(kSitecheck, "user: adm", "user: mon")), HasSubstr("the same account"));
  auto files = good_files();
  files.variables["PW"] = "x y ";
  const auto loaded =
      sitecheck(with(kSitecheck, "{user: adm, password_file: password}", "{user: adm, password: \"${PW}\"}"), files);
  EXPECT_EQ(lines(loaded.faults), "");
  EXPECT_EQ(loaded.value.pools.at(0).admin.password, "x y ");
}

TEST(Pools, TheSameNameTwiceNamesBothPlaces) {
  const std::string pool = kSitecheck.substr(kSitecheck.find("  - name: main"));
  EXPECT_THAT(fault(kSitecheck + pool), HasSubstr("pool \"main\" stands already at sitecheck.yaml:15:11"));
}

// Protocol.md section 5.
TEST(Guard, WithoutOneTheRiskIsCalledByItsName) {
  EXPECT_THAT(warning(kSitecheck + "    guard: {kind: none}\n"), HasSubstr("nothing closes its writer"));
  EXPECT_THAT(warning(kSitecheck + "    accept_unfenced: true\n"), HasSubstr("split-brain is possible"));
  EXPECT_THAT(fault(kSitecheck + "    guard: {kind: pf}\n"), HasSubstr("allowed: one of: process, nft, none"));
  EXPECT_THAT(fault(kSitecheck + "    accept_unfenced: yes\n"), HasSubstr("allowed: true or false"));
  EXPECT_EQ(sitecheck(kSitecheck + "    guard: {socket: g.sock}\n").value.pools.at(0).guard_socket, "g.sock");
}

}  // namespace
}  // namespace conf
