#include "zones/snapshot/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/dns_message.h"
#include "tests/support/zone_text.h"

namespace {

using dns_test::make_snapshot;
using dns_test::Message;
using snapshot::DynamicOutcome;
using snapshot::Outcome;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct Reply {
  snapshot::Answer answer;
  Message message;
  [[nodiscard]] auto texts() const { return Message::texts(message.answer); }
  [[nodiscard]] auto authority() const { return Message::texts(message.authority); }
  [[nodiscard]] auto additional() const { return Message::texts(message.additional); }
};

Reply ask(const snapshot::Snapshot& snapshot, std::string_view qname, wire::Type type, std::size_t limit = 65535) {
  std::vector<std::uint8_t> buffer(65535);
  base::ByteWriter question;
  question.bytes(dns_test::name(qname).wire());
  question.u16(type);
  question.u16(wire::kClassIn);
  wire::Query query{};
  query.name.assign(dns_test::name(qname).wire());
  query.type = type;
  snapshot::Desk desk;
  wire::MessageWriter& out = desk.writer;
  out.start(buffer, limit, question.data());
  Reply reply;
  reply.answer = snapshot::answer(snapshot, query, snapshot.table().hash(query.name), {}, desk);
  out.finish(1, wire::kFlagQr);
  EXPECT_LE(out.size(), limit);
  reply.message = dns_test::decode(out.message());
  EXPECT_THAT(reply.message.faults, IsEmpty()) << qname;
  return reply;
}

const std::string kSoa = "example. 60 SOA ns1.example. host.example. 7 7200 900 1209600 60";

const std::string kZone = R"(
www.example. 300 A 192.0.2.10
www.example. 300 A 192.0.2.11
www.example. 300 AAAA 2001:db8::10
mail.example. 300 MX 10 www.example.
alias.example. 120 CNAME www.example.
chain.example. 120 CNAME alias.example.
dangling.example. 120 CNAME nosuch.example.
out.example. 120 CNAME target.elsewhere.
loop1.example. 120 CNAME loop2.example.
loop2.example. 120 CNAME loop1.example.
tosub.example. 120 CNAME deep.sub.example.
a.b.ent.example. 300 A 192.0.2.60
*.wild.example. 300 A 192.0.2.50
*.wild.example. 300 MX 5 mail.wild.example.
here.wild.example. 300 A 192.0.2.51
*.wcn.example. 120 CNAME www.example.
*.wloop.example. 120 CNAME a.wloop.example.
sub.example. 900 NS ns.sub.example.
sub.example. 900 NS ns.other.
sub.example. 900 NS www.example.
sub.example. 900 DS 0001080200
ns.sub.example. 900 A 192.0.2.70
ns.sub.example. 900 AAAA 2001:db8::70
hidden.sub.example. 900 TXT hidden
dn.example. 600 DNAME target.example.
dn.example. 600 TXT owner
x.dn.example. 600 A 192.0.2.99
a.target.example. 300 A 192.0.2.2
strange.example. 300 TYPE65280 01020304
)";

class Answers : public testing::Test {
 protected:
  std::unique_ptr<snapshot::Snapshot> snapshot_ = make_snapshot({{"example.", kZone}});
  Reply ask(std::string_view qname, wire::Type type, std::size_t limit = 65535) {
    return ::ask(*snapshot_, qname, type, limit);
  }
};

TEST_F(Answers, GivesAnRrsetAuthoritatively) {
  const auto r = ask("www.example.", wire::kTypeA);
  EXPECT_EQ(r.answer.outcome, Outcome::kAnswer);
  EXPECT_TRUE(r.answer.authoritative);
  EXPECT_THAT(r.texts(), ElementsAre("www.example. 300 A 192.0.2.10", "www.example. 300 A 192.0.2.11"));
  EXPECT_THAT(r.authority(), IsEmpty());
}

TEST_F(Answers, KeepsTheCaseOfTheQuestion) {
  EXPECT_EQ(ask("WwW.eXample.", wire::kTypeAaaa).texts().at(0), "WwW.eXample. 300 AAAA 2001:db8::10");
}

TEST_F(Answers, GivesTypesThatItDoesNotKnow) {  // RFC 3597
  EXPECT_THAT(ask("strange.example.", 65280).texts(), ElementsAre("strange.example. 300 TYPE65280 01020304"));
}

TEST_F(Answers, NodataCarriesTheSoaAtItsNegativeTtl) {  // RFC 2308 section 5: TTL 3600, MINIMUM 60
  const auto r = ask("www.example.", wire::kTypeMx);
  EXPECT_EQ(r.answer.outcome, Outcome::kNodata);
  EXPECT_EQ(r.answer.rcode, wire::kNoError);
  EXPECT_THAT(r.texts(), IsEmpty());
  EXPECT_THAT(r.authority(), ElementsAre(kSoa));
}

TEST_F(Answers, NxdomainCarriesTheSoaToo) {
  const auto r = ask("nosuch.example.", wire::kTypeA);
  EXPECT_EQ(r.answer.outcome, Outcome::kNxdomain);
  EXPECT_EQ(r.answer.rcode, wire::kNxDomain);
  EXPECT_TRUE(r.answer.authoritative);
  EXPECT_THAT(r.authority(), ElementsAre(kSoa));
  EXPECT_EQ(ask("x.www.example.", wire::kTypeA).answer.rcode, wire::kNxDomain) << "RFC 8020";
}

TEST_F(Answers, SoaItselfKeepsItsTtl) { EXPECT_EQ(ask("example.", wire::kTypeSoa).message.answer.at(0).ttl, 3600U); }

TEST_F(Answers, RefusesOutsideOfTheZones) {
  for (const auto* qname : {"example.net.", ".", "xexample.", "net."}) {
    const auto r = ask(qname, wire::kTypeA);
    EXPECT_EQ(r.answer.rcode, wire::kRefused) << qname;
    EXPECT_FALSE(r.answer.authoritative);
    EXPECT_THAT(r.authority(), IsEmpty());
  }
}

TEST_F(Answers, EmptyNonTerminalIsNodata) {  // RFC 4592 section 2.2.2
  for (const auto* qname : {"ent.example.", "b.ent.example.", "wild.example."}) {
    EXPECT_EQ(ask(qname, wire::kTypeA).answer.outcome, Outcome::kNodata) << qname;
  }
  EXPECT_EQ(ask("c.ent.example.", wire::kTypeA).answer.rcode, wire::kNxDomain);
}

TEST_F(Answers, WildcardStandsInForNamesThatAreNotThere) {
  EXPECT_THAT(ask("FoO.wild.example.", wire::kTypeA).texts(), ElementsAre("FoO.wild.example. 300 A 192.0.2.50"));
  EXPECT_THAT(ask("a.b.wild.example.", wire::kTypeMx).texts(),
              ElementsAre("a.b.wild.example. 300 MX 5 mail.wild.example."));
  EXPECT_EQ(ask("foo.wild.example.", wire::kTypeTxt).answer.outcome, Outcome::kNodata);
  EXPECT_THAT(ask("*.wild.example.", wire::kTypeA).texts(), ElementsAre("*.wild.example. 300 A 192.0.2.50"));
}

TEST_F(Answers, ExistingNamesBlockTheWildcard) {
  EXPECT_EQ(ask("here.wild.example.", wire::kTypeMx).answer.outcome, Outcome::kNodata);
  EXPECT_EQ(ask("x.here.wild.example.", wire::kTypeA).answer.rcode, wire::kNxDomain);
  EXPECT_EQ(ask("x.*.wild.example.", wire::kTypeA).answer.rcode, wire::kNxDomain) << "RFC 4592 section 2.2.1, ghost.*";
}

TEST_F(Answers, FollowsCnamesInOrder) {
  const auto r = ask("chain.example.", wire::kTypeAaaa);
  EXPECT_THAT(r.texts(), ElementsAre("chain.example. 120 CNAME alias.example.", "alias.example. 120 CNAME www.example.",
                                     "www.example. 300 AAAA 2001:db8::10"));
  EXPECT_EQ(r.answer.outcome, Outcome::kAnswer);
}

TEST_F(Answers, DoesNotFollowACnameThatWasAskedFor) {
  EXPECT_THAT(ask("chain.example.", wire::kTypeCname).texts(), ElementsAre("chain.example. 120 CNAME alias.example."));
}

TEST_F(Answers, CnameTakesTheRcodeOfItsEnd) {  // RFC 6604 section 3
  const auto dangling = ask("dangling.example.", wire::kTypeA);
  EXPECT_EQ(dangling.answer.rcode, wire::kNxDomain);
  EXPECT_THAT(dangling.texts(), SizeIs(1));
  EXPECT_THAT(dangling.authority(), ElementsAre(kSoa));
  const auto nodata = ask("alias.example.", wire::kTypeTxt);
  EXPECT_EQ(nodata.answer.rcode, wire::kNoError);
  EXPECT_THAT(nodata.authority(), ElementsAre(kSoa));
}

TEST_F(Answers, CnameOutOfTheZonesEndsThere) {
  const auto r = ask("out.example.", wire::kTypeA);
  EXPECT_EQ(r.answer.rcode, wire::kNoError);
  EXPECT_TRUE(r.answer.authoritative);
  EXPECT_THAT(r.texts(), SizeIs(1));
  EXPECT_THAT(r.authority(), IsEmpty());
}

TEST_F(Answers, CnameLoopsEnd) {
  EXPECT_THAT(ask("loop1.example.", wire::kTypeA).texts(), SizeIs(2));
  EXPECT_THAT(ask("x.wloop.example.", wire::kTypeA).texts(), SizeIs(2));
}

TEST_F(Answers, LongChainsAreCut) {
  std::string lines;
  for (int i = 0; i < 50; ++i) {
    lines += "c" + std::to_string(i) + ".long. 60 CNAME c" + std::to_string(i + 1) + ".long.\n";
  }
  const auto snapshot = make_snapshot({{"long.", lines}});
  EXPECT_THAT(::ask(*snapshot, "c0.long.", wire::kTypeA).texts(), SizeIs(16));
}

TEST_F(Answers, WildcardCnameIsFollowed) {
  EXPECT_THAT(ask("q.wcn.example.", wire::kTypeAaaa).texts(),
              ElementsAre("q.wcn.example. 120 CNAME www.example.", "www.example. 300 AAAA 2001:db8::10"));
}

TEST_F(Answers, RefersBelowACutWithGlue) {
  for (const auto* qname : {"x.sub.example.", "sub.example.", "ns.sub.example.", "hidden.sub.example."}) {
    const auto r = ask(qname, wire::kTypeTxt);
    EXPECT_EQ(r.answer.outcome, Outcome::kReferral) << qname;
    EXPECT_FALSE(r.answer.authoritative) << qname;
    EXPECT_THAT(r.texts(), IsEmpty());
    EXPECT_THAT(r.authority(), ElementsAre("sub.example. 900 NS ns.sub.example.", "sub.example. 900 NS ns.other.",
                                           "sub.example. 900 NS www.example."));
    EXPECT_THAT(r.additional(), ElementsAre("ns.sub.example. 900 A 192.0.2.70", "ns.sub.example. 900 AAAA 2001:db8::70",
                                            "www.example. 300 A 192.0.2.10", "www.example. 300 A 192.0.2.11",
                                            "www.example. 300 AAAA 2001:db8::10"));
  }
}

TEST_F(Answers, ParentAnswersForDs) {  // RFC 4035 section 3.1.4.1
  const auto r = ask("sub.example.", wire::kTypeDs);
  EXPECT_TRUE(r.answer.authoritative);
  EXPECT_THAT(r.texts(), ElementsAre("sub.example. 900 DS 0001080200"));
  EXPECT_EQ(ask("x.sub.example.", wire::kTypeDs).answer.outcome, Outcome::kReferral);
}

TEST_F(Answers, CnameIntoADelegationStaysAuthoritative) {
  const auto r = ask("tosub.example.", wire::kTypeA);
  EXPECT_TRUE(r.answer.authoritative);
  EXPECT_THAT(r.texts(), SizeIs(1));
  EXPECT_THAT(r.authority(), SizeIs(3));
}

TEST_F(Answers, DnameSubstitutes) {  // RFC 6672 section 3.2
  const auto r = ask("a.dn.example.", wire::kTypeA);
  EXPECT_THAT(r.texts(), ElementsAre("dn.example. 600 DNAME target.example.",
                                     "a.dn.example. 600 CNAME a.target.example.", "a.target.example. 300 A 192.0.2.2"));
  EXPECT_THAT(ask("dn.example.", wire::kTypeTxt).texts(), SizeIs(1)) << "its owner is not redirected";
  EXPECT_EQ(ask("q.dn.example.", wire::kTypeA).answer.rcode, wire::kNxDomain);
  EXPECT_THAT(ask("x.dn.example.", wire::kTypeA).texts(), SizeIs(2)) << "data below it is hidden";
}

TEST_F(Answers, DnameThatMakesTooLongANameIsYxdomain) {
  const std::string label(60, 'l');
  const auto snapshot = make_snapshot({{"z.", "dn.z. 60 DNAME " + label + "." + label + "." + label + ".z.\n"}});
  const auto r = ::ask(*snapshot, label + "." + label + ".dn.z.", wire::kTypeA);
  EXPECT_EQ(r.answer.rcode, wire::kYxDomain);
  EXPECT_THAT(r.texts(), SizeIs(1));
  EXPECT_TRUE(r.answer.authoritative);
}

TEST_F(Answers, DnameIntoItsOwnSubtreeIsFollowedOnce) {
  const auto snapshot = make_snapshot({{"z.", "d.z. 60 DNAME x.d.z.\n"}});
  const auto r = ::ask(*snapshot, "a.d.z.", wire::kTypeA);
  EXPECT_THAT(r.texts(), ElementsAre("d.z. 60 DNAME x.d.z.", "a.d.z. 60 CNAME a.x.d.z."));
}

TEST_F(Answers, HostsThatTheDataNameComeAlong) {  // RFC 1034 section 4.3.2 step 6
  const auto snapshot = make_snapshot({{"z.",
                                        "ns1.z. 60 A 192.0.2.1\nz. 60 MX 5 ns1.z.\nz. 60 MX 6 ns1.z.\n"
                                        "_x.z. 60 SRV 0 0 53 ns1.z.\n*.w.z. 60 MX 5 ns1.z.\n"}});
  for (const auto& [qname, type] : {std::pair("z.", wire::kTypeNs), std::pair("z.", wire::kTypeMx),
                                    std::pair("_x.z.", wire::kTypeSrv), std::pair("q.w.z.", wire::kTypeMx)}) {
    const auto r = ::ask(*snapshot, qname, type);
    EXPECT_THAT(r.additional(), ElementsAre("ns1.z. 60 A 192.0.2.1")) << qname;
    const auto cut = ::ask(*snapshot, qname, type, r.message.size - 1);
    EXPECT_THAT(cut.additional(), IsEmpty());
    EXPECT_FALSE(cut.answer.truncated) << "they are only a help";
  }
}

TEST_F(Answers, AnyGivesOneRrset) {  // RFC 8482 section 4.1
  EXPECT_THAT(ask("www.example.", wire::kTypeAny).texts(), ElementsAre("www.example. 300 AAAA 2001:db8::10"));
  EXPECT_THAT(ask("alias.example.", wire::kTypeAny).texts(), ElementsAre("alias.example. 120 CNAME www.example."));
  EXPECT_EQ(ask("ent.example.", wire::kTypeAny).answer.outcome, Outcome::kNodata);
  EXPECT_EQ(ask("sub.example.", wire::kTypeAny).answer.outcome, Outcome::kReferral);
}

TEST_F(Answers, TruncationNeverSplitsAnRrset) {  // RFC 2181 section 9
  const auto whole = ask("www.example.", wire::kTypeA).message.size;
  EXPECT_FALSE(ask("www.example.", wire::kTypeA, whole).answer.truncated);
  const auto cut = ask("www.example.", wire::kTypeA, whole - 1);
  EXPECT_TRUE(cut.answer.truncated);
  EXPECT_THAT(cut.texts(), IsEmpty());
  for (std::size_t limit = 40; limit < 200; ++limit) {
    const auto r = ask("chain.example.", wire::kTypeA, limit);
    std::size_t addresses = 0;
    for (const auto& record : r.message.answer) addresses += record.type == wire::kTypeA ? 1U : 0U;
    EXPECT_EQ(addresses, r.answer.truncated ? 0U : 2U) << limit;
  }
}

TEST_F(Answers, GlueBelowTheCutThatDoesNotFitTruncates) {  // RFC 9471 section 3
  const auto whole = ask("x.sub.example.", wire::kTypeA).message.size;
  for (std::size_t limit = 100; limit <= whole; ++limit) {
    const auto r = ask("x.sub.example.", wire::kTypeA, limit);
    std::size_t needed = 0;
    for (const auto& record : r.message.additional) needed += record.owner == "ns.sub.example." ? 1U : 0U;
    EXPECT_EQ(r.answer.truncated, needed < 2 || r.message.authority.size() < 3) << limit;
  }
}

// ---- several zones

TEST(AnswersOfZones, TheDeepestZoneAnswers) {
  const auto snapshot = make_snapshot({{"example.",
                                        "sub.example. 900 NS ns.sub.example.\n"
                                        "sub.example. 900 DS 0001080200\n"
                                        "ns.sub.example. 900 A 192.0.2.70\n"
                                        "alias.example. 60 CNAME www.sub.example.\n"
                                        "www.sub.example. 60 A 192.0.2.1\n"},
                                       {"sub.example.", "www.sub.example. 60 A 192.0.2.2\n"}});
  const auto r = ask(*snapshot, "www.sub.example.", wire::kTypeA);
  EXPECT_TRUE(r.answer.authoritative);
  EXPECT_THAT(r.texts(), ElementsAre("www.sub.example. 60 A 192.0.2.2"));
  EXPECT_THAT(ask(*snapshot, "alias.example.", wire::kTypeA).texts(), SizeIs(2)) << "chains cross local zones";
  EXPECT_EQ(ask(*snapshot, "no.sub.example.", wire::kTypeA).message.authority.at(0).owner, "sub.example.");
  EXPECT_EQ(ask(*snapshot, "sub.example.", wire::kTypeNs).texts().at(0), "sub.example. 3600 NS ns1.sub.example.");
}

TEST(AnswersOfZones, DsOfAnInnerApexComesFromTheOuterZone) {
  const auto snapshot =
      make_snapshot({{"sub.example.", ""},
                     {"example.", "sub.example. 900 NS ns1.sub.example.\nsub.example. 900 DS 0001080200\n"},
                     {"undelegated.example.", ""}});
  EXPECT_THAT(ask(*snapshot, "sub.example.", wire::kTypeDs).texts(), SizeIs(1));
  const auto none = ask(*snapshot, "undelegated.example.", wire::kTypeDs);
  EXPECT_EQ(none.answer.outcome, Outcome::kNodata);
  EXPECT_EQ(none.message.authority.at(0).owner, "example.");
  EXPECT_EQ(ask(*snapshot, "example.", wire::kTypeDs).message.authority.at(0).owner, "example.")
      << "no outer zone here";
}

TEST(AnswersOfZones, AZoneBelowACutOfTheOuterOne) {
  const auto snapshot = make_snapshot({{"example.", "cut.example. 900 NS ns.elsewhere.\n"}, {"in.cut.example.", ""}});
  EXPECT_EQ(ask(*snapshot, "x.cut.example.", wire::kTypeA).answer.outcome, Outcome::kReferral);
  EXPECT_EQ(ask(*snapshot, "in.cut.example.", wire::kTypeSoa).answer.outcome, Outcome::kAnswer);
  EXPECT_EQ(ask(*snapshot, "in.cut.example.", wire::kTypeDs).answer.outcome, Outcome::kReferral);
}

// The SOA goes out as it was made for the shortest question: its pointers must follow a longer one.
TEST(AnswersOfZones, TheSoaOfNegativeAnswersFitsBehindAnyQuestion) {
  const std::string names[][2] = {
      {"ns1.example.", "host.example."},
      {"ns1.example.", "host.ns1.example."},
      {"ns1.other.", "host.other."},
      {"example.", "example."},
      {"ns.", "."},
      {".", "."},
      {"a.b.c.d.example.", "x.c.d.example."},
      {"ns1.other.", "host.example."},
      {"ns1.example.", "host.other."},
  };
  for (const auto& [host, mail] : names) {
    for (const std::string origin : {"example.", "b.c.example.", "."}) {
      snapshot::Builder builder;
      const auto zone = builder.add_zone(dns_test::name(origin)).value();
      const auto soa = " 3600 SOA " + host + " " + mail + " 7 7200 900 1209600 60";
      (void)dns_test::add_lines(builder, zone, origin + soa + "\n" + origin + " 60 NS ns1.other.\n");
      const auto table = std::move(builder).build().value();
      for (const std::string label : {"", "x.", "a.much.longer.name.that.is.not.there."}) {
        const auto qname = label + (origin == "." && !label.empty() ? "" : origin);
        const auto r = ask(*table, qname, wire::kTypeA);
        ASSERT_EQ(r.authority().size(), 1U) << qname;
        EXPECT_EQ(r.authority()[0], origin + " 60 SOA " + host + " " + mail + " 7 7200 900 1209600 60") << qname;
      }
    }
  }
}

TEST_F(Answers, ASoaThatDoesNotFitTruncates) {
  const auto whole = ask("nosuch.example.", wire::kTypeA).message.size;
  EXPECT_FALSE(ask("nosuch.example.", wire::kTypeA, whole).answer.truncated);
  const auto cut = ask("nosuch.example.", wire::kTypeA, whole - 1);
  EXPECT_TRUE(cut.answer.truncated);
  EXPECT_TRUE(cut.authority().empty());
}

TEST(AnswersOfZones, TheRootMayBeAZone) {
  const auto snapshot = make_snapshot({{".", "com. 60 NS ns.com.\nns.com. 60 A 192.0.2.1\n"}});
  EXPECT_EQ(ask(*snapshot, "www.com.", wire::kTypeA).answer.outcome, Outcome::kReferral);
  EXPECT_EQ(ask(*snapshot, ".", wire::kTypeNs).answer.outcome, Outcome::kAnswer);
  EXPECT_EQ(ask(*snapshot, "nosuch.", wire::kTypeA).message.authority.at(0).owner, ".");
}

// ---- dynamic names

class Dynamic : public testing::Test {
 protected:
  void set(const snapshot::DynamicAnswer& answer) { snapshot_->set_answer({0}, answer); }
  Reply ask(std::string_view qname, wire::Type type) { return ::ask(*snapshot_, qname, type); }

  std::unique_ptr<snapshot::Snapshot> snapshot_ =
      make_snapshot({{"example.",
                      "alias.example. 60 CNAME db.gslb.example.\n*.gslb.example. 60 A 192.0.2.99\n"
                      "*.gslb.example. 60 TXT wild\n"}},
                    {"db.gslb.example.", "other.x.example."});
  const std::vector<base::IpAddress> addresses_{
      base::IpAddress::parse("192.0.2.1").value(), base::IpAddress::parse("2001:db8::1").value(),
      base::IpAddress::parse("192.0.2.2").value(), base::IpAddress::parse("192.0.2.1").value()};
};

TEST_F(Dynamic, IsServfailNotReadyUntilDecided) {
  const auto r = ask("db.gslb.example.", wire::kTypeA);
  EXPECT_EQ(r.answer.rcode, wire::kServFail);
  EXPECT_TRUE(r.answer.has_ede);
  EXPECT_EQ(r.answer.ede, wire::kEdeNotReady);
  EXPECT_THAT(r.texts(), IsEmpty());
}

TEST_F(Dynamic, AnswersItsAddressesByFamily) {
  set({DynamicOutcome::kAnswer, addresses_, 5, std::nullopt});
  const auto a = ask("dB.gslb.example.", wire::kTypeA);
  EXPECT_THAT(a.texts(), ElementsAre("dB.gslb.example. 5 A 192.0.2.1", "dB.gslb.example. 5 A 192.0.2.2"));
  EXPECT_TRUE(a.answer.authoritative);
  EXPECT_TRUE(a.answer.dynamic);
  EXPECT_FALSE(a.answer.has_ede);
  EXPECT_THAT(ask("db.gslb.example.", wire::kTypeAaaa).texts(), ElementsAre("db.gslb.example. 5 AAAA 2001:db8::1"));
  EXPECT_THAT(ask("db.gslb.example.", wire::kTypeAny).texts(), SizeIs(2));
}

TEST_F(Dynamic, IsReachedByACname) {
  set({DynamicOutcome::kAnswer, addresses_, 5, std::nullopt});
  EXPECT_THAT(ask("alias.example.", wire::kTypeA).texts(),
              ElementsAre("alias.example. 60 CNAME db.gslb.example.", "db.gslb.example. 5 A 192.0.2.1",
                          "db.gslb.example. 5 A 192.0.2.2"));
  set({DynamicOutcome::kServfail, {}, 1, std::nullopt});
  const auto r = ask("alias.example.", wire::kTypeA);
  EXPECT_EQ(r.answer.rcode, wire::kServFail);
  EXPECT_THAT(r.texts(), IsEmpty());
}

TEST_F(Dynamic, StaleAnswersCarryTheirExtendedError) {
  set({DynamicOutcome::kAnswer, addresses_, 1, wire::kEdeStaleAnswer});
  const auto r = ask("db.gslb.example.", wire::kTypeA);
  EXPECT_TRUE(r.answer.has_ede);
  EXPECT_EQ(r.answer.ede, wire::kEdeStaleAnswer);
}

TEST_F(Dynamic, NodataIsCachedNoLongerThanTheAnswer) {
  set({DynamicOutcome::kAnswer, {addresses_[0]}, 5, std::nullopt});
  EXPECT_EQ(ask("db.gslb.example.", wire::kTypeAaaa).message.authority.at(0).ttl, 5U);
  set({DynamicOutcome::kNodata, {}, 1, std::nullopt});
  const auto r = ask("db.gslb.example.", wire::kTypeA);
  EXPECT_EQ(r.answer.outcome, Outcome::kNodata);
  EXPECT_EQ(r.message.authority.at(0).ttl, 1U);
}

TEST_F(Dynamic, IsNeverNxdomainAndOtherTypesAreNodataInEveryState) {
  for (const auto outcome :
       {DynamicOutcome::kAnswer, DynamicOutcome::kServfail, DynamicOutcome::kNodata, DynamicOutcome::kRefuse}) {
    set({outcome, {}, 5, std::nullopt});
    for (const auto type : {wire::kTypeA, wire::kTypeAaaa, wire::kTypeAny}) {
      EXPECT_NE(ask("db.gslb.example.", type).answer.rcode, wire::kNxDomain);
    }
    const auto r = ask("db.gslb.example.", wire::kTypeTxt);
    EXPECT_EQ(r.answer.outcome, Outcome::kNodata);
    EXPECT_EQ(r.answer.rcode, wire::kNoError);
    EXPECT_EQ(r.message.authority.at(0).ttl, 60U);
  }
  set({DynamicOutcome::kRefuse, {}, 5, std::nullopt});
  EXPECT_EQ(ask("db.gslb.example.", wire::kTypeA).answer.rcode, wire::kRefused);
}

TEST_F(Dynamic, BlocksWildcardsAndMakesEmptyNonTerminals) {
  EXPECT_EQ(ask("db.gslb.example.", wire::kTypeTxt).answer.outcome, Outcome::kNodata) << "not the wildcard's TXT";
  EXPECT_THAT(ask("no.gslb.example.", wire::kTypeA).texts(), SizeIs(1)) << "beside it the wildcard works";
  EXPECT_EQ(ask("below.db.gslb.example.", wire::kTypeA).answer.rcode, wire::kNxDomain);
  EXPECT_EQ(ask("x.example.", wire::kTypeA).answer.outcome, Outcome::kNodata);
}

}  // namespace
