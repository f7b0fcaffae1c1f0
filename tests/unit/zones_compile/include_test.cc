// $INCLUDE and $GENERATE in a zone: where records come from, and what faults say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/unit/zones_compile/zone_text.h"

namespace compile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Files = std::map<std::string, std::string>;

conf::Loaded<ZoneData> parse_with(const std::string& text, const Files& files) {
  return parse_zone(text, "etc/z", name("example.com"), {}, [&](const std::filesystem::path& path) {
    const auto found = files.find(path.string());
    return found == files.end() ? base::Result<std::string>(base::fail(path.string() + ": No such file"))
                                : base::Result<std::string>(found->second);
  });
}

std::vector<std::string> marked(const std::vector<conf::Fault>& list) {
  std::vector<std::string> out;
  for (const auto& fault : list) {
    out.push_back(fault.mark.file + ":" + std::to_string(fault.mark.line) + ": " + fault.message);
  }
  return out;
}

TEST(Include, ReadsFilesBesideTheOneThatNamesThem) {
  const auto got = parse_with(head() + "$INCLUDE sub/hosts.inc\n$INCLUDE \"/abs file\" net\n$include plain\n",
                              {{"etc/sub/hosts.inc", "a A 192.0.2.2\n$INCLUDE more\n"},
                               {"etc/sub/more", "b A 192.0.2.3\n"},
                               {"/abs file", "c A 192.0.2.4\n@ TXT x\n"},
                               {"etc/plain", ""}});
  EXPECT_THAT(marked(got.faults), IsEmpty());
  EXPECT_NE(got.value.find(name("a.example.com")), nullptr);
  EXPECT_NE(got.value.find(name("b.example.com")), nullptr);
  EXPECT_NE(got.value.find(name("c.net.example.com")), nullptr);
  EXPECT_NE(got.value.find(name("net.example.com")), nullptr);
  EXPECT_THAT(got.value.files, ElementsAre("etc/z", "etc/sub/hosts.inc", "etc/sub/more", "/abs file", "etc/plain"));
}

// RFC 1035 section 5.1: the origin of the including file comes back; so do its owner and TTL.
TEST(Include, LeavesNothingBehind) {
  const auto got = parse_with(head() + "a A 192.0.2.2\n$INCLUDE i\n  TXT x\nb TXT x\n",
                              {{"etc/i", "  AAAA ::1\n$TTL 7\n$ORIGIN other\nc TXT x\n"}});
  EXPECT_THAT(marked(got.faults), IsEmpty());
  const auto* a = got.value.find(name("a.example.com"));
  ASSERT_NE(a, nullptr);
  EXPECT_NE(a->find(wire::kTypeAaaa), nullptr) << "the file begins with the owner before it";
  EXPECT_NE(a->find(wire::kTypeTxt), nullptr) << "which holds again after it";
  EXPECT_EQ(got.value.find(name("c.other.example.com"))->rrsets[0].ttl_s, 7U);
  EXPECT_EQ(got.value.find(name("b.example.com"))->rrsets[0].ttl_s, 300U);
}

TEST(Include, FaultsNameTheFileTheyStandIn) {
  const auto got = parse_with(head() + "www CNAME a\n$INCLUDE i\nx A 1\n$INCLUDE gone\nmail A 192.0.2.1\n",
                              {{"etc/i", "\nwww A 192.0.2.2\ny A 2\nmail CNAME ns1\n"}});
  EXPECT_THAT(marked(got.faults),
              ElementsAre(HasSubstr("etc/z:8: \"1\" in A data"), HasSubstr("etc/z:9: etc/gone: No such file"),
                          HasSubstr("etc/z:10: A at mail.example.com. beside the CNAME in line 4 of etc/i"),
                          HasSubstr("etc/i:2: A at www.example.com. beside the CNAME in line 6 ("),
                          HasSubstr("etc/i:3: \"2\" in A data")));
}

TEST(Include, WarningsNameBothPlaces) {
  const auto got = parse_with(head() + "a A 192.0.2.2\n$INCLUDE i\n", {{"etc/i", "a A 192.0.2.2\n"}});
  EXPECT_THAT(marked(got.warnings),
              ElementsAre("etc/i:1: a.example.com. A: the same record stands in line 6; dropped"));
}

TEST(Include, CirclesAndDepthsEnd) {
  EXPECT_THAT(marked(parse_with(head() + "$INCLUDE z\n", {{"etc/z", head()}}).faults),
              ElementsAre(HasSubstr("etc/z:6: etc/z would include itself")));
  EXPECT_THAT(
      marked(parse_with(head() + "$INCLUDE a\n", {{"etc/a", "$INCLUDE b\n"}, {"etc/b", "$INCLUDE a\n"}}).faults),
      ElementsAre(HasSubstr("etc/b:1: etc/a would include itself")));
  Files deep;
  for (int i = 0; i < 20; ++i) deep["etc/" + std::to_string(i)] = "$INCLUDE " + std::to_string(i + 1) + "\n";
  EXPECT_THAT(marked(parse_with(head() + "$INCLUDE 0\n", deep).faults), ElementsAre(HasSubstr("more than 16 deep")));
  const auto twice = parse_with(head() + "$INCLUDE a one\n$INCLUDE a two\n", {{"etc/a", "x A 192.0.2.1\n"}});
  EXPECT_THAT(marked(twice.faults), IsEmpty()) << "a file may be included twice, one after the other";
  EXPECT_EQ(twice.value.files.size(), 2U);
}

TEST(Include, AFileThatIsLostIsNotBlamedTwice) {
  const auto got = parse_with("$TTL 60\n@ NS ns1\n$INCLUDE gone\n", {});
  EXPECT_THAT(marked(got.faults), ElementsAre(HasSubstr("No such file"))) << "no fault for the SOA, which may be there";
  const auto fine = parse_with("$TTL 60\n@ NS ns1.example.net.\n$INCLUDE i\n", {{"etc/i", "a A 192.0.2.1\n"}});
  EXPECT_THAT(marked(fine.faults), ElementsAre(HasSubstr("no SOA")));
}

TEST(Include, TakesOneOrTwoWords) {
  for (const std::string words : {"", " a b c", " \"\"", " a b..c"}) {
    EXPECT_THAT(marked(parse_with(head() + "$INCLUDE" + words + "\n", {{"etc/a", ""}}).faults), testing::SizeIs(1))
        << words;
  }
}

TEST(Generated, RecordsAreRecordsOfTheZone) {
  const auto got = parse(head() + "$GENERATE 1-254 $ 60 PTR host-${0,3}\n$ORIGIN sub\n$GENERATE 1-2 a$ A 192.0.2.$\n");
  EXPECT_THAT(lines(got.faults), IsEmpty());
  EXPECT_EQ(got.value.nodes.size(), 2U + 254U + 2U);
  EXPECT_EQ(base::as_text(only(got.value, "7.example.com", wire::kTypePtr)), name("host-007.example.com").key());
  EXPECT_EQ(got.value.find(name("7.example.com"))->rrsets[0].ttl_s, 60U);
  EXPECT_NE(got.value.find(name("a2.sub.example.com")), nullptr);
}

TEST(Generated, OneFaultStandsForAll) {
  const auto got = parse(head() + "$GENERATE 250-260 a$ A 192.0.2.$\n");
  EXPECT_THAT(lines(got.faults), ElementsAre(HasSubstr("6: \"192.0.2.256\" in A data")));
}

TEST(Generated, AZoneHasOnlySoManyOfThem) {
  const auto got = parse(head() + "$GENERATE 0-99999 a$ A 192.0.2.1\n$GENERATE 0-2147483647 b$ A 192.0.2.1\n");
  EXPECT_THAT(lines(got.faults), ElementsAre(HasSubstr("7: $GENERATE makes too many records")));
  EXPECT_EQ(got.value.nodes.size(), 100'002U);
}

}  // namespace
}  // namespace compile
