#include "zones/compile/snapshot_compiler.h"

#include <array>

#include "tests/unit/zones_compile/zone_text.h"
#include "zones/snapshot/answer.h"

namespace compile {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

conf::WideIp wideip(const std::string& text, int line = 1) {
  conf::WideIp out;
  out.name = text;
  out.mark = {"dnsd.yaml", line, 3};
  return out;
}

// A catalog of zones whose text is given; an empty text is a zone that was never loaded.
Catalog catalog(const std::vector<std::pair<std::string, std::string>>& zones) {
  Catalog out;
  for (const auto& [origin, text] : zones) {
    CatalogZone zone;
    zone.config.origin = origin;
    zone.origin = name(origin);
    auto loaded = parse_zone(text, origin + ".zone", zone.origin);
    if (!text.empty()) {
      EXPECT_THAT(lines(loaded.faults), IsEmpty());
      zone.data = std::make_shared<const ZoneData>(std::move(loaded.value));
    }
    out.by_origin.emplace(zone.origin.key(), out.zones.size());
    out.zones.push_back(std::move(zone));
  }
  return out;
}

struct Reply {
  snapshot::Answer answer;
  std::uint16_t answers = 0;
  std::uint16_t authority = 0;
  std::string octets;
};

Reply ask(const snapshot::Snapshot& snapshot, const std::string& qname, wire::Type type) {
  const auto asked = name(qname);
  wire::Query query{};
  EXPECT_NE(query.name.assign(asked.wire()), 0U);
  query.type = type;
  base::ByteWriter question;
  question.bytes(asked.wire());
  question.u16(type);
  question.u16(wire::kClassIn);
  std::array<std::uint8_t, 4096> buffer;
  snapshot::Desk desk;
  wire::MessageWriter& out = desk.writer;
  out.start(buffer, buffer.size(), question.data());
  Reply reply;
  reply.answer = snapshot::answer(snapshot, query, snapshot::Prefetch::begin(snapshot, query.name), {}, desk);
  reply.answers = out.counted(wire::Section::kAnswer);
  reply.authority = out.counted(wire::Section::kAuthority);
  out.finish(0, 0);
  reply.octets = base::as_text(out.message());
  return reply;
}

TEST(CompileSnapshot, ServesStaticRecordsAndWideIpsTogether) {
  const auto zones = catalog({{"example.com", head() + "www A 192.0.2.9\nalias CNAME mysql\n"}});
  const std::vector wideips = {wideip("mysql.example.com")};
  auto got = compile_snapshot(zones, wideips);
  ASSERT_THAT(lines(got.faults), IsEmpty());
  ASSERT_EQ(got.value.ids.size(), 1U);
  ASSERT_TRUE(got.value.ids[0]);
  auto& snapshot = *got.value.snapshot;
  snapshot::DynamicAnswer answer;
  answer.outcome = snapshot::DynamicOutcome::kAnswer;
  answer.addresses = {base::IpAddress::v4({192, 0, 2, 11})};
  answer.ttl_s = 5;
  snapshot.set_answer(*got.value.ids[0], answer);

  const auto www = ask(snapshot, "www.example.com", wire::kTypeA);
  EXPECT_EQ(www.answers, 1);
  EXPECT_THAT(www.octets, HasSubstr(std::string("\xc0\x00\x02\x09", 4)));
  const auto mysql = ask(snapshot, "mysql.example.com", wire::kTypeA);
  EXPECT_TRUE(mysql.answer.dynamic);
  EXPECT_THAT(mysql.octets, HasSubstr(std::string("\xc0\x00\x02\x0b", 4)));
  EXPECT_EQ(ask(snapshot, "alias.example.com", wire::kTypeA).answers, 2);
  EXPECT_EQ(ask(snapshot, "mysql.example.com", wire::kTypeTxt).answer.outcome, snapshot::Outcome::kNodata);
  EXPECT_EQ(ask(snapshot, "none.example.com", wire::kTypeA).answer.outcome, snapshot::Outcome::kNxdomain);
}

// RFC 8020: a name with something below it exists.
TEST(CompileSnapshot, MakesEmptyNonTerminalsAboveWideIpsAndLetsThemBlockWildcards) {
  const auto zones = catalog({{"example.com", head() + "*.db A 192.0.2.9\n"}});
  const std::vector wideips = {wideip("mysql.site.db.example.com"), wideip("deep.under.example.com")};
  auto got = compile_snapshot(zones, wideips);
  ASSERT_THAT(lines(got.faults), IsEmpty());
  const auto& snapshot = *got.value.snapshot;
  EXPECT_EQ(ask(snapshot, "under.example.com", wire::kTypeA).answer.outcome, snapshot::Outcome::kNodata);
  EXPECT_EQ(ask(snapshot, "site.db.example.com", wire::kTypeA).answer.outcome, snapshot::Outcome::kNodata);
  EXPECT_EQ(ask(snapshot, "other.db.example.com", wire::kTypeA).answers, 1);
  EXPECT_EQ(ask(snapshot, "x.site.db.example.com", wire::kTypeA).answer.outcome, snapshot::Outcome::kNxdomain);
}

TEST(CompileSnapshot, ServesAWideIpAtTheApexBesideItsRecords) {
  const auto zones = catalog({{"example.com", head() + "@ MX 1 ns1\n"}});
  const std::vector wideips = {wideip("example.com")};
  auto got = compile_snapshot(zones, wideips);
  ASSERT_THAT(lines(got.faults), IsEmpty());
  EXPECT_TRUE(ask(*got.value.snapshot, "example.com", wire::kTypeA).answer.dynamic);
  EXPECT_EQ(ask(*got.value.snapshot, "example.com", wire::kTypeMx).answers, 1);
  EXPECT_EQ(ask(*got.value.snapshot, "example.com", wire::kTypeSoa).answers, 1);
}

TEST(CompileSnapshot, ReportsEveryClashWithBothPlaces) {
  const auto zones = catalog({{"example.com", head() + "a A 192.0.2.1\nb AAAA ::1\nc CNAME ns1\nd DNAME x.\n"
                                                       "sub NS ns.example.net.\ntext TXT x\n@ A 192.0.2.1\n"}});
  const std::vector wideips = {wideip("a.example.com", 11),     wideip("b.example.com", 12),
                               wideip("c.example.com", 13),     wideip("d.example.com", 14),
                               wideip("x.d.example.com", 15),   wideip("sub.example.com", 16),
                               wideip("x.sub.example.com", 17), wideip("text.example.com", 18),
                               wideip("example.com", 19),       wideip("good.example.com", 20)};
  const auto got = compile_snapshot(zones, wideips);
  EXPECT_EQ(got.value.snapshot, nullptr);
  EXPECT_THAT(lines(got.faults),
              ElementsAre(HasSubstr("11: the wide-IP a.example.com. clashes with the A of the same name at "
                                    "example.com.zone:6"),
                          HasSubstr("12: the wide-IP b.example.com. clashes with the AAAA"),
                          HasSubstr("13: the wide-IP c.example.com. clashes with the CNAME"),
                          HasSubstr("14: the wide-IP d.example.com. clashes with the DNAME"),
                          HasSubstr("15: the wide-IP x.d.example.com. lies below the DNAME of d.example.com. at "
                                    "example.com.zone:9"),
                          HasSubstr("16: the wide-IP sub.example.com. clashes with the NS"),
                          HasSubstr("17: the wide-IP x.sub.example.com. lies below the delegation of "
                                    "sub.example.com. at example.com.zone:10"),
                          HasSubstr("18: the wide-IP text.example.com. clashes with the TXT"),
                          HasSubstr("19: the wide-IP example.com. clashes with the A of the same name at "
                                    "example.com.zone:12")));
}

TEST(CompileSnapshot, RefusesAWideIpOutsideEveryZoneAndNamesTheZones) {
  const auto zones = catalog({{"example.com", head()}, {"example.net", head()}});
  const std::vector wideips = {wideip("mysql.example.org", 7)};
  EXPECT_THAT(lines(compile_snapshot(zones, wideips).faults),
              ElementsAre(AllOf(HasSubstr("7: the wide-IP mysql.example.org lies in no zone"),
                                HasSubstr("example.com, example.net"))));
  EXPECT_THAT(lines(compile_snapshot(Catalog(), wideips).faults), ElementsAre(HasSubstr("there is none")));
}

TEST(CompileSnapshot, RefusesAWideIpTwiceAndOneThatIsNoName) {
  const auto zones = catalog({{"example.com", head()}});
  const std::vector wideips = {wideip("a.example.com", 3), wideip("A.Example.com.", 5), wideip("b..example.com", 7)};
  EXPECT_THAT(lines(compile_snapshot(zones, wideips).faults),
              ElementsAre(AllOf(HasSubstr("5: "), HasSubstr("second time"), HasSubstr("dnsd.yaml:3")),
                          HasSubstr("7: name of a wide-IP")));
}

// The zone around it must not deny its names: that would be kept by resolvers (RFC 2308 section 5).
TEST(CompileSnapshot, AnswersServfailForAZoneThatWasNeverLoadedAndItsWideIps) {
  const auto zones = catalog({{"example.com", head() + "*.bad TXT no\n"},
                              {"bad.example.com", ""},
                              {"good.bad.example.com", "$TTL 5\n@ SOA n.x. h 1 2 3 4 5\n@ NS n.x.\n"}});
  const std::vector wideips = {wideip("a.bad.example.com", 3), wideip("b.example.com", 4)};
  const auto got = compile_snapshot(zones, wideips);
  ASSERT_THAT(lines(got.faults), IsEmpty());
  EXPECT_THAT(lines(got.warnings), ElementsAre(HasSubstr("3: the wide-IP a.bad.example.com is answered SERVFAIL")));
  EXPECT_FALSE(got.value.ids[0]);
  EXPECT_TRUE(got.value.ids[1]);
  const auto& snapshot = *got.value.snapshot;
  EXPECT_TRUE(ask(snapshot, "b.example.com", wire::kTypeA).answer.dynamic);
  for (const auto* qname : {"bad.example.com", "a.bad.example.com", "x.y.bad.example.com"}) {
    const auto reply = ask(snapshot, qname, wire::kTypeTxt);
    EXPECT_EQ(reply.answer.rcode, wire::kServFail) << qname;
    EXPECT_EQ(reply.answer.outcome, snapshot::Outcome::kServfail) << qname;
    EXPECT_EQ(reply.answer.ede, wire::kEdeNotReady) << qname;
    EXPECT_FALSE(reply.answer.authoritative) << qname;
    EXPECT_EQ(reply.authority, 0) << qname;
  }
  EXPECT_EQ(ask(snapshot, "bad.example.com", wire::kTypeDs).answer.outcome, snapshot::Outcome::kNodata);
  EXPECT_EQ(ask(snapshot, "good.bad.example.com", wire::kTypeSoa).answers, 1);
  EXPECT_EQ(ask(snapshot, "good.bad.example.com", wire::kTypeDs).answer.outcome, snapshot::Outcome::kNodata);
  ASSERT_EQ(snapshot.zones().size(), 2U);
}

TEST(CompileSnapshot, PutsAWideIpIntoTheDeepestZone) {
  const auto zones = catalog({{"example.com", head() + "sub NS ns1\nsub NS ns2.example.net.\n"},
                              {"sub.example.com", "$TTL 5\n@ SOA n.x. h 1 2 3 4 5\n@ NS n.x.\n"}});
  const std::vector wideips = {wideip("mysql.sub.example.com")};
  const auto got = compile_snapshot(zones, wideips);
  ASSERT_THAT(lines(got.faults), IsEmpty());
  EXPECT_TRUE(ask(*got.value.snapshot, "mysql.sub.example.com", wire::kTypeA).answer.dynamic);
}

TEST(CompileSnapshot, ServesAWildcardWideIp) {
  const auto zones = catalog({{"example.com", head()}});
  const std::vector wideips = {wideip("*.db.example.com")};
  const auto got = compile_snapshot(zones, wideips);
  ASSERT_THAT(lines(got.faults), IsEmpty());
  EXPECT_TRUE(ask(*got.value.snapshot, "any.db.example.com", wire::kTypeA).answer.dynamic);
}

// Whatever the loader accepts, the builder accepts.
TEST(CompileSnapshot, TakesEveryKindOfRecordThatLoads) {
  const auto zones = catalog(
      {{"example.com",
        head() +
            "a MX 10 ns1\nb TXT \"x\" y\n_s._tcp SRV 1 2 3 ns1\nc CAA 0 issue \"ca.example\"\n"
            "d NAPTR 1 2 \"s\" \"x\" \"\" ns1\n_443._tcp TLSA 3 1 1 00\ne SSHFP 4 2 00\nf HTTPS 1 . alpn=h2\n"
            "g SVCB 0 ns1\nh PTR ns1\ni DNAME x.\nj TYPE65280 \\# 1 00\nk LOC 1 N 2 E 3m\n*.w A 192.0.2.1\n"
            "sub NS ns.sub\nns.sub A 192.0.2.1\nsub DS 1 13 2 00\nl CNAME a\nm HINFO a b\nn RP a b\n*.x NS ns1\n"}});
  const auto got = compile_snapshot(zones, {});
  EXPECT_THAT(lines(got.faults), IsEmpty());
  const auto& snapshot = *got.value.snapshot;
  EXPECT_EQ(ask(snapshot, "any.w.example.com", wire::kTypeA).answers, 1);
  EXPECT_EQ(ask(snapshot, "www.sub.example.com", wire::kTypeA).answer.outcome, snapshot::Outcome::kReferral);
  EXPECT_EQ(ask(snapshot, "j.example.com", 65280).answers, 1);
  EXPECT_EQ(ask(snapshot, "f.example.com", wire::kTypeHttps).answers, 1);
}

}  // namespace
}  // namespace compile
