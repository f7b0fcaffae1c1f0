// `monitors:` of dnsd.yaml.
#include <gmock/gmock.h>

#include "conf/dnsd.h"
#include "files.h"

namespace conf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const std::string kPlain = "server: {id: ns1}\nzones: [{origin: example.com, file: example.com.zone}]\n";

Loaded<Dnsd> load(const std::string& monitors, test::Files files = test::good_files()) {
  return test::dnsd(kPlain + "monitors:\n" + monitors, files);
}
std::string faults(const std::string& monitors, const test::Files& files = test::good_files()) {
  return test::lines(load(monitors, files).faults);
}

TEST(Monitors, AnHttpsMonitorIsReadWhole) {
  auto files = test::good_files();
  files.files["ca.pem"] = files.files["web.pem"] = files.files["web.key"] = "x";
  files.variables["TOKEN"] = "Bearer 12";
  const auto loaded = load(R"(  - name: web
    kind: https
    port: 8443
    method: POST
    path: /health?deep=1
    host: www.example.com
    headers: {Authorization: "${TOKEN}", X-Probe: 1}
    body: "ping\r\n"
    status: [200, "300-399"]
    receive: "state=OK"
    receive_disable: MAINT
    max_body: 16KiB
    tls: {ca: ca.pem, cert: web.pem, key: web.key, server_name: origin.example.com}
    interval: 10s
    interval_down: 1s
    timeout: 3s
    rise: 4
    fall: 5
    up_after: 1m
    hold_down: 30s
    manual_resume: true
)",
                           files);
  ASSERT_EQ(test::lines(loaded.faults), "");
  const Monitor& m = loaded.value.monitors.at(0);
  EXPECT_EQ(m.kind, MonitorKind::kHttps);
  EXPECT_EQ(m.port, 8443);
  EXPECT_THAT(m.headers, ElementsAre(testing::Pair("Authorization", "Bearer 12"), testing::Pair("X-Probe", "1")));
  EXPECT_EQ(m.body, "ping\r\n");
  EXPECT_THAT(m.statuses, ElementsAre(StatusSpan{200, 200}, StatusSpan{300, 399}));
  EXPECT_EQ(m.max_body, 16384U);
  EXPECT_TRUE(m.tls.enabled && m.tls.verify);
  EXPECT_EQ(m.tls.server_name, "origin.example.com");
  EXPECT_EQ(m.interval_down, base::seconds(1));
  EXPECT_EQ(m.up_after, std::chrono::minutes(1));
  EXPECT_EQ(m.rise, 4);
  EXPECT_TRUE(m.manual_resume);
}

TEST(Monitors, EachKindHasItsOwnPortAndAShortTimeout) {
  const auto loaded = load(R"(  - {name: a, kind: http}
  - {name: b, kind: https, interval: 1s}
  - {name: c, kind: mysql, user: u}
  - {name: d, kind: dns, question: example.com}
  - {name: e, kind: icmp}
)");
  ASSERT_EQ(test::lines(loaded.faults), "");
  const auto& all = loaded.value.monitors;
  EXPECT_EQ(all[0].port, 80);
  EXPECT_EQ(all[0].timeout, base::seconds(2));
  EXPECT_EQ(all[1].port, 443);
  EXPECT_EQ(all[1].timeout, base::seconds(1)) << "never longer than the interval";
  EXPECT_EQ(all[2].port, 3306);
  EXPECT_EQ(all[3].port, 53);
  EXPECT_EQ(all[3].rcode, 0);
  EXPECT_EQ(all[4].port, 0);
  EXPECT_EQ(loaded.value.wait_first_round, base::seconds(3));
}

TEST(Monitors, AKeyOfAnotherKindIsRefusedWhereItStands) {
  const auto told = faults("  - {name: a, kind: tcp, port: 25, path: /x}\n");
  EXPECT_THAT(told, HasSubstr("dnsd.yaml:4:36: path does not fit kind tcp; allowed there: name, kind, address"));
  EXPECT_THAT(faults("  - {name: a, kind: all, of: [b], interval: 1s}\n  - {name: b, kind: http}\n"),
              HasSubstr("interval does not fit kind all, which follows its parts at once; it belongs to the monitors "
                        "named by `of`; allowed there: name, kind, of"));
  for (const char* key : {"rise: 2", "fall: 3", "up_after: 1s", "hold_down: 1s", "manual_resume: true"}) {
    for (const char* kind : {"all", "any", "not", "at_least, n: 1"}) {
      EXPECT_THAT(
          faults("  - {name: a, kind: " + std::string(kind) + ", of: [b], " + key + "}\n  - {name: b, kind: http}\n"),
          HasSubstr("which follows its parts at once"));
    }
  }
  EXPECT_THAT(faults("  - {name: a, kind: http, recieve: x}\n"), HasSubstr("receive"));
}

TEST(Monitors, WhatAKindNeedsIsAskedFor) {
  EXPECT_THAT(faults("  - {name: a, kind: tcp}\n"), HasSubstr("kind tcp needs port"));
  EXPECT_THAT(faults("  - {name: a, kind: mysql}\n"), HasSubstr("kind mysql needs user"));
  EXPECT_THAT(faults("  - {name: a, kind: dns}\n"), HasSubstr("kind dns needs question"));
  EXPECT_THAT(faults("  - {name: a, kind: exec}\n"), HasSubstr("kind exec needs command"));
  EXPECT_THAT(faults("  - {name: a, kind: any}\n"), HasSubstr("kind any needs of"));
}

TEST(Monitors, CirclesAreToldOnceWithTheirWay) {
  const auto told = faults(R"(  - {name: a, kind: all, of: [b]}
  - {name: b, kind: not, of: [c]}
  - {name: c, kind: any, of: [a, web]}
  - {name: web, kind: http}
)");
  EXPECT_THAT(told, HasSubstr("of: a circle: a -> b -> c -> a\n"));
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1);
  EXPECT_THAT(faults("  - {name: a, kind: not, of: [a]}\n"), HasSubstr("a circle: a -> a"));
}

TEST(Monitors, PartsMustExistAndSuffice) {
  EXPECT_THAT(faults("  - {name: a, kind: all, of: [wob]}\n  - {name: web, kind: http}\n"),
              HasSubstr("there is no monitor \"wob\" (did you mean \"web\"?)"));
  EXPECT_THAT(faults("  - {name: a, kind: at_least, n: 3, of: [web, db]}\n  - {name: web, kind: http}\n"
                     "  - {name: db, kind: http}\n"),
              HasSubstr("3 of 2 can never be up"));
  EXPECT_THAT(faults("  - {name: a, kind: not, of: [web, db]}\n  - {name: web, kind: http}\n"
                     "  - {name: db, kind: http}\n"),
              HasSubstr("not inverts one monitor"));
  EXPECT_THAT(faults("  - {name: a, kind: http}\n  - {name: a, kind: http}\n"), HasSubstr("stands already at"));
}

TEST(Monitors, ATreeThatMultipliesItsPartsIsRefused) {
  std::string text = "  - {name: m0, kind: http}\n  - {name: o0, kind: http}\n";
  for (int i = 1; i < 40; ++i) {
    const auto below = "[m" + std::to_string(i - 1) + ", o" + std::to_string(i - 1) + "]";
    text += "  - {name: m" + std::to_string(i) + ", kind: all, of: " + below + "}\n";
    text += "  - {name: o" + std::to_string(i) + ", kind: any, of: " + below + "}\n";
  }
  EXPECT_THAT(faults(text), HasSubstr("is made of more than 256 looks"));
}

TEST(Monitors, TimesAreBounded) {
  EXPECT_THAT(faults("  - {name: a, kind: http, interval: 1s, timeout: 2s}\n"),
              HasSubstr("timeout 2000 ms is longer than interval 1000 ms"));
  EXPECT_THAT(faults("  - {name: a, kind: http, interval: 10ms}\n"), HasSubstr("too short"));
  EXPECT_THAT(faults("  - {name: a, kind: http, fall: 0}\n"), HasSubstr("too small"));
  EXPECT_THAT(faults("  - {name: a, kind: http, status: [99]}\n"), HasSubstr("a status from 100 to 599"));
  EXPECT_THAT(faults("  - {name: a, kind: http, max_body: 1GiB}\n"), HasSubstr("too large"));
}

TEST(Monitors, SecretsAreNeverInTheFileItself) {
  EXPECT_THAT(faults("  - {name: a, kind: mysql, user: u, password: hunter2}\n"), HasSubstr("a secret in the file"));
  EXPECT_EQ(faults("  - {name: a, kind: mysql, user: u, password: hunter2}\n").find("hunter2"), std::string::npos);
  EXPECT_THAT(faults("  - {name: a, kind: mysql, user: u, password: \"${NONE}\"}\n"), HasSubstr("NONE"));
  const auto loaded = load("  - {name: a, kind: mysql, user: u, password_file: password}\n");
  EXPECT_EQ(loaded.value.monitors.at(0).password, "secret");
}

TEST(Monitors, WhatCannotBeSentIsRefused) {
  EXPECT_THAT(faults("  - {name: a, kind: http, path: health}\n"), HasSubstr("begins with /"));
  EXPECT_THAT(faults("  - {name: a, kind: http, headers: {\"X Y\": 1}}\n"), HasSubstr("no name of a header"));
  EXPECT_THAT(faults("  - {name: a, kind: http, headers: {Host: x}}\n"), HasSubstr("told by the key host"));
  EXPECT_THAT(faults("  - {name: a, kind: http, headers: {X: \"a\\r\\nY: b\"}}\n"), HasSubstr("line break"));
  EXPECT_THAT(faults("  - {name: a, kind: http, body: x}\n"), HasSubstr("add method: POST"));
  EXPECT_THAT(faults("  - {name: a, kind: exec, command: [ls]}\n"), HasSubstr("no absolute path"));
}

TEST(Monitors, AnswersThatCannotComeAreRefused) {
  EXPECT_THAT(faults("  - {name: a, kind: dns, question: x.org, expect: [\"2001:db8::1\"]}\n"),
              HasSubstr("is no record of type A"));
  EXPECT_THAT(faults("  - {name: a, kind: dns, question: x.org, type: SOA, expect: [x]}\n"),
              HasSubstr("cannot be compared"));
  EXPECT_THAT(faults("  - {name: a, kind: mysql, user: u, expect: [a, b]}\n"), HasSubstr("compares one value"));
  EXPECT_THAT(faults("  - {name: a, kind: mysql, user: u, column: c}\n"), HasSubstr("add expect"));
  EXPECT_THAT(faults("  - {name: a, kind: mysql, user: u, tls: {server_name: db.example.com}}\n"),
              HasSubstr("server_name is for https"));
}

TEST(Monitors, OnlyWithAnAddressOfItsOwnAMonitorKnowsWhereToLook) {
  const auto all = load(R"(  - {name: here, kind: http, address: 192.0.2.1}
  - {name: member, kind: http}
  - {name: both, kind: all, of: [here, member]}
  - {name: twice, kind: any, of: [here, not_here]}
  - {name: not_here, kind: not, of: [here]}
)")
                       .value.monitors;
  EXPECT_TRUE(knows_where(all, "here"));
  EXPECT_FALSE(knows_where(all, "member"));
  EXPECT_FALSE(knows_where(all, "both"));
  EXPECT_TRUE(knows_where(all, "twice"));
  EXPECT_FALSE(knows_where(all, "nobody"));
}

TEST(Monitors, ACircleEndsTheSearchForAnAddress) {
  const auto all = load("  - {name: a, kind: all, of: [b]}\n  - {name: b, kind: all, of: [a]}\n").value.monitors;
  EXPECT_TRUE(knows_where(all, "a")) << "and the circle is a fault of its own";
}

TEST(Monitors, CheckpointsKnowWhereToLook) {
  EXPECT_EQ(faults("  - {name: isp, kind: icmp, address: 192.0.2.1}\ncheckpoints: [isp]\n"), "");
  EXPECT_THAT(faults("  - {name: isp, kind: icmp}\ncheckpoints: [isp]\n"), HasSubstr("has no address of its own"));
  EXPECT_THAT(faults("  - {name: isp, kind: icmp}\ncheckpoints: [isp1]\n"),
              HasSubstr("there is no monitor \"isp1\" (did you mean \"isp\"?)"));
}

TEST(Monitors, CheckTellsHowLongAFailureTakes) {
  const auto loaded = load("  - {name: a, kind: http, interval: 5s, interval_down: 1s, timeout: 2s, fall: 3}\n");
  // A look begins at the latest 5.2 s later; two more follow, 1.04 s or 2.08 s apart; the last takes its timeout.
  const auto bounds = down_bounds(loaded.value.monitors.at(0));
  EXPECT_EQ(bounds.refuses, base::milliseconds(7280));
  EXPECT_EQ(bounds.hangs, base::milliseconds(11360));
  EXPECT_THAT(
      implications(loaded).text,
      HasSubstr("monitor a: a member that refuses is down after 7280 ms at most, one that hangs after 11360 ms"));
}

TEST(Monitors, SameMeansAllButItsPlace) {
  const auto a = load("  - {name: a, kind: http}\n").value.monitors.at(0);
  auto b = load("  - {name: x, kind: http}\n  - {name: a, kind: http}\n").value.monitors.at(1);
  EXPECT_TRUE(a.same(b));
  b.path = "/x";
  EXPECT_FALSE(a.same(b));
}

}  // namespace
}  // namespace conf
