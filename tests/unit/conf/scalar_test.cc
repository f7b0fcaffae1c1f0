#include "conf/scalar.h"

#include <gtest/gtest.h>

namespace conf {
namespace {

TEST(ParseNumber, ReadsDecimalOnly) {
  std::int64_t n = 0;
  EXPECT_FALSE(parse_number("0", n));
  EXPECT_EQ(n, 0);
  EXPECT_FALSE(parse_number("-17", n));
  EXPECT_EQ(n, -17);
  for (const char* bad : {"", "-", "+1", "0x10", "1e3", "1_000", "1.5", " 1", "1 ", "ten", "99999999999999999999"}) {
    EXPECT_TRUE(parse_number(bad, n)) << bad;
  }
}

TEST(ParseNumber, RefusesWhatYamlReadsAsOctal) {
  std::int64_t n = 0;
  EXPECT_EQ(*parse_number("010", n), "where the leading zero may mean octal (write 10)");
  EXPECT_EQ(*parse_number("000", n), "where the leading zero may mean octal (write 0)");
}

TEST(ParseDuration, TakesEachUnit) {
  std::int64_t ms = 0;
  for (const auto& [text, expected] : std::initializer_list<std::pair<const char*, std::int64_t>>{
           {"250ms", 250}, {"5s", 5000}, {"2m", 120'000}, {"1h", 3'600'000}, {"1d", 86'400'000}, {"0s", 0}}) {
    EXPECT_FALSE(parse_duration(text, ms)) << text;
    EXPECT_EQ(ms, expected) << text;
  }
}

TEST(ParseDuration, RefusesWhatHasNoUnitOrAnother) {
  std::int64_t ms = 0;
  EXPECT_EQ(*parse_duration("5", ms), "which has no unit");
  EXPECT_EQ(*parse_duration("5w", ms), "where \"w\" is no unit");
  for (const char* bad : {"", "s", "5 s", "1.5s", "1h30m", "05s", "99999999999999d", "5ms "}) {
    EXPECT_TRUE(parse_duration(bad, ms)) << bad;
  }
}

TEST(ParseSize, TakesBinaryUnitsOnly) {
  std::int64_t bytes = 0;
  EXPECT_FALSE(parse_size("64 MiB", bytes));
  EXPECT_EQ(bytes, std::int64_t{64} << 20);
  EXPECT_FALSE(parse_size("2GiB", bytes));
  EXPECT_EQ(bytes, std::int64_t{2} << 30);
  for (const char* bad : {"", "64", "64 ", "64  MiB", "MiB", "6.4MiB", "64MB", "99999999999GiB"}) {
    EXPECT_TRUE(parse_size(bad, bytes)) << bad;
  }
}

TEST(CheckName, TakesIdentifiers) {
  for (const char* good : {"a", "site-1", "db_1.rack2", "9"}) {
    EXPECT_FALSE(check_name(good)) << good;
  }
  for (const char* bad : {"", ".a", "-a", "a b", "a/b", "ä"}) EXPECT_TRUE(check_name(bad)) << bad;
  EXPECT_FALSE(check_name(std::string(63, 'x')));
  EXPECT_TRUE(check_name(std::string(64, 'x')));
}

// RFC 1035 section 2.3.4: labels 63 octets or less, names 255 octets or less (253 characters of text).
TEST(CheckDomain, LetsAnAsteriskBeALabel) {  // RFC 4592 section 2.1.1
  EXPECT_FALSE(check_domain("net.*.example"));
  EXPECT_TRUE(check_domain("a*.example"));
}

TEST(CheckDomain, KeepsToTheLimitsOfDns) {
  const std::string label(63, 'a');
  EXPECT_FALSE(check_domain("mysql.example.com"));
  EXPECT_FALSE(check_domain("mysql.example.com."));
  EXPECT_FALSE(check_domain("_tcp.Example.COM"));
  EXPECT_FALSE(check_domain("."));
  EXPECT_FALSE(check_domain("0/25.2.0.192.in-addr.arpa."));  // RFC 2317
  EXPECT_FALSE(check_domain(label + "." + label + "." + label + "." + std::string(61, 'b')));
  EXPECT_TRUE(check_domain(label + "." + label + "." + label + "." + std::string(62, 'b')));
  for (const char* bad : {"", "..", "a..b", ".a", "a b", "a;b", "ex ample"}) EXPECT_TRUE(check_domain(bad)) << bad;
  EXPECT_TRUE(check_domain(label + "a.b"));
}

TEST(CheckUrl, WantsAnAddress) {
  for (const char* good :
       {"http://10.0.0.1", "http://10.0.0.1:8054", "https://[2001:db8::1]:8054/x?y", "http://[::1]/"}) {
    EXPECT_FALSE(check_url(good)) << good;
  }
  for (const char* bad :
       {"10.0.0.1:80", "ftp://10.0.0.1", "http://", "http://example.com/", "http://10.0.0.1:0", "http://10.0.0.1:65536",
        "http://[::1", "http://[::1]80", "http://10.0.0.1/ x", "http://user@10.0.0.1/", "http://10.0.0.1:"}) {
    EXPECT_TRUE(check_url(bad)) << bad;
  }
}

TEST(Variable, NamesAreShellNames) {
  EXPECT_TRUE(is_variable_name("WIDEIP_KEY_1"));
  for (const char* bad : {"", "1A", "A-B", "A B", "A}"}) EXPECT_FALSE(is_variable_name(bad)) << bad;
}

}  // namespace
}  // namespace conf
