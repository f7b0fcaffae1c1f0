#include "ecv/mac.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"

namespace {

using ecv::Key;
using ecv::KeyRing;
using ecv::MacFault;
using ecv::Purpose;

Key key(const std::string& id, std::uint8_t fill, Purpose purpose = Purpose::kDnsd) {
  Key out{id, purpose, {}};
  out.secret.fill(fill);
  return out;
}

const KeyRing& ring() {
  static const KeyRing out({key("p1", 9, Purpose::kPeers), key("d1", 1), key("d2", 2)}, Purpose::kDnsd);
  return out;
}

MacFault check(std::string_view header, std::string_view method = "GET", std::string_view target = "/t?x",
               std::string_view nonce = "n", std::string_view body = "body") {
  return ecv::verify_http(ring(), header, method, target, nonce, body);
}

// RFC 4231 sections 4.2 and 4.3.
TEST(Mac, IsHmacSha256) {
  const std::vector<std::uint8_t> secret(20, 0x0b);
  EXPECT_EQ(base::to_hex(ecv::hmac_sha256(secret, base::as_bytes("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(base::to_hex(ecv::hmac_sha256(base::as_bytes("Jefe"), base::as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Mac, ReadsSecrets) {
  const std::string digits = "00ff" + std::string(60, 'A');
  const auto got = ecv::parse_secret("  " + digits + "\n");
  ASSERT_TRUE(got);
  EXPECT_EQ((*got)[0], 0);
  EXPECT_EQ((*got)[1], 0xFF);
  EXPECT_EQ((*got)[31], 0xAA);
  for (const std::string& bad : {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'g'),
                                 std::string(32, 'a') + " " + std::string(31, 'a')}) {
    const auto refused = ecv::parse_secret(bad);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message.find("aaaa"), std::string::npos) << "an error must not show key material";
  }
}

TEST(Mac, ARingHoldsOnePurpose) {
  EXPECT_EQ(ring().find("p1"), nullptr) << "a peers' key must not sign for dnsd";
  ASSERT_NE(ring().find("d2"), nullptr);
  ASSERT_NE(ring().signer(), nullptr);
  EXPECT_EQ(ring().signer()->id, "d1");
  EXPECT_TRUE(KeyRing({key("d1", 1)}, Purpose::kPeers).empty());
  EXPECT_EQ(KeyRing().signer(), nullptr);
}

TEST(Mac, VerifiesWhatAnyLiveKeySigned) {
  for (const auto& signer : {key("d1", 1), key("d2", 2)}) {
    EXPECT_EQ(check(ecv::sign_http(signer, "GET", "/t?x", "n", "body")), MacFault::kNone);
  }
}

TEST(Mac, AnyChangeIsAMismatch) {
  const auto header = ecv::sign_http(key("d1", 1), "GET", "/t?x", "n", "body");
  EXPECT_EQ(check(header, "HEAD"), MacFault::kMismatch);
  EXPECT_EQ(check(header, "GET", "/t?y"), MacFault::kMismatch);
  EXPECT_EQ(check(header, "GET", "/t?x", "m"), MacFault::kMismatch);
  EXPECT_EQ(check(header, "GET", "/t?x", "n", "bodY"), MacFault::kMismatch);
  EXPECT_EQ(check(ecv::sign_http(key("d1", 2), "GET", "/t?x", "n", "body")), MacFault::kMismatch);
  for (std::size_t i = header.find("mac=") + 4; i < header.size(); ++i) {
    auto changed = header;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_EQ(check(changed), MacFault::kMismatch) << i;
  }
}

TEST(Mac, PartsDoNotRunIntoEachOther) {
  const auto header = ecv::sign_http(key("d1", 1), "GET", "/t?x", "n", "body");
  EXPECT_EQ(check(header, "GET/", "t?x"), MacFault::kMismatch);
  EXPECT_EQ(check(header, "GET", "/t?xn", ""), MacFault::kMismatch);
  EXPECT_EQ(check(header, "GET", "/t?x", "nb", "ody"), MacFault::kMismatch);
}

TEST(Mac, NamesTheFaultOfAHeader) {
  const auto good = ecv::sign_http(key("d1", 1), "GET", "/t?x", "n", "body");
  const std::string mac = good.substr(good.find("mac=") + 4);
  EXPECT_EQ(check(""), MacFault::kMissing);
  EXPECT_EQ(check("  "), MacFault::kMissing);
  EXPECT_EQ(check(" " + good + "\r\n"), MacFault::kNone);
  for (const auto& bad :
       {std::string("x"), std::string("kid="), std::string("kid=d1"), std::string("kid=d1;"), "kid=;mac=" + mac,
        "kid=d1;mac=" + mac.substr(1), "kid=d1;mac=" + mac + "0", "kid=d1;mac=" + mac.substr(2) + "zz",
        "kid=" + std::string(33, 'k') + ";mac=" + mac, "kid=d1;mac=" + mac + ";x=1", "kid=d1,mac=" + mac}) {
    EXPECT_EQ(check(bad), MacFault::kMalformed) << bad;
  }
  EXPECT_EQ(check("kid=p1;mac=" + mac), MacFault::kUnknownKey);
  EXPECT_EQ(check("kid=D1;mac=" + mac), MacFault::kUnknownKey);
}

RC_GTEST_PROP(Mac, SignedIsVerifiedForAnyInput,
              (const std::string& method, const std::string& target, const std::string& nonce,
               const std::string& body)) {
  RC_ASSERT(check(ecv::sign_http(key("d2", 2), method, target, nonce, body), method, target, nonce, body) ==
            MacFault::kNone);
}

RC_GTEST_PROP(Mac, AnyHeaderIsReadWithoutHarm, (const std::string& header)) {
  RC_ASSERT(check(header) != MacFault::kNone);
  RC_ASSERT(check("kid=d1;mac=" + header) != MacFault::kNone);
}

}  // namespace
