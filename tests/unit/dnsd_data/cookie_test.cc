#include "dnsd/data/cookie.h"

#include <gtest/gtest.h>

#include "base/ip.h"
#include "base/text.h"

namespace {

using data::CookieState;

data::CookieSecret secret(const std::string& hex) {
  data::CookieSecret out;
  const auto bytes = base::from_hex(hex).value();
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

const auto kSecret = secret("e5e973e5a6b2a43f48e7dc849e37bfcf");
const auto kOther = secret("dd3bdf9344b678b185a6f5cb60fca715");
const std::string kClient = "2464c4abcf10c957";

data::CookieReply ask(const std::vector<data::CookieSecret>& secrets, const std::string& sent, const std::string& ip,
                      std::uint32_t now) {
  const auto address = base::IpAddress::parse(ip).value();
  return data::answer_cookie(secrets, base::from_hex(sent).value(), address.bytes(), now);
}
std::string text(const data::CookieReply& reply) { return base::to_hex(reply.octets); }

struct Vector {
  const char* secret;
  const char* client;
  const char* ip;
  std::uint32_t time;
  const char* server;
};

TEST(Cookie, GivesTheCookiesOfRfc9018AppendixA) {
  const Vector vectors[] = {
      {"e5e973e5a6b2a43f48e7dc849e37bfcf", "2464c4abcf10c957", "198.51.100.100", 1559731985,
       "010000005cf79f111f8130c3eee29480"},
      {"e5e973e5a6b2a43f48e7dc849e37bfcf", "2464c4abcf10c957", "198.51.100.100", 1559734385,
       "010000005cf7a871d4a564a1442aca77"},
      {"e5e973e5a6b2a43f48e7dc849e37bfcf", "fc93fc62807ddb86", "203.0.113.203", 1559734700,
       "010000005cf7a9acf73a7810aca2381e"},
      {"445536bcd2513298075a5d379663c962", "22681ab97d52c298", "2001:db8:220:1:59de:d0f4:8769:82b8", 1559741961,
       "010000005cf7c609a6bb79d16625507a"},
  };
  for (const auto& v : vectors) {
    const auto reply = ask({secret(v.secret)}, v.client, v.ip, v.time);
    EXPECT_EQ(reply.state, CookieState::kNew);
    EXPECT_EQ(text(reply), std::string(v.client) + v.server);
    EXPECT_EQ(ask({secret(v.secret)}, text(reply), v.ip, v.time).state, CookieState::kGood);
  }
}

// RFC 9018 section 4.2 and appendix A.3: the reserved octets of a cookie that comes back are part of what was hashed.
TEST(Cookie, TakesReservedOctetsAsTheyCome) {
  const auto reply = ask({kSecret},
                         "fc93fc62807ddb86"
                         "01abcdef5cf78f71a314227b6679ebf5",
                         "203.0.113.203", 1559728000);
  EXPECT_EQ(reply.state, CookieState::kGood);
}

TEST(Cookie, IsGivenBackAsItIsForHalfAnHourAndThenRenewed) {  // RFC 9018 section 4.3
  const std::uint32_t made = 1'700'000'000;
  const auto first = text(ask({kSecret}, kClient, "192.0.2.1", made));
  const auto after = [&](std::int64_t s) {
    return ask({kSecret}, first, "192.0.2.1", static_cast<std::uint32_t>(made + s));
  };
  EXPECT_EQ(text(after(1800)), first);
  EXPECT_EQ(after(1801).state, CookieState::kGood);
  EXPECT_NE(text(after(1801)), first);
  EXPECT_EQ(after(3600).state, CookieState::kGood);
  EXPECT_EQ(after(3601).state, CookieState::kBad);
  EXPECT_EQ(after(-300).state, CookieState::kGood) << "made by a server whose clock is ahead";
  EXPECT_EQ(after(-301).state, CookieState::kBad);
}

TEST(Cookie, TimeMayPassTheEndOf32Bits) {  // RFC 9018 section 4.3: serial numbers of RFC 1982
  const auto made = text(ask({kSecret}, kClient, "192.0.2.1", 0xffffffff));
  EXPECT_EQ(ask({kSecret}, made, "192.0.2.1", 10).state, CookieState::kGood);
  EXPECT_EQ(ask({kSecret}, made, "192.0.2.1", 4000).state, CookieState::kBad);
}

TEST(Cookie, IsOfOneAddressOneClientAndOneSecret) {
  const auto good = text(ask({kSecret}, kClient, "192.0.2.1", 1000));
  EXPECT_EQ(ask({kSecret}, good, "192.0.2.2", 1000).state, CookieState::kBad);
  EXPECT_EQ(ask({kOther}, good, "192.0.2.1", 1000).state, CookieState::kBad);
  for (std::size_t i = 0; i < good.size(); i += 2) {
    auto forged = good;
    forged[i] = forged[i] == '0' ? '1' : '0';
    const auto reply = ask({kSecret}, forged, "192.0.2.1", 1000);
    EXPECT_EQ(reply.state, CookieState::kBad) << i;
    EXPECT_NE(text(reply), forged) << "a forged cookie does not come back";
  }
}

TEST(Cookie, AnEarlierSecretIsStillAccepted) {  // RFC 9018 section 5
  const auto old = text(ask({kOther}, kClient, "192.0.2.1", 1000));
  const auto reply = ask({kSecret, kOther}, old, "192.0.2.1", 1001);
  EXPECT_EQ(reply.state, CookieState::kGood);
  EXPECT_EQ(text(reply), text(ask({kSecret}, kClient, "192.0.2.1", 1001))) << "renewed with the first";
}

TEST(Cookie, OtherFormsAreBadButAnswered) {
  for (const std::size_t size : {8U, 15U, 17U, 32U}) {
    const auto reply = ask({kSecret}, kClient + std::string(2 * size, '1'), "192.0.2.1", 1000);
    EXPECT_EQ(reply.state, CookieState::kBad);
    EXPECT_EQ(text(reply), text(ask({kSecret}, kClient, "192.0.2.1", 1000)));
  }
}

TEST(Cookie, WithoutSecretOrAddressThereIsNone) {
  EXPECT_EQ(ask({}, kClient, "192.0.2.1", 1000).state, CookieState::kNone);
  const std::vector<data::CookieSecret> secrets{kSecret};
  EXPECT_EQ(data::answer_cookie(secrets, base::from_hex(kClient).value(), {}, 1000).state, CookieState::kNone);
}

}  // namespace
