#include "dnsd/cli/render.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "sample_status.h"
#include "tests/support/json_schema.h"

namespace dnsd::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Samples, FitTheSchemas) {
  json_schema::expect_valid("dnsd-status", test::kStatus);
  json_schema::expect_valid("dnsd-status", test::kWitnessStatus);
  json_schema::expect_valid("dnsd-explain", test::kExplain);
}

const char* const kAgainst = R"({"id":"ns1","generation":12,"ready":true,
  "restart":[{"key":"server.workers","from":"auto","to":"2"},{"key":"server.nsid","from":"","to":"x\u001b"}],
  "changes":["+ wideip www.example.com","~ ttl of wideip mysql.example.com: 5 -> 30"],
  "answers":[{"name":"mysql.example.com","from":{"outcome":"answer","answer":["192.0.2.11","2001:db8::11"]},
              "to":{"outcome":"servfail","answer":[]},"why":"no member is up"},
             {"name":"www.example.com","from":null,"to":{"outcome":"answer","answer":["192.0.2.80"]},"why":"new"},
             {"name":"old.example.com","from":{"outcome":"nodata","answer":[]},"to":null,"why":"gone"}],
  "unwatched":["site3/main"]})";

TEST(Against, TellsWhatNeedsARestartWhatChangesAndWhatMoves) {
  EXPECT_EQ(render_against(kAgainst), R"(compared with ns1 as it runs, generation 12

A reload would be refused: these settings change by a restart only (`dnsd serve --replace` takes them over
without losing a query).
  SETTING         RUNNING  THIS FILE
  server.workers  auto     2
  server.nsid     -        x?

Would change:
  + wideip www.example.com
  ~ ttl of wideip mysql.example.com: 5 -> 30

3 ANSWERS WOULD MOVE, by what ns1 knows now:
  WIDE-IP            ANSWER NOW                WOULD BE    BECAUSE
  mysql.example.com  192.0.2.11, 2001:db8::11  servfail    no member is up
  www.example.com    (new)                     192.0.2.80  new
  old.example.com    nodata                    (removed)   gone

Not watched by ns1 as it runs, so taken as SILENT here; a reload begins to ask: site3/main
)");
  EXPECT_TRUE(differs(kAgainst));
  auto whole = nlohmann::json::parse(R"({"ok":true,"faults":[],"warnings":[]})");
  whole["against"] = nlohmann::json::parse(kAgainst);
  json_schema::expect_valid("dnsd-check", whole.dump());
}

TEST(Events, TellWhatWasDecidedAndNotAllThatAReplayNeeds) {
  EXPECT_EQ(render_events(R"({"events":[{"time":"T","event":"decision","name":"a","answer":["192.0.2.1","2001:db8::1"],
    "members":[{"site":"site1","pool":"main","value":"UP","ground":"live","asked_us":5},{"site":"","pool":"b","value":"DOWN"}],
    "memory":{},"settings":"00","at_us":7},{"time":"T","event":"input","site":"s","asked_us":1,"heard_us":2,"readers":0},7]})"),
            "T  decision  name=a  answer=192.0.2.1, 2001:db8::1  members=site1/main=UP b=DOWN\nT  input  site=s\n");
  EXPECT_EQ(render_events(R"({"events":[{"time":"T","event":"probe","monitor":"m","value":"up","at_us":7},
    {"time":"T","event":"monitor","monitor":"m"}]})"),
            "T  monitor  monitor=m\n")
      << "once";
  EXPECT_EQ(render_events(R"({"events":[],"skipped":3,"skips":["e.jsonl:7: skipped: torn\u001b"]})"),
            "e.jsonl:7: skipped: torn?\nand 2 more before these\nno events\n");
  EXPECT_EQ(render_events("{}"), "");
}

TEST(Simulation, ATimelineIsToldChangeByChange) {
  EXPECT_EQ(render_simulation(R"({"of":"timeline","until_ms":60000,"changes":[
    {"at_ms":0,"name":"mysql.example.com","from":null,"to":{"outcome":"servfail","answer":[]},"ttl":1,"why":"nobody"},
    {"at_ms":1500,"name":"mysql.example.com","from":{"outcome":"servfail","answer":[]},
     "to":{"outcome":"answer","answer":["192.0.2.11","2001:db8::1"]},"ttl":5,"why":"site1 claims"}]})"),
            "AT      WIDE-IP            FROM      TO                       TTL  BECAUSE\n"
            "0.0 ms  mysql.example.com            servfail                 1    nobody\n"
            "1.5 s   mysql.example.com  servfail  192.0.2.11, 2001:db8::1  5    site1 claims\n");
  EXPECT_EQ(render_simulation(R"({"of":"timeline","changes":[]})"), "no answer changes\n");
}

TEST(Simulation, RegionsAndAlarmsAreTold) {
  EXPECT_EQ(render_simulation(R"({"of":"timeline","until_ms":60000,"changes":[
    {"at_ms":0,"name":"a.example.com","from":null,"to":{"outcome":"answer","answer":["192.0.2.1","192.0.2.2"],
     "regions":[{"region":"eu","answer":["192.0.2.1"]},{"region":"","answer":["192.0.2.2"]}],"alarm":true},
     "ttl":1,"why":"so"}]})"),
            "AT      WIDE-IP        FROM  TO                                      TTL  BECAUSE\n"
            "0.0 ms  a.example.com        eu: 192.0.2.1; others: 192.0.2.2 ALARM  1    so\n");
}

TEST(Simulation, AJournalIsToldHowItComparesWithToday) {
  const std::string data = R"({"of":"journal","first":"A","last":"B","decisions":7,"as_recorded":5,"without_inputs":4,
    "other_settings":["x.example.com"],"changes":[],"differences":[{"time":"T","name":"y.example.com",
    "recorded":{"outcome":"answer","answer":["192.0.2.1"],"ttl":5,"reason":"claim","members":["UP/live"]},
    "now":{"outcome":"servfail","answer":[],"ttl":1,"reason":"hold_over","members":["SILENT/unheard"]}}]})";
  json_schema::expect_valid("dnsd-simulate", data);
  EXPECT_EQ(differences(data), 1U);
  EXPECT_EQ(render_simulation(data), R"(no answer changes

7 decisions from A to B: 5 come out as recorded, 1 do not
not compared, since an older dnsd wrote them without their inputs: 4 more
not compared, since their settings were others (above: what they would have answered with these): x.example.com
! T  y.example.com
    recorded: 192.0.2.1 (ttl 5, claim; UP/live)
    now:      servfail (ttl 1, hold_over; SILENT/unheard)
)");
}

TEST(Simulation, NamesThatAreDecidedAlikeDoNotHideTheRest) {
  nlohmann::ordered_json all = {{"of", "journal"},
                                {"first", "A"},
                                {"last", "B"},
                                {"decisions", 2},
                                {"as_recorded", 2},
                                {"answers_as_recorded", 40},
                                {"without_names", 3},
                                {"without_inputs", 0},
                                {"other_settings", nlohmann::json::array()},
                                {"differences", nlohmann::json::array()}};
  const auto change = [](int i, const std::string& time, int names) {
    return nlohmann::ordered_json{{"time", time},
                                  {"name", "n" + std::to_string(i)},
                                  {"names", names},
                                  {"from", nullptr},
                                  {"to", {{"outcome", "answer"}, {"answer", {"192.0.2." + std::to_string(i)}}}},
                                  {"ttl", 5},
                                  {"why", "so"}};
  };
  for (int i = 0; i < 20; ++i) all["changes"].push_back(change(i, "S", i == 0 ? 3 : 1));
  all["changes"].push_back(change(20, "T", 18));
  all["changes"].push_back(change(21, "T", 1));
  json_schema::expect_valid("dnsd-simulate", all.dump());
  EXPECT_EQ(render_simulation(all.dump()),
            "AT  WIDE-IP          FROM  TO          TTL  BECAUSE\n"
            "S   n0 and 21 more         192.0.2.0   5    so\n"
            "T   n20 and 17 more        192.0.2.20  5    so\n"
            "T   n21                    192.0.2.21  5    so\n"
            "\n2 decisions from A to B: 2 come out as recorded, 0 do not\n"
            "with the names that are decided alike, that is 40 answers\n"
            "not compared, since the journal does not tell whose they are: 3 answers\n");
}

TEST(Against, SaysWhenNothingWouldChange) {
  const char* const same = R"({"id":"ns1","generation":12,"ready":true,"restart":[],"changes":[],"answers":[]})";
  EXPECT_FALSE(differs(same));
  EXPECT_EQ(render_against(same), "compared with ns1 as it runs, generation 12\nnothing would change\n");
  EXPECT_FALSE(differs("nonsense"));
}

TEST(Against, VeryManyChangesDoNotHideTheirNumber) {
  auto all = nlohmann::json::parse(kAgainst);
  all["changes"] = std::vector<std::string>(5000, "+ wideip x");
  EXPECT_THAT(render_against(all.dump()), HasSubstr("  and 4900 more (--json has them all)\n"));
}

TEST(Status, FitsOneScreenAndTellsAges) {
  const std::string text = render_status(test::kStatus, false);
  EXPECT_EQ(text, R"(ns1  dnsd 0.1.0, up 12.3 s, pid 77, generation 4, ready
listening on 127.0.0.1@53, ::1@53

WIDE-IP            ANSWER                      TTL  EPOCH  POLICY                  SINCE                     REASON
mysql.example.com  192.0.2.11, 2001:db8:1::11  5    7      hold 5m, then servfail  2026-11-22T02:20:00.000Z  site1 claims ACTIVE

MEMBER      VALUE   STATE   EPOCH  LEASE  HEARD      ADDRESS                     DETAIL
site1/main  UP      ACTIVE  7      1.8 s  30 ms ago  192.0.2.11, 2001:db8:1::11
site2/main  SILENT                        never      198.51.100.11               no report yet

SITE   PATH                   LAST GOOD REPORT  ERROR
site1  http://10.0.11.1:8054  30 ms ago
site2  http://10.0.12.1:8054  never             timed out

ZONE         SERIAL      LOADED  FILE              ERROR
example.com  2026112201  true    example.com.zone  a; b
)");
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 24);
}

// A member that has a monitor belongs to no site.
TEST(Status, CallsAMemberByItsName) {
  const std::string text = render_status(
      R"({"wideips":[{"name":"w","answer":[],"members":[{"name":"web1","monitor":"http","value":"UP"}]}]})", true);
  EXPECT_THAT(text, HasSubstr("\nweb1 "));
}

TEST(Status, SaysThatItIsNotReady) {
  EXPECT_THAT(render_status(R"({"id":"ns1","ready":false})", false), HasSubstr("NOT READY"));
}

std::string many(int good, int bad) {
  std::string list;
  for (int i = 0; i < good + bad; ++i) {
    list += (i == 0 ? "" : ",") + std::string(R"({"name":"w)") + std::to_string(i) +
            R"(.example.com","answer":[],"members":[{"site":"a","pool":"p","value":")" + (i < good ? "UP" : "SILENT") +
            R"("}]})";
  }
  return R"({"id":"ns1","wideips":[)" + list + "]}";
}

TEST(Status, OfManyWideIpsShowsThoseInTrouble) {
  const std::string text = render_status(many(1000, 2), false);
  EXPECT_THAT(text, HasSubstr("w1000.example.com  (none)"));
  EXPECT_THAT(text, Not(HasSubstr("w999.example.com")));
  EXPECT_THAT(text, HasSubstr("1000 of 1002 wide-IPs are not shown (--all), 0 of these without an UP member"));
  EXPECT_THAT(render_status(many(1000, 2), true), HasSubstr("w999.example.com"));
}

TEST(Status, EvenTheTroubledAreLimitedAndCounted) {
  const std::string text = render_status(many(0, 500), false);
  EXPECT_THAT(text, HasSubstr("490 of 500 wide-IPs are not shown (--all), 490 of these without an UP member"));
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 40);
}

TEST(Explain, PrintsTheDecisionAndEveryInputWithItsAge) {
  EXPECT_EQ(render_explain(test::kExplain), R"(mysql.example.com is answered with 192.0.2.11, ttl 5: site1 claims ACTIVE

1. site1/main is UP
2. site2/main is SILENT: that proves nothing

SITE   PATH                   AGE    STATE   EPOCH  LEASE  VERDICT
site1  http://10.0.11.1:8054  30 ms  ACTIVE  7      1.8 s  UP
site2  http://10.0.12.1:8054  never                        SILENT

remembered: epoch 7, answer 192.0.2.11, 1 m 1 s ago
policy: on_none hold 5m, min_ttl 1
)");
}

TEST(Reload, NamesTheGenerationAndWarnings) {
  EXPECT_EQ(
      render_reload(R"({"done":true,"generation":13,"warnings":[{"file":"f","line":1,"column":2,"message":"m"}]})"),
      "reloaded, generation 13\nwarning: f:1:2: m\n");
}

TEST(Status, TellsTheRegionsAndWhetherTheirDatabaseIsGood) {
  EXPECT_THAT(
      render_status(R"({"topology":{"regions":[],"ranges_v4":1,"ranges_v6":1,"database":"","error":""}})", false),
      Not(HasSubstr("topology")));
  EXPECT_THAT(render_status(R"({"topology":{"regions":["eu","us"],"ranges_v4":9,"ranges_v6":4,)"
                            R"("database":"GeoLite2-Country, built 2026-11-20","error":"it is cut short"}})",
                            false),
              HasSubstr("\ntopology: eu, us; 9 IPv4 and 4 IPv6 ranges; database GeoLite2-Country, built 2026-11-20\n"
                        "! its database cannot be used: it is cut short\n"));
}

TEST(Render, AnyJsonIsRenderedWithoutHarm) {
  for (const char* data : {"", "null", "7", "[]", "{}", R"({"wideips":7,"sites":[1],"zones":{}})",
                           R"({"wideips":[{"members":[{"epoch":-1,"lease_ms":"x"}],"answer":"\u001b[2J"}]})",
                           R"({"topology":{"regions":[7,"\u001b[2J"],"error":[]}})",
                           R"({"inputs":[{"age_ms":-9223372036854775808}],"policy":[1],"steps":[{}],"memory":{}})"}) {
    for (const auto& text : {render_status(data, true), render_explain(data), render_reload(data)}) {
      EXPECT_EQ(text.find('\x1b'), std::string::npos) << data;
    }
  }
}

// Protocol.md section 1, mode B, at a witness.
TEST(Status, TellsTheVotesAndTheServiceTests) {
  const std::string text = render_status(test::kWitnessStatus, false);
  EXPECT_THAT(text, HasSubstr("main  site1    2.6 s  120      3, moratorium 2, promised to site1 1  7"));
  EXPECT_THAT(text, HasSubstr("site1 40 ms ago, site2 90 ms ago CONFIGURATION DIFFERS"));
  EXPECT_THAT(text, HasSubstr("site1/main  192.0.2.11@3306     down   300 ms ago  4       refused"));
  EXPECT_THAT(text, HasSubstr("\n198.51.100.11@3306: the account wideip_probe is refused\n"));
  EXPECT_THAT(text, HasSubstr("\n! refused reports: its signature does not match, 12 times\n"));
}

std::string monitored(int up, int down) {
  std::string out;
  for (int i = 0; i < up + down; ++i) {
    const bool good = i < up;
    out += std::string(i == 0 ? "" : ",") + R"({"monitor":"web","kind":"http","address":"192.0.2.)" +
           std::to_string(i) + R"(","state":")" + (good ? "up" : "down") +
           R"(","since_ms":61000,"outcome":"ok","text":")" + (good ? "" : "refused: \\u001b[31mred") +
           R"(","waits":")" + (good ? "" : "good looks: 1 of 2") +
           R"(","good":1,"bad":0,"latency_ms":1.5,"age_ms":300})";
  }
  return R"({"id":"ns1","monitors_total":)" + std::to_string(up + down) + R"(,"monitors":[)" + out + "]}";
}

TEST(Status, ShowsWhatMonitorsFind) {
  const auto text = render_status(monitored(1, 1), false);
  EXPECT_THAT(text, HasSubstr("MONITOR"));
  EXPECT_THAT(text, testing::ContainsRegex("web +192.0.2.0 +up"));
  EXPECT_THAT(text, HasSubstr("good looks: 1 of 2"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "what a server says does not paint the terminal";
}

TEST(Status, ListsOfManyMonitorsOnlyThoseThatAreNotUp) {
  const auto text = render_status(monitored(300, 2), false);
  EXPECT_THAT(text, HasSubstr("300 of 302 monitored addresses are not shown (--all)"));
  EXPECT_THAT(text, HasSubstr("192.0.2.301"));
  EXPECT_THAT(render_status(monitored(300, 2), true), Not(HasSubstr("not shown")));
}

}  // namespace
}  // namespace dnsd::cli
