// The control plane whole, over real sockets (house.h).
#include "dnsd/control/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/io/udp.h"
#include "ecv/datagram.h"
#include "house.h"

namespace control::test {
namespace {

using ::testing::HasSubstr;

TEST_F(House, AnswersTheActiveSiteOnceTheFirstRoundIsOver) {
  one.active(1, 1);
  start_and_wait();
  const DnsAnswer a = ask();
  EXPECT_EQ(a.rcode, wire::kNoError);
  EXPECT_EQ(a.addresses, std::vector<std::string>{"192.0.2.11"});
  EXPECT_EQ(a.ttl_s, 5U);
  EXPECT_EQ(ask("mysql.example.com", wire::kTypeAaaa).addresses, std::vector<std::string>{"2001:db8::11"});
  EXPECT_EQ(ask("www.example.com").addresses, std::vector<std::string>{"192.0.2.80"});
}

TEST_F(House, AProcessMayListenBeforeItDecides) {
  one.active(3, 1);
  listen_first = true;
  start_and_wait();
  EXPECT_TRUE(comes_to_answer("192.0.2.11"));
  EXPECT_EQ(command("status").exit, 0);
}

TEST_F(House, APausedProcessDecidesNothingUntilItGoesOn) {
  one.active(1, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  running->control->pause();
  one.standby();
  two.active(2, 2);
  const auto asked = two.requests();
  ASSERT_TRUE(run_until(loop, [&] { return two.requests() > asked + 2; })) << "it still listens";
  EXPECT_TRUE(answers("192.0.2.11"));
  std::optional<bool> reloaded_now;
  running->control->reload("test", "", [&](const ReloadOutcome& outcome) { reloaded_now = outcome.done; });
  EXPECT_EQ(reloaded_now, std::optional(false)) << "refused at once";
  running->control->resume();
  EXPECT_TRUE(comes_to_answer("198.51.100.11"));
  EXPECT_EQ(command("status").exit, 0);
}

TEST_F(House, AMemberWithIPv4OnlyIsNodataForAaaa) {
  two.active(1, 2);
  start_and_wait();
  const DnsAnswer aaaa = ask("mysql.example.com", wire::kTypeAaaa);
  EXPECT_EQ(aaaa.rcode, wire::kNoError);
  EXPECT_TRUE(aaaa.addresses.empty());
}

// How long it takes is measured by tests/func/measure_claim_change.
TEST_F(House, AChangeOfTheClaimComesWithTheRequestThatWaitsForIt) {
  one.active(1, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  for (std::uint64_t counter = 2; counter < 12; ++counter) {
    const bool to_two = counter % 2 == 0;
    run_for(loop, base::milliseconds(30));  // the next long poll is under way
    const auto asked = one.requests() + two.requests();
    (to_two ? one : two).standby();
    to_two ? two.active(counter, 2) : one.active(counter, 1);
    const auto from = base::read_boot_clock();
    const std::string wanted = to_two ? "198.51.100.11" : "192.0.2.11";
    while (!answers(wanted)) {
      ASSERT_LT(base::read_boot_clock() - from, base::seconds(5));
      loop.run_once(false);
    }
    // Each site may have been asked once more, after its answer; the news itself needed no request.
    EXPECT_LE(one.requests() + two.requests() - asked, 2U) << counter;
  }
}

TEST_F(House, ForgedReplayedTruncatedAndOversizedAnswersChangeNothingAndAreCounted) {
  one.active(5, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  using Spoil = SignedSite::Spoil;
  const std::vector<std::pair<std::string, Spoil>> tricks = {
      {"unsigned", [](const auto&, auto& r) { r.headers.clear(); }},
      {"bad_mac", [](const auto&, auto& r) { r.headers[0].second = "x"; }},
      {"mac_mismatch",
       [](const auto&, auto& r) { r.body[r.body.size() / 2] = static_cast<char>(r.body[r.body.size() / 2] ^ 1); }},
      {"mac_mismatch", [](const auto&, auto& r) { r.body.resize(r.body.size() / 2); }},
      {"too_large", [](const auto&, auto& r) { r.body.append(2 << 20, ' '); }},
      {"status", [](const auto&, auto& r) { r.status = 404; }},
  };
  for (const auto& [reason, trick] : tricks) {
    two.spoil = trick;
    two.active(9, 2);
    const std::string wanted = reason;
    ASSERT_TRUE(run_until(loop, [&] { return error_of("site2").rfind(wanted, 0) == 0; })) << reason;
    EXPECT_TRUE(answers("192.0.2.11")) << reason;
  }
  two.spoil = {};
  EXPECT_TRUE(comes_to_answer("198.51.100.11"));
}

TEST_F(House, ReplayedReportsAndReportsOfAnotherSiteAreRefused) {
  one.active(5, 1);
  start_and_wait();
  two.edit = [](ecv::Report& r) { r.site = "site1"; };
  two.active(9, 2);
  ASSERT_TRUE(run_until(loop, [&] { return error_of("site2").rfind("wrong_site", 0) == 0; }));
  two.edit = [](ecv::Report& r) { r.pool = "other"; };
  ASSERT_TRUE(run_until(loop, [&] { return error_of("site2").rfind("wrong_pool", 0) == 0; }));
  two.edit = [](ecv::Report& r) { r.seq = 1; };
  ASSERT_TRUE(run_until(loop, [&] { return error_of("site2").rfind("replayed", 0) == 0; }));
  EXPECT_TRUE(answers("192.0.2.11"));
}

TEST_F(House, ARecordedAnswerPlayedAgainIsNoAnswerToANewRequest) {
  one.active(5, 1);
  start_and_wait();
  io::ServerResponse recorded;
  one.spoil = [&](const auto&, auto& r) { recorded = r; };
  ASSERT_TRUE(run_until(loop, [&] { return !recorded.body.empty(); }));
  one.spoil = [&](const auto&, auto& r) { r = recorded; };
  ASSERT_TRUE(run_until(loop, [&] { return error_of("site1").rfind("mac_mismatch", 0) == 0; }));
  two.active(6, 2);
  EXPECT_TRUE(comes_to_answer("198.51.100.11"));
}

TEST_F(House, SilenceHoldsTheAnswerAtMinTtlAndARestartKeepsIt) {
  one.active(7, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  one.mute = two.mute = true;
  ASSERT_TRUE(run_until(loop, [&] { return ask().ttl_s == 1; }));
  EXPECT_TRUE(answers("192.0.2.11"));
  stop();
  start_and_wait();  // nobody answers: ready after the bounded wait
  EXPECT_TRUE(answers("192.0.2.11"));
  EXPECT_EQ(ask().ttl_s, 1U);
  // A claim of before does not turn it back.
  one.mute = two.mute = false;
  one.standby();
  two.active(6, 2);
  run_for(loop, base::milliseconds(600));
  EXPECT_TRUE(answers("192.0.2.11"));
  EXPECT_THAT(status()["wideips"][0]["members"][1]["detail"].get<std::string>(), HasSubstr("void"));
  two.active(8, 2);
  EXPECT_TRUE(comes_to_answer("198.51.100.11"));
}

TEST_F(House, ACorruptMemoryIsAnAlarmAndNoCrash) {
  one.active(7, 1);
  start_and_wait();
  stop();
  folder.write("state/memory.0", "rubbish");
  folder.write("state/memory.1", "rubbish");
  start_and_wait();
  EXPECT_TRUE(comes_to_answer("192.0.2.11"));
}

TEST_F(House, RequestsCarryOurIdAndTheHighestEpochAccepted) {
  one.active(7, 1);
  start_and_wait();
  const std::size_t before = two.requests();
  ASSERT_TRUE(run_until(loop, [&] { return two.requests() > before + 1; }));
  EXPECT_THAT(two.targets().back(), HasSubstr("from=ns1"));
  EXPECT_THAT(two.targets().back(), HasSubstr("max_epoch=" + std::to_string(ecv::Epoch::make(7, 1).value)));
}

TEST_F(House, AnIdleSiteIsPolledFourTimesASecondNotMore) {
  one.active(1, 1);
  two.holds = false;
  start_and_wait();
  run_for(loop, base::milliseconds(300));
  const std::size_t holding = one.requests();
  const std::size_t not_holding = two.requests();
  run_for(loop, base::seconds(2));
  EXPECT_LE(one.requests() - holding, 10U);
  EXPECT_LE(two.requests() - not_holding, 10U);
  EXPECT_GE(one.requests() - holding, 6U);
}

TEST_F(House, AReloadWithFaultsKeepsTheOldConfigurationAndNamesThem) {
  one.active(1, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  write_config("    ttl: many\n    nonsense: 1\n");
  const io::ControlReply reply = command("reload");
  EXPECT_EQ(reply.exit, 2);
  EXPECT_THAT(reply.error, HasSubstr("nothing was changed"));
  EXPECT_GE(json::parse(reply.data)["faults"].size(), 2U);
  EXPECT_TRUE(answers("192.0.2.11"));
  EXPECT_EQ(status()["generation"], 1);
  EXPECT_TRUE(reloaded.empty()) << "the data plane is told only of what is in force";
}

TEST_F(House, AChangeOfAFileReloadsWhereThatIsWanted) {
  one.active(1, 1);
  folder.write("more.inc", "inc IN A 192.0.2.82\n");
  folder.write("example.com.zone", std::string(kZone) + "$INCLUDE more.inc\n");
  folder.write("dnsd.yaml", base::read_file(folder.path() / "dnsd.yaml", 1 << 16).value() + "reload_on_change: true\n");
  start_and_wait();
  const auto comes = [&](const std::string& name, const std::string& address) {
    while (ask(name).addresses != std::vector<std::string>{address}) loop.run_once(true);
  };
  folder.write("more.inc", "inc IN A 192.0.2.83\n");
  comes("inc.example.com", "192.0.2.83");
  folder.write("more.inc", "inc IN A 300.0.0.1\n");
  while (status()["zones"][0]["error"] == "") loop.run_once(true);
  EXPECT_EQ(ask("inc.example.com").addresses, std::vector<std::string>{"192.0.2.83"}) << "the last good version";
  folder.write("more.inc", "inc IN A 192.0.2.84\n");
  comes("inc.example.com", "192.0.2.84");
  folder.write("example.com.zone", std::string(kZone) + "new IN A 192.0.2.85\n");
  comes("new.example.com", "192.0.2.85");
}

TEST_F(House, AReloadTellsTheDataPlane) {
  one.active(1, 1);
  start_and_wait();
  folder.write("dnsd.yaml",
               base::read_file(folder.path() / "dnsd.yaml", 1 << 16).value() + "rate_limit: {responses: 7}\n");
  EXPECT_EQ(command("reload").exit, 0);
  ASSERT_EQ(reloaded.size(), 1U);
  EXPECT_EQ(reloaded[0].rate_limit.responses, 7U);
}

TEST_F(House, AReloadKeepsClaimsAndMemoryOfUnchangedMembers) {
  one.active(1, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  write_config("    ttl: 30\n");
  const io::ControlReply reply = command("reload");
  EXPECT_EQ(reply.exit, 0);
  EXPECT_EQ(json::parse(reply.data)["generation"], 2);
  const DnsAnswer a = ask();  // without a new report
  EXPECT_EQ(a.addresses, std::vector<std::string>{"192.0.2.11"});
  EXPECT_EQ(a.ttl_s, 30U);
  EXPECT_EQ(status()["generation"], 2);
  two.active(2, 2);
  EXPECT_TRUE(comes_to_answer("198.51.100.11"));
}

TEST_F(House, AReloadThatBringsAnotherNameInFrontMixesNoAnswers) {
  one.active(1, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  write_config(
      "    members:\n      - {site: site2, pool: main, address: [203.0.113.1]}\n  - name: mysql.example.com\n");
  std::string text = *base::read_file(folder.path() / "dnsd.yaml", 1 << 16);
  text.replace(text.find("name: mysql.example.com"), 23, "name: first.example.com");
  folder.write("dnsd.yaml", text);
  const io::ControlReply reply = command("reload");
  EXPECT_EQ(reply.exit, 0) << reply.error;
  EXPECT_TRUE(answers("192.0.2.11"));
  EXPECT_EQ(ask("first.example.com").rcode, wire::kServFail);
  two.active(2, 2);
  EXPECT_TRUE(comes_to_answer("198.51.100.11"));
  EXPECT_EQ(ask("first.example.com").addresses, std::vector<std::string>{"203.0.113.1"});
}

// A server with a key for peers, and the site that asks for its vote.
struct WitnessHouse : House {
  std::vector<ecv::Datagram> heard;
  std::unique_ptr<io::UdpSocket> site = *io::UdpSocket::bind(
      loop, {*base::IpAddress::parse("127.0.0.1"), 0}, [this](base::ByteView bytes, const base::SocketAddress&) {
        const auto decoded = ecv::decode(bytes, ecv::KeyRing({peers_key()}, ecv::Purpose::kPeers));
        if (decoded.fault == ecv::DatagramFault::kNone) heard.push_back(decoded.datagram);
      });
  std::uint64_t seq = 0;

  static ecv::Key peers_key() {
    auto out = key("p1", 9);
    out.purpose = ecv::Purpose::kPeers;
    return out;
  }
  WitnessHouse() {
    std::string secret;
    for (int i = 0; i < 32; ++i) secret += "09";
    folder.write("peer.key", secret);
    write("");
  }
  void write(const std::string& extra, const std::string& relay = "127.0.0.1@0") {
    folder.write("dnsd.yaml",
                 "server: {id: ns1, listen: [\"127.0.0.1@0\"], workers: 1, state_dir: state, control: ctl}\n"
                 "relay: {listen: \"" +
                     relay +
                     "\"}\n"
                     "keys:\n  - {id: d1, file: ecv.key, for: dnsd}\n"
                     "  - {id: p1, file: peer.key, for: peers}\n"
                     "sites:\n  site1: {ecv: [\"" +
                     one.url() + "\"], peer: [\"" + site->address().to_string() + "\"]}\n  site2: {ecv: [\"" +
                     two.url() +
                     "\"]}\n"
                     "zones: [{origin: example.com, file: example.com.zone}]\n"
                     "wideips:\n  - name: mysql.example.com\n    service_test: none\n" +
                     extra +
                     "    members:\n"
                     "      - {site: site1, pool: main, address: 192.0.2.11}\n"
                     "      - {site: site2, pool: main, address: 198.51.100.11}\n");
  }
  // The next answer to a request for the vote.
  ecv::Answer vote() {
    for (int i = 0; i < 5; ++i) {
      ecv::Datagram d;
      d.pool = "main";
      d.from = "site1";
      d.to = "ns1";
      d.boot_id = 3;
      d.seq = ++seq;
      d.nonce = seq;
      d.echo = heard.empty() ? 0 : heard.back().nonce;
      d.grant_wait_ms = 200;
      d.want = ecv::Want::kPromote;
      const auto before = heard.size();
      (void)site->send(*running->control->relay_address(), *ecv::encode(d, peers_key()));
      EXPECT_TRUE(run_until(loop, [&] { return heard.size() > before; }));
      if (!heard.empty() && !heard.back().answers.empty()) return heard.back().answers[0];
    }
    return {};
  }
};

// Protocol.md section 1, mode B; rule 5.
TEST_F(WitnessHouse, VotesAtTheRelayPortAndShowsItEverywhere) {
  start_and_wait();
  EXPECT_EQ(vote().reason, "moratorium");
  run_for(loop, base::milliseconds(250));
  EXPECT_EQ(vote().kind, ecv::AnswerKind::kGrant);
  const json all = status()["votes"];
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["holder"], "site1");
  EXPECT_EQ(all[0]["pool"], "main");
  EXPECT_GE(all[0]["refusals"]["moratorium"], 1);
  EXPECT_GT(all[0]["left_ms"], 0);
  const json explained = json::parse(command("explain", R"({"name":"mysql.example.com"})").data);
  EXPECT_EQ(explained["votes"][0]["holder"], "site1");
  EXPECT_THAT(command("events").data, HasSubstr(R"("event":"vote")"));
  // A reload keeps the promise; it runs out by itself, and that is told without a request.
  write("    ttl: 7\n");
  EXPECT_EQ(command("reload", "{}", "ttl").exit, 0);
  EXPECT_EQ(status()["votes"][0]["moratorium"], false);
  ASSERT_TRUE(run_until(loop, [&] { return status()["votes"][0]["holder"] == ""; }));
}

// What is not believed at the relay port is counted, and `status` names it.
TEST_F(WitnessHouse, StatusNamesWhatIsRefused) {
  start_and_wait();
  vote();
  const auto refused = [&](const std::string& reason) {
    const json all = status()["refused"];
    for (const auto& each : all) {
      if (each["reason"] == reason) return each["count"].get<int>();
    }
    return 0;
  };
  const auto send = [&](const ecv::Datagram& d, const ecv::Key& signer) {
    (void)site->send(*running->control->relay_address(), *ecv::encode(d, signer));
  };
  ecv::Datagram d;
  d.pool = "main";
  d.from = "site1";
  d.to = "ns1";
  d.boot_id = 3;
  d.seq = seq;  // of the last request
  d.nonce = 1;
  for (int i = 0; i < 3; ++i) send(d, peers_key());
  EXPECT_TRUE(
      run_until(loop, [&] { return refused("replayed or overtaken, or of a site that is not known here") >= 2; }));
  d.version = 2;
  send(d, peers_key());
  EXPECT_TRUE(run_until(loop, [&] { return refused("of another protocol version") == 1; }));
  d.version = 1;
  send(d, key("d1", 8));
  EXPECT_TRUE(run_until(loop, [&] { return refused("its signature does not match") == 1; }));
  d.to = "ns2";
  send(d, key("d1", 7));
  EXPECT_TRUE(run_until(loop, [&] { return refused("for another server") == 1; }));
  send(d, peers_key());
  EXPECT_TRUE(run_until(loop, [&] { return refused("asks for a vote that is not this server's") == 1; }));
}

TEST_F(House, AnEpochFromTheFarFutureIsRefusedCountedAndNamed) {
  one.active(9, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  two.active((1ULL << 56U) - 1, 2);
  EXPECT_TRUE(run_until(loop, [&] { return status()["refused"].dump().find("far future") != std::string::npos; }));
  EXPECT_TRUE(answers("192.0.2.11"));
  two.active(8, 2);  // a counter that wrapped, or went back
  run_for(loop, base::milliseconds(300));
  EXPECT_TRUE(answers("192.0.2.11"));
  EXPECT_EQ(status()["wideips"][0]["members"][1]["value"], "DOWN");
}

// Two processes of one name could give one vote away twice.
TEST_F(WitnessHouse, ASecondProcessDoesNotGetTheVotersPort) {
  start_and_wait();
  write("", running->control->relay_address()->to_string());
  const auto loaded = conf::load_dnsd(folder.path() / "dnsd.yaml");
  snapshot::Publisher publisher;
  Control second(loop, loaded.value, Options{folder.path() / "dnsd.yaml", {}, {}}, publisher, board);
  const auto bound = second.bind();
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().message, HasSubstr("another voter of this name may be running"));
}

TEST_F(House, APlainServerKeepsTheMemoryForWideIpsThatAReloadBrings) {
  one.active(9, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  stop();
  const std::string whole = *base::read_file(folder.path() / "dnsd.yaml", 1 << 16);
  folder.write("dnsd.yaml", whole.substr(0, whole.find("wideips:")));
  start_and_wait();
  one.standby();
  two.active(8, 2);
  folder.write("dnsd.yaml", whole);
  EXPECT_EQ(command("reload").exit, 0);
  run_for(loop, base::milliseconds(300));
  EXPECT_TRUE(answers("192.0.2.11"));
}

TEST_F(House, AReloadThatNeedsARestartSaysSoAndChangesNothing) {
  one.active(1, 1);
  start_and_wait();
  write_config("    ttl: 30\n", "127.0.0.2@0");
  const io::ControlReply reply = command("reload");
  EXPECT_EQ(reply.exit, 1);
  EXPECT_THAT(reply.error, HasSubstr("restart needed"));
  EXPECT_THAT(reply.error, HasSubstr("server.listen"));
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  EXPECT_EQ(ask().ttl_s, 5U);
}

TEST_F(House, AZoneFileWithAFaultKeepsTheLastGoodZone) {
  one.active(1, 1);
  start_and_wait();
  folder.write("example.com.zone", std::string(kZone) + "broken IN A 300.1.1.1\n");
  const io::ControlReply reply = command("reload");
  EXPECT_EQ(reply.exit, 1);
  EXPECT_THAT(reply.error, HasSubstr("example.com.zone:7"));
  EXPECT_EQ(ask("www.example.com").addresses, std::vector<std::string>{"192.0.2.80"});
  const json zone = status()["zones"][0];
  EXPECT_TRUE(zone["loaded"].get<bool>());
  EXPECT_THAT(zone["error"].get<std::string>(), HasSubstr("300.1.1.1"));
  folder.write("example.com.zone", std::string(kZone) + "new IN A 192.0.2.81\n");
  EXPECT_EQ(command("reload").exit, 0);
  EXPECT_EQ(ask("new.example.com").addresses, std::vector<std::string>{"192.0.2.81"});
  EXPECT_EQ(status()["zones"][0]["error"], "");
}

TEST_F(House, StatusAndExplainTellTheTruth) {
  one.active(3, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  const json all = status();
  const json& wide = all["wideips"][0];
  EXPECT_EQ(all["id"], "ns1");
  EXPECT_TRUE(all["ready"].get<bool>());
  EXPECT_EQ(wide["answer"], json::parse(R"(["192.0.2.11","2001:db8::11"])"));
  EXPECT_EQ(wide["counter"], 3);
  EXPECT_EQ(wide["epoch"], ecv::Epoch::make(3, 1).value);
  EXPECT_EQ(wide["members"][0]["value"], "UP");
  EXPECT_EQ(wide["members"][0]["state"], "ACTIVE");
  EXPECT_GT(wide["members"][0]["lease_ms"], 0);
  EXPECT_EQ(wide["members"][1]["value"], "DOWN");
  EXPECT_EQ(all["sites"][0]["paths"][0]["url"], one.url());

  const json told = json::parse(command("explain", R"({"name":"MySQL.example.com."})").data);
  EXPECT_EQ(told["name"], "mysql.example.com");
  EXPECT_GE(told["steps"].size(), 5U);
  EXPECT_EQ(told["inputs"].size(), 2U);
  EXPECT_EQ(told["inputs"][0]["verdict"], "live");
  EXPECT_LT(told["inputs"][0]["age_ms"], 2000);
  EXPECT_EQ(told["memory"]["counter"], 3);
  EXPECT_EQ(command("explain", R"({"name":"mysq.example.com"})").exit, 1);
  EXPECT_THAT(command("explain", R"({"name":"mysq.example.com"})").error, HasSubstr("did you mean"));
  EXPECT_EQ(command("dance").exit, 2);
}

TEST_F(House, ForgetEpochNeedsAReasonAndIsWrittenDown) {
  one.active(900, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  one.standby();
  two.active(1, 2);
  run_for(loop, base::milliseconds(100));
  EXPECT_TRUE(answers("192.0.2.11"));
  EXPECT_EQ(command("forget-epoch", R"({"pool":"main"})").exit, 2);
  EXPECT_EQ(command("forget-epoch", R"({"pool":"unknown"})", "test").exit, 1);
  EXPECT_EQ(command("forget-epoch", R"({"pool":"main"})", "rebuilt").exit, 0);
  EXPECT_TRUE(comes_to_answer("198.51.100.11"));
  const json events = json::parse(command("events", R"({"last":1000})").data)["events"];
  const auto has = [&](const char* key, const std::string& value) {
    return std::any_of(events.begin(), events.end(), [&](const json& e) { return e.value(key, "") == value; });
  };
  EXPECT_TRUE(has("command", "forget-epoch"));
  EXPECT_TRUE(has("reason", "rebuilt"));
  EXPECT_TRUE(has("event", "decision"));
  EXPECT_TRUE(has("event", "input"));
  EXPECT_TRUE(has("event", "start"));
}

TEST_F(House, TwoClaimsWithOneCounterHoldTheAnswer) {
  one.active(3, 1);
  start_and_wait();
  ASSERT_TRUE(comes_to_answer("192.0.2.11"));
  one.active(4, 1);
  ASSERT_TRUE(run_until(loop, [&] { return status()["wideips"][0]["counter"] == 4; }));
  two.active(4, 2);
  ASSERT_TRUE(run_until(loop, [&] { return status()["wideips"][0]["alarm"].get<bool>(); }));
  EXPECT_TRUE(answers("192.0.2.11"));
  EXPECT_EQ(status()["wideips"][0]["members"][0]["value"], "CONFLICT");
}

}  // namespace
}  // namespace control::test
