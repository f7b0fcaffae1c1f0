// Orders of operators over the control socket of a whole control plane (house.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "house.h"
#include "tests/support/json_schema.h"

namespace control::test {
namespace {

using ::testing::HasSubstr;

const std::string kBoth = "    safety: {at_least: 0, never_both: [site1, site2], confirm: [pin]}\n";

class Orders : public House {
 protected:
  void serve(const std::string& wide_extra = "") {
    write_config(wide_extra);
    one.active(1, 1);
    start_and_wait();
    ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  }
  io::ControlReply drain(const std::string& what, const std::string& more = "") {
    return command("drain", "{\"what\":\"" + what + "\"" + more + "}", "a test");
  }
  io::ControlReply pin(const std::string& what, const std::string& more = "") {
    return command("pin", R"({"wideip":"mysql.example.com","for":"5m","what":")" + what + "\"" + more + "}", "a test");
  }
  json orders() {
    const auto reply = command("overrides");
    json_schema::expect_valid("dnsd-overrides", reply.data);
    return json::parse(reply.data)["overrides"];
  }
  std::string journal() {
    std::ifstream in(folder.path() / "state" / "events.jsonl");
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(Orders, TheWriterIsNotDrainedAndTheRefusalNamesTheRule) {
  serve();
  const auto reply = drain("site1");
  EXPECT_EQ(reply.exit, 1);
  EXPECT_THAT(reply.error, HasSubstr("refused by at_least of mysql.example.com (the default;"));
  EXPECT_THAT(reply.error, HasSubstr("sitecheck switchover"));
  json_schema::expect_valid("dnsd-drain", reply.data);
  EXPECT_EQ(json::parse(reply.data)["refused_by"], "at_least");
  EXPECT_TRUE(answers("192.0.2.11"));
  EXPECT_TRUE(orders().empty());
  EXPECT_THAT(journal(), HasSubstr("refused by at_least"));
}

TEST_F(Orders, BreakGlassDrainsTheWriterLoudlyUntilItIsTakenBack) {
  serve();
  const auto reply = drain("site1/main", R"(,"break_glass":true)");
  EXPECT_EQ(reply.exit, 0) << reply.error;
  json_schema::expect_valid("dnsd-drain", reply.data);
  EXPECT_EQ(ask().rcode, wire::kServFail);
  const json told = status();
  json_schema::expect_valid("dnsd-status", told.dump());
  EXPECT_EQ(told["wideips"][0]["reason_id"], "barred");
  EXPECT_TRUE(told["wideips"][0]["alarm"]);
  EXPECT_EQ(told["wideips"][0]["members"][0]["ordered"], "drained");
  EXPECT_TRUE(told["overrides"][0]["break_glass"]);
  EXPECT_THAT(journal(), HasSubstr("\"broken\":[\"refused by at_least"));
  EXPECT_EQ(command("undrain", R"({"what":"site1"})").exit, 1) << "it was drained by another name";
  EXPECT_EQ(command("undrain", R"({"what":"site1/main"})").exit, 0);
  EXPECT_TRUE(answers("192.0.2.11"));
}

TEST_F(Orders, WhoeverDrainsAStandbyIsToldThatNoFailoverToItIsFollowed) {
  serve();
  const auto reply = drain("site2");
  EXPECT_EQ(reply.exit, 0) << reply.error;
  json_schema::expect_valid("dnsd-drain", reply.data);
  EXPECT_EQ(json::parse(reply.data)["cautions"],
            json({"mysql.example.com does not follow a failover to site2/main while it is in force: nobody is answered "
                  "then until `dnsd undrain site2`"}));
  // It is so.
  two.active(2, 2);
  one.standby();
  EXPECT_TRUE(run_until(loop, [&] { return ask().rcode == wire::kServFail; }));
  const auto ended = command("undrain", R"({"what":"site2"})");
  EXPECT_EQ(ended.exit, 0);
  EXPECT_EQ(json::parse(ended.data)["cautions"], json::array());
  EXPECT_TRUE(answers("198.51.100.11"));
}

TEST_F(Orders, WhoeverPinsTheWriterIsToldThatNoFailoverIsFollowed) {
  serve();
  const auto reply = pin("site1");
  EXPECT_EQ(reply.exit, 0) << reply.error;
  json_schema::expect_valid("dnsd-drain", reply.data);
  EXPECT_EQ(json::parse(reply.data)["cautions"],
            json({"mysql.example.com follows no failover while it is in force: if another site becomes the writer, "
                  "nobody is answered until `dnsd unpin mysql.example.com`"}));
}

TEST_F(Orders, AnAddressMeansTheMemberThatHasIt) {
  serve();
  EXPECT_EQ(json::parse(pin("2001:db8::11").data)["override"]["what"], "site1/main");
  EXPECT_EQ(command("unpin", R"({"wideip":"mysql.example.com"})").exit, 0);
  EXPECT_THAT(pin("192.0.2.99").error, HasSubstr("no member of mysql.example.com has the address 192.0.2.99"));
  EXPECT_THAT(command("pin", R"({"wideip":"mysq.example.com","for":"5m","what":"2001:db8::11"})", "a test").error,
              HasSubstr("no wide-IP \"mysq.example.com\" is configured; did you mean \"mysql.example.com\"?"));
  EXPECT_EQ(drain("198.51.100.11").exit, 0);
  EXPECT_EQ(orders()[0]["what"], "site2/main");
  EXPECT_EQ(command("undrain", R"({"what":"198.51.100.11"})").exit, 0);
  EXPECT_TRUE(orders().empty());
}

TEST_F(Orders, TheRulesOfTheFileAreNamedWithTheirPlace) {
  serve(kBoth);
  EXPECT_EQ(drain("site2").exit, 0);
  const auto reply = drain("site1");
  EXPECT_EQ(reply.exit, 1);
  EXPECT_THAT(reply.error, HasSubstr("refused by never_both of mysql.example.com ("));
  EXPECT_THAT(reply.error, HasSubstr("dnsd.yaml:"));
  EXPECT_THAT(reply.error, HasSubstr("it would leave nobody of site1, site2 in service"));
}

TEST_F(Orders, OnlyTheWriterIsPinnedAndTheNameIsToBeRepeated) {
  serve(kBoth);
  EXPECT_THAT(pin("site2").error, HasSubstr("refused by pin_up"));
  const auto reply = pin("site1");
  EXPECT_EQ(reply.exit, 1);
  EXPECT_EQ(json::parse(reply.data)["confirm"], "mysql.example.com");
  EXPECT_EQ(pin("site1", R"(,"confirm":"yes")").exit, 1);
  EXPECT_EQ(pin("site1", R"(,"confirm":"mysql.example.com")").exit, 0);
  EXPECT_TRUE(answers("192.0.2.11"));
  EXPECT_THAT(drain("site1", R"(,"break_glass":true)").error, HasSubstr("contradicts another order: pin"));
  two.active(2, 2);
  one.standby();
  EXPECT_TRUE(run_until(loop, [&] { return ask().rcode == wire::kServFail; })) << "never the second writer's";
  EXPECT_EQ(command("unpin", R"({"wideip":"mysql.example.com"})").exit, 0);
  EXPECT_TRUE(answers("198.51.100.11"));
}

TEST_F(Orders, APinByBreakGlassNamesOneAddressMarkedStale) {
  serve();
  EXPECT_EQ(pin("site2", R"(,"break_glass":true)").exit, 0);
  const DnsAnswer got = ask();
  EXPECT_EQ(got.addresses, std::vector<std::string>{"198.51.100.11"});
  EXPECT_EQ(got.ttl_s, 1U);
  const auto explained = command("explain", R"({"name":"mysql.example.com"})");
  json_schema::expect_valid("dnsd-explain", explained.data);
  EXPECT_THAT(explained.data, HasSubstr("against the safety rules, site2/main is answered whatever is known of it"));
}

TEST_F(Orders, ARestartKeepsThem) {
  serve();
  ASSERT_EQ(drain("site1", R"(,"break_glass":true,"for":"forever")").exit, 0);
  const json before = orders();
  stop();
  start_and_wait();
  EXPECT_EQ(orders(), before);
  EXPECT_EQ(ask().rcode, wire::kServFail);
  EXPECT_THAT(journal(), HasSubstr("\"action\":\"loaded\""));
}

TEST_F(Orders, OneEndsByItselfAndTheAnswerComesBack) {
  serve();
  const auto reply = drain("site1", R"(,"break_glass":true,"for":"1s")");
  ASSERT_EQ(reply.exit, 0);
  EXPECT_EQ(json::parse(reply.data)["answers"][0]["outcome"], "servfail");
  EXPECT_TRUE(comes_to_answer("192.0.2.11"));
  EXPECT_TRUE(orders().empty());
  EXPECT_THAT(journal(), HasSubstr("\"action\":\"expired\""));
}

TEST_F(Orders, AReloadKeepsThemAndTellsOfThoseThatConcernNobody) {
  serve();
  ASSERT_EQ(drain("site2").exit, 0);
  write_config();
  std::string text;
  {
    std::ifstream in(folder.path() / "dnsd.yaml");
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto at = text.find("      - {site: site2");
  ASSERT_NE(at, std::string::npos);
  folder.write("dnsd.yaml", text.substr(0, at));
  ASSERT_EQ(command("reload").exit, 0);
  EXPECT_EQ(orders()[0]["wideips"], 0);
  folder.write("dnsd.yaml", text);
  ASSERT_EQ(command("reload").exit, 0);
  EXPECT_EQ(orders()[0]["wideips"], 1);
  EXPECT_EQ(status()["wideips"][0]["members"][1]["ground"], "drained");
}

TEST_F(Orders, WhatCannotBeWrittenDownIsNotDone) {
  serve();
  std::filesystem::create_directory(folder.path() / "state" / "overrides.0");
  std::filesystem::create_directory(folder.path() / "state" / "overrides.1");
  const auto reply = drain("site2");
  EXPECT_EQ(reply.exit, 1);
  EXPECT_THAT(reply.error, HasSubstr("cannot be written down, so that nothing was changed"));
  EXPECT_TRUE(orders().empty());
}

TEST_F(Orders, WrongOnesAreRefusedWithTheNearest) {
  serve();
  EXPECT_THAT(drain("site3").error, HasSubstr("no site, pool or member \"site3\" is configured; did you mean"));
  EXPECT_THAT(drain("site1", R"(,"wideip":"mysq.example.com")").error, HasSubstr("did you mean \"mysql.example.com\""));
  EXPECT_EQ(command("drain", R"({"what":"site1"})").exit, 2) << "no reason";
  EXPECT_EQ(command("unpin", R"({"wideip":"mysql.example.com"})").exit, 1);
  EXPECT_EQ(command("undrain").exit, 2);
}

}  // namespace
}  // namespace control::test
