// Another configuration beside a control plane that runs: real sites, a real control socket.
#include "dnsd/control/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "house.h"
#include "tests/support/json_schema.h"

namespace control::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Against : House {
  Against() { one.active(1, 1); }

  // What the running control plane and the files as they are now come to.
  json against() {
    const auto next = conf::load_dnsd(folder.path() / "dnsd.yaml");
    for (const auto& fault : next.faults) ADD_FAILURE() << to_string(fault);
    const std::vector<std::string> parts{command("running").data};
    const auto told = compare(next.value, parts);
    if (!told) return {{"error", told.error().message}};
    json whole{{"ok", true}, {"faults", json::array()}, {"warnings", json::array()}, {"against", json::parse(*told)}};
    json_schema::expect_valid("dnsd-check", whole.dump());
    return whole["against"];
  }
  void edit(const std::string& file, const std::string& old, const std::string& other) {
    std::ifstream in(folder.path() / file);
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto at = text.find(old);
    ASSERT_NE(at, text.npos) << old;
    folder.write(file, text.replace(at, old.size(), other));
  }
  static std::vector<std::string> lines(const json& list) { return list.get<std::vector<std::string>>(); }
};

TEST_F(Against, TheSameFilesChangeNothing) {
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  const json told = against();
  EXPECT_EQ(told["restart"], json::array());
  EXPECT_EQ(told["changes"], json::array());
  EXPECT_EQ(told["answers"], json::array());
  EXPECT_EQ(told["id"], "ns1");
}

TEST_F(Against, AnotherAddressOfTheWriterMovesTheAnswer) {
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  edit("dnsd.yaml", "192.0.2.11, \"2001:db8::11\"", "192.0.2.99");
  const json told = against();
  EXPECT_THAT(lines(told["changes"]),
              ElementsAre("~ address of member site1/main in wideip mysql.example.com: 192.0.2.11, 2001:db8::11 -> "
                          "192.0.2.99"));
  ASSERT_EQ(told["answers"].size(), 1U);
  EXPECT_EQ(told["answers"][0]["from"]["answer"], json({"192.0.2.11", "2001:db8::11"}));
  EXPECT_EQ(told["answers"][0]["to"]["answer"], json({"192.0.2.99"}));
  EXPECT_TRUE(answers("192.0.2.11")) << "asking changes nothing";
}

TEST_F(Against, AnotherAddressOfTheStandbyMovesNothing) {
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  edit("dnsd.yaml", "198.51.100.11", "198.51.100.12");
  const json told = against();
  EXPECT_EQ(told["changes"].size(), 1U);
  EXPECT_EQ(told["answers"], json::array());
}

TEST_F(Against, AWriterThatIsTakenOutLeavesNoAnswer) {
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  edit("dnsd.yaml", "      - {site: site1, pool: main, address: [192.0.2.11, \"2001:db8::11\"]}\n", "");
  const json told = against();
  EXPECT_THAT(lines(told["changes"]), Contains("- member site1/main in wideip mysql.example.com"));
  EXPECT_EQ(told["answers"][0]["to"]["outcome"], "servfail");
}

TEST_F(Against, AnAnswerThatIsHeldIsHeldByTheNewOneToo) {
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  one.standby();
  ASSERT_TRUE(run_until(loop, [&] { return status()["wideips"][0]["reason_id"] == "held"; }));
  edit("dnsd.yaml", "    method: active_writer\n", "    method: active_writer\n    ttl: 30\n");
  const json told = against();
  EXPECT_THAT(lines(told["changes"]), ElementsAre("~ ttl of wideip mysql.example.com: 5 -> 30"));
  EXPECT_EQ(told["answers"], json::array());
  edit("dnsd.yaml", "    ttl: 30\n", "    on_none: {hold: 0s, then: nodata}\n");
  EXPECT_EQ(against()["answers"][0]["to"]["outcome"], "nodata");
}

TEST_F(Against, NamesThatComeAndGo) {
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  edit("dnsd.yaml", "name: mysql.example.com", "name: db.example.com");
  edit("dnsd.yaml", "sites:\n", "sites:\n  site3: {ecv: [\"http://127.0.0.1:1\"]}\n");
  edit("dnsd.yaml", "      - {site: site2,",
       "      - {site: site3, pool: main, address: [203.0.113.1]}\n      - {site: site2,");
  const json told = against();
  EXPECT_THAT(lines(told["changes"]), Contains("+ wideip db.example.com"));
  EXPECT_THAT(lines(told["changes"]), Contains("- wideip mysql.example.com"));
  ASSERT_EQ(told["answers"].size(), 2U);
  EXPECT_TRUE(told["answers"][0]["from"].is_null());
  EXPECT_EQ(told["answers"][0]["to"]["answer"], json({"192.0.2.11", "2001:db8::11"}));
  EXPECT_TRUE(told["answers"][1]["to"].is_null());
  EXPECT_EQ(told["unwatched"], json({"site3/main"}));
}

TEST_F(Against, TellsWhatNeedsARestartAndWhatAReloadTakesOver) {
  start_and_wait();
  edit("dnsd.yaml", "workers: 1", "workers: 2");
  edit("dnsd.yaml", "keys:", "poll: 100ms\nkeys:");
  edit("example.com.zone", "hostmaster 1 ", "hostmaster 2 ");
  const json told = against();
  EXPECT_EQ(told["restart"], json::parse(R"([{"key":"server.workers","from":"1","to":"2"}])"));
  EXPECT_THAT(lines(told["changes"]), ElementsAre("~ poll: not set -> 100ms", "~ serial of zone example.com: 1 -> 2"));
}

TEST_F(Against, PartsOfTwoConfigurationsAreRefused) {
  start_and_wait();
  const auto next = conf::load_dnsd(folder.path() / "dnsd.yaml");
  json part = json::parse(command("running").data);
  json other = part;
  other["generation"] = 77;
  const std::vector<std::string> mixed{part.dump(), other.dump()};
  EXPECT_THAT(compare(next.value, mixed).error().message, HasSubstr("was reloaded meanwhile"));
  part["wideips_total"] = 9;
  EXPECT_THAT(compare(next.value, std::vector{part.dump()}).error().message, HasSubstr("did not tell of all"));
  EXPECT_FALSE(compare(next.value, std::vector<std::string>{"[]"}).has_value());
  EXPECT_FALSE(compare(next.value, {}).has_value());
}

}  // namespace
}  // namespace control::test
