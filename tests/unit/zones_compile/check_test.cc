#include "zones/compile/check.h"

#include "tests/unit/zones_compile/zone_text.h"

namespace compile {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// Faults and warnings of the records that follow a good apex; they begin in line 6.
std::vector<std::string> faults(const std::string& records) { return lines(parse(head() + records).faults); }
std::vector<std::string> warnings(const std::string& records) {
  const auto got = parse(head() + records);
  EXPECT_THAT(lines(got.faults), IsEmpty());
  return lines(got.warnings);
}

TEST(CheckZone, WantsSoaAndNsAtTheApex) {
  EXPECT_THAT(lines(parse("$TTL 5\na A 192.0.2.1\n").faults),
              ElementsAre(HasSubstr("no SOA at the apex example.com."), HasSubstr("no NS at the apex")));
  EXPECT_THAT(lines(parse("$TTL 5\n@ SOA a b 1 2 3 4 5\na NS b.x.\n").faults),
              ElementsAre(HasSubstr("2: no NS at the apex example.com.")));
}

TEST(CheckZone, RefusesASecondSoaAndOneBelowTheApex) {
  EXPECT_THAT(faults("@ SOA ns1 hostmaster 9 9 9 9 9\n"),
              ElementsAre(HasSubstr("6: a second SOA; the first stands in line 2")));
  EXPECT_THAT(faults("a SOA ns1 hostmaster 9 9 9 9 9\n"), ElementsAre(HasSubstr("6: SOA at a.example.com.")));
}

// The output of a transfer repeats the SOA at its end; that is no second one.
TEST(CheckZone, TakesTheSameSoaTwiceForADuplicate) {
  EXPECT_THAT(warnings("@ SOA ns1 hostmaster 2024010101 3600 900 1209600 60\n"),
              ElementsAre(HasSubstr("6: example.com. SOA: the same record stands in line 2")));
}

// RFC 1034 section 3.6.2, RFC 2181 section 10.1.
TEST(CheckZone, RefusesOtherDataBesideACname) {
  EXPECT_THAT(faults("a TXT x\na CNAME ns1\na MX 1 ns1\n"),
              ElementsAre(HasSubstr("6: TXT at a.example.com. beside the CNAME in line 7"),
                          HasSubstr("8: MX at a.example.com. beside the CNAME in line 7")));
  EXPECT_THAT(faults("a CNAME ns1\na CNAME b\n"), ElementsAre(HasSubstr("7: a second CNAME at a.example.com.")));
  EXPECT_THAT(warnings("a CNAME A\n"), ElementsAre(HasSubstr("6: the CNAME at a.example.com. points to itself")));
}

// RFC 6672 sections 2.3 and 2.4.
TEST(CheckZone, RefusesDataBelowADnameTwoDnamesAndADnameAtACut) {
  EXPECT_THAT(faults("d DNAME x.\na.b.d A 192.0.2.1\n"),
              ElementsAre(HasSubstr("7: a.b.d.example.com. lies below the DNAME d.example.com. in line 6")));
  EXPECT_THAT(faults("d DNAME x.\nd DNAME y.\n"), ElementsAre(HasSubstr("7: a second DNAME")));
  EXPECT_THAT(faults("d DNAME x.\nd NS n.x.\n"), ElementsAre(HasSubstr("6: DNAME at d.example.com. beside")));
  EXPECT_THAT(faults("d DNAME x.\nd TXT beside\nd A 192.0.2.1\n"), IsEmpty());
  EXPECT_THAT(lines(parse("$TTL 5\n@ SOA n.x. h 1 2 3 4 5\n@ NS n.x.\n@ DNAME y.\n").faults), IsEmpty());
}

TEST(CheckZone, WarnsOfTargetsInTheZoneWithoutAddress) {
  EXPECT_THAT(warnings("a MX 1 none\na SRV 1 1 1 text\ntext TXT x\n@ NS b.ent\nx.b.ent A 192.0.2.1\n"),
              ElementsAre(HasSubstr("6: MX of a.example.com.: none.example.com. has no address"),
                          HasSubstr("7: SRV of a.example.com.: text.example.com. has no address"),
                          HasSubstr("9: NS of example.com.: b.ent.example.com. has no address")));
}

TEST(CheckZone, IsContentWithTargetsThatHaveAnAddressOrAreElsewhere) {
  EXPECT_THAT(warnings("a MX 1 ns1\nb MX 1 mail.example.net.\nc MX 0 .\nd SRV 0 0 0 .\n*.w A 192.0.2.1\n"
                       "e MX 1 x.y.w\nsub NS ns.sub\nns.sub A 192.0.2.1\nf MX 1 ns.sub\ng MX 1 other.sub\n"
                       "dn DNAME x.\nh MX 1 x.dn\n"),
              IsEmpty());
}

// RFC 4592 section 3.3.1: a name that exists is not covered by the wildcard beside it.
TEST(CheckZone, DoesNotTakeAWildcardForANameThatExists) {
  EXPECT_THAT(warnings("*.w A 192.0.2.1\ntext.w TXT x\na MX 1 text.w\n"),
              ElementsAre(HasSubstr("8: MX of a.example.com.: text.w.example.com. has no address")));
}

TEST(CheckZone, TakesAWideIpForANameWithAddress) {
  const NameSet dynamic = {std::string(name("mysql.example.com").key())};
  EXPECT_THAT(lines(parse(head() + "a SRV 1 1 3306 MySQL\n", dynamic).warnings), IsEmpty());
  EXPECT_THAT(lines(parse(head() + "a SRV 1 1 3306 MySQL\n").warnings), ElementsAre(HasSubstr("has no address")));
}

// RFC 2181 section 10.3.
TEST(CheckZone, WarnsOfTargetsThatAreAliases) {
  EXPECT_THAT(warnings("alias CNAME ns1\na MX 1 alias\n@ NS alias\n*.w CNAME ns1\nb MX 1 x.w\n"),
              ElementsAre(HasSubstr("7: MX of a.example.com.: alias.example.com. is an alias"),
                          HasSubstr("8: NS of example.com.: alias.example.com. is an alias"),
                          HasSubstr("10: MX of b.example.com.: x.w.example.com. is an alias")));
}

TEST(CheckZone, WarnsOfADelegationWithoutItsGlue) {
  EXPECT_THAT(warnings("sub NS ns.sub\nsub NS ns.example.net.\nsub NS ns1\n"),
              ElementsAre(AllOf(StartsWith("6: delegation sub.example.com."), HasSubstr("(glue)"))));
  EXPECT_THAT(warnings("sub NS ns.sub\nns.sub AAAA 2001:db8::1\nself NS self\nself A 192.0.2.1\n"), IsEmpty());
}

TEST(CheckZone, WarnsOfDataThatADelegationHides) {
  EXPECT_THAT(warnings("sub NS ns.sub\nns.sub A 192.0.2.1\nns.sub TXT x\nwww.sub A 192.0.2.2\nsub MX 1 ns1\n"
                       "sub DS 1 13 2 00\ndeep.sub NS x.\n"),
              ElementsAre(HasSubstr("8: ns.sub.example.com. TXT below the delegation sub.example.com. in line 6"),
                          HasSubstr("9: www.sub.example.com. A below the delegation"),
                          HasSubstr("10: sub.example.com. MX at the delegation"),
                          HasSubstr("12: deep.sub.example.com. NS below the delegation sub.example.com.")));
}

TEST(CheckZone, WarnsOfADsWhereThereIsNoDelegation) {
  EXPECT_THAT(
      warnings("@ DS 1 13 2 00\na DS 1 13 2 00\n"),
      ElementsAre(HasSubstr("6: DS at the apex"), HasSubstr("7: DS at a.example.com., which is no delegation")));
}

TEST(CutAbove, FindsTheHighestCut) {
  const auto zone = parse(head() + "sub NS x.\ndeep.sub NS y.\n").value;
  EXPECT_EQ(cut_above(zone, name("a.deep.sub.example.com")), zone.find(name("sub.example.com")));
  EXPECT_EQ(cut_above(zone, name("sub.example.com")), zone.find(name("sub.example.com")));
  EXPECT_EQ(cut_above(zone, name("example.com")), nullptr);
  EXPECT_EQ(cut_above(zone, name("other.example.com")), nullptr);
}

}  // namespace
}  // namespace compile
