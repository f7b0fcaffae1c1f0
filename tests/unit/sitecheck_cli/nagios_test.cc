// By the monitoring plugins' development guidelines: thresholds, perfdata, states.
#include "sitecheck/cli/nagios.h"

#include <gmock/gmock.h>

#include <regex>
#include <sstream>

#include "sample_status.h"
#include "sitecheck/cli/cli.h"
#include "tests/support/perfdata.h"

namespace sitecheck::cli {
namespace {

using testing::HasSubstr;

NagiosThresholds limits(const std::string& warning = "5", const std::string& critical = "30") {
  return {*parse_nagios_range(warning), *parse_nagios_range(critical)};
}

// A status of site1 with one pool.
std::string status(const std::string& state, const std::string& more, const std::string& peer_state = "STANDBY",
                   int peer_heard_ms = 100) {
  return R"({"site":"site1","peers":[{"site":"site2","last_heard_ms":)" + std::to_string(peer_heard_ms) +
         R"(}],"pools":[{"name":"main","kind":"failover","state":")" + state +
         R"(","lease_ms":1800,"promotions":1,"fences":0,"peers":[{"site":"site2","state":")" + peer_state + R"("}],)" +
         more + "}]}";
}
std::string node(const std::string& status, const std::string& lag_ms = "null", const std::string& site = "site1") {
  return R"({"name":"db1","site":")" + site + R"(","state":"STANDBY","status":")" + status +
         R"(","message":"said | so","req":0,"lag_ms":)" + lag_ms + "}";
}
std::string good(const std::string& nodes = node("OK", "100")) {
  return R"("status":"OK","alarms":[],"nodes":[)" + nodes + "]";
}

TEST(NagiosRange, AlarmsAsTheGuidelinesSay) {
  const struct {
    const char* range;
    double value;
    bool alarms;
  } cases[] = {{"10", -0.1, true},    {"10", 0, false},     {"10", 10, false},    {"10", 10.1, true},
               {"10:", 9.9, true},    {"10:", 10, false},   {"10:", 1e9, false},  {"~:10", -1e9, false},
               {"~:10", 10, false},   {"~:10", 10.1, true}, {"10:20", 9, true},   {"10:20", 15, false},
               {"10:20", 21, true},   {"@10:20", 9, false}, {"@10:20", 10, true}, {"@10:20", 20, true},
               {"@10:20", 21, false}, {"0.5", 0.6, true},   {":5", 5, false},     {":5", -1, true},
               {"-5:-1", -3, false},  {"-5:-1", 0, true}};
  for (const auto& c : cases) {
    const auto range = parse_nagios_range(c.range);
    ASSERT_TRUE(range) << c.range;
    EXPECT_EQ(range->alarms(c.value), c.alarms) << c.range << " " << c.value;
  }
}

TEST(NagiosRange, WhatIsNoneIsRefused) {
  for (const char* bad : {"", "@", "x", "5s", "20:10", "1:2:3", "~", "~5", "inf", "nan", "5 ", "1e400", "@:x"}) {
    EXPECT_FALSE(parse_nagios_range(bad)) << bad;
  }
}

TEST(Nagios, OkIsOneLineWithPerfdata) {
  const auto result = nagios_result(status("ACTIVE", good()), "main", limits(), false);
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.text,
            "WIDEIP OK - main: site1 ACTIVE | lease=1.8s;;;0 alarms=0;;;0 req_db1=0;;;0 lag_db1=0.1s;5;30;0 "
            "promotions=1c;;;0 fences=0c;;;0\n");
}

TEST(Nagios, AStandbySiteIsWellWhileAnotherWrites) {
  const auto result = nagios_result(status("STANDBY", good(), "ACTIVE"), "main", limits(), false);
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.text, HasSubstr("WIDEIP OK - main: site1 STANDBY, site2 ACTIVE |"));
}

TEST(Nagios, NoKnownWriterIsCritical) {
  EXPECT_EQ(nagios_result(status("STANDBY", good(), "STANDBY"), "main", limits(), false).status, 2);
  const auto stale = nagios_result(status("STANDBY", good(), "ACTIVE", 60'000), "main", limits(), false);
  EXPECT_EQ(stale.status, 2) << "what was heard a minute ago tells nothing of now";
  EXPECT_THAT(stale.text, HasSubstr("CRITICAL - main: site1 STANDBY; no site is known to write"));
  EXPECT_EQ(nagios_result(status("DRAINING", good()), "main", limits(), false).status, 1)
      << "a switchover is a warning";
}

TEST(Nagios, EachStateHasItsCauses) {
  const auto of = [](const std::string& more, const NagiosThresholds& at = limits()) {
    return nagios_result(status("ACTIVE", more), "main", at, false).status;
  };
  EXPECT_EQ(of(good(node("OK_INFO"))), 0);
  EXPECT_EQ(of(good(node("OK_WARN"))), 1);
  EXPECT_EQ(of(good(node("OK_CRITICAL"))), 1);
  EXPECT_EQ(of(good(node("FAIL"))), 2);
  EXPECT_EQ(of(good(node("FAIL", "null", "site2"))), 1) << "another site looks after its own nodes";
  EXPECT_EQ(of(R"("status":"WARN","alarms":[],"nodes":[])"), 1);
  EXPECT_EQ(of(R"("status":"FAIL","alarms":[],"nodes":[])"), 2);
  EXPECT_EQ(of(R"("status":"OK","alarms":["a password is wrong"],"nodes":[])"), 1);
  EXPECT_EQ(of(good(node("OK", "5001"))), 1);
  EXPECT_EQ(of(good(node("OK", "30001"))), 2);
  EXPECT_EQ(of(good(node("OK", "30001")), limits("60", "60")), 0);
  EXPECT_EQ(of(good(node("OK", "100")), limits("1:", "~:60")), 1) << "a range may have a lower end";
}

TEST(Nagios, ANodeInDowntimeRaisesNothing) {
  std::string away = node("FAIL", "90000");
  away.insert(away.size() - 1, R"(,"downtime":{"until":"2026-11-22 04:00:00","who":"ann","reason":"new disks"})");
  const auto found = nagios_result(status("ACTIVE", good(away)), "main", limits(), true);
  EXPECT_EQ(found.status, 0) << found.text;
  EXPECT_THAT(found.text, HasSubstr("db1 is in downtime: new disks\n"));
  EXPECT_THAT(found.text, HasSubstr("lag_db1=90s"));
}

TEST(Nagios, WhatIsNoStatusIsUnknown) {
  for (const char* text : {"", "{}", "[]", "null", R"({"pools":7})", R"({"pools":[7,null,{"name":8}]})", "\xff"}) {
    const auto result = nagios_result(text, "main", limits(), true);
    EXPECT_EQ(result.status, 3) << text;
    EXPECT_THAT(result.text, HasSubstr("WIDEIP UNKNOWN - ")) << text;
  }
  EXPECT_THAT(nagios_result(status("ACTIVE", good()), "mian", limits(), false).text,
              HasSubstr("no pool mian; there are: main"));
}

TEST(Nagios, VerboseAddsALineForEachNodeAndAlarm) {
  const auto result =
      nagios_result(status("ACTIVE", R"("status":"OK","alarms":["first","second"],"nodes":[)" + node("OK") + "]"),
                    "main", limits(), true);
  EXPECT_THAT(result.text, HasSubstr("\nalarm: first\nalarm: second\ndb1 OK/STANDBY: said   so\n"));
}

TEST(Nagios, PerfdataFollowsTheGrammarWhateverTheNamesAre) {
  std::string hostile = node("OK", "100");
  hostile.replace(hostile.find("db1"), 3, R"(it's = a|b\n;ü)");
  for (const auto& text :
       {status("ACTIVE", good(hostile)), status("ACTIVE", good()), test::kStatus, test::kWitnessStatus}) {
    const auto result = nagios_result(text, "main", limits("@1:2", "~:3"), false);
    const auto items = testing_support::parse_perfdata(result.text);
    ASSERT_TRUE(items) << result.text;
    EXPECT_FALSE(items->empty());
    EXPECT_EQ(result.text.find('\n'), result.text.size() - 1) << result.text;
  }
}

TEST(Nagios, WrongUsageAndASilentDaemonAreUnknown) {
  const auto run_it = [](const std::vector<std::string>& args, std::string* text = nullptr) {
    std::ostringstream out;
    std::ostringstream err;
    const int status = run(args, {}, out, err);
    if (text != nullptr) *text = out.str();
    return status;
  };
  std::string text;
  EXPECT_EQ(run_it({"nagios", "main", "--control", "/nonexistent/s.sock"}, &text), 3);
  EXPECT_THAT(text, HasSubstr("WIDEIP UNKNOWN - sitecheck does not answer: "));
  EXPECT_EQ(run_it({"nagios", "main", "-w", "x", "--control", "/nonexistent/s.sock"}, &text), 3);
  EXPECT_THAT(text, HasSubstr("WIDEIP UNKNOWN - --warning x: no range"));
  EXPECT_EQ(run_it({"nagios"}), 3);
  EXPECT_EQ(run_it({"nagios", "main", "--what"}), 3);
  EXPECT_EQ(run_it({"nagios", "main", "-t", "0"}), 3);
  EXPECT_EQ(run_it({"nagios", "main", "--config", "/nonexistent.yaml"}), 3);
  EXPECT_EQ(run_it({"nagios", "--help"}), 3) << "as the guidelines want it";
  EXPECT_EQ(run_it({"nagios", "-V"}), 3);
  EXPECT_EQ(run_it({"nagios", "main", "-vvv", "-w", "1", "-c", "~:2", "-t", "1", "--control", "/nonexistent"}), 3);
}

TEST(ClassicForms, AreTheCommandsUnderMppsNames) {
  const auto run_it = [](const std::vector<std::string>& args) {
    std::ostringstream out;
    std::ostringstream err;
    const int status = run(args, {}, out, err);
    return std::to_string(status) + " " + err.str();
  };
  for (const char* word : {"is-active", "report"}) {
    const auto plain = run_it({word, "db1:3306", "--control", "/nonexistent/s"});
    EXPECT_THAT(plain, HasSubstr("1 sitecheck is not running"));
    EXPECT_EQ(run_it({"--" + std::string(word), "db1:3306", "--control", "/nonexistent/s"}), plain);
    EXPECT_EQ(run_it({"--" + std::string(word) + "=db1:3306", "--control", "/nonexistent/s"}), plain);
  }
  EXPECT_EQ(run_it({"--is-activex", "db1"})[0], '2');
}

TEST(LvsCheck, NeedsARole) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run({"lvs-check", "db1"}, {}, out, err), 2);
  EXPECT_EQ(run({"lvs-check", "--role", "wr", "db1"}, {}, out, err), 2);
  EXPECT_EQ(run({"lvs-check", "--role", "rw", "db1", "--control", "/nonexistent/s"}, {}, out, err), 1)
      << "a balancer takes a node out whose monitor is dead";
}

}  // namespace
}  // namespace sitecheck::cli
