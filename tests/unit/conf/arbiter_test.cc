// The rules of conf/arbiter_rules.cc.
#include <gmock/gmock.h>

#include "files.h"

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

const std::string kMode = "mode: checkpoints, on_silence: promote";
const std::string kVoters = "mode: witness, voters: [{id: ns1, addr: [10.0.9.53@8055, 203.0.113.53@8055]}]";

std::string witness() { return with(kSitecheck, kMode, kVoters); }
std::string etcd(const std::string& options) { return with(kSitecheck, kMode, "mode: etcd, etcd: {" + options + "}"); }
std::string timed(const std::string& text, const std::string& times) {
  return with(text, "preset: lan", "preset: lan, timing: {" + times + "}");
}

TEST(Witness, LoadsItsVoters) {
  const auto loaded = sitecheck(witness());
  ASSERT_EQ(lines(loaded.faults) + lines(loaded.warnings), "");
  EXPECT_EQ(loaded.value.arbiter.mode, ArbiterMode::kWitness);
  ASSERT_THAT(loaded.value.arbiter.voters, SizeIs(1));
  EXPECT_EQ(loaded.value.arbiter.voters[0].id, "ns1");
  EXPECT_EQ(loaded.value.arbiter.voters[0].addr.at(1).to_string(), "203.0.113.53@8055");
}

TEST(Witness, TakesAnyNumberOfPeers) {
  const auto text = with(witness(), "arbiter:",
                         "  - {site: site3, id: 3, addr: [10.0.13.1@8055, 203.0.113.13@8055]}\n"
                         "  - {site: site4, id: 4, addr: [10.0.14.1@8055, 203.0.113.14@8055]}\narbiter:");
  const auto loaded = sitecheck(text);
  EXPECT_EQ(lines(loaded.faults) + lines(loaded.warnings), "");
  EXPECT_THAT(loaded.value.peers, SizeIs(3));
}

TEST(Witness, AnEvenNumberOfVotersIsAWarning) {
  EXPECT_THAT(warning(with(kSitecheck, kMode, "mode: witness")),
              HasSubstr("2 voters (this site, 1 peers, 0 voters) need 2 votes, so they bear no more failures than 1"));
}

TEST(Witness, NeedsOtherVoters) {
  std::string text = with(kSitecheck, kMode, "mode: witness");
  text = with(text, "peers:\n  - {site: site2, id: 2, addr: [\"10.0.12.1@8055\", \"198.51.100.11@8055\"]}\n", "");
  EXPECT_THAT(fault(text), HasSubstr("mode witness needs other voters"));
}

TEST(Witness, AVoterIsNamedUnlikeEverySite) {
  EXPECT_THAT(fault(with(witness(), "id: ns1", "id: site2")), HasSubstr("site \"site2\" stands already at"));
  EXPECT_THAT(fault(with(witness(), "id: ns1, addr", "id: ns1, adr")), HasSubstr("did you mean \"addr\"?"));
}

TEST(Witness, AVoterOfOnePathIsAWarning) {
  EXPECT_THAT(warning(with(witness(), ", 203.0.113.53@8055", "")), HasSubstr("one path to voter ns1"));
  EXPECT_THAT(warning(with(witness(), ", \"198.51.100.11@8055\"", "")), HasSubstr("one path to voter site2"));
}

TEST(Witness, NeedsNoCheckpoints) {
  std::string text = witness();
  const auto begin = text.find("checkpoints:");
  text.erase(begin, text.find("pools:") - begin);
  EXPECT_EQ(fault(text), "");
}

TEST(Witness, ASiteWithoutNodesVotesOnly) {
  std::string text = witness();
  text.erase(text.find("    service:"));
  const auto loaded = sitecheck(text);
  EXPECT_EQ(lines(loaded.faults), "");
  EXPECT_TRUE(loaded.value.pools.at(0).nodes.empty());
  EXPECT_THAT(fault(with(text, kVoters, kMode)), HasSubstr("missing key \"nodes\" in pools[]"));
  EXPECT_THAT(fault(with(text, kVoters, kMode)), HasSubstr("missing key \"monitor\" in pools[]"));
  EXPECT_THAT(fault(with(text + "    nodes: []\n", kVoters, kMode)), HasSubstr("nodes: found an empty list"));
  EXPECT_EQ(fault(text + "    nodes: []\n"), "");
  EXPECT_THAT(fault(text + "    service: 192.0.2.11@3306\n"), HasSubstr("leave service out"));
  EXPECT_EQ(fault(text + "    service_at: {site2: 192.0.2.12@3306}\n"), "");
  EXPECT_EQ(loaded.value.pools[0].service_account().user, "wideip_probe");
}

TEST(Witness, NodesNeedTheirAccounts) {
  EXPECT_THAT(fault(with(witness(), "    admin: {user: adm, password_file: password}\n", "")),
              HasSubstr("missing key \"admin\" in pools[]; it takes a mapping of user"));
  EXPECT_THAT(sitecheck(with(witness(), "    admin:", "    admn:")).faults, SizeIs(1));
}

TEST(Etcd, LoadsItsCluster) {
  auto files = good_files();
  for (const char* name : {"ca.pem", "cert.pem", "key.pem"}) files.files[name] = "x";
  const auto loaded = sitecheck(etcd("endpoints: [\"https://10.0.9.1:2379\", \"https://10.0.9.2:2379\"], prefix: /a/, "
                                     "ca: ca.pem, cert: cert.pem, key: key.pem, user: u, password_file: password"),
                                files);
  ASSERT_EQ(lines(loaded.faults) + lines(loaded.warnings), "");
  const Etcd& etcd = *loaded.value.arbiter.etcd;
  EXPECT_THAT(etcd.endpoints, SizeIs(2));
  EXPECT_EQ(etcd.prefix, "/a/");
  EXPECT_EQ(etcd.ca, "ca.pem");
  EXPECT_EQ(etcd.key, "key.pem");
  EXPECT_EQ(etcd.user, "u");
  EXPECT_EQ(etcd.password, "secret");
}

TEST(Etcd, IsNeededByItsModeOnly) {
  EXPECT_THAT(fault(with(kSitecheck, kMode, "mode: etcd")), HasSubstr("missing key \"etcd\" in arbiter"));
  EXPECT_THAT(fault(etcd("prefix: /a/")), HasSubstr("missing key \"endpoints\" in arbiter.etcd"));
  EXPECT_THAT(fault(with(kSitecheck, kMode, "etcd: {endpoints: \"http://10.0.9.1:2379\"}")),
              HasSubstr("etcd is for mode etcd, and the mode is checkpoints; say mode: etcd, or leave it out"));
  EXPECT_THAT(fault(with(kSitecheck, kMode, "voters: [{id: ns1, addr: [10.0.9.53@8055]}]")),
              HasSubstr("voters is for mode witness, and the mode is checkpoints"));
  EXPECT_EQ(warning(with(kSitecheck, kMode, kVoters + ", on_silence: hold")), "");
}

TEST(Etcd, TrustIsWholeOrAbsent) {
  auto files = good_files();
  files.files["f.pem"] = "x";
  const std::string secure = "endpoints: \"https://10.0.9.1:2379\", ";
  const std::string plain = "endpoints: \"http://10.0.9.1:2379\", ";
  EXPECT_THAT(fault(etcd(secure + "cert: f.pem"), files), HasSubstr("cert and key go together; found cert alone"));
  EXPECT_THAT(fault(etcd(secure + "user: u"), files),
              HasSubstr("user and its password_file (or password) go together"));
  EXPECT_THAT(fault(etcd(secure + "password_file: password"), files), HasSubstr("go together"));
  EXPECT_THAT(fault(etcd(secure + "user: u, password_file: password, password: \"${PW}\""), files),
              HasSubstr("exactly one of them"));
  EXPECT_THAT(fault(etcd(secure + "ca: nowhere.pem"), files), HasSubstr("ca: cannot open nowhere.pem"));
  EXPECT_THAT(fault(etcd(plain + "ca: f.pem"), files), HasSubstr("are of https endpoints"));
  EXPECT_THAT(warning(etcd(plain + "user: u, password_file: password")), HasSubstr("in the clear"));
  EXPECT_THAT(fault(etcd(plain + "prefix: wideip")), HasSubstr("begins and ends with /"));
  EXPECT_THAT(fault(etcd("endpoints: \"http://etcd.example.com:2379\"")), HasSubstr("no IP address"));
}

// Protocol.md section 4: each mode has its own inequality, and is refused with its numbers.
TEST(Times, AreRefusedByTheInequalityOfTheMode) {
  const std::string plain = "endpoints: \"http://10.0.9.1:2379\"";
  EXPECT_THAT(fault(timed(witness(), "grant_wait: 2500ms")),
              HasSubstr("grant_wait 2500 ms is below (L/(1-rho) + G + F)/(1-rho) = 2697 ms"));
  EXPECT_THAT(fault(timed(witness(), "lease: 999ms")), HasSubstr("lease 999 ms is below 3I + T_o = 1000 ms"));
  EXPECT_EQ(fault(timed(witness(), "lease: 1s")), "");
  EXPECT_THAT(fault(timed(etcd(plain), "lease: 2300ms")),
              HasSubstr("lease 2300 ms is above (TTL(1-rho) - G - F)(1-rho) = 2296 ms"));
  EXPECT_THAT(fault(timed(etcd(plain), "etcd_ttl: 2500ms")),
              HasSubstr("etcd_ttl 2500 ms is not a whole number of seconds"));
  EXPECT_THAT(fault(timed(etcd(plain), "etcd_ttl: 1s")), HasSubstr("2 or more"));
  EXPECT_THAT(warning(timed(witness(), "promote_wait: 4s")),
              HasSubstr("promote_wait is for mode checkpoints and not used in mode witness"));
}

// L_hold follows the TTL, G and F, unless it is given.
TEST(Times, OfEtcdFollowItsTtl) {
  const std::string plain = "endpoints: \"http://10.0.9.1:2379\"";
  EXPECT_EQ(sitecheck(etcd(plain)).value.arbiter.timing.lease, base::milliseconds(2250));
  EXPECT_EQ(sitecheck(timed(etcd(plain), "etcd_ttl: 5s")).value.arbiter.timing.lease, base::milliseconds(4250));
  EXPECT_EQ(sitecheck(timed(etcd(plain), "lease: 2s")).value.arbiter.timing.lease, base::seconds(2));
}

TEST(Paths, OfAPairIncludeOneOverThePublicAddress) {
  EXPECT_THAT(warning(with(kSitecheck, "198.51.100.11@8055", "10.1.12.1@8055")),
              HasSubstr("every path to the peer has a private address"));
  EXPECT_THAT(warning(with(kSitecheck, "198.51.100.11@8055", "[fd00::1]@8055")), HasSubstr("private address"));
  EXPECT_EQ(warning(with(kSitecheck, "198.51.100.11@8055", "[2001:db8::1]@8055")), "");
  EXPECT_THAT(warning(with(kSitecheck, ", \"198.51.100.11@8055\"", "")), HasSubstr("mode checkpoints demands two"));
}

TEST(Pools, LoadTheirLimits) {
  const auto text = kSitecheck +
                    "    service_at: {site2: 198.51.100.11@3306}\n    max_loss: 0\n    max_lag: 10s\n"
                    "    switchover_limit: 3s\n    anti_flap: {block: 0s, max_per_hour: 9}\n";
  const auto loaded = sitecheck(text + "journal: {size: 1MiB, keep: 2}\nrecorder: {size: 64 MiB}\n");
  ASSERT_EQ(lines(loaded.faults), "");
  const Pool& pool = loaded.value.pools.at(0);
  EXPECT_EQ(pool.service_at.at(0).site, "site2");
  EXPECT_EQ(pool.service_at[0].address.to_string(), "198.51.100.11@3306");
  EXPECT_EQ(pool.max_loss, 0U);
  EXPECT_EQ(pool.max_lag, base::seconds(10));
  EXPECT_EQ(pool.switchover_limit, base::seconds(3));
  EXPECT_EQ(pool.anti_flap.block, base::Duration::zero());
  EXPECT_EQ(pool.anti_flap.max_per_hour, 9);
  EXPECT_EQ(loaded.value.journal.size, 1U << 20U);
  EXPECT_EQ(loaded.value.journal.keep, 2);
  EXPECT_EQ(loaded.value.recorder.size, 64U << 20U);
}

TEST(Pools, HaveNoLimitsByDefault) {
  const Sitecheck s = sitecheck(kSitecheck).value;
  EXPECT_FALSE(s.pools.at(0).max_loss);
  EXPECT_FALSE(s.pools[0].max_lag);
  EXPECT_EQ(s.pools[0].switchover_limit, base::seconds(5));
  EXPECT_EQ(s.pools[0].anti_flap.block, base::seconds(60));
  EXPECT_EQ(s.journal.size, 16U << 20U);
  EXPECT_EQ(s.journal.keep, 4);
  EXPECT_EQ(s.recorder.size, 64U << 20U);
  EXPECT_FALSE(sitecheck(kSitecheck + "    max_loss: unlimited\n").value.pools.at(0).max_loss);
}

TEST(Pools, LimitsSayWhatTheyTake) {
  EXPECT_THAT(fault(kSitecheck + "    max_loss: -1\n"), HasSubstr("too small; allowed: unlimited, or a whole number"));
  EXPECT_THAT(fault(kSitecheck + "    max_loss: all\n"), HasSubstr("no whole number"));
  EXPECT_THAT(fault(kSitecheck + "    service_at: {site9: 192.0.2.1@3306}\n"), HasSubstr("\"site9\" is no peer"));
  EXPECT_THAT(fault(kSitecheck + "    service_at: {site1: 192.0.2.1@3306}\n"), HasSubstr("stands under service"));
  EXPECT_THAT(fault(kSitecheck + "    service_at: {site2: }\n"), HasSubstr("site \"site2\" has no address"));
  EXPECT_THAT(fault(kSitecheck + "    service_at: 192.0.2.1@3306\n"),
              HasSubstr("a mapping from names to: ADDRESS@PORT"));
  EXPECT_THAT(fault(kSitecheck + "recorder: {size: 64}\n"), HasSubstr("which has no unit"));
  EXPECT_THAT(fault(kSitecheck + "recorder: {size: 64MB}\n"), HasSubstr("where \"MB\" is no unit"));
  EXPECT_THAT(fault(kSitecheck + "recorder: {size: 1KiB}\n"), HasSubstr("too small"));
}

}  // namespace
}  // namespace conf
