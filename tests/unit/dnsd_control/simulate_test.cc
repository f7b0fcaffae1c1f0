#include "dnsd/control/simulate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/io/http_server.h"
#include "base/io/journal.h"
#include "house.h"
#include "tests/support/json_schema.h"

namespace control::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

conf::Dnsd two_sites() {
  conf::Dnsd out;
  out.sites = {{"site1", {"http://192.0.2.1:8054"}, {}, {}}, {"site2", {"http://192.0.2.2:8054"}, {}, {}}};
  conf::WideIp wide;
  wide.name = "mysql.example.com";
  wide.on_none = {base::seconds(30), conf::OnNone::kServfail, {}};
  conf::Member one;
  one.site = "site1";
  one.pool = "main";
  one.addresses = {*base::IpAddress::parse("192.0.2.11")};
  conf::Member two = one;
  two.site = "site2";
  two.addresses = {*base::IpAddress::parse("192.0.2.12")};
  wide.members = {one, two};
  out.wideips = {wide};
  return out;
}

// "12000 192.0.2.11 -> 192.0.2.12" for each change.
std::vector<std::string> lines(const json& all) {
  const auto side = [](const json& told) {
    if (told.is_null()) return std::string("?");
    if (told["outcome"] != "answer") return told["outcome"].get<std::string>();
    std::string out;
    for (const auto& address : told["answer"]) out += (out.empty() ? "" : " ") + address.get<std::string>();
    for (const auto& region : told.value("regions", json::array())) {
      out += " [" + region["region"].get<std::string>() + ":";
      for (const auto& address : region["answer"]) out += " " + address.get<std::string>();
      out += "]";
    }
    if (told.contains("alarm")) out += " ALARM";
    return out;
  };
  std::vector<std::string> out;
  for (const auto& change : all["changes"]) {
    const std::string at = change.contains("at_ms") ? std::to_string(change["at_ms"].get<int>()) + " " : "";
    out.push_back(at + side(change["from"]) + " -> " + side(change["to"]));
  }
  return out;
}

std::vector<std::string> run(const conf::Dnsd& config, const std::string& steps) {
  const auto timeline = conf::load_timeline_text(steps, "t.yaml");
  for (const auto& fault : timeline.faults) ADD_FAILURE() << to_string(fault);
  const auto told = simulate(config, timeline.value);
  for (const auto& fault : told.faults) ADD_FAILURE() << to_string(fault);
  json_schema::expect_valid("dnsd-simulate", told.value);
  return lines(json::parse(told.value));
}

TEST(Simulate, AFailoverTakesItsTime) {
  EXPECT_THAT(run(two_sites(), R"(timeline:
  - {at: 0s, site1/main: {state: ACTIVE, epoch: 3, lease: 10s}, site2: {state: STANDBY}}
  - {at: 12s, site1: silent}
  - {at: 25s, site2/main: {state: ACTIVE, epoch: 4}}
)"),
              ElementsAre("0 ? -> 192.0.2.11", "25000 192.0.2.11 -> 192.0.2.12"));
}

TEST(Simulate, AHoldRunsOutWhenNobodyIsLeft) {
  EXPECT_THAT(run(two_sites(), R"(timeline:
  - {at: 1s, site1/main: {state: ACTIVE, epoch: 3, lease: 10s}}
  - {at: 12s, site1/main: silent}
until: 2m
)"),
              ElementsAre("0 ? -> servfail", "1000 servfail -> 192.0.2.11", "52000 192.0.2.11 -> servfail"))
      << "ten seconds of lease, thirty of hold";
}

TEST(Simulate, AWriterThatRenewsIsKeptForever) {
  EXPECT_THAT(run(two_sites(), "timeline: [{at: 0s, site1: {state: ACTIVE, epoch: 3}}]\nuntil: 30d\n"),
              ElementsAre("0 ? -> 192.0.2.11"));
}

TEST(Simulate, AnEpochThatIsOverDoesNotComeBack) {
  EXPECT_THAT(run(two_sites(), R"(timeline:
  - {at: 0s, site1: {state: ACTIVE, epoch: 3}}
  - {at: 5s, site2: {state: ACTIVE, epoch: 4}}
  - {at: 6s, site2: {state: STANDBY, epoch: 4}}
  - {at: 9s, site1: {state: ACTIVE, epoch: 3}}
until: 20s
)"),
              ElementsAre("0 ? -> 192.0.2.11", "5000 192.0.2.11 -> 192.0.2.12"));
}

// "12000 shop.example.com: 192.0.2.11 -> 192.0.2.12" for each change.
std::vector<std::string> example(const std::string& timeline_file, const std::string& config_file) {
  const std::string folder = std::string(WIDEIP_SOURCE_DIR) + "/conf/examples/";
  const auto config = conf::load_dnsd(folder + config_file);
  const auto timeline = conf::load_timeline(folder + "timelines/" + timeline_file);
  for (const auto& fault : config.faults) ADD_FAILURE() << to_string(fault);
  for (const auto& fault : timeline.faults) ADD_FAILURE() << to_string(fault);
  const auto told = simulate(config.value, timeline.value);
  for (const auto& fault : told.faults) ADD_FAILURE() << to_string(fault);
  json_schema::expect_valid("dnsd-simulate", told.value);
  const json all = json::parse(told.value);
  auto out = lines(all);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].insert(out[i].find(' ') + 1, all["changes"][i]["name"].get<std::string>() + ": ");
  }
  return out;
}

TEST(TimelineExamples, EachIsTriedHere) {
  std::set<std::string> found;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(WIDEIP_SOURCE_DIR) + "/conf/examples/timelines")) {
    found.insert(entry.path().filename().string());
  }
  EXPECT_EQ(found, (std::set<std::string>{"both-claim.yaml", "dnsd-isolated.yaml", "drained-standby.yaml",
                                          "etcd-lost.yaml", "f5-pool-lost.yaml", "galera-node-lost.yaml",
                                          "readers-lost.yaml", "site-lost.yaml", "web-servers.yaml"}));
}

TEST(TimelineExamples, ASiteThatIsLostTurnsTheAnswerOnce) {
  EXPECT_THAT(example("site-lost.yaml", "dnsd.yaml"),
              ElementsAre("0 mysql.example.com: ? -> 192.0.2.11 2001:db8:1::11",
                          "14000 mysql.example.com: 192.0.2.11 2001:db8:1::11 -> 198.51.100.11"));
}

TEST(TimelineExamples, TwoClaimsUnderOneEpochMoveNothing) {
  EXPECT_THAT(example("both-claim.yaml", "dnsd.yaml"),
              ElementsAre("0 mysql.example.com: ? -> 192.0.2.11 2001:db8:1::11",
                          "10000 mysql.example.com: 192.0.2.11 2001:db8:1::11 -> 192.0.2.11 2001:db8:1::11 ALARM",
                          "20000 mysql.example.com: 192.0.2.11 2001:db8:1::11 ALARM -> 198.51.100.11"));
}

TEST(TimelineExamples, WhoHearsNobodyHoldsTheAnswerAsLongAsItMay) {
  EXPECT_THAT(example("dnsd-isolated.yaml", "dnsd.yaml"),
              ElementsAre("0 mysql.example.com: ? -> 192.0.2.11 2001:db8:1::11",
                          "422000 mysql.example.com: 192.0.2.11 2001:db8:1::11 -> servfail",
                          "480000 mysql.example.com: servfail -> 192.0.2.11 2001:db8:1::11"))
      << "two minutes, two seconds of lease, five minutes of hold";
}

TEST(TimelineExamples, NobodyIsAnsweredWhileTheNewWriterIsDrained) {
  EXPECT_THAT(example("drained-standby.yaml", "dnsd.yaml"),
              ElementsAre("0 mysql.example.com: ? -> 192.0.2.11 2001:db8:1::11",
                          "40000 mysql.example.com: 192.0.2.11 2001:db8:1::11 -> servfail",
                          "60000 mysql.example.com: servfail -> 198.51.100.11"));
}

TEST(TimelineExamples, AnAnswerIsHeldWhileEtcdIsAway) {
  EXPECT_THAT(example("etcd-lost.yaml", "dnsd-etcd.yaml"),
              ElementsAre("0 mysql.example.com: ? -> 192.0.2.11 2001:db8:1::11",
                          "40000 mysql.example.com: 192.0.2.11 2001:db8:1::11 -> 203.0.113.11"));
}

TEST(TimelineExamples, WebServersMoveByMemberByFamilyByRequirementAndByPool) {
  const std::string all = "192.0.2.81 2001:db8:1::81 198.51.100.81 2001:db8:2::81";
  EXPECT_THAT(
      example("web-servers.yaml", "dnsd-web.yaml"),
      ElementsAre("0 shop.example.com: ? -> " + all, "0 basket.example.com: ? -> 192.0.2.91 192.0.2.92 192.0.2.93",
                  "10000 shop.example.com: " + all + " -> 198.51.100.81 2001:db8:2::81",
                  "20000 shop.example.com: 198.51.100.81 2001:db8:2::81 -> 198.51.100.81",
                  "30000 shop.example.com: 198.51.100.81 -> 203.0.113.9",
                  "40000 shop.example.com: 203.0.113.9 -> " + all,
                  "50000 basket.example.com: 192.0.2.91 192.0.2.92 192.0.2.93 -> 192.0.2.92 192.0.2.93",
                  "60000 basket.example.com: 192.0.2.92 192.0.2.93 -> 198.51.100.91",
                  "90000 basket.example.com: 198.51.100.91 -> 192.0.2.91 192.0.2.92 192.0.2.93"));
}

TEST(TimelineExamples, WritersOfAGaleraStayAWhileReadersFollowAtOnce) {
  const std::string all = "192.0.2.31 198.51.100.31 203.0.113.31 203.0.113.131";
  const std::string rest = "198.51.100.31 203.0.113.31 203.0.113.131";
  EXPECT_THAT(example("galera-node-lost.yaml", "dnsd-galera.yaml"),
              ElementsAre("0 galera.example.com: ? -> 192.0.2.31", "0 galera-ro.example.com: ? -> " + all,
                          "10000 galera.example.com: 192.0.2.31 -> 198.51.100.31",
                          "10000 galera-ro.example.com: " + all + " -> " + rest,
                          "15000 galera-ro.example.com: " + rest + " -> " + all,
                          "20000 galera.example.com: 198.51.100.31 -> 192.0.2.31"));
}

TEST(TimelineExamples, ThePoolsOfAnF5FollowEachOther) {
  EXPECT_THAT(example("f5-pool-lost.yaml", "dnsd-f5.yaml"),
              ElementsAre("0 app.example.com: ? -> 192.0.2.81 192.0.2.82",
                          "10000 app.example.com: 192.0.2.81 192.0.2.82 -> 192.0.2.82",
                          "20000 app.example.com: 192.0.2.82 -> 198.51.100.81 198.51.100.82",
                          "30000 app.example.com: 198.51.100.81 198.51.100.82 -> 203.0.113.9",
                          "40000 app.example.com: 203.0.113.9 -> 192.0.2.81"));
}

TEST(TimelineExamples, ReadersMoveByRegion) {
  const std::string both =
      "192.0.2.12 198.51.100.12 [here: 192.0.2.12] [there: 198.51.100.12] [: 192.0.2.12 198.51.100.12]";
  EXPECT_THAT(example("readers-lost.yaml", "dnsd-readers.yaml"),
              ElementsAre("0 mysql.example.com: ? -> 192.0.2.11", "0 db-ro.example.com: ? -> " + both,
                          "10000 db-ro.example.com: " + both + " -> 192.0.2.12",
                          "30000 db-ro.example.com: 192.0.2.12 -> 198.51.100.12",
                          "40000 db-ro.example.com: 198.51.100.12 -> " + both))
      << "at 20 s the writer's site stands in, which is the same";
}

TEST(Simulate, StepsThatNameNothingAreFaults) {
  const auto timeline = conf::load_timeline_text(
      "timeline:\n  - {at: 0s, site3/main: silent}\n  - {at: 0s, site1/mian: silent}\n  - {at: 0s, monitor web@a: "
      "up}\n",
      "t.yaml");
  const auto told = simulate(two_sites(), timeline.value);
  ASSERT_EQ(told.faults.size(), 3U);
  EXPECT_THAT(to_string(told.faults[0]), HasSubstr("t.yaml:2:14: no wide-IP has a member site3/main"));
  EXPECT_THAT(to_string(told.faults[1]), HasSubstr("did you mean \"site1/main\"?"));
  EXPECT_THAT(to_string(told.faults[2]), HasSubstr("there is no monitor web"));
}

// Members behind a composite, and a requirement that looks elsewhere.
conf::Dnsd monitored() {
  const auto loaded = conf::load_dnsd_text(R"(server: {id: ns1, listen: ["127.0.0.1@53"], state_dir: /x}
monitors:
  - {name: web, kind: http, path: /}
  - {name: login, kind: tcp, port: 22}
  - {name: both, kind: all, of: [web, login]}
  - {name: stock, kind: tcp, port: 1, address: 192.0.2.9}
zones: [{origin: example.com, file: example.com.zone}]
wideips:
  - name: shop.example.com
    method: all_available
    on_none: nodata
    requires: [stock]
    members: [{name: a, address: 192.0.2.1, monitor: both}, {name: b, address: 192.0.2.2, monitor: both}]
)",
                                           std::string(WIDEIP_SOURCE_DIR) + "/conf/examples/dnsd.yaml");
  for (const auto& fault : loaded.faults) ADD_FAILURE() << to_string(fault);
  return loaded.value;
}

TEST(Simulate, ACompositeFollowsItsPartsAndARequirementItsMonitor) {
  EXPECT_THAT(run(monitored(), R"(timeline:
  - {at: 0s, monitor stock: up, monitor web: up}
  - {at: 1s, monitor login@a: up}
  - {at: 2s, monitor login@192.0.2.2: up}
  - {at: 3s, monitor web@b: down}
  - {at: 4s, monitor both@b: up}
  - {at: 5s, monitor stock: unknown}
)"),
              ElementsAre("0 ? -> nodata", "1000 nodata -> 192.0.2.1", "2000 192.0.2.1 -> 192.0.2.1 192.0.2.2",
                          "3000 192.0.2.1 192.0.2.2 -> 192.0.2.1", "4000 192.0.2.1 -> 192.0.2.1 192.0.2.2",
                          "5000 192.0.2.1 192.0.2.2 -> nodata"));
}

TEST(Simulate, AMonitorThatIsNowhereIsAFault) {
  const auto timeline =
      conf::load_timeline_text("timeline:\n  - {at: 0s, monitor wbe: up}\n  - {at: 0s, monitor web@c: up}\n", "t.yaml");
  const auto told = simulate(monitored(), timeline.value);
  ASSERT_EQ(told.faults.size(), 2U);
  EXPECT_THAT(to_string(told.faults[0]), HasSubstr("t.yaml:2:14: there is no monitor wbe"));
  EXPECT_THAT(to_string(told.faults[1]), HasSubstr("no wide-IP stands on monitor web at c; expected: monitor NAME"));
}

// What a receive_disable finds takes no new clients, and is no failure; as up and down do, it passes through
// composites.
TEST(Simulate, AMonitorMayFindAMemberDisabled) {
  EXPECT_THAT(run(monitored(), R"(timeline:
  - {at: 0s, monitor stock: up, monitor web: up, monitor login: up}
  - {at: 1s, monitor web@a: disabled}
  - {at: 2s, monitor web@a: up}
)"),
              ElementsAre("0 ? -> 192.0.2.1 192.0.2.2", "1000 192.0.2.1 192.0.2.2 -> 192.0.2.2",
                          "2000 192.0.2.2 -> 192.0.2.1 192.0.2.2"));
}

TEST(Simulate, OrdersOfOperatorsAreInForceUntilTheyAreTakenBack) {
  EXPECT_THAT(
      run(two_sites(), R"(timeline:
  - {at: 0s, site1/main: {state: ACTIVE, epoch: 3, lease: 10s}, site2: {state: STANDBY}}
  - {at: 5s, drain site2: on}
  - {at: 10s, site1: {state: STANDBY}, site2/main: {state: ACTIVE, epoch: 4}}
  - {at: 20s, drain site2: off}
  - {at: 25s, pin MySQL.example.com.: site2}
  - {at: 30s, site2: {state: STANDBY}, site1/main: {state: ACTIVE, epoch: 5}}
  - {at: 40s, pin mysql.example.com: off}
  - {at: 50s, drain site1/main@mysql.example.com: break_glass}
)"),
      ElementsAre("0 ? -> 192.0.2.11", "10000 192.0.2.11 -> servfail", "20000 servfail -> 192.0.2.12",
                  "30000 192.0.2.12 -> servfail", "40000 servfail -> 192.0.2.11", "50000 192.0.2.11 -> servfail"));
}

TEST(Simulate, AnOrderThatTheServerWouldRefuseIsAFault) {
  const auto faults = [](const std::string& step) {
    const auto timeline = conf::load_timeline_text(
        "timeline:\n  - {at: 0s, site1: {state: ACTIVE, epoch: 3, lease: 10s}}\n  - {at: 1s, " + step + "}\n",
        "t.yaml");
    EXPECT_TRUE(timeline.faults.empty());
    std::string out;
    for (const auto& fault : simulate(two_sites(), timeline.value).faults) out += to_string(fault);
    return out;
  };
  EXPECT_THAT(faults("drain site1: on"), HasSubstr("t.yaml:3:14: refused by at_least of mysql.example.com"));
  EXPECT_THAT(faults("pin mysql.example.com: site2"), HasSubstr("refused by pin_up"));
  EXPECT_THAT(faults("drain sit1: on"), HasSubstr("did you mean \"site1\"?"));
  EXPECT_THAT(faults("drain site2: off"), HasSubstr("there is no such order to take back"));
  EXPECT_THAT(faults("drain site2: on, pin mysql.example.com: site2"), HasSubstr("it contradicts another order"));
}

TEST(Simulate, SilenceThatIsToldTwiceBeganOnce) {
  EXPECT_THAT(run(two_sites(), R"(timeline:
  - {at: 1s, site1/main: {state: ACTIVE, epoch: 3, lease: 10s}}
  - {at: 12s, site1/main: silent}
  - {at: 30s, site1/main: silent}
until: 2m
)"),
              ElementsAre("0 ? -> servfail", "1000 servfail -> 192.0.2.11", "52000 192.0.2.11 -> servfail"));
}

// The journal of a control plane that really ran, over real HTTP.
struct Replay : House {
  std::vector<std::string> journal() {
    std::vector<std::string> out;
    const json all = json::parse(command("events", R"({"last":10000})").data);
    for (const json& event : all["events"]) out.push_back(event.dump());
    return out;
  }
  json replayed(const std::vector<std::string>& lines) {
    const auto config = conf::load_dnsd(folder.path() / "dnsd.yaml");
    for (const auto& fault : config.faults) ADD_FAILURE() << to_string(fault);
    const auto told = replay(config.value, lines);
    EXPECT_TRUE(told.has_value()) << told.error().message;
    if (!told) return {};
    json_schema::expect_valid("dnsd-simulate", *told);
    return json::parse(*told);
  }
  // A failover, a site that fails, a claim that is void, a return, a restart of the server.
  void live() {
    one.active(1, 1);
    start_and_wait();
    ASSERT_TRUE(comes_to_answer("192.0.2.11"));
    two.active(2, 2);
    ASSERT_TRUE(comes_to_answer("198.51.100.11"));
    one.spoil = [](const io::ServerRequest&, io::ServerResponse& response) { response.headers.clear(); };
    ASSERT_TRUE(run_until(loop, [&] { return !error_of("site1").empty(); }));
    one.spoil = nullptr;
    two.standby();
    ASSERT_TRUE(run_until(loop, [&] { return status()["wideips"][0]["reason_id"] == "held"; }));
    stop();
    start_and_wait();
    one.active(3, 1);
    ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  }
};

TEST_F(Replay, EveryDecisionOfARealRunComesOutAsRecorded) {
  live();
  const json told = replayed(journal());
  EXPECT_GE(told["decisions"], 4);
  EXPECT_EQ(told["as_recorded"], told["decisions"]);
  EXPECT_EQ(told["differences"], json::array());
  EXPECT_EQ(told["other_settings"], json::array());
  EXPECT_THAT(lines(told), ElementsAre("? -> 192.0.2.11 2001:db8::11", "192.0.2.11 2001:db8::11 -> 198.51.100.11",
                                       "198.51.100.11 -> 192.0.2.11 2001:db8::11"));
}

TEST_F(Replay, ADecisionThatWasTamperedWithStandsOut) {
  live();
  auto lines = journal();
  for (std::string& line : lines) {
    json event = json::parse(line);
    if (event["event"] != "decision" || event["answer"] != json({"198.51.100.11"})) continue;
    event["answer"] = {"203.0.113.66"};
    line = event.dump();
    break;
  }
  const json told = replayed(lines);
  ASSERT_EQ(told["differences"].size(), 1U);
  EXPECT_EQ(told["differences"][0]["recorded"]["answer"], json({"203.0.113.66"}));
  EXPECT_EQ(told["differences"][0]["now"]["answer"], json({"198.51.100.11"}));
  EXPECT_EQ(told["as_recorded"].get<int>() + 1, told["decisions"].get<int>());
}

TEST_F(Replay, AnotherConfigurationTellsWhatItWouldHaveAnswered) {
  live();
  const auto lines = journal();
  write_config("    on_none: {hold: 0s, then: nodata}\n");
  const json told = replayed(lines);
  EXPECT_EQ(told["other_settings"], json({"mysql.example.com"}));
  EXPECT_EQ(told["as_recorded"], 0);
  bool nodata = false;
  for (const json& change : told["changes"]) nodata |= change["to"]["outcome"] == "nodata";
  EXPECT_TRUE(nodata) << told["changes"];
  EXPECT_EQ(told["changes"].back()["to"]["answer"], json({"192.0.2.11", "2001:db8::11"}));
}

// Many names that are decided alike, with one line of the journal for all of them: the even ones share their addresses,
// each odd one has its own.
struct AlikeReplay : Replay {
  static constexpr int kNames = 40;

  static std::string name_of(int i) { return "n" + std::to_string(i) + ".example.com"; }
  void write_many(int names) {
    std::string text =
        "server: {id: ns1, listen: [\"127.0.0.1@0\"], workers: 1, state_dir: state, control: ctl}\n"
        "keys: [{id: d1, file: ecv.key, for: dnsd}]\n"
        "sites:\n  site1: {ecv: [\"" +
        one.url() + "\"]}\n  site2: {ecv: [\"" + two.url() +
        "\"]}\n"
        "zones: [{origin: example.com, file: example.com.zone}]\n"
        "wideips:\n";
    for (int i = 0; i < names; ++i) {
      const std::string host = std::to_string(i % 2 == 0 ? 100 : i);
      text += "  - {name: " + name_of(i) +
              ", method: active_writer, members: [{site: site1, pool: main, address: " + "192.0.2." + host +
              "}, {site: site2, pool: main, address: 198.51.100." + host + "}]}\n";
    }
    folder.write("dnsd.yaml", text);
  }
  // The file itself: `events` leaves out the lists of names.
  [[nodiscard]] std::vector<std::string> file() const {
    const auto told = io::read_journal(folder.path() / "state" / "events.jsonl");
    EXPECT_TRUE(told.has_value());
    return told ? *told : std::vector<std::string>{};
  }
  [[nodiscard]] bool name_comes_to(int i, const std::string& address) {
    return run_until(loop, [&] { return ask(name_of(i)).addresses == std::vector<std::string>{address}; });
  }
  // A failover; then a name of its own by an order, a reload with fewer names, and a failover again.
  void live() {
    write_many(kNames);
    one.active(1, 1);
    start_and_wait();
    ASSERT_TRUE(name_comes_to(1, "192.0.2.1"));
    two.active(2, 2);
    ASSERT_TRUE(name_comes_to(39, "198.51.100.39"));
    ASSERT_TRUE(name_comes_to(0, "198.51.100.100"));
  }
};

TEST_F(AlikeReplay, EveryAnswerOfEachNameComesOutAsRecorded) {
  live();
  const json told = replayed(file());
  EXPECT_GE(told["decisions"], 2);
  EXPECT_EQ(told["as_recorded"], told["decisions"]);
  EXPECT_EQ(told["answers_as_recorded"], kNames * told["decisions"].get<int>());
  EXPECT_EQ(told["without_names"], 0);
  EXPECT_EQ(told["differences"], json::array());
  EXPECT_EQ(told["other_settings"], json::array());
  int shared = 0;
  int own = 0;
  for (const json& change : told["changes"]) {
    const json answer = change["to"]["answer"];
    if (answer == json({"198.51.100.100"})) shared += change["names"].get<int>();
    if (answer == json({"198.51.100.7"})) own += change["name"] == name_of(7) ? 1 : 0;
  }
  EXPECT_EQ(shared, kNames / 2);
  EXPECT_EQ(own, 1);
  EXPECT_THAT(command("events", R"({"last":10000})").data, Not(HasSubstr(R"("event":"names")")));
}

TEST_F(AlikeReplay, WhoIsDecidedAlikeIsToldAnewWhenItChanges) {
  live();
  ASSERT_EQ(command("drain", R"({"what":"site1","wideip":"n3.example.com","for":"1h"})", "a try").exit, 0);
  one.active(3, 1);
  ASSERT_TRUE(name_comes_to(1, "192.0.2.1"));
  write_many(30);
  ASSERT_EQ(command("reload", "{}", "fewer").exit, 0);
  two.active(4, 2);
  ASSERT_TRUE(name_comes_to(29, "198.51.100.29"));
  write_many(kNames);
  const json told = replayed(file());
  EXPECT_EQ(told["as_recorded"], told["decisions"]);
  EXPECT_EQ(told["without_names"], 0);
  EXPECT_EQ(told["differences"], json::array());
  EXPECT_EQ(told["other_settings"], json::array());
}

TEST_F(AlikeReplay, WhatIsOtherwiseStandsOut) {
  live();
  auto lines_of_it = file();
  auto tampered = lines_of_it;
  for (std::string& line : tampered) {
    json event = json::parse(line);
    if (event["event"] != "decision" || event["answer"] != json({"198.51.100.100"})) continue;
    event["from"] = {0};
    line = event.dump();
  }
  json told = replayed(tampered);
  ASSERT_FALSE(told["differences"].empty());
  EXPECT_EQ(told["differences"][0]["recorded"]["answer"], json({"192.0.2.100"}));
  EXPECT_EQ(told["differences"][0]["names"], kNames / 2);
  EXPECT_LT(told["as_recorded"], told["decisions"]);

  // Names that are gone, or have other addresses today.
  write_many(kNames - 1);
  told = replayed(lines_of_it);
  EXPECT_EQ(told["other_settings"], json({name_of(39)}));
  EXPECT_EQ(told["as_recorded"], 0);
  EXPECT_EQ(told["answers_as_recorded"], (kNames - 1) * told["decisions"].get<int>());

  // Without the lists, as an older dnsd wrote it.
  write_many(kNames);
  std::erase_if(lines_of_it, [](const std::string& line) { return json::parse(line)["event"] == "names"; });
  told = replayed(lines_of_it);
  EXPECT_EQ(told["as_recorded"], told["decisions"]);
  EXPECT_EQ(told["without_names"], (kNames - 1) * told["decisions"].get<int>());
}

// Members that monitors look at, and one more that the wide-IP requires.
struct MonitoredReplay : Replay {
  std::map<std::string, int> codes{{"/a", 200}, {"/b", 200}, {"/c", 200}};
  std::unique_ptr<io::HttpServer> web = *io::HttpServer::listen(
      loop, {base::IpAddress::v4({127, 0, 0, 1}), 0}, {}, io::answer_at_once([this](const io::ServerRequest& request) {
        return io::ServerResponse{codes[request.path], ""};
      }));

  void write_monitored(const std::string& settings) {
    std::string text =
        "server: {id: ns1, listen: [\"127.0.0.1@0\"], workers: 1, state_dir: state, control: ctl}\n"
        "zones: [{origin: example.com, file: example.com.zone}]\n"
        "wait_first_round: 30s\n"
        "monitors:\n";
    for (const std::string name : {"a", "b", "c"}) {
      text += "  - {name: " + name + ", kind: http, address: 127.0.0.1, port: " + std::to_string(web->address().port) +
              ", path: /" + name + ", interval: 500ms, interval_down: 100ms, timeout: 500ms, rise: 1, fall: 2}\n";
    }
    text +=
        "  - {name: all_of_it, kind: all, of: [c]}\n"
        "wideips:\n"
        "  - {name: shop.example.com, requires: [all_of_it], members: [{name: a, address: 192.0.2.81, monitor: a}, "
        "{name: b, address: 192.0.2.82, monitor: b}], " +
        settings + "}\n";
    folder.write("dnsd.yaml", text);
  }
  // All that anybody gets, or the outcome.
  [[nodiscard]] bool comes_to(const std::vector<std::string>& wanted) {
    return run_until(loop, [&] {
      const json shown = json::parse(command("status").data)["wideips"][0];
      const bool answers = shown["outcome"] == "answer";
      return wanted == (answers ? shown["answer"].get<std::vector<std::string>>()
                                : std::vector<std::string>{shown["outcome"].get<std::string>()});
    });
  }
  void live() {
    write_monitored("method: round_robin, on_none: nodata");
    start_and_wait();
    ASSERT_TRUE(comes_to({"192.0.2.81", "192.0.2.82"}));
    codes["/a"] = 500;
    ASSERT_TRUE(comes_to({"192.0.2.82"}));
    codes["/c"] = 500;
    ASSERT_TRUE(comes_to({"nodata"}));
    stop();
    start_and_wait();
    ASSERT_TRUE(comes_to({"nodata"}));
    codes["/c"] = 200;
    ASSERT_TRUE(comes_to({"192.0.2.82"}));
    codes["/a"] = 200;
    ASSERT_TRUE(comes_to({"192.0.2.81", "192.0.2.82"}));
  }
};

TEST_F(MonitoredReplay, EveryDecisionComesOutAsRecorded) {
  live();
  const json told = replayed(journal());
  EXPECT_GE(told["decisions"], 6);
  EXPECT_EQ(told["as_recorded"], told["decisions"]);
  EXPECT_EQ(told["differences"], json::array());
  EXPECT_THAT(lines(told), ::testing::IsSupersetOf({"192.0.2.81 192.0.2.82 -> 192.0.2.82", "192.0.2.82 -> nodata"}));
}

TEST_F(MonitoredReplay, AnotherConfigurationIsToldWhatTheMonitorsFound) {
  live();
  const auto lines_of_it = journal();
  write_monitored("method: global_availability, on_none: servfail");
  const json told = replayed(lines_of_it);
  EXPECT_EQ(told["other_settings"], json({"shop.example.com"}));
  EXPECT_THAT(lines(told), ::testing::IsSupersetOf({"192.0.2.81 -> 192.0.2.82", "192.0.2.82 -> servfail",
                                                    "servfail -> 192.0.2.82", "192.0.2.82 -> 192.0.2.81"}));
}

TEST_F(Replay, WhatAFirstRoundFoundNobodyForIsWrittenDownAtItsEnd) {
  one.standby();
  start_and_wait();
  const json told = replayed(journal());
  EXPECT_THAT(lines(told), ElementsAre("? -> servfail"));
}

TEST_F(Replay, AnotherConfigurationForgetsWhatWasForgotten) {
  one.active(900, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  one.standby();
  ASSERT_TRUE(run_until(loop, [&] { return this->status()["wideips"][0]["reason_id"] == "held"; }));
  EXPECT_EQ(command("forget-epoch", R"({"pool":"main"})", "rebuilt").exit, 0);
  two.active(1, 2);
  ASSERT_TRUE(comes_to_answer("198.51.100.11"));
  const auto lines_of_it = journal();
  write_config("    ttl: 7\n");
  EXPECT_THAT(lines(replayed(lines_of_it)), ::testing::Contains("192.0.2.11 2001:db8::11 -> 198.51.100.11"));
}

TEST_F(Replay, EventsSayWhichLinesOfTheJournalAreNone) {
  start_and_wait();
  std::ofstream(folder.path() / "state" / "events.jsonl", std::ios::app) << "garbage\n";
  const std::string data = command("events").data;
  json_schema::expect_valid("dnsd-events", data);
  const json all = json::parse(data);
  EXPECT_EQ(all["skipped"], 1);
  ASSERT_EQ(all["skips"].size(), 1U);
  EXPECT_THAT(all["skips"][0].get<std::string>(), HasSubstr("events.jsonl:"));
}

TEST(ReplayOfNothing, IsAnError) {
  const conf::Dnsd config = two_sites();
  EXPECT_THAT(replay(config, {}).error().message, HasSubstr("it is no journal, or an empty one"));
  EXPECT_FALSE(
      replay(config, std::vector<std::string>{"nonsense", "[]", R"({"time":"x","event":"start"})"}).has_value());
  EXPECT_THAT(replay(config, std::vector<std::string>{R"({"time":"x","event":"start","at_us":5})"}).error().message,
              HasSubstr("no decisions with their inputs: nothing happened"));
  const std::string older = R"({"time":"x","event":"decision","name":"mysql.example.com","answer":["192.0.2.11"]})";
  EXPECT_EQ(replay(config, std::vector<std::string>{older}).error().message,
            "its decisions stand without their inputs: an older dnsd wrote it");
  EXPECT_THAT(
      replay(config, std::vector<std::string>{older, R"({"time":"x","event":"start","at_us":5})"}).error().message,
      HasSubstr("1 without them, of an older dnsd"));
}

TEST(ReplayOfNothing, AnyLinesAreRead) {
  const conf::Dnsd config = two_sites();
  for (
      const char* line :
      {R"({"event":"decision","at_us":-9223372036854775808,"memory":{},"name":"mysql.example.com","members":[1,{},[]]})",
       R"({"event":"decision","at_us":9223372036854775807,"memory":{},"name":"x","members":{}})",
       R"({"event":"input","at_us":1})", R"({"event":"probe","at_us":1})"}) {
    (void)replay(config, std::vector<std::string>{line, line});
  }
}

}  // namespace
}  // namespace control::test
