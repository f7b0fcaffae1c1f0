#include "conf/check.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "files.h"
#include "tests/support/json_schema.h"

namespace conf {
namespace {

using test::kDnsd;
using test::kSitecheck;
using test::with;
using testing::HasSubstr;

TEST(Check, PrintsWhatASitecheckImplies) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(print_check(test::sitecheck(kSitecheck), false, out, err), 0);
  EXPECT_EQ(err.str(), "");
  const std::string text = out.str();
  EXPECT_THAT(text, HasSubstr("L 2000 ms >= 2W + 3I + T_o = 2000 ms, by 0 ms"));
  EXPECT_THAT(text, HasSubstr("T_promote 3300 ms >= (L/(1-rho) + R + G + F)/(1-rho) = 3202 ms, by 97 ms"));
  EXPECT_THAT(text, HasSubstr("mysqld crashed  1600 ms"));
  EXPECT_THAT(text, HasSubstr("site lost       3800 ms"));
  EXPECT_THAT(text, HasSubstr("3 external, quorum 2: 1 may fail"));
  EXPECT_THAT(text, HasSubstr("one writer holds if CA"));
  EXPECT_THAT(text, testing::EndsWith("ok\n"));
}

TEST(Check, HoldGivesUpAutomaticFailoverOfASite) {
  const auto implied = implications(test::sitecheck(with(kSitecheck, "promote,", "hold,")));
  EXPECT_THAT(implied.text, HasSubstr("no failover: on_silence: hold"));
  const auto json = nlohmann::json::parse(implied.json);
  EXPECT_TRUE(json["failover"]["site_lost_ms"].is_null());
  EXPECT_FALSE(json["guarantee"]["assumes_ca"]);
}

const std::string kWitness = with(kSitecheck, "mode: checkpoints, on_silence: promote",
                                  "mode: witness, voters: [{id: ns1, addr: [10.0.9.53@8055, 203.0.113.53@8055]}]");
const std::string kEtcd = with(kSitecheck, "mode: checkpoints, on_silence: promote",
                               "mode: etcd, etcd: {endpoints: \"http://10.0.9.1:2379\"}");

TEST(Check, AWitnessPairSaysItsVotersAndBounds) {
  const std::string text = implications(test::sitecheck(kWitness)).text;
  EXPECT_THAT(text, HasSubstr("L 2000 ms >= 3I + T_o = 1000 ms, by 1000 ms"));
  EXPECT_THAT(text, HasSubstr("T_grant 2800 ms >= (L/(1-rho) + G + F)/(1-rho) = 2697 ms"));
  EXPECT_THAT(text, HasSubstr("mysqld crashed  1850 ms"));
  EXPECT_THAT(text, HasSubstr("site lost       3300 ms  (T_grant + W)"));
  EXPECT_THAT(text, HasSubstr("voters: site1, site2, ns1; a writer needs 2 of 3, 1 may fail"));
  EXPECT_THAT(text, HasSubstr("nothing is assumed of the links"));
}

TEST(Check, AnEtcdPairSaysItsBounds) {
  const std::string text = implications(test::sitecheck(kEtcd)).text;
  EXPECT_THAT(text, HasSubstr("L 2250 ms <= (TTL(1-rho) - G - F)(1-rho), TTL 3000 ms, = 2296 ms"));
  EXPECT_THAT(text, HasSubstr("site lost       4000 ms  (TTL + 500 ms"));
  EXPECT_THAT(text, HasSubstr("gives up the writer while etcd is down"));
}

TEST(Check, AdvisesAWitnessWhereAPairHasNone) {
  EXPECT_THAT(implications(test::sitecheck(kSitecheck)).text,
              HasSubstr("advice: where a dnsd stands at a third place"));
  EXPECT_THAT(implications(test::sitecheck(kWitness)).text, testing::Not(HasSubstr("third place")));
}

TEST(Check, ADnsdSaysWhereItVotes) {
  EXPECT_EQ(nlohmann::json::parse(implications(test::dnsd(kDnsd)).json)["votes"].size(), 0U);
  const auto implied =
      implications(test::dnsd(with(kDnsd, "keys:\n", "keys:\n  - {id: p1, file: ecv.key, for: peers}\n")));
  EXPECT_THAT(implied.text, HasSubstr("votes (mode witness): pool main, asked by site1 site2"));
}

TEST(Check, PrintsWhatADnsdImplies) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(print_check(test::dnsd(kDnsd), false, out, err), 0);
  EXPECT_THAT(out.str(), HasSubstr("holds a stale answer at most ttl = 5 s"));
  EXPECT_THAT(out.str(), HasSubstr("at most min_ttl = 1 s"));
  EXPECT_THAT(out.str(), HasSubstr("checkpoints lan: mysqld crashed 1850 ms"));
  EXPECT_THAT(out.str(), HasSubstr("mysql.example.com"));
}

TEST(Check, WarningsStandWithTheImplications) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(print_check(test::sitecheck(kSitecheck + "    guard: {kind: none}\n"), false, out, err), 0);
  EXPECT_THAT(out.str(), HasSubstr("warning: sitecheck.yaml:23:12: pool main has guard: none"));
}

TEST(Check, FaultsGoToStandardErrorWithTheirNumber) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(print_check(test::dnsd(with(with(kDnsd, "ttl: 5", "ttl: x"), "id: ns1", "id: /")), false, out, err), 2);
  EXPECT_EQ(out.str(), "");
  EXPECT_THAT(err.str(), testing::MatchesRegex("dnsd.yaml:2:7: id: [^\n]*\ndnsd.yaml:16:10: ttl: [^\n]*\n2 faults\n"));
}

TEST(Check, JsonHoldsTheSame) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(print_check(test::dnsd(with(kDnsd, "ttl: 5", "ttl: x")), true, out, err), 2);
  EXPECT_EQ(err.str(), "");
  auto json = nlohmann::json::parse(out.str());
  EXPECT_FALSE(json["ok"]);
  EXPECT_EQ(json["faults"][0]["line"], 16);
  EXPECT_FALSE(json.contains("implies"));
  std::ostringstream good;
  EXPECT_EQ(print_check(test::sitecheck(kSitecheck), true, good, err), 0);
  json = nlohmann::json::parse(good.str());
  EXPECT_EQ(json["implies"]["timing"]["least_promote_wait_ms"], 3202);
  EXPECT_EQ(json["implies"]["failover"]["site_lost_ms"], 3800);
}

TEST(Check, JsonFitsItsSchema) {
  const auto json = [](const auto& loaded) {
    std::ostringstream out;
    std::ostringstream err;
    (void)print_check(loaded, true, out, err);
    return out.str();
  };
  json_schema::expect_valid("dnsd-check", json(test::dnsd(kDnsd)));
  json_schema::expect_valid("dnsd-check", json(test::dnsd("zones: 7\n")));
  json_schema::expect_valid("sitecheck-check", json(test::sitecheck(kSitecheck)));
  json_schema::expect_valid("sitecheck-check", json(test::sitecheck(with(kSitecheck, "promote,", "hold,"))));
  json_schema::expect_valid("sitecheck-check", json(test::sitecheck("")));
  json_schema::expect_valid("sitecheck-check", json(test::sitecheck(kWitness)));
  json_schema::expect_valid("sitecheck-check", json(test::sitecheck(kEtcd)));
}

// The schemas of the files themselves describe what loads.
TEST(Check, SchemasOfTheFilesAreThoseOfWhatLoads) {
  json_schema::expect_valid("dnsd", R"({"server":{"id":"ns1","workers":"auto"},
    "zones":[{"origin":"example.com","file":"z"}],"wideips":[{"name":"a.example.com","on_none":"nodata",
    "members":[{"site":"s","pool":"p","address":"192.0.2.1"}]}]})");
  json_schema::expect_valid("sitecheck", R"({"site":{"name":"site1","id":1},"ecv":{"listen":"127.0.0.1@0"},
    "pools":[{"name":"main","monitor":{"user":"m","password":"${M}"},"admin":{"user":"a","password":"${A}"},
    "nodes":[{"name":"db1","address":"10.0.0.1"}]}]})");
}

}  // namespace
}  // namespace conf
