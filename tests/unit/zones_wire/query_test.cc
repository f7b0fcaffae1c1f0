#include "zones/wire/query.h"

#include <gtest/gtest.h>

#include "tests/support/dns_message.h"

namespace {

using dns_test::query;
using wire::Parsed;

wire::Query out;

Parsed parse(const base::Bytes& packet) { return wire::parse_query(packet, out); }

base::Bytes with_counts(base::Bytes packet, std::uint8_t qd, std::uint8_t an, std::uint8_t ns, std::uint8_t ar) {
  packet[5] = qd;
  packet[7] = an;
  packet[9] = ns;
  packet[11] = ar;
  return packet;
}

base::Bytes append(base::Bytes packet, const base::Bytes& tail) {
  packet.insert(packet.end(), tail.begin(), tail.end());
  return packet;
}

const base::Bytes kOpt{0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0};

TEST(Query, ReadsTheQuestionAndKeepsItsCase) {
  const auto packet = query("WwW.Example.", wire::kTypeAaaa);
  ASSERT_EQ(parse(packet), Parsed::kOk);
  EXPECT_EQ(out.id, 0x1234);
  EXPECT_EQ(out.type, wire::kTypeAaaa);
  EXPECT_EQ(out.klass, wire::kClassIn);
  EXPECT_EQ(out.name.labels, 2);
  EXPECT_EQ(base::as_text(out.name.suffix(1)), std::string_view("\7example\0", 9));
  EXPECT_EQ(base::as_text(out.question.first(5)), std::string_view("\3WwW\7", 5));
  EXPECT_FALSE(out.edns.present);
}

TEST(Query, ReadsEdns) {
  const base::Bytes nsid{0, 3, 0, 0, 0, 100, 0, 2, 1, 2};
  ASSERT_EQ(parse(query("a.", 1, {.edns = 1400, .dnssec_ok = true, .options = nsid})), Parsed::kOk);
  EXPECT_TRUE(out.edns.present);
  EXPECT_TRUE(out.edns.dnssec_ok);
  EXPECT_TRUE(out.edns.nsid);
  EXPECT_EQ(out.edns.payload, 1400);
}

TEST(Query, DropsWhatHasNoHeaderOrIsAResponse) {
  const auto packet = query("a.", 1);
  EXPECT_EQ(parse(base::Bytes(packet.begin(), packet.begin() + 11)), Parsed::kTooShort);
  EXPECT_EQ(parse({}), Parsed::kTooShort);
  EXPECT_EQ(parse(query("a.", 1, {.flags = wire::kFlagQr})), Parsed::kResponse);
}

TEST(Query, KnowsOnlyOpcodeQuery) {
  EXPECT_EQ(parse(query("a.", 1, {.flags = 4 << wire::kOpcodeShift})), Parsed::kBadOpcode);
  EXPECT_EQ(out.opcode(), 4);
  EXPECT_FALSE(out.has_question);
}

TEST(Query, WantsExactlyOneQuestion) {  // RFC 9619
  EXPECT_EQ(parse(with_counts(query("a.", 1), 0, 0, 0, 0)), Parsed::kMalformed);
  EXPECT_EQ(parse(with_counts(query("a.", 1), 2, 0, 0, 0)), Parsed::kMalformed);
  EXPECT_FALSE(out.has_question);
}

TEST(Query, EveryCutIsMalformed) {
  const auto packet = query("www.example.", 1, {.edns = 1232, .options = {0, 100, 0, 2, 1, 2}});
  ASSERT_EQ(parse(packet), Parsed::kOk);
  for (std::size_t n = 12; n < packet.size(); ++n) {
    EXPECT_EQ(parse(base::Bytes(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(n))), Parsed::kMalformed)
        << n;
  }
  EXPECT_TRUE(out.has_question) << "a cut behind the question leaves it to be echoed";
}

TEST(Query, ACookieMayComeWithoutQuestion) {  // RFC 7873 section 5.4
  base::Bytes packet{0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  ASSERT_EQ(parse(append(packet, kOpt)), Parsed::kMalformed) << "RFC 9619";
  EXPECT_FALSE(out.edns.present);
  const base::Bytes opt_with_cookie{0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 12, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
  const auto with_cookie = append(packet, opt_with_cookie);  // `out` borrows from it
  ASSERT_EQ(parse(with_cookie), Parsed::kCookieOnly);
  EXPECT_FALSE(out.has_question);
  EXPECT_EQ(base::to_hex(out.edns.cookie), "0102030405060708");
}

TEST(Query, ABentOptionIsMalformedButEdns) {  // RFC 7873 section 5.2.2, RFC 7871 section 7.1.2
  for (const base::Bytes& bent : {base::Bytes{0, 10, 0, 1, 9}, base::Bytes{0, 8, 0, 4, 0, 1, 33, 0}}) {
    ASSERT_EQ(parse(query("a.", 1, {.edns = 1400, .dnssec_ok = true, .options = bent})), Parsed::kMalformed);
    EXPECT_TRUE(out.edns.present);
    EXPECT_EQ(out.edns.payload, 1400);
    EXPECT_TRUE(out.edns.cookie.empty() && out.edns.subnet.empty());
    EXPECT_EQ(parse(query("a.", 1, {.edns = 1400, .version = 1, .options = bent})), Parsed::kBadVersion)
        << "the options of another version may have another form";
  }
}

TEST(Query, RefusesNamesThatAreNone) {
  const auto packet_of = [](const base::Bytes& name) {
    base::Bytes packet{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    return append(append(packet, name), {0, 1, 0, 1});
  };
  EXPECT_EQ(parse(packet_of({1, 'a', 0})), Parsed::kOk);
  EXPECT_EQ(parse(packet_of({0xc0, 12})), Parsed::kMalformed);
  EXPECT_EQ(parse(packet_of({0x40, 'a', 0})), Parsed::kMalformed);
  EXPECT_EQ(parse(packet_of({0x80, 'a', 0})), Parsed::kMalformed);
  base::Bytes longest;
  for (int i = 0; i < 127; ++i) longest = append(longest, {1, 'a'});
  EXPECT_EQ(parse(packet_of(append(longest, {0}))), Parsed::kOk);
  EXPECT_EQ(out.name.labels, 127);
  EXPECT_EQ(parse(packet_of(append(longest, {1, 'a', 0}))), Parsed::kMalformed) << "257 octets";
  base::Bytes endless(300, 1);
  EXPECT_EQ(parse(packet_of(endless)), Parsed::kMalformed);
}

TEST(Query, RejectsTwoOptRecords) {  // RFC 6891 section 6.1.1
  const auto packet = with_counts(append(append(query("a.", 1), kOpt), kOpt), 1, 0, 0, 2);
  EXPECT_EQ(parse(packet), Parsed::kMalformed);
  EXPECT_FALSE(out.edns.present);
}

TEST(Query, RejectsOptElsewhereOrOwnedByAName) {
  EXPECT_EQ(parse(with_counts(append(query("a.", 1), kOpt), 1, 1, 0, 0)), Parsed::kMalformed);
  EXPECT_EQ(parse(with_counts(append(query("a.", 1), kOpt), 1, 0, 1, 0)), Parsed::kMalformed);
  auto named = append({1, 'x'}, kOpt);
  EXPECT_EQ(parse(with_counts(append(query("a.", 1), named), 1, 0, 0, 1)), Parsed::kMalformed);
}

TEST(Query, RejectsOptionsThatRunPastTheirRecord) {
  EXPECT_EQ(parse(query("a.", 1, {.edns = 1232, .options = {0, 100, 0, 9, 1, 2}})), Parsed::kMalformed);
  EXPECT_EQ(parse(query("a.", 1, {.edns = 1232, .options = {0, 100, 0}})), Parsed::kMalformed);
}

TEST(Query, BadVersionComesBeforeItsOptions) {  // RFC 6891 section 6.1.3
  EXPECT_EQ(parse(query("a.", 1, {.edns = 1232, .version = 1, .options = {0, 100, 0}})), Parsed::kBadVersion);
  EXPECT_TRUE(out.edns.present);
  EXPECT_TRUE(out.has_question);
}

TEST(Query, WalksOtherRecordsAndRefusesTrailingOctets) {
  const base::Bytes a{0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4};
  EXPECT_EQ(parse(with_counts(append(query("a.", 1), append(a, kOpt)), 1, 0, 0, 2)), Parsed::kOk);
  EXPECT_TRUE(out.edns.present);
  EXPECT_EQ(parse(append(query("a.", 1), {0})), Parsed::kMalformed);
  const base::Bytes forward{0xc0, 200, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(parse(with_counts(append(query("a.", 1), forward), 1, 0, 0, 1)), Parsed::kMalformed);
}

}  // namespace
