#include "dnsd/control/query_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace control {
namespace {

using snapshot::Counter;
using testing::ElementsAre;
using testing::Pair;

base::Instant at(int ms) { return base::Instant{} + base::milliseconds(ms); }

snapshot::Summed sum(std::uint64_t udp, std::uint64_t noerror, std::uint64_t nxdomain = 0, std::uint64_t drops = 0) {
  snapshot::Summed out;
  out.counters[static_cast<std::size_t>(Counter::kUdp4)] = udp;
  out.counters[static_cast<std::size_t>(Counter::kDropShort)] = drops;
  out.rcodes[0] = noerror;
  out.rcodes[3] = nxdomain;
  return out;
}

TEST(QueryLoad, TellsRatesPerSecondWhateverTheIntervalWas) {
  QueryLoad load;
  load.take(sum(1000, 1000), at(0));
  EXPECT_TRUE(load.samples().empty());
  load.take(sum(1300, 1100, 100, 50), at(2000));
  ASSERT_EQ(load.samples().size(), 1U);
  const auto& sample = load.samples().back();
  EXPECT_DOUBLE_EQ(sample.queries, 150);
  EXPECT_DOUBLE_EQ(sample.dropped, 25);
  EXPECT_THAT(sample.rcodes, ElementsAre(Pair("NOERROR", 50.0), Pair("NXDOMAIN", 50.0)));
}

TEST(QueryLoad, TakesNoSampleTooSoonAfterAnother) {
  QueryLoad load;
  load.take(sum(0, 0), at(0));
  load.take(sum(5, 5), at(50));
  EXPECT_TRUE(load.samples().empty());
  load.take(sum(10, 10), at(1000));
  EXPECT_DOUBLE_EQ(load.samples().back().queries, 10);
}

TEST(QueryLoad, KeepsTheNewestSamples) {
  QueryLoad load;
  for (int i = 0; i < 500; ++i)
    load.take(sum(static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(i), 0), at(i * 1000));
  EXPECT_EQ(load.samples().size(), QueryLoad::kMostSamples);
  EXPECT_DOUBLE_EQ(load.samples().back().queries, 499 * 499 - 498 * 498);
}

}  // namespace
}  // namespace control
