#include <gmock/gmock.h>

#include "conf/sitecheck.h"
#include "files.h"

namespace conf {
namespace {

using test::good_files;
using test::kSitecheck;
using test::lines;
using test::sitecheck;
using test::with;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// kSitecheck with `roles` in its pool.
std::string roles(const std::string& text) {
  return with(kSitecheck, "    nodes:\n", "    roles:\n" + text + "    nodes:\n");
}

const std::string kReader = "      - {name: reader, kind: balanced, addresses: [192.0.2.21, 192.0.2.22]}\n";

Loaded<Sitecheck> load(const std::string& text) {
  auto files = good_files();
  files.files["/usr/lib/hook"] = "";
  return sitecheck(text, files);
}
std::string fault(const std::string& text) { return lines(load(text).faults); }

TEST(Roles, AreReadWithTheirHooksAsTheyStand) {
  const auto loaded =
      load(roles("      - name: writer\n        kind: exclusive\n        addresses: 192.0.2.50\n"
                 "        on_promote: [/usr/lib/hook, -x, -x, \"a b\"]\n        on_demote: [/usr/lib/hook]\n"
                 "        hook_timeout: 3s\n" +
                 kReader));
  ASSERT_EQ(lines(loaded.faults), "");
  EXPECT_EQ(lines(loaded.warnings), "");
  const auto& pool = loaded.value.pools[0];
  ASSERT_THAT(pool.roles, SizeIs(2));
  EXPECT_EQ(pool.roles[0].kind, RoleKind::kExclusive);
  EXPECT_THAT(pool.roles[0].on_promote, ElementsAre("/usr/lib/hook", "-x", "-x", "a b"));
  EXPECT_EQ(pool.roles[0].hook_timeout, base::seconds(3));
  EXPECT_EQ(pool.roles[1].kind, RoleKind::kBalanced);
  EXPECT_THAT(pool.roles[1].addresses, SizeIs(2));
  EXPECT_EQ(pool.roles[1].hook_timeout, base::seconds(10));
}

TEST(Roles, AnUnknownKindIsNamedWithWhatIsAllowed) {
  EXPECT_THAT(fault(roles("      - {name: reader, kind: balancd, addresses: [192.0.2.21]}\n")),
              HasSubstr("did you mean \"balanced\"?"));
}

TEST(Roles, ABalancedRoleNeedsAddresses) {
  EXPECT_THAT(fault(roles("      - {name: reader, kind: balanced}\n")),
              HasSubstr("role reader is balanced and has no addresses; allowed: at least one"));
}

TEST(Roles, ANameOrAnAddressStandsOnce) {
  EXPECT_THAT(fault(roles(kReader + "      - {name: reader, kind: exclusive}\n")), HasSubstr("role \"reader\""));
  EXPECT_THAT(fault(roles(kReader + "      - {name: writer, kind: exclusive, addresses: [192.0.2.22]}\n")),
              HasSubstr("192.0.2.22"));
}

TEST(Roles, AHookIsAProgramByItsAbsolutePath) {
  EXPECT_THAT(fault(roles("      - {name: writer, kind: exclusive, on_promote: [hook.sh]}\n")),
              HasSubstr("on_promote of role writer: found \"hook.sh\"; allowed: the absolute path of a program"));
  const auto missing = load(roles("      - {name: writer, kind: exclusive, on_promote: [/no/such/hook]}\n"));
  EXPECT_EQ(lines(missing.faults), "");
  EXPECT_THAT(lines(missing.warnings), HasSubstr("/no/such/hook"));
}

TEST(Roles, HalfAPairOfHooksIsAWarning) {
  const auto loaded =
      load(roles("      - {name: writer, kind: exclusive, addresses: [192.0.2.50], on_promote: [/usr/lib/hook]}\n"));
  EXPECT_THAT(lines(loaded.warnings), HasSubstr("has on_promote and no on_demote"));
}

TEST(Promote, IsAWishOfANode) {
  const auto loaded = sitecheck(with(kSitecheck, "name: db1,", "name: db1, promote: never,"));
  ASSERT_EQ(lines(loaded.faults), "");
  EXPECT_EQ(loaded.value.pools[0].nodes[0].promote, PromoteWish::kNever);
  EXPECT_EQ(loaded.value.pools[0].nodes[1].promote, PromoteWish::kAllow);
  EXPECT_THAT(fault(with(kSitecheck, "name: db1,", "name: db1, promote: nevr,")), HasSubstr("did you mean \"never\"?"));
}

TEST(Levels, StandBelowTheFailedPollsAtWhichANodeFails) {
  const auto levels = [](const std::string& text) {
    return with(kSitecheck, "pools:\n", "levels: " + text + "\nheal: step\npools:\n");
  };
  const auto loaded = sitecheck(levels("{warn: 1, critical: 3}"));
  ASSERT_EQ(lines(loaded.faults), "");
  EXPECT_EQ(loaded.value.levels->critical, 3);
  EXPECT_TRUE(loaded.value.heal_by_step);
  EXPECT_THAT(fault(levels("{warn: 2, critical: 4}")), HasSubstr("critical at most 3, at which a node fails"));
  EXPECT_THAT(fault(levels("{warn: 2, critical: 2}")), HasSubstr("warn below critical"));
  EXPECT_THAT(fault(levels("{warn: 2}")), HasSubstr("missing key \"critical\""));
}

TEST(Pools, BeatEverySecondUnlessToldOtherwise) {
  const auto beat = [](const std::string& text) { return with(kSitecheck, "    nodes:\n", text + "    nodes:\n"); };
  EXPECT_EQ(load(kSitecheck).value.pools[0].heartbeat, base::seconds(1));
  EXPECT_EQ(load(beat("    heartbeat: 250ms\n")).value.pools[0].heartbeat, base::milliseconds(250));
  EXPECT_FALSE(load(beat("    heartbeat: off\n")).value.pools[0].heartbeat);
  EXPECT_THAT(fault(beat("    heartbeat: 10ms\n")), HasSubstr("too short"));
  EXPECT_THAT(fault(beat("    heartbeat: never\n")), HasSubstr("heartbeat"));
}

TEST(Pools, TakeTlsForAllNodesAndANodeItsOwn) {
  const auto tls = [](const std::string& text) {
    auto files = good_files();
    for (const auto* file : {"/etc/db/ca.pem", "/etc/db/c.pem", "/etc/db/c.key"}) files.files[file] = "x";
    return sitecheck(with(kSitecheck, "    nodes:\n", text + "    nodes:\n"), files);
  };
  const auto loaded = tls("    tls: {ca: /etc/db/ca.pem, cert: /etc/db/c.pem, key: /etc/db/c.key, verify: none}\n");
  ASSERT_EQ(lines(loaded.faults), "");
  const auto& pool = loaded.value.pools[0];
  ASSERT_TRUE(pool.tls);
  EXPECT_EQ(pool.tls->ca, "/etc/db/ca.pem");
  EXPECT_FALSE(pool.tls->verify);
  EXPECT_FALSE(pool.nodes[0].tls);
  EXPECT_TRUE(tls("    tls: {ca: /etc/db/ca.pem}\n").value.pools[0].tls->verify);
  EXPECT_FALSE(load(kSitecheck).value.pools[0].tls);
  EXPECT_THAT(lines(tls("    tls: {cert: /etc/db/c.pem}\n").faults), HasSubstr("cert and key go together"));
  EXPECT_THAT(lines(tls("    tls: {ca: /etc/db/none.pem}\n").faults), HasSubstr("ca: "));
  EXPECT_THAT(lines(tls("    tls: {verify: perhaps}\n").faults), HasSubstr("full, none"));
}

TEST(Levels, TheLagThatWarnsIsBelowTheOneThatDisqualifies) {
  const auto lag = [](const std::string& text) { return with(kSitecheck, "    nodes:\n", text + "    nodes:\n"); };
  EXPECT_EQ(fault(lag("    warn_lag: 5s\n    max_lag: 10s\n")), "");
  EXPECT_THAT(fault(lag("    warn_lag: 10s\n    max_lag: 10s\n")), HasSubstr("warn_lag 10000 ms is not below max_lag"));
}

TEST(Roles, AnExclusiveOneNeedsAPoolWithOneWriter) {
  const std::string writer = "      - {name: writer, kind: exclusive, addresses: [192.0.2.50]}\n";
  const auto galera = [&](const std::string& line, const std::string& role) {
    return "site: {name: site1, id: 1}\necv: {listen: \"127.0.0.1@8054\"}\n"
           "keys:\n  - {id: d1, file: ecv.key, for: dnsd}\npools:\n  - name: shop\n    kind: multi_writer\n" +
           line + "    monitor: {user: wideip_mon, password_file: password}\n    roles:\n" + role +
           "    nodes:\n      - {name: db1, address: 10.0.11.2}\n";
  };
  EXPECT_THAT(fault(galera("", writer)), HasSubstr("allowed: balanced, or preferred_writer: true for the pool"));
  EXPECT_EQ(fault(galera("    preferred_writer: true\n", writer)), "");
  EXPECT_EQ(fault(galera("", kReader)), "");
}

}  // namespace
}  // namespace conf
