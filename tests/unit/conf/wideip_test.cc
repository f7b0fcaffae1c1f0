#include "conf/wideip.h"

#include <gmock/gmock.h>

#include "files.h"

namespace conf {
namespace {

using test::Files;
using test::lines;
using testing::HasSubstr;
using testing::SizeIs;

const Files kFiles{{{"example.com.zone", ""}, {"ecv.key", test::kSecret}}, {}, {}};

// A file whose wide-IPs are these lines, indented.
Loaded<Dnsd> load(const std::string& wideips) {
  const std::string head = R"(server: {id: ns1}
keys: [{id: d1, file: ecv.key, for: dnsd}]
sites: {site1: {ecv: ["http://10.0.11.1:8054", "http://10.0.11.2:8054"]}}
zones: [{origin: example.com, file: example.com.zone}]
topology: {regions: {eu: 192.0.2.0/24}}
monitors:
  - {name: web, kind: tcp, port: 80}
  - {name: db, kind: tcp, port: 5432, address: 10.0.0.9}
wideips:
)";
  return load_dnsd_text(head + wideips, "dnsd.yaml", kFiles.outside());
}
std::string faults(const std::string& wideips) { return lines(load(wideips).faults); }

const std::string kWww = R"(  - name: www.example.com
    method: ratio
    members:
      - {name: a, address: [192.0.2.1, "2001:db8::1"], monitor: web, ratio: 3}
      - {name: b, address: 192.0.2.2, monitor: web}
)";
const std::string kApp = R"(  - name: app.example.com
    method: global_availability
    requires: [db, www.example.com]
    pools:
      - name: near
        method: static_persist
        min_members_up: 2
        ramp_up: 60s
        members:
          - {name: c, address: 192.0.2.3, monitor: web}
          - {name: d, address: 192.0.2.4, monitor: web}
      - {name: far, method: all_available, max_answers: 4, members: [{name: e, address: 192.0.2.5, monitor: web}]}
)";

TEST(WideIp, OfOnePoolIsThatPool) {
  const auto loaded = load(kWww);
  ASSERT_EQ(lines(loaded.faults), "");
  const WideIp& w = loaded.value.wideips.at(0);
  EXPECT_EQ(w.method, Method::kRatio);
  ASSERT_THAT(w.pools, SizeIs(1));
  EXPECT_EQ(w.pools[0].method, Method::kRatio);
  EXPECT_EQ(w.pools[0].count, 2U);
  EXPECT_EQ(w.members[0].more().ratio, 3U);
  EXPECT_EQ(w.members[1].more().ratio, 1U);
  EXPECT_EQ(w.members[1].pool, "b");
  EXPECT_EQ(w.members[1].more().monitor, "web");
}

// Default of the methods that choose among members: the fallback if there is one, else all (spec.md section 5).
TEST(WideIp, WithoutOnNoneTheFallbackAnswersElseAll) {
  EXPECT_EQ(load(kWww).value.wideips.at(0).on_none.then, OnNone::kAll);
  EXPECT_EQ(load(kWww).value.wideips.at(0).on_none.hold, base::Duration{});
  const auto more = kWww + "    fallback_address: 203.0.113.9\n";
  EXPECT_EQ(load(more).value.wideips.at(0).on_none.then, OnNone::kFallback);
  const auto held = load(kWww + "    on_none: {hold: 10s}\n").value.wideips.at(0).on_none;
  EXPECT_EQ(held.then, OnNone::kAll);
  EXPECT_EQ(held.hold, base::seconds(10));
  EXPECT_EQ(load(kWww + "    on_none: nodata\n").value.wideips.at(0).on_none.then, OnNone::kNodata);
}

TEST(WideIp, OfSeveralPoolsHasTheMembersOfAll) {
  const auto loaded = load(kWww + kApp);
  ASSERT_EQ(lines(loaded.faults), "");
  const WideIp& w = loaded.value.wideips.at(1);
  ASSERT_THAT(w.pools, SizeIs(2));
  EXPECT_THAT(w.members, SizeIs(3));
  EXPECT_EQ(w.pools[1].first, 2U);
  EXPECT_EQ(w.pools[0].min_members_up, 2U);
  EXPECT_EQ(w.pools[0].ramp_up, base::seconds(60));
  EXPECT_EQ(w.pools[1].max_answers, 4U);
  ASSERT_THAT(w.required, SizeIs(2));
  EXPECT_FALSE(w.required[0].wideip);
  EXPECT_TRUE(w.required[1].wideip);
}

struct Bad {
  std::string from;
  std::string to;
  std::string said;
};

TEST(WideIp, EachMistakeIsToldAtItsPlace) {
  const std::vector<Bad> all{
      {"method: ratio", "method: ration", "dnsd.yaml:11:13: method: found \"ration\" (did you mean \"ratio\"?)"},
      {"monitor: web, ratio", "monitor: webb, ratio",
       "dnsd.yaml:13:65: monitor: \"webb\" is not among the monitors (did you mean \"web\"?)"},
      {"{name: b, address: 192.0.2.2, monitor: web}", "{name: b, address: 192.0.2.2}",
       "dnsd.yaml:14:9: missing key \"monitor\""},
      {"{name: b,", "{name: a,", "the member \"a\" stands already at dnsd.yaml:13:9"},
      {"{name: b, address: 192.0.2.2, monitor: web}", "{site: site1, pool: main, address: 192.0.2.2}",
       "dnsd.yaml:14:16: method ratio goes by monitors"},
      {"{name: b,", "{name: b, site: site1,", "dnsd.yaml:14:9: a member has a site and a name or monitor too"},
      {"method: ratio", "method: readers", "dnsd.yaml:13:9: method readers goes by what sites report"},
      {"ratio: 3", "ratio: 0", "ratio: found \"0\", too small; allowed: a whole number, 1 to 1000"},
      {"    method: ratio\n", "    method: ratio\n    min_members_up: 3\n",
       "dnsd.yaml:12:21: min_members_up 3 of 2 members can never be"},
      {"    method: ratio\n", "    method: ratio\n    requires: [web]\n",
       "dnsd.yaml:12:16: requires: monitor \"web\" does not know where to look"},
      {"    method: ratio\n", "    method: ratio\n    requires: [dbb]\n",
       "requires: \"dbb\" is neither a monitor nor a wide-IP (did you mean \"db\"?)"},
      {"    method: ratio\n", "    method: ratio\n    requires: www.example.com\n",
       "requires: a wide-IP cannot require itself"},
      {"    method: ratio\n", "    method: ratio\n    on_none: fallback\n", "on_none: fallback needs addresses"},
      {"    members:", "    membres:", "unknown key \"membres\" (did you mean \"members\"?)"},
  };
  for (const Bad& bad : all) EXPECT_THAT(faults(test::with(kWww, bad.from, bad.to)), HasSubstr(bad.said)) << bad.to;
}

TEST(WideIp, EachMistakeOfPoolsIsToldAtItsPlace) {
  const std::vector<Bad> all{
      {"method: static_persist", "method: active_writer", "method: found \"active_writer\""},
      {"    pools:", "    members: []\n    pools:", "a wide-IP has both members and pools"},
      {"    requires: [db, www.example.com]", "    max_answers: 2",
       "max_answers beside pools; allowed: within each of the pools"},
      {"method: global_availability", "method: static_persist", "method static_persist does not choose among pools"},
      {"method: global_availability", "method: round_robin",
       "method static_persist within a pool does not go with method round_robin over the pools"},
      {"name: far", "name: near", "pool \"near\" stands already at"},
      {"{name: e,", "{name: c,", "the member \"c\" stands already at"},
      {"www.example.com]", "app.example.com]", "requires: a wide-IP cannot require itself"},
  };
  for (const Bad& bad : all) {
    EXPECT_THAT(faults(kWww + test::with(kApp, bad.from, bad.to)), HasSubstr(bad.said)) << bad.to;
  }
}

TEST(WideIp, ARegionIsOneOfTheTopology) {
  const auto text = test::with(kWww, "method: ratio", "method: topology");
  EXPECT_EQ(faults(test::with(text, "ratio: 3", "region: [eu]")), "");
  EXPECT_THAT(faults(test::with(text, "ratio: 3", "region: [eu, us]")),
              HasSubstr("region: \"us\" is not among the regions; allowed: eu"));
  const auto pools =
      test::with(kApp, "name: far, method: all_available", "name: far, region: ue, method: all_available");
  EXPECT_THAT(faults(kWww + pools), HasSubstr("region: \"ue\" is not among the regions"));
}

TEST(WideIp, RequirementsFormNoCircle) {
  EXPECT_THAT(faults(kWww + "    requires: app.example.com\n" + kApp),
              HasSubstr("dnsd.yaml:15:15: requires: a circle: www.example.com -> app.example.com -> "
                        "www.example.com\n"));
}

TEST(WideIp, AnActiveWriterHasNoneOfThis) {
  const std::string writer = R"(  - name: mysql.example.com
    members: [{site: site1, pool: main, address: 192.0.2.1}]
)";
  ASSERT_EQ(faults(writer), "");
  EXPECT_TRUE(load(writer).value.wideips.at(0).pools.empty());
  for (const char* key : {"max_answers: 2", "min_members_up: 2", "ramp_up: 1m", "requires: db"}) {
    EXPECT_THAT(faults(writer + "    " + key + "\n"), HasSubstr("does not go with method active_writer")) << key;
  }
  EXPECT_THAT(faults(writer + "    on_none: all\n"), HasSubstr("would name two writers"));
  EXPECT_THAT(faults(test::with(writer, "site: site1, pool: main", "name: a, monitor: web")),
              HasSubstr("method active_writer goes by what sites report"));
}

TEST(WideIp, ADisabledMemberIsRead) {
  const auto loaded = load(test::with(kWww, "monitor: web, ratio: 3", "monitor: web, disabled: true"));
  ASSERT_EQ(lines(loaded.faults), "");
  EXPECT_TRUE(loaded.value.wideips.at(0).members[0].more().disabled);
  EXPECT_FALSE(loaded.value.wideips.at(0).members[1].more().disabled);
  const auto told = faults(
      "  - name: mysql.example.com\n    members: [{site: site1, pool: main, address: 192.0.2.1, disabled: true}]\n");
  EXPECT_THAT(told, HasSubstr("dnsd.yaml:11:71: disabled does not go with method active_writer"));
}

TEST(WideIp, NetworksThatPersistHaveTheirLengths) {
  const auto of = [](const std::string& persist) {
    return load(kWww + test::with(kApp, "ramp_up: 60s", persist)).value.wideips.at(1).pools.at(0).persist;
  };
  EXPECT_EQ(of("ramp_up: 1s"), PersistBits{});
  EXPECT_EQ(of("persist: {ipv4: 32}"), (PersistBits{32, 56}));
  EXPECT_EQ(of("persist: {ipv4: 16, ipv6: 64}"), (PersistBits{16, 64}));
  EXPECT_THAT(faults(kWww + test::with(kApp, "ramp_up: 60s", "persist: {ipv4: 33}")), HasSubstr("1 to 32"));
  EXPECT_THAT(faults(kWww + test::with(kApp, "ramp_up: 60s", "persist: {ipv6: 0}")), HasSubstr("1 to 128"));
  EXPECT_THAT(faults(kWww + kApp + "    persist: {ipv4: 8}\n"), HasSubstr("persist beside pools"));
  EXPECT_THAT(lines(load(kWww + "    persist: {ipv4: 8}\n").warnings),
              HasSubstr("persist is not used by method ratio"));
}

const std::string kCdn = R"(  - name: shop.example.com
    method: global_availability
    pools:
      - {name: own, members: [{name: a, address: 192.0.2.1, monitor: web}]}
      - name: cdn
        method: ratio
        members:
          - {name: one, cname: One.CDN.Example.NET., monitor: db}
          - {name: two, cname: two.cdn.example.net, ratio: 2}
)";

TEST(WideIp, AMemberMayBeACname) {
  const auto loaded = load(kCdn);
  ASSERT_EQ(lines(loaded.faults), "");
  const WideIp& w = loaded.value.wideips.at(0);
  EXPECT_TRUE(w.may_be_alias());
  EXPECT_FALSE(load(kWww).value.wideips.at(0).may_be_alias());
  ASSERT_THAT(w.members, SizeIs(3));
  EXPECT_EQ(w.members[1].more().cname, "one.cdn.example.net");
  EXPECT_EQ(w.members[2].more().cname, "two.cdn.example.net");
  EXPECT_TRUE(w.members[1].addresses.empty());
  EXPECT_EQ(w.members[2].more().monitor, "");
}

// RFC 1034 section 3.6.2, RFC 2181 section 10.1.
TEST(WideIp, ACnameStandsWhereItCanAndIsRefusedAtItsPlaceElsewhere) {
  const std::vector<Bad> all{
      {"name: shop.example.com", "name: example.com",
       "dnsd.yaml:17:32: cname: \"example.com\" is the apex of a zone, where SOA and NS stand and no CNAME can"},
      {"ratio: 2}", "address: 192.0.2.2}", "a member has both address and cname; allowed: one of them"},
      {"cname: two.cdn.example.net, ratio: 2", "address: 192.0.2.2, monitor: web",
       "a pool has members with a cname and others with addresses; allowed: one kind in a pool"},
      {"method: ratio", "method: all_available",
       "method all_available does not go with members that are a cname: an answer has one CNAME"},
      {"monitor: db}", "monitor: web}",
       "monitor: \"web\" looks at the member's address, and a cname has none; give the monitor an address"},
      {"two.cdn.example.net", "SHOP.example.com.", "cname: the wide-IP would be an alias of itself"},
      {"cname: two.cdn.example.net", "cname: two..net", "cname"},
      {"{name: two, cname: two.cdn.example.net, ratio: 2}", "{name: two, monitor: db}", "address"},
      {"method: ratio", "method: readers", "cname does not go with method readers"},
  };
  for (const Bad& bad : all) EXPECT_THAT(faults(test::with(kCdn, bad.from, bad.to)), HasSubstr(bad.said)) << bad.to;
  EXPECT_THAT(faults("  - name: mysql.example.com\n    members: [{site: site1, pool: main, cname: x.example.net}]\n"),
              HasSubstr("cname does not go with method active_writer, whose members are the sites' addresses"));
  EXPECT_THAT(lines(load(test::with(kCdn, "method: ratio", "method: ratio\n        max_answers: 2")).warnings),
              HasSubstr("max_answers is not used: an answer has one cname"));
}

// Members that no site reports of need no key to verify reports with.
TEST(WideIp, WithoutSitesNoKeyIsNeeded) {
  const std::string text =
      "server: {id: ns1}\nzones: [{origin: example.com, file: example.com.zone}]\n"
      "monitors: [{name: web, kind: tcp, port: 80}]\nwideips:\n" +
      kWww;
  EXPECT_EQ(lines(load_dnsd_text(text, "dnsd.yaml", kFiles.outside()).faults), "");
}

}  // namespace
}  // namespace conf
