// What each method makes of members that are up: every source of a method has its tests here.
#include <gtest/gtest.h>

#include "dnsd/decide/explain.h"
#include "dnsd/decide/method.h"
#include "web.h"

namespace decide::test {
namespace {

using Weights = std::vector<std::uint64_t>;

// Members a, b and d of a pool of four are up; d has a ratio of 3.
const std::vector<Candidate> kUp{{0, 1, 16}, {1, 2, 16}, {3, 3, 16}};
const WideIp kWeb = web(MethodKind::kRoundRobin, 4);

std::string picked(const Method& method, std::size_t most = 1) { return shown(kWeb, method.picks(kUp, most)); }

TEST(GlobalAvailability, AnswersTheFirstThatIsUp) {
  EXPECT_EQ(global_availability().how(), How::kOne);
  EXPECT_EQ(picked(global_availability()), "a");
  EXPECT_EQ(picked(global_availability(), 2), "ab");
}

TEST(RoundRobin, GivesEachItsTurnWithoutRegardToRatios) {
  EXPECT_EQ(round_robin().how(), How::kRotate);
  EXPECT_EQ(picked(round_robin()), "a b d");
  EXPECT_EQ(picked(round_robin(), 2), "ab bd da");
  EXPECT_EQ(weights(round_robin().picks(kUp, 1)), (Weights{16, 16, 16}));
}

TEST(Ratio, GivesEachItsShare) {
  EXPECT_EQ(ratio().how(), How::kRotate);
  EXPECT_EQ(picked(ratio()), "a b d");
  EXPECT_EQ(weights(ratio().picks(kUp, 1)), (Weights{16, 32, 48}));
}

TEST(StaticPersist, SpreadsByTheClientsPrefix) {
  EXPECT_EQ(static_persist().how(), How::kHash);
  EXPECT_EQ(weights(static_persist().picks(kUp, 1)), (Weights{16, 32, 48}));
}

TEST(AllAvailable, AnswersEveryOneAtOnce) {
  EXPECT_EQ(all_available().how(), How::kOne);
  EXPECT_EQ(picked(all_available(), 4), "abd");
}

TEST(Topology, LooksAtRegionsAndSpreadsByRatio) {
  EXPECT_TRUE(topology().regional());
  EXPECT_EQ(topology().how(), How::kRotate);
  EXPECT_EQ(weights(topology().picks(kUp, 1)), (Weights{16, 32, 48}));
}

TEST(Readers, LookAtRegionsToo) {
  EXPECT_TRUE(readers().regional());
  EXPECT_FALSE(ratio().regional());
}

TEST(Method, AMemberThatCameBackHasAPartOfItsWeight) {
  const std::vector<Candidate> up{{0, 3, 16}, {1, 3, 4}};
  EXPECT_EQ(weights(ratio().picks(up, 1)), (Weights{48, 12}));
  EXPECT_EQ(weights(round_robin().picks(up, 1)), (Weights{16, 4}));
}

TEST(Method, OfNobodyThereIsNoPick) {
  for (const auto kind :
       {MethodKind::kGlobalAvailability, MethodKind::kRoundRobin, MethodKind::kRatio, MethodKind::kStaticPersist,
        MethodKind::kAllAvailable, MethodKind::kReaders, MethodKind::kTopology}) {
    EXPECT_TRUE(method(kind).picks({}, 1).empty()) << name(kind);
  }
}

}  // namespace
}  // namespace decide::test
