#include "dnsd/data/sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace {

using testing::HasSubstr;

base::SocketAddress address(const std::string& text) { return base::SocketAddress::parse(text).value(); }

TEST(Sockets, SettlesAPortThatBothTransportsCanHave) {
  const auto settled = data::settle_address(address("127.0.0.1@0"));
  ASSERT_TRUE(settled);
  EXPECT_NE(settled->port, 0);
  EXPECT_TRUE(data::open_udp(*settled));
  EXPECT_TRUE(data::open_tcp(*settled));
}

TEST(Sockets, SeveralWorkersShareAnAddressThatIsOtherwiseTaken) {
  const auto settled = data::settle_address(address("127.0.0.1@0")).value();
  const auto first = data::open_udp(settled);
  const auto second = data::open_udp(settled);
  EXPECT_TRUE(first && second);
  const auto taken = data::settle_address(settled);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message, HasSubstr("(udp): Address already in use"));
}

TEST(Sockets, AnAddressThatIsNotOursIsAnError) {
  const auto foreign = data::settle_address(address("192.0.2.1@0"));
  ASSERT_FALSE(foreign);
  EXPECT_THAT(foreign.error().message, HasSubstr("dns 192.0.2.1@0 (tcp): "));
}

}  // namespace
