#include <gmock/gmock.h>

#include <string>

#include "dnsd/cli/render.h"
#include "tests/support/json_schema.h"

namespace dnsd::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kDrain = R"({"kind":"drain","what":"site2","wideip":null,"break_glass":false,"user":"alice",
  "reason":"new disks","given":"2026-11-22T02:00:00.000Z","until":"2026-11-22T04:00:00.000Z","left_ms":7200000,
  "wideips":3})";
const std::string kPin = R"({"kind":"pin","what":"a\u001b","wideip":"www.example.com","break_glass":true,"user":"bob",
  "reason":"trial","given":"2026-11-22T02:00:00.000Z","until":null,"left_ms":null,"wideips":0})";
const std::string kAll = R"({"overrides":[)" + kDrain + "," + kPin + R"(],"writable":false})";

TEST(Overrides, SamplesFitTheSchema) { json_schema::expect_valid("dnsd-overrides", kAll); }

TEST(Overrides, AreATableOfWhoWhyAndUntilWhen) {
  EXPECT_EQ(
      render_overrides(kAll),
      R"(ORDER                                  UNTIL                     LEFT     CONCERNS                BY     REASON
drain site2                            2026-11-22T04:00:00.000Z  2 h 0 m  3 wide-IPs              alice  new disks
pin www.example.com to a? BREAK-GLASS  taken back                         nobody: not configured  bob    trial
! orders cannot be written down: see the log, and the disk
)");
  EXPECT_EQ(render_overrides(R"({"overrides":[],"writable":true})"), "no overrides\n");
}

TEST(Overrides, StandInStatusAndExplainIfThereAreSome) {
  EXPECT_THAT(render_status(kAll, false), HasSubstr("drain site2"));
  EXPECT_THAT(render_explain(kAll), HasSubstr("pin www.example.com"));
  EXPECT_THAT(render_status("{}", false), Not(HasSubstr("ORDER")));
}

TEST(Overrides, OneThatIsGivenTellsWhatIsAnsweredNow) {
  const std::string data =
      R"({"override":)" + kDrain + R"(,"broken":["refused by at_least of www.example.com: it would"],
    "cautions":["db.example.com does not follow a failover to site2/main"],
    "answers":[{"name":"www.example.com","outcome":"servfail","answer":[],"reason":"a is drained"}]})";
  json_schema::expect_valid("dnsd-drain", data);
  EXPECT_EQ(render_order(data), R"(drain site2: 3 wide-IPs, until 2026-11-22T04:00:00.000Z, for 2 h 0 m
! BREAK-GLASS: refused by at_least of www.example.com: it would
! db.example.com does not follow a failover to site2/main
www.example.com is answered with (none): a is drained
)");
}

TEST(Overrides, OneThatIsTakenBackSaysSo) {
  const std::string data = R"({"override":)" + kDrain + R"(,"broken":[],
    "answers":[{"name":"www.example.com","outcome":"answer","answer":["192.0.2.1"],"reason":"a by ratio"}]})";
  EXPECT_EQ(render_ended(data),
            "taken back: drain site2: 3 wide-IPs\nwww.example.com is answered with 192.0.2.1: a by ratio\n");
  EXPECT_EQ(render_ended("{}"), "");
}

TEST(Overrides, OfARefusalNothingIsPrintedBesideTheError) {
  const char* data = R"({"refused_by":"confirm","wideip":"www.example.com","confirm":"site2"})";
  json_schema::expect_valid("dnsd-drain", data);
  EXPECT_EQ(render_order(data), "");
  for (const char* any : {"", "7", "[]", "{}", R"({"override":[]})", R"({"overrides":{"a":1}})"}) {
    (void)render_order(any);
    (void)render_overrides(any);
  }
}

}  // namespace
}  // namespace dnsd::cli
