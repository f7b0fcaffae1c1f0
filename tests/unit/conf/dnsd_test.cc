#include "conf/dnsd.h"

#include <gmock/gmock.h>

#include "files.h"

namespace conf {
namespace {

using test::dnsd;
using test::good_files;
using test::kDnsd;
using test::kSecret;
using test::lines;
using test::with;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::SizeIs;

// The single fault of a text, or all of them if there are more.
std::string fault(const std::string& text, const test::Files& files = good_files()) {
  return lines(dnsd(text, files).faults);
}

TEST(Dnsd, LoadsTheWholeFile) {
  const auto loaded = dnsd(kDnsd);
  ASSERT_EQ(lines(loaded.faults), "");
  EXPECT_EQ(lines(loaded.warnings), "");
  const Dnsd& d = loaded.value;
  EXPECT_EQ(d.server.id, "ns1");
  ASSERT_THAT(d.server.listen, SizeIs(1));
  EXPECT_EQ(d.server.listen[0].to_string(), "127.0.0.1@53");
  EXPECT_EQ(d.stats->listen.to_string(), "127.0.0.1@8053");
  EXPECT_EQ(d.relay->port, 8055);
  ASSERT_THAT(d.keys, SizeIs(1));
  EXPECT_EQ(d.keys[0].key.id, "d1");
  EXPECT_EQ(d.keys[0].key.secret[1], 0x11);
  EXPECT_EQ(d.ring().at(0).purpose, ecv::Purpose::kDnsd);
  ASSERT_THAT(d.sites, SizeIs(2));
  EXPECT_EQ(d.sites[1].name, "site2");
  EXPECT_EQ(d.sites[0].ecv[1], "http://192.0.2.11:8054");
  EXPECT_EQ(d.sites[0].peer[0].to_string(), "10.0.11.1@8055");
  EXPECT_EQ(d.zones.at(0).file, "example.com.zone");
  const WideIp& w = d.wideips.at(0);
  EXPECT_EQ(w.name, "mysql.example.com");
  EXPECT_EQ(w.ttl_s, 5U);
  EXPECT_EQ(w.on_none.hold, std::chrono::minutes(5));
  EXPECT_EQ(w.on_none.then, OnNone::kServfail);
  ASSERT_THAT(w.members, SizeIs(2));
  EXPECT_TRUE(w.members[0].addresses[1].is_v6());
  EXPECT_EQ(w.members[1].site_at.line, 21);
  EXPECT_EQ(w.members[1].site_at.column, 16);
}

TEST(Dnsd, APlainServerNeedsServerAndZonesOnly) {
  const auto loaded = dnsd("server: {id: ns1}\nzones: [{origin: example.com, file: example.com.zone}]\n");
  ASSERT_EQ(lines(loaded.faults), "");
  const auto& server = loaded.value.server;
  EXPECT_EQ(server.listen.size(), 2U);
  EXPECT_EQ(server.workers, 0);
  EXPECT_EQ(server.state_dir, "/var/lib/wideip/dnsd");
  EXPECT_EQ(server.control, "/run/wideip/dnsd.sock");
  EXPECT_EQ(server.udp_payload, 1232);
  EXPECT_EQ(server.tcp_idle_timeout, base::seconds(10));
  EXPECT_EQ(loaded.value.poll, base::milliseconds(250));
  EXPECT_FALSE(loaded.value.stats);
}

TEST(Dnsd, AnEmptyFileMissesWhatIsRequired) {
  EXPECT_THAT(fault(""),
              ContainsRegex("dnsd.yaml:1:1: missing key \"server\"[^\n]*\ndnsd.yaml:1:1: missing key \"zones\""));
}

// The issue's promise: a file with ten faults reports ten, each at its place, in the file's order.
TEST(Dnsd, ReportsEveryFaultAtOnceInTheOrderOfTheFile) {
  const std::string text = R"(server:
  id: ns1
  listn: ["127.0.0.1@53"]
  workers: 010
  nsid:
stats: {listen: "127.0.0.1:8053"}
keys:
  - {id: d1, file: nowhere.key, for: dnsd}
sites:
  site1: {ecv: ["http://ns.example.com:8054"], peer: ["10.0.11.1@8055"]}
zones:
  - {origin: example.com, file: example.com.zone}
wideips:
  - name: mysql.example.org
    ttl: -1
    min_ttl: 0
    on_none: {hold: 5, then: servfail}
    members:
      - {site: site1, pool: main, address: [192.0.2.300]}
)";
  const auto loaded = dnsd(text);
  std::vector<std::string> places;
  for (const auto& each : loaded.faults) places.push_back(to_string(each.mark));
  EXPECT_THAT(places, testing::ElementsAre("dnsd.yaml:3:3", "dnsd.yaml:4:12", "dnsd.yaml:5:3", "dnsd.yaml:6:17",
                                           "dnsd.yaml:8:20", "dnsd.yaml:10:17", "dnsd.yaml:14:11", "dnsd.yaml:15:10",
                                           "dnsd.yaml:17:21", "dnsd.yaml:19:45"))
      << lines(loaded.faults);
  EXPECT_FALSE(loaded.ok());
}

TEST(Dnsd, AnUnknownKeyNamesTheNearestAndAllThatAreAllowed) {
  EXPECT_THAT(
      fault(with(kDnsd, "min_ttl", "mn_ttl")),
      HasSubstr("dnsd.yaml:17:5: unknown key \"mn_ttl\" (did you mean \"min_ttl\"?); allowed here: name, method, "
                "ttl, min_ttl, on_none, fallback_address, hold_down, requires, service_test, safety, max_answers, "
                "min_members_up, ramp_up, persist, members, pools"));
  EXPECT_THAT(fault(kDnsd + "<<: {poll: 1s}\n"), HasSubstr("merge keys are not used here"));
}

TEST(Dnsd, AMisspeltRequiredKeyIsOneFault) {
  EXPECT_THAT(dnsd(with(kDnsd, "stats: {listen", "stats: {lisen")).faults, SizeIs(1));
  EXPECT_THAT(dnsd(with(kDnsd, "- name: mysql", "- nme: mysql")).faults, SizeIs(1));
}

TEST(Dnsd, AMissingKeyStandsAtItsParent) {
  EXPECT_EQ(fault(with(kDnsd, "{origin: example.com, file", "{file")),
            "dnsd.yaml:12:5: missing key \"origin\" in zones[]; it takes a domain name\n");
}

TEST(Dnsd, WrongTypesSayWhatWasFoundAndWhatIsAllowed) {
  EXPECT_EQ(fault(with(kDnsd, "ttl: 5", "ttl: [5]")),
            "dnsd.yaml:16:10: ttl: found a list; allowed: a whole number of seconds, 0 to 86400\n");
  EXPECT_EQ(fault(with(kDnsd, "ttl: 5", "ttl: \"5\"")),
            "dnsd.yaml:16:10: ttl: found the text \"5\" in quotes; allowed: a whole number of seconds, 0 to 86400, "
            "without quotes\n");
  EXPECT_EQ(fault(with(kDnsd, "ttl: 5", "ttl: 5s")),
            "dnsd.yaml:16:10: ttl: found \"5s\", which is no whole number; allowed: a whole number of seconds, 0 to "
            "86400\n");
  EXPECT_EQ(fault(with(kDnsd, "ttl: 5", "ttl: 100000")),
            "dnsd.yaml:16:10: ttl: found \"100000\", too large; allowed: a whole number of seconds, 0 to 86400\n");
  EXPECT_EQ(fault(with(kDnsd, "method: active_writer", "method: active_writers")),
            "dnsd.yaml:15:13: method: found \"active_writers\" (did you mean \"active_writer\"?); allowed: one of: "
            "active_writer, global_availability, round_robin, ratio, static_persist, all_available, readers, "
            "topology\n");
  EXPECT_EQ(fault(with(kDnsd, "server:\n  id: ns1\n  listen: [\"127.0.0.1@53\"]", "server: yes")),
            "dnsd.yaml:1:9: server: found \"yes\"; allowed: a mapping of id, listen, freebind, workers, nsid, "
            "hostname, version, "
            "cookie_secret_file, state_dir, "
            "control, user, tcp_idle_timeout, tcp_max_connections, tcp_max_per_client, udp_payload\n");
  EXPECT_THAT(fault(with(kDnsd, "hold: 5m", "hold: ~")), HasSubstr("dnsd.yaml:18:15: hold: has no value"));
}

TEST(Dnsd, AddressesAreChecked) {
  EXPECT_THAT(fault(with(kDnsd, "[198.51.100.11]", "[198.51.100]")), HasSubstr("allowed: a list, each item an IPv4"));
  EXPECT_THAT(fault(with(kDnsd, "[198.51.100.11]", "0.0.0.0")), HasSubstr("which no client can reach"));
  EXPECT_THAT(fault(with(kDnsd, "[198.51.100.11]", "[192.0.2.1, 192.0.2.1]")), HasSubstr("stands twice in the list"));
  EXPECT_THAT(fault(with(kDnsd, "[198.51.100.11]", "[]")), HasSubstr("found an empty list"));
  EXPECT_THAT(fault(with(kDnsd, "10.0.12.1@8055", "10.0.12.1@0")), HasSubstr("port 0"));
  EXPECT_EQ(fault(with(kDnsd, "127.0.0.1@8053", "127.0.0.1@0")), "");
  EXPECT_EQ(fault(with(kDnsd, "[198.51.100.11]", "198.51.100.11")), "");
}

TEST(Dnsd, ControlCharactersInFaultsAreEscaped) {
  EXPECT_THAT(fault(with(kDnsd, "id: ns1", "id: \"a\\e[31m\"")), HasSubstr("found \"a\\u001b[31m\""));
}

TEST(Dnsd, LongValuesAreShortenedInFaults) {
  EXPECT_LT(fault(with(kDnsd, "id: ns1", "id: " + std::string(5000, 'x'))).size(), 300U);
}

TEST(Dnsd, NamesAreKeptInLowerCaseWithoutTheFinalDot) {
  EXPECT_EQ(dnsd(with(kDnsd, "name: mysql.example.com", "name: MySQL.Example.com.")).value.wideips.at(0).name,
            "mysql.example.com");
}

TEST(Dnsd, TheSameIdTwiceNamesBothPlaces) {
  EXPECT_EQ(fault(kDnsd + "  - {name: MYSQL.example.com., members: [{site: site1, pool: b, address: 192.0.2.1}]}\n"),
            "dnsd.yaml:22:12: wide-IP \"mysql.example.com\" stands already at dnsd.yaml:14:11\n");
  EXPECT_EQ(fault(with(kDnsd, "zones:\n", "zones:\n  - {origin: Example.COM., file: example.com.zone}\n")),
            "dnsd.yaml:13:14: zone \"example.com\" stands already at dnsd.yaml:12:14\n");
  EXPECT_EQ(fault(with(kDnsd, "keys:\n", "keys:\n  - {id: d1, file: ecv.key, for: dnsd}\n")),
            "dnsd.yaml:8:10: key \"d1\" stands already at dnsd.yaml:7:10\n");
  EXPECT_EQ(fault(with(kDnsd, "  site2: {", "  site1: {")),
            "dnsd.yaml:10:3: duplicate key \"site1\"; it stands already at line 9, column 3\n"
            "dnsd.yaml:21:16: site: \"site2\" is not among the sites (did you mean \"site1\"?); allowed: site1\n");
  EXPECT_EQ(fault(with(kDnsd, "{site: site2, pool", "{site: site1, pool")),
            "dnsd.yaml:21:9: the member \"site1/main\" stands already at dnsd.yaml:20:9\n");
}

TEST(Dnsd, AWideIpLiesWithinAZone) {
  EXPECT_EQ(
      fault(with(kDnsd, "name: mysql.example.com", "name: mysql.example.org")),
      "dnsd.yaml:14:11: name: \"mysql.example.org\" lies outside every zone; allowed: names within example.com\n");
  EXPECT_THAT(fault(with(kDnsd, "name: mysql.example.com", "name: myexample.com")), HasSubstr("outside every zone"));
  EXPECT_EQ(fault(with(kDnsd, "name: mysql.example.com", "name: example.com")), "");
  EXPECT_EQ(fault(with(kDnsd, "{origin: example.com", "{origin: \".\"")), "");
}

TEST(Dnsd, AZoneFileMustBeThere) {
  EXPECT_EQ(fault(with(kDnsd, "file: example.com.zone", "file: nowhere.zone")),
            "dnsd.yaml:12:33: file: cannot open nowhere.zone: No such file or directory\n");
}

TEST(Dnsd, MinTtlIsAtMostTtl) {
  EXPECT_EQ(fault(with(kDnsd, "min_ttl: 1", "min_ttl: 6")),
            "dnsd.yaml:17:14: min_ttl 6 is above ttl 5; allowed: at most the ttl\n");
  EXPECT_THAT(fault(with(with(kDnsd, "    min_ttl: 1\n", ""), " ttl: 5", " ttl: 0")),
              HasSubstr("min_ttl 1 is above ttl 0"));
}

TEST(Dnsd, OnNoneKnowsItsPolicies) {
  EXPECT_THAT(fault(with(kDnsd, "then: servfail", "then: all")), HasSubstr("would name two writers"));
  EXPECT_THAT(fault(with(kDnsd, "then: servfail", "then: fallback")), HasSubstr("fallback needs addresses"));
  EXPECT_THAT(fault(with(kDnsd, "then: servfail", "then: nxdomain")), HasSubstr("allowed: one of: servfail, nodata"));
  const auto word = dnsd(with(kDnsd, "{hold: 5m, then: servfail}", "nodata"));
  EXPECT_EQ(lines(word.faults), "");
  EXPECT_EQ(word.value.wideips.at(0).on_none.then, OnNone::kNodata);
  EXPECT_EQ(word.value.wideips.at(0).on_none.hold, base::Duration::zero());
  const auto fallback = dnsd(with(kDnsd, "{hold: 5m, then: servfail}", "fallback\n    fallback_address: 192.0.2.99"));
  EXPECT_EQ(lines(fallback.faults), "");
  EXPECT_EQ(fallback.value.wideips.at(0).on_none.fallback.at(0).to_string(), "192.0.2.99");
  const auto none = dnsd(with(kDnsd, "    on_none: {hold: 5m, then: servfail}\n", ""));
  EXPECT_EQ(none.value.wideips.at(0).on_none.hold, std::chrono::minutes(5));
}

TEST(Dnsd, MembersNameKnownSites) {
  EXPECT_EQ(
      fault(with(kDnsd, "{site: site2, pool", "{site: sitex, pool")),
      "dnsd.yaml:21:16: site: \"sitex\" is not among the sites (did you mean \"site1\"?); allowed: site1, site2\n");
  EXPECT_THAT(fault(with(kDnsd, ", address: [198.51.100.11]", "")), HasSubstr("missing key \"address\""));
}

TEST(Dnsd, ReportsAreVerifiedByAKey) {
  EXPECT_THAT(fault(with(kDnsd, "keys:\n  - {id: d1, file: ecv.key, for: dnsd}\n", "")),
              HasSubstr("dnsd.yaml:11:1: the reports of the sites cannot be verified: no key has for: dnsd"));
  EXPECT_THAT(fault(with(kDnsd, "for: dnsd", "for: peers")), HasSubstr("no key has for: dnsd"));
}

TEST(Secrets, KeysAreSixtyFourHexDigits) {
  auto files = good_files();
  files.files["ecv.key"] = "deadbeef";
  EXPECT_THAT(fault(kDnsd, files), HasSubstr("dnsd.yaml:7:20: file: "));
  EXPECT_THAT(fault(kDnsd, files), testing::Not(HasSubstr("deadbeef")));
  files.files["ecv.key"] = "\n";
  EXPECT_THAT(fault(kDnsd, files), HasSubstr("ecv.key holds nothing"));
  EXPECT_THAT(fault(with(kDnsd, "{id: d1, file: ecv.key, ", "{id: d1, ")), HasSubstr("neither file and secret"));
}

TEST(Secrets, ComeFromTheEnvironmentNeverFromTheFileItself) {
  auto files = good_files();
  files.variables["KEY"] = kSecret;
  EXPECT_EQ(fault(with(kDnsd, "file: ecv.key", "secret: \"${KEY}\""), files), "");
  EXPECT_EQ(fault(with(kDnsd, "file: ecv.key", "secret: \"${NO_KEY}\""), files),
            "dnsd.yaml:7:22: secret: the environment variable \"NO_KEY\" is not defined\n");
  const auto plain = fault(with(kDnsd, "file: ecv.key", std::string("secret: ") + kSecret), files);
  EXPECT_THAT(plain, HasSubstr("found a secret in the file itself (not shown)"));
  EXPECT_THAT(plain, testing::Not(HasSubstr(kSecret)));
  EXPECT_THAT(fault(with(kDnsd, "id: d1, file: ecv.key", "id: d1, file: ecv.key, secret: \"${KEY}\""), files),
              HasSubstr("both file and secret"));
}

// Keys, monitors, service tests: each secret may come from the environment, and each fault names its place.
TEST(Secrets, OfEverySectionComeFromTheEnvironment) {
  auto files = good_files();
  files.variables["KEY"] = kSecret;
  files.variables["PW"] = "x y";
  auto text = with(kDnsd, "file: ecv.key", "secret: \"${KEY}\"");
  text = with(text, "    members:", "    service_test: {user: u, password: \"${PW}\"}\n    members:");
  text +=
      "monitors:\n"
      "  - {name: db, kind: mysql, user: u, password: \"${PW}\"}\n"
      "  - {name: web, kind: http, user: u, password: \"${PW}\"}\n";
  const auto loaded = dnsd(text, files);
  EXPECT_EQ(lines(loaded.faults), "");
  EXPECT_EQ(loaded.value.wideips.at(0).service_test.password, "x y");
  EXPECT_EQ(loaded.value.monitors.at(0).password, "x y");
  EXPECT_EQ(loaded.value.monitors.at(1).password, "x y");
  files.variables.clear();
  EXPECT_THAT(
      fault(text, files),
      testing::MatchesRegex("dnsd.yaml:7:22: secret: the environment variable \"KEY\" is not defined\n"
                            "dnsd.yaml:[0-9]+:[0-9]+: password: the environment variable \"PW\" is not defined\n"
                            "dnsd.yaml:[0-9]+:[0-9]+: password: the environment variable \"PW\" is not defined\n"
                            "dnsd.yaml:[0-9]+:[0-9]+: password: the environment variable \"PW\" is not defined\n"));
}

TEST(Secrets, PathsExpandVariables) {
  auto files = good_files();
  files.variables["DIR"] = "/run/credentials";
  files.files["/run/credentials/ecv.key"] = kSecret;
  EXPECT_EQ(fault(with(kDnsd, "file: ecv.key", "file: \"${DIR}/ecv.key\""), files), "");
  EXPECT_THAT(fault(with(kDnsd, "file: ecv.key", "file: \"${NO_DIR}/ecv.key\""), files), HasSubstr("is not defined"));
  EXPECT_THAT(fault(with(kDnsd, "file: ecv.key", "file: \"${DIR/ecv.key\""), files), HasSubstr("begins no variable"));
}

TEST(Secrets, ThatEveryUserReadsAreAWarning) {
  auto files = good_files();
  files.readable_by_all.push_back("ecv.key");
  const auto loaded = dnsd(kDnsd, files);
  EXPECT_TRUE(loaded.ok());
  EXPECT_THAT(lines(loaded.warnings), HasSubstr("dnsd.yaml:7:20: file: every user can read the secret in ecv.key"));
}

TEST(Dnsd, WarnsOfASinglePathAndOfKeysThatGrant) {
  const auto one = dnsd(with(kDnsd, ", \"http://192.0.2.12:8054\"", ""));
  EXPECT_THAT(lines(one.warnings), HasSubstr("site site2 has one ECV path"));
  const auto peers = dnsd(with(kDnsd, "keys:\n", "keys:\n  - {id: p1, file: ecv.key, for: peers}\n"));
  EXPECT_THAT(lines(peers.warnings), HasSubstr("could grant the right to write"));
  EXPECT_THAT(lines(dnsd(with(kDnsd, "relay: {listen: \"0.0.0.0@8055\"}\n", "")).warnings),
              HasSubstr("there is no relay"));
}

TEST(Dnsd, AKeyForPeersMakesAWitness) {
  const auto text = with(kDnsd, "keys:\n", "keys:\n  - {id: p1, file: ecv.key, for: peers}\n");
  const auto loaded = dnsd(text);
  const auto votes = loaded.value.votes();
  ASSERT_THAT(votes, SizeIs(1));
  EXPECT_EQ(votes[0].pool, "main");
  ASSERT_THAT(votes[0].sites, SizeIs(2));
  EXPECT_EQ(votes[0].sites[1]->name, "site2");
  EXPECT_THAT(dnsd(kDnsd).value.votes(), SizeIs(0));
  const auto deaf = dnsd(with(text, "relay: {listen: \"0.0.0.0@8055\"}\n", ""));
  EXPECT_THAT(deaf.value.votes(), SizeIs(0));
  EXPECT_THAT(lines(deaf.warnings), HasSubstr("no relay port to be asked at"));
}

TEST(Dnsd, ServiceTestsHaveDefaultsAndCanBeTurnedOff) {
  const auto standard = dnsd(kDnsd).value.wideips.at(0).service_test;
  EXPECT_TRUE(standard.enabled);
  EXPECT_EQ(standard.port, std::nullopt);
  EXPECT_EQ(standard.fall, 3);
  const auto given = [](const std::string& value) {
    return dnsd(with(kDnsd, "    members:", "    service_test: " + value + "\n    members:"));
  };
  EXPECT_FALSE(given("none").value.wideips.at(0).service_test.enabled);
  const auto own = given("{port: 3307, interval: 500ms, timeout: 500ms, fall: 5, user: u, password_file: password}");
  EXPECT_EQ(lines(own.faults), "");
  EXPECT_EQ(own.value.wideips.at(0).service_test.port, 3307);
  EXPECT_EQ(own.value.wideips[0].service_test.password, "secret");
  EXPECT_THAT(lines(given("{user: u, password_file: password, password: \"${PATH}\"}").faults),
              HasSubstr("service_test has both password and password_file; allowed: one of them"));
  EXPECT_THAT(lines(given("{interval: 500ms}").faults), HasSubstr("timeout 1000 ms is longer than interval 500 ms"));
  EXPECT_THAT(lines(given("off").faults), HasSubstr("or one of: none"));
}

TEST(Dnsd, ChaosNamesMayBeRefused) {
  const auto with_hostname = [](const std::string& value) {
    return dnsd(with(kDnsd, "  id: ns1\n", "  id: ns1\n  hostname: " + value + "\n")).value.server.hostname;
  };
  EXPECT_EQ(dnsd(kDnsd).value.server.hostname, std::nullopt) << "the id is told";
  EXPECT_EQ(with_hostname("none"), "");
  EXPECT_EQ(with_hostname("pop 7"), "pop 7");
}

TEST(Dnsd, CookieSecretsAreReadFromTheirFileAndNeverShown) {
  auto files = good_files();
  const auto text = with(kDnsd, "  id: ns1\n", "  id: ns1\n  cookie_secret_file: cookie.secrets\n");
  files.files["cookie.secrets"] = "e5e973e5a6b2a43f48e7dc849e37bfcf\n\n445536bcd2513298075a5d379663c962 \r\n";
  const auto good = dnsd(text, files);
  EXPECT_EQ(lines(good.faults), "");
  ASSERT_THAT(good.value.server.cookie_secrets, SizeIs(2));
  EXPECT_EQ(good.value.server.cookie_secrets[0][0], 0xe5);
  EXPECT_EQ(good.value.server.cookie_secrets[1][15], 0x62);
  files.files["cookie.secrets"] = "e5e973e5a6b2a43f48e7dc849e37bfcf\ne5e973e5a6b2a43f48e7dc849e37bfc\n";
  const auto bad = fault(text, files);
  EXPECT_THAT(bad, HasSubstr("line 2 of cookie.secrets is no secret; allowed: 32 hexadecimal digits"));
  EXPECT_THAT(bad, testing::Not(HasSubstr("e5e9")));
}

TEST(Dnsd, RateLimitsHaveDefaultsAndBounds) {
  const auto given = [](const std::string& value) { return dnsd(std::string(kDnsd) + "rate_limit: " + value + "\n"); };
  EXPECT_EQ(dnsd(kDnsd).value.rate_limit, Dnsd::RateLimit{}) << "no limit";
  const auto some = given("{responses: 20, errors: 0, exempt: [10.0.0.0/8, \"2001:db8::/32\"]}");
  EXPECT_EQ(lines(some.faults), "");
  EXPECT_EQ(some.value.rate_limit.responses, 20U);
  EXPECT_EQ(some.value.rate_limit.nxdomains, std::nullopt);
  EXPECT_EQ(some.value.rate_limit.errors, 0U);
  EXPECT_EQ(some.value.rate_limit.slip, 2U);
  EXPECT_EQ(some.value.rate_limit.window, base::seconds(15));
  EXPECT_EQ(some.value.rate_limit.exempt.at(1).to_string(), "2001:db8::/32");
  EXPECT_THAT(lines(given("{responses: -1}").faults), HasSubstr("0 to 1000000"));
  EXPECT_THAT(lines(given("{ipv4_prefix: 33}").faults), HasSubstr("1 to 32"));
  EXPECT_THAT(lines(given("{window: 500ms}").faults), HasSubstr("1s to 1h"));
}

TEST(Dnsd, FaultsOfAHostileFileAreCounted) {
  std::string text = kDnsd;
  for (int i = 0; i < 5000; ++i) text += "k" + std::to_string(i) + "k: 1\n";
  const auto loaded = dnsd(text);
  ASSERT_THAT(loaded.faults, SizeIs(1001));
  EXPECT_EQ(to_string(loaded.faults.back()), "4000 further faults are not shown");
}

TEST(Dnsd, ManyWideIpsLoadInGoodTime) {
  std::string text = kDnsd;
  for (int i = 0; i < 20'000; ++i) {
    text += "  - {name: w" + std::to_string(i) +
            ".example.com, members: [{site: site1, pool: main, address: 192.0.2.1}]}\n";
  }
  const auto loaded = dnsd(text);
  EXPECT_TRUE(loaded.ok()) << lines(loaded.faults);
  EXPECT_EQ(loaded.value.wideips.size(), 20'001U);
}

TEST(Control, IsFoundInAFileWithFaultsToo) {
  auto files = good_files();
  files.files["etc/dnsd.yaml"] = "server: {control: run/s.sock, nonsense: 1}\n";
  files.files["etc/sitecheck.yaml"] = "site: 7\n";
  files.files["broken.yaml"] = "{";
  EXPECT_EQ(*dnsd_control("etc/dnsd.yaml", files.outside()), "etc/run/s.sock");
  EXPECT_EQ(*sitecheck_control("etc/sitecheck.yaml", files.outside()), "/run/wideip/sitecheck.sock");
  EXPECT_FALSE(dnsd_control("broken.yaml", files.outside()));
  EXPECT_FALSE(dnsd_control("nowhere.yaml", files.outside()));
}

}  // namespace
}  // namespace conf
