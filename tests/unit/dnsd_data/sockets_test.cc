#include "dnsd/data/sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace {

using data::Absent;
using testing::HasSubstr;

base::SocketAddress address(const std::string& text) { return base::SocketAddress::parse(text).value(); }

TEST(Sockets, SettlesAPortThatBothTransportsCanHave) {
  const auto settled = data::settle_address(address("127.0.0.1@0"), Absent::kRefuse);
  ASSERT_TRUE(settled);
  EXPECT_NE(settled->port, 0);
  EXPECT_TRUE(data::open_udp(*settled, Absent::kRefuse));
  EXPECT_TRUE(data::open_tcp(*settled, Absent::kRefuse));
}

TEST(Sockets, SeveralWorkersShareAnAddressThatIsOtherwiseTaken) {
  const auto settled = data::settle_address(address("127.0.0.1@0"), Absent::kRefuse).value();
  const auto first = data::open_udp(settled, Absent::kRefuse);
  const auto second = data::open_udp(settled, Absent::kRefuse);
  EXPECT_TRUE(first && second);
  const auto taken = data::settle_address(settled, Absent::kRefuse);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message, HasSubstr("(udp): Address already in use"));
}

TEST(Sockets, AnAddressThatIsNotOursIsAnError) {
  const auto foreign = data::settle_address(address("192.0.2.1@0"), Absent::kRefuse);
  ASSERT_FALSE(foreign);
  EXPECT_THAT(foreign.error().message, HasSubstr("dns 192.0.2.1@0 (tcp): "));
}

// ip(7): IP_FREEBIND. 192.0.2.0/24 is for documentation (RFC 5737): no interface has it.
TEST(Sockets, AnAddressThatIsNotOursYetCanBeBoundAllTheSame) {
  for (const auto* text : {"192.0.2.1@0", "[2001:db8::1]@0"}) {
    const auto foreign = data::settle_address(address(text), Absent::kBind);
    ASSERT_TRUE(foreign) << foreign.error().message;
    EXPECT_NE(foreign->port, 0);
    EXPECT_TRUE(data::open_udp(*foreign, Absent::kBind));
    EXPECT_TRUE(data::open_tcp(*foreign, Absent::kBind));
    EXPECT_FALSE(data::open_udp(*foreign, Absent::kRefuse));
  }
}

TEST(Sockets, TellsWhichAddressesThisHostHas) {
  EXPECT_TRUE(data::is_present(address("127.0.0.1@0").ip));
  EXPECT_TRUE(data::is_present(address("127.1.2.3@0").ip)) << "a local route leads there";
  EXPECT_TRUE(data::is_present(address("[::]@0").ip));
  EXPECT_FALSE(data::is_present(address("192.0.2.1@0").ip));
}

}  // namespace
