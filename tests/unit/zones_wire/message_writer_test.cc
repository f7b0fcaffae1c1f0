#include "zones/wire/message_writer.h"

#include <gtest/gtest.h>

#include "tests/support/dns_message.h"
#include "zones/wire/edns.h"

namespace {

using dns_test::decode;
using dns_test::name;
using wire::Section;

class Writer : public testing::Test {
 protected:
  void start(std::string_view qname, std::size_t limit = 512) {
    base::ByteWriter question;
    question.bytes(name(qname).wire());
    question.u16(wire::kTypeA);
    question.u16(wire::kClassIn);
    out_.start(buffer_, limit, question.data());
  }
  bool put(std::string_view owner, wire::Type type, const base::Bytes& rdata, Section section = Section::kAnswer) {
    if (!out_.record(name(owner).wire(), type, wire::kClassIn, 300, rdata)) return false;
    out_.count(section);
    return true;
  }
  dns_test::Message finish() {
    out_.finish(7, wire::kFlagQr);
    return decode(out_.message());
  }
  static base::Bytes wire_of(std::string_view text) {
    const auto n = name(text);
    return {n.wire().begin(), n.wire().end()};
  }

  std::array<std::uint8_t, 4096> buffer_{};
  wire::MessageWriter out_;
};

TEST_F(Writer, PointsOwnersAtTheQuestionWhateverTheirCase) {
  start("wWw.example.");
  const auto before = out_.size();
  ASSERT_TRUE(put("www.EXAMPLE.", wire::kTypeA, {192, 0, 2, 1}));
  EXPECT_EQ(out_.size() - before, 16U) << "owner is a two-octet pointer";
  const auto message = finish();
  EXPECT_TRUE(message.faults.empty());
  EXPECT_EQ(message.answer.at(0).text(), "wWw.example. 300 A 192.0.2.1");
}

TEST_F(Writer, CompressesNamesInsideDataOfOldTypesOnly) {
  start("example.");
  const auto before = out_.size();
  ASSERT_TRUE(put("example.", wire::kTypeNs, wire_of("ns1.example.")));
  EXPECT_EQ(out_.size() - before, 12U + 4 + 2);
  const auto between = out_.size();
  base::Bytes srv{0, 0, 0, 0, 0, 53};
  const auto target = wire_of("ns1.example.");
  srv.insert(srv.end(), target.begin(), target.end());
  ASSERT_TRUE(put("example.", wire::kTypeSrv, srv));
  EXPECT_EQ(out_.size() - between, 12U + srv.size()) << "RFC 3597 section 4: SRV is never compressed";
  EXPECT_TRUE(finish().faults.empty());
}

TEST_F(Writer, FindsSuffixesOfNamesWrittenBefore) {
  start("a.");
  ASSERT_TRUE(put("a.", wire::kTypeNs, wire_of("x.y.z.")));
  const auto before = out_.size();
  ASSERT_TRUE(put("w.y.z.", wire::kTypeA, {1, 2, 3, 4}));
  EXPECT_EQ(out_.size() - before, 2U + 2 + 10 + 4);
  EXPECT_EQ(finish().answer.at(1).owner, "w.y.z.");
}

TEST_F(Writer, ARecordThatDoesNotFitLeavesNoTrace) {
  start("a.", 12 + 7 + 16 + 15);
  ASSERT_TRUE(put("a.", wire::kTypeA, {1, 2, 3, 4}));
  const auto before = out_.size();
  EXPECT_FALSE(put("a.", wire::kTypeA, {1, 2, 3, 5}));
  EXPECT_FALSE(put("b.", wire::kTypeNs, wire_of("c.d.")));
  EXPECT_EQ(out_.size(), before);
  const auto message = finish();
  EXPECT_TRUE(message.faults.empty());
  EXPECT_EQ(message.answer.size(), 1U);
}

TEST_F(Writer, RewindForgetsTheTargetsToo) {
  start("a.");
  const auto mark = out_.mark();
  ASSERT_TRUE(put("x.y.", wire::kTypeA, {1, 2, 3, 4}));
  out_.rewind(mark);
  ASSERT_TRUE(put("b.", wire::kTypeA, {1, 2, 3, 4}));
  ASSERT_TRUE(put("x.y.", wire::kTypeA, {1, 2, 3, 4}));
  const auto message = finish();
  EXPECT_TRUE(message.faults.empty());
  EXPECT_EQ(message.answer.at(1).owner, "x.y.");
}

TEST_F(Writer, ManyNamesOverflowTheTargetsHarmlessly) {
  start("example.", 4096);
  for (int i = 0; i < 150; ++i) {
    ASSERT_TRUE(put("h" + std::to_string(i) + ".example.", wire::kTypeA, {1, 2, 3, 4}));
  }
  const auto message = finish();
  EXPECT_TRUE(message.faults.empty());
  EXPECT_EQ(message.answer.at(149).owner, "h149.example.");
}

TEST_F(Writer, WritesOptWithItsOptionsAndUpperRcode) {
  start("a.");
  const wire::OptReply opt{1232, true, wire::kBadVers, base::as_bytes("ns1"), true, wire::kEdeNotReady};
  const auto before = out_.size();
  ASSERT_TRUE(wire::write_opt(out_, opt));
  EXPECT_EQ(out_.size() - before, wire::opt_size(opt));
  const auto message = finish();
  EXPECT_TRUE(message.faults.empty());
  EXPECT_EQ(message.rcode, wire::kBadVers);
  EXPECT_TRUE(message.dnssec_ok);
  EXPECT_EQ(message.options, (std::vector<std::pair<std::uint16_t, std::string>>{{3, "6e7331"}, {15, "000e"}}));
}

}  // namespace
