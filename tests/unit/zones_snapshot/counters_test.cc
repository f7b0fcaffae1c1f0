#include "zones/snapshot/counters.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using snapshot::Counter;

TEST(Counters, AreSummedOverWorkers) {
  snapshot::CounterBoard board;
  auto& one = board.add_worker();
  auto& two = board.add_worker();
  one.add(Counter::kUdp4);
  two.add(Counter::kUdp4);
  two.add(Counter::kTcp6);
  two.add(Counter::kBytesIn, 40);
  one.add_rcode(3);
  one.add_rcode(500);
  const auto sum = board.sum();
  EXPECT_EQ(sum[Counter::kUdp4], 2U);
  EXPECT_EQ(sum[Counter::kBytesIn], 40U);
  EXPECT_EQ(sum.queries(), 3U);
  EXPECT_EQ(sum.rcodes[3], 1U);
  EXPECT_EQ(sum.rcodes[snapshot::kRcodes - 1], 1U);
}

TEST(Counters, EachHasItsOwnName) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < snapshot::kCounters; ++i) {
    const auto name = snapshot::counter_name(static_cast<Counter>(i));
    EXPECT_TRUE(names.insert(std::string(name.group) + "." + name.name).second) << name.name;
    EXPECT_NE(std::string(name.name), "");
  }
}

}  // namespace
