#include "dnsd/control/ingest.h"

#include <gtest/gtest.h>

#include <set>

#include "signed_site.h"

namespace control::test {
namespace {

struct Gate : ::testing::Test {
  ecv::KeyRing ring{{key()}, ecv::Purpose::kDnsd};
  Asked asked{"site1", "main", "/ecv/v1/main?nonce=ab&from=ns1&max_epoch=0", "ab"};
  ecv::Report report = report_of("site1", ecv::PoolState::kActive, ecv::Epoch::make(3, 1), 1500);

  [[nodiscard]] io::HttpReply reply() const {
    io::HttpReply out;
    out.status = 200;
    out.body = ecv::encode(report);
    sign(out);
    return out;
  }
  void sign(io::HttpReply& out) const {
    out.headers = {{"wideip-mac", ecv::sign_http(key(), "GET", asked.target, asked.nonce, out.body)}};
  }
  [[nodiscard]] Fault fault_of(const io::HttpReply& r) const { return ingest(r, ring, asked).fault; }
};

TEST_F(Gate, LetsASignedFreshReportIn) {
  const Ingested in = ingest(reply(), ring, asked);
  ASSERT_EQ(in.fault, Fault::kNone) << in.detail;
  EXPECT_EQ(in.report.epoch, ecv::Epoch::make(3, 1));
}

TEST_F(Gate, A503WithASignedBodyIsANormalAnswer) {
  report.state = ecv::PoolState::kStandby;
  io::HttpReply r = reply();
  r.status = 503;
  EXPECT_EQ(fault_of(r), Fault::kNone);
}

TEST_F(Gate, RefusesEveryOtherStatus) {
  for (const int status : {201, 204, 301, 400, 403, 404, 500}) {
    io::HttpReply r = reply();
    r.status = status;
    EXPECT_EQ(fault_of(r), Fault::kStatus) << status;
  }
}

TEST_F(Gate, RefusesWhatIsNotSignedForThisRequest) {
  io::HttpReply r = reply();
  r.headers.clear();
  EXPECT_EQ(fault_of(r), Fault::kUnsigned);
  r.headers = {{"wideip-mac", "rubbish"}};
  EXPECT_EQ(fault_of(r), Fault::kBadMac);
  r.headers = {{"wideip-mac", ecv::sign_http(key("other"), "GET", asked.target, asked.nonce, r.body)}};
  EXPECT_EQ(fault_of(r), Fault::kUnknownKey);
  r.headers = {{"wideip-mac", ecv::sign_http(key("d1", 8), "GET", asked.target, asked.nonce, r.body)}};
  EXPECT_EQ(fault_of(r), Fault::kMacMismatch);
  r.headers = {{"wideip-mac", ecv::sign_http(key(), "GET", asked.target, "another nonce", r.body)}};
  EXPECT_EQ(fault_of(r), Fault::kMacMismatch);
  r.headers = {{"wideip-mac", ecv::sign_http(key(), "GET", "/ecv/v1/other?nonce=ab", asked.nonce, r.body)}};
  EXPECT_EQ(fault_of(r), Fault::kMacMismatch);
}

TEST_F(Gate, RefusesAKeyOfAnotherPurpose) {
  ecv::Key peer = key();
  peer.purpose = ecv::Purpose::kPeers;
  ring = ecv::KeyRing({peer}, ecv::Purpose::kDnsd);
  EXPECT_EQ(fault_of(reply()), Fault::kUnknownKey);
}

TEST_F(Gate, RefusesEveryTruncatedBody) {
  const io::HttpReply whole = reply();
  for (std::size_t size = 0; size < whole.body.size(); ++size) {
    io::HttpReply r = whole;
    r.body.resize(size);
    EXPECT_EQ(fault_of(r), Fault::kMacMismatch);
    sign(r);
    EXPECT_EQ(fault_of(r), Fault::kUndecodable) << size;
  }
}

TEST_F(Gate, RefusesEveryChangedByte) {
  const io::HttpReply whole = reply();
  for (std::size_t at = 0; at < whole.body.size(); ++at) {
    io::HttpReply r = whole;
    r.body[at] = static_cast<char>(r.body[at] ^ 1);
    EXPECT_EQ(fault_of(r), Fault::kMacMismatch);
  }
}

TEST_F(Gate, RefusesAnotherSiteOrPool) {
  report.site = "site2";
  EXPECT_EQ(fault_of(reply()), Fault::kWrongSite);
  report.site = "site1";
  report.pool = "other";
  EXPECT_EQ(fault_of(reply()), Fault::kWrongPool);
}

TEST_F(Gate, NamesTheReasonOfNoAnswer) {
  io::HttpReply r;
  r.fault = io::HttpFault::kRefused;
  EXPECT_EQ(fault_of(r), Fault::kRefused);
  EXPECT_FALSE(suspicious(Fault::kRefused));
  r.fault = io::HttpFault::kTooLarge;
  EXPECT_EQ(fault_of(r), Fault::kTooLarge);
  EXPECT_TRUE(suspicious(Fault::kTooLarge));
}

TEST(Fault, EveryOneHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kFaults; ++i) names.insert(name(static_cast<Fault>(i)));
  EXPECT_EQ(names.size(), kFaults);
  EXPECT_EQ(names.count(""), 0U);
}

TEST(ReportTarget, CarriesNonceSenderAndEpochEscaped) {
  EXPECT_EQ(report_target("", "main", "ab", "ns1", ecv::Epoch::make(7, 1), 0, base::milliseconds(250)),
            "/ecv/v1/main?nonce=ab&from=ns1&max_epoch=1793");
  EXPECT_EQ(report_target("/x", "a b&c", "ab", "n/1", {}, 17, base::milliseconds(250)),
            "/x/ecv/v1/a%20b%26c?nonce=ab&from=n%2F1&max_epoch=0&wait=17&hold=250");
}

}  // namespace
}  // namespace control::test
