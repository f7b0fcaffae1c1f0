#include "base/io/address_watch.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/base_io/loop_util.h"

namespace {

// 127.0.0.0/8 belongs to the loopback interface already; an address of it more disturbs nobody.
TEST(AddressWatch, TellsThatAnAddressHasComeAndGone) {
  const std::string address = "127.77." + std::to_string(::getpid() % 250) + ".1/32";
  base::Loop loop;
  int changes = 0;
  const auto watch = io::AddressWatch::open(loop, [&] { ++changes; });
  ASSERT_TRUE(watch) << watch.error().message;
  if (std::system(("ip address add " + address + " dev lo 2>/dev/null").c_str()) != 0) {
    GTEST_SKIP() << "addresses may not be changed here";
  }
  EXPECT_TRUE(io_test::run_until(loop, [&] { return changes > 0; }));
  const int before = changes;
  EXPECT_EQ(std::system(("ip address del " + address + " dev lo").c_str()), 0);
  EXPECT_TRUE(io_test::run_until(loop, [&] { return changes > before; }));
}

}  // namespace
