#include "zones/compile/zone.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/zones_compile/zone_text.h"

namespace compile {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(LoadZone, ReadsASmallZone) {
  const auto got = parse(head() + "www 60 IN A 192.0.2.2\n    IN 60 A 192.0.2.3\n");
  EXPECT_THAT(lines(got.faults), IsEmpty());
  EXPECT_THAT(lines(got.warnings), IsEmpty());
  EXPECT_EQ(got.value.serial, 2024010101U);
  EXPECT_EQ(got.value.records, 6U);
  const auto* www = got.value.find(name("WWW.example.com"));
  ASSERT_NE(www, nullptr);
  EXPECT_EQ(www->find(wire::kTypeA)->records.size(), 2U);
  EXPECT_EQ(www->find(wire::kTypeA)->ttl_s, 60U);
  EXPECT_EQ(www->find(wire::kTypeAaaa), nullptr);
  EXPECT_EQ(got.value.find(name("nope.example.com")), nullptr);
}

// RFC 1035 section 5.1 gives both orders.
TEST(LoadZone, TakesTtlAndClassInAnyOrderOrLeftOut) {
  const auto got = parse(head() +
                         "a 1h IN TXT x\nb IN 1h TXT x\nc 1h TXT x\nd IN TXT x\ne TXT x\nf in 3600 txt x\n"
                         "g CLASS1 3600 TYPE16 x\n");
  EXPECT_THAT(lines(got.faults), IsEmpty());
  const auto ttl = [&](const char* owner) {
    return got.value.find(name(owner + std::string(".example.com")))->rrsets[0].ttl_s;
  };
  EXPECT_THAT((std::vector{ttl("a"), ttl("b"), ttl("c"), ttl("d"), ttl("e"), ttl("f"), ttl("g")}),
              ElementsAre(3600, 3600, 3600, 300, 300, 3600, 3600));
}

TEST(LoadZone, FollowsOriginAndTtlDirectives) {
  const auto got = parse(head() +
                         "$ORIGIN sub\na A 192.0.2.2\n$TTL 7\n@ TXT x\n$ORIGIN example.com.\nb MX 1 a.sub\n"
                         "c.sub.example.com. CNAME @\n");
  EXPECT_THAT(lines(got.faults), IsEmpty());
  EXPECT_EQ(got.value.find(name("a.sub.example.com"))->rrsets[0].ttl_s, 300U);
  EXPECT_EQ(got.value.find(name("sub.example.com"))->rrsets[0].ttl_s, 7U);
  EXPECT_EQ(base::as_text(only(got.value, "b.example.com", wire::kTypeMx)).substr(2), name("a.sub.example.com").key());
  EXPECT_EQ(base::as_text(only(got.value, "c.sub.example.com", wire::kTypeCname)), name("example.com").key());
}

// Without $TTL: the last stated one (RFC 1035 section 5.1).
TEST(LoadZone, TakesTheLastTtlWithoutDirective) {
  const auto got = parse("@ 5 SOA n h 1 2 3 4 60\n NS n\nn A 192.0.2.1\n 9 AAAA ::1\nm A 192.0.2.1\n");
  EXPECT_THAT(lines(got.faults), IsEmpty());
  EXPECT_EQ(got.value.find(name("n.example.com"))->find(wire::kTypeA)->ttl_s, 5U);
  EXPECT_EQ(got.value.find(name("m.example.com"))->find(wire::kTypeA)->ttl_s, 9U);
}

TEST(LoadZone, TakesTheMinimumOfTheSoaWhenNothingElseGivesATtl) {
  const auto got = parse("@ SOA n h 1 2 3 4 60\n NS n\nn A 192.0.2.1\n");
  EXPECT_THAT(lines(got.faults), IsEmpty());
  EXPECT_THAT(lines(got.warnings), ElementsAre(AllOf(StartsWith("1: "), HasSubstr("minimum of 60"))));
  EXPECT_EQ(got.value.find(name("n.example.com"))->rrsets[0].ttl_s, 60U);
}

TEST(LoadZone, ReportsAMissingTtlOnce) {
  const auto got = parse("a A 192.0.2.1\nb A 192.0.2.1\n@ 1 SOA n.x. h 1 2 3 4 60\n@ NS n.x.\n");
  EXPECT_THAT(lines(got.faults), ElementsAre(AllOf(StartsWith("1: "), HasSubstr("no TTL"))));
}

TEST(LoadZone, ReportsEveryFaultOfAFileWithItsLine) {
  const auto got = parse(
      "$TTL 300\n"
      "@ SOA ns1 hostmaster 1 2 3 4 5\n"
      "@ NS ns1.example.net.\n"
      "a A 192.0.2.300\n"
      "b AAAA 192.0.2.1\n"
      "c MX mail\n"
      "d AA 192.0.2.1\n"
      "e CH TXT x\n"
      "f A\n"
      "g..h A 192.0.2.1\n"
      "$INCLUDE other.zone\n"
      "h.example.net. A 192.0.2.1\n"
      "i TXT \"open\n"
      "j 4294967296 A 192.0.2.1\n"
      "k CNAME a\n"
      "k A 192.0.2.1\n"
      "$TLL 5\n"
      "l 5 5 A 192.0.2.1\n"
      "m OPT x\n"
      "n IN\n");
  EXPECT_THAT(
      lines(got.faults),
      ElementsAre(HasSubstr("4: \"192.0.2.300\" in A data is not an IPv4 address"),
                  HasSubstr("5: \"192.0.2.1\" in AAAA data is not an IPv6 address"),
                  HasSubstr("6: \"mail\" is no number"), HasSubstr("7: unknown type \"AA\"; did you mean A"),
                  HasSubstr("8: class \"CH\": only IN"), HasSubstr("9: A takes 1 field, found 0"),
                  AllOf(StartsWith("10: "), HasSubstr("g..h")), HasSubstr("11: no file can be included here"),
                  HasSubstr("12: h.example.net. is outside the zone example.com."),
                  HasSubstr("13: quoted string without its closing quote"),
                  HasSubstr("14: \"4294967296\" is neither a TTL"), HasSubstr("16: A at k.example.com. beside"),
                  HasSubstr("17: unknown directive \"$TLL\"; did you mean $TTL?"), HasSubstr("18: a second TTL"),
                  HasSubstr("19: type OPT cannot stand in a zone"), HasSubstr("20: a record without type")));
}

TEST(LoadZone, NamesTheColumnOfTheWrongToken) {
  const auto got = parse(head() + "www   300 IN  A   nonsense\n");
  ASSERT_EQ(got.faults.size(), 1U);
  EXPECT_EQ(conf::to_string(got.faults[0]).substr(0, 7), "z:6:19:");
}

// A record without owner under a broken one belongs to nobody; it is neither misplaced nor blamed.
TEST(LoadZone, DoesNotGiveRecordsOfABrokenOwnerToTheOneBefore) {
  const auto got = parse(head() + "a CNAME ns1\nb..c A 192.0.2.1\n  A 192.0.2.2\n\"x A 192.0.2.1\n  A 192.0.2.2\n");
  EXPECT_THAT(lines(got.faults), ElementsAre(StartsWith("7: "), StartsWith("9: ")));
  EXPECT_EQ(got.value.find(name("a.example.com"))->rrsets.size(), 1U);
}

TEST(LoadZone, ReportsAFirstRecordWithoutOwner) {
  const auto got = parse("  300 IN A 192.0.2.1\n" + head());
  EXPECT_THAT(lines(got.faults), ElementsAre(HasSubstr("1: the first record has no owner")));
}

TEST(LoadZone, DoesNotReportAMissingSoaWhenTheSoaIsWhatIsBroken) {
  const auto got = parse("$TTL 5\n@ SOA n.x. h 1 2 3 4\n@ NS n.x.\n");
  EXPECT_THAT(lines(got.faults), ElementsAre(HasSubstr("2: SOA takes 7 fields, found 6")));
  const auto open = parse("$TTL 5\n@ SOA n.x. h ( 1 2 3 4\n@ NS n.x.\na MX ( 1\n b )\n");
  EXPECT_THAT(lines(open.faults), ElementsAre(HasSubstr("2: \"(\" is not closed")));
}

TEST(LoadZone, DropsDuplicatesWithAWarning) {
  const auto got = parse(head() + "a A 192.0.2.1\nA A 192.0.2.1\na NS x.\na NS X.\n");
  EXPECT_THAT(lines(got.faults), IsEmpty());
  EXPECT_THAT(lines(got.warnings), Contains(HasSubstr("7: A.example.com. A: the same record stands in line 6")));
  EXPECT_THAT(lines(got.warnings), Contains(HasSubstr("9: a.example.com. NS: the same record stands in line 8")));
  EXPECT_EQ(got.value.find(name("a.example.com"))->find(wire::kTypeA)->records.size(), 1U);
  EXPECT_EQ(got.value.find(name("a.example.com"))->find(wire::kTypeNs)->records.size(), 1U);
}

TEST(LoadZone, KeepsRecordsThatDifferInCaseWhereCaseCounts) {
  const auto got = parse(head() + "a TXT x\na TXT X\n");
  EXPECT_THAT(lines(got.warnings), IsEmpty());
  EXPECT_EQ(got.value.find(name("a.example.com"))->find(wire::kTypeTxt)->records.size(), 2U);
}

// RFC 2181 section 5.2.
TEST(LoadZone, TakesTheLowestTtlOfAnRrset) {
  const auto got = parse(head() + "a 60 A 192.0.2.1\na 20 A 192.0.2.2\na 90 A 192.0.2.3\n");
  EXPECT_THAT(lines(got.faults), IsEmpty());
  EXPECT_THAT(lines(got.warnings), ElementsAre(HasSubstr("7: a.example.com. A: TTL 20 differs from 60 in line 6"),
                                               HasSubstr("8: a.example.com. A: TTL 90 differs from 20")));
  EXPECT_EQ(got.value.find(name("a.example.com"))->rrsets[0].ttl_s, 20U);
}

TEST(LoadZone, RefusesAnRrsetThatFitsNoMessage) {
  std::string text = head();
  for (int i = 0; i < 5000; ++i) {
    text += "a A 10.0." + std::to_string(i / 256) + '.' + std::to_string(i % 256) + '\n';
  }
  const auto got = parse(text);
  ASSERT_FALSE(got.faults.empty());
  EXPECT_EQ(got.faults[0].mark.line, 5 + 4095);  // 4094 records of 16 octets are what 65518 octets hold
  EXPECT_THAT(got.faults[0].message, HasSubstr("larger than a DNS message"));
}

TEST(LoadZone, DropsWhatASignerOfFilesHasAdded) {
  const auto got = parse(head() +
                         "a CNAME ns1\na NSEC b CNAME\n"
                         "a RRSIG A 13 3 60 20300101000000 20200101000000 1 example.com. AAAA\n");
  EXPECT_THAT(lines(got.faults), IsEmpty());
  EXPECT_THAT(lines(got.warnings), ElementsAre(HasSubstr("signed elsewhere are dropped")));
  EXPECT_EQ(got.value.find(name("a.example.com"))->rrsets.size(), 1U);
}

TEST(LoadZone, StopsAfterAThousandFaults) {
  std::string text = head();
  for (int i = 0; i < 5000; ++i) text += "a A x\n";
  const auto got = parse(text);
  EXPECT_EQ(got.faults.size(), kMaxListed + 1);
  EXPECT_THAT(got.faults.back().message, HasSubstr("reading stopped"));
}

class LoadFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "zoneXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path write(const std::string& content) const {
    const auto path = folder_ / "example.com.zone";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  std::filesystem::path folder_;
};

TEST_F(LoadFile, ReadsItAndNamesItInFaults) {
  const auto good = load_zone(write(head()), name("example.com"));
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(good.value.records, 4U);
  const auto path = write(head() + "a A x\n");
  const auto bad = load_zone(path, name("example.com"));
  ASSERT_EQ(bad.faults.size(), 1U);
  EXPECT_EQ(bad.faults[0].mark.file, path.string());
  EXPECT_EQ(bad.faults[0].mark.line, 6);
}

TEST_F(LoadFile, ReportsAMissingFileAFolderAndABinaryAsOneFault) {
  const auto missing = load_zone(folder_ / "none.zone", name("example.com"));
  ASSERT_EQ(missing.faults.size(), 1U);
  EXPECT_THAT(missing.faults[0].message, HasSubstr("No such file"));
  const auto folder = load_zone(folder_, name("example.com"));
  ASSERT_EQ(folder.faults.size(), 1U);
  EXPECT_THAT(folder.faults[0].message, HasSubstr("not a regular file"));
  const auto binary = load_zone(write(std::string("\x7f"
                                                  "ELF\n\0\n\0",
                                                  8)),
                                name("example.com"));
  ASSERT_EQ(binary.faults.size(), 1U);
  EXPECT_EQ(binary.faults[0].mark.line, 2);
  EXPECT_THAT(binary.faults[0].message, HasSubstr("no text file"));
}

TEST_F(LoadFile, ReportsAnEmptyFileAsAZoneWithoutSoa) {
  const auto got = load_zone(write(""), name("example.com"));
  EXPECT_THAT(lines(got.faults), ElementsAre(HasSubstr("no SOA at the apex"), HasSubstr("no NS at the apex")));
}

TEST(ExampleZones, LoadWithoutFaultOrWarning) {
  const auto folder = std::filesystem::path(WIDEIP_SOURCE_DIR) / "conf/examples";
  const NameSet dynamic = {std::string(name("mysql.example.com").key())};
  int zones = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".zone") continue;
    ++zones;
    const auto got = load_zone(entry.path(), name(entry.path().stem().string()), dynamic);
    EXPECT_THAT(lines(got.faults), IsEmpty()) << entry.path();
    EXPECT_THAT(lines(got.warnings), IsEmpty()) << entry.path();
  }
  EXPECT_GE(zones, 1);
}

}  // namespace
}  // namespace compile
