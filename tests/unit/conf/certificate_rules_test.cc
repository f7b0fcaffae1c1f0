#include "conf/certificate_rules.h"

#include <gmock/gmock.h>

namespace conf {
namespace {

using testing::HasSubstr;

const base::WallTime kEnd{base::seconds(2'000'000'000)};  // 2033-05-18T03:33:20Z
const base::Certificate kCertificate{"CN = ns1", kEnd - std::chrono::hours(24 * 90), kEnd};

std::string at(base::WallTime now) { return lifetime_warning(kCertificate, now).value_or(""); }

TEST(CertificateRules, NothingIsSaidOfOneThatHoldsForLong) {
  EXPECT_EQ(at(kEnd - std::chrono::hours(24 * 89)), "");
  EXPECT_EQ(at(kEnd - std::chrono::hours(24 * 14)), "");
}

TEST(CertificateRules, OneThatEndsSoonIsToldWithTheDaysLeft) {
  EXPECT_THAT(at(kEnd - std::chrono::hours(24 * 14) + base::seconds(1)), HasSubstr("in 13 days; renew it"));
  EXPECT_THAT(at(kEnd - std::chrono::hours(25)), HasSubstr("\"CN = ns1\" ends 2033-05-18T03:33:20.000Z, in 1 day;"));
  EXPECT_THAT(at(kEnd - base::seconds(1)), HasSubstr("in 0 days"));
}

TEST(CertificateRules, OneThatHasEndedOrNotBegunIsToldAsSuch) {
  EXPECT_THAT(at(kEnd), HasSubstr("has ended 2033-05-18"));
  EXPECT_THAT(at(kEnd - std::chrono::hours(24 * 91)), HasSubstr("is valid from"));
}

}  // namespace
}  // namespace conf
