#include "dnsd/decide/verdicts.h"

#include <gtest/gtest.h>

#include "web.h"

namespace decide::test {
namespace {

std::vector<Verdict> judge(const WideIp& wide, const std::vector<Observation>& observed) {
  return judge_members(wide, observed, {}, at(1000));
}

TEST(Verdicts, AMemberNeverProbedIsSilentAndNotUp) {
  const auto out = judge(web(MethodKind::kRatio, 2), {both({}), both(up())});
  EXPECT_EQ(out[0].value, Value::kSilent);
  EXPECT_EQ(out[0].ground, Ground::kUnprobed);
  EXPECT_FALSE(out[0].v4 || out[0].v6);
  EXPECT_EQ(out[1].value, Value::kUp);
  EXPECT_TRUE(out[1].v4 && out[1].v6);
}

TEST(Verdicts, EachFamilyIsUpByItsOwnAddress) {
  const auto out = judge(web(MethodKind::kRatio, 3), {both(up(), down()), both(down(), up()), both(down(), {})});
  EXPECT_TRUE(out[0].v4);
  EXPECT_FALSE(out[0].v6);
  EXPECT_FALSE(out[1].v4);
  EXPECT_TRUE(out[1].v6);
  EXPECT_EQ(out[0].value, Value::kUp);
  EXPECT_EQ(out[2].value, Value::kDown);
  EXPECT_EQ(out[2].ground, Ground::kFailed);
}

TEST(Verdicts, ADrainedMemberIsDownWhateverItsMonitorSays) {
  Observation drained = both(up());
  drained.drained = true;
  const auto out = judge(web(MethodKind::kRatio, 1), {drained});
  EXPECT_EQ(out[0].value, Value::kDown);
  EXPECT_EQ(out[0].ground, Ground::kDrained);
  EXPECT_FALSE(out[0].v4 || out[0].v6);
}

WideIp read_from(std::size_t sites) {
  WideIp out = wideip(sites);
  out.method = MethodKind::kReaders;
  out.pools = {{"", MethodKind::kReaders, {}}};
  for (std::size_t i = 0; i < sites; ++i) out.pools[0].members.push_back(i);
  return out;
}
Observation with_readers(Observation site, std::uint32_t count) {
  site.claim->readers = count;
  return site;
}

TEST(Verdicts, ASiteWithAHealthyStandbyIsUpForReadersWhateverItsClaim) {
  const auto out = judge(read_from(3), {with_readers(active(epoch(3, 1), 900), 2), with_readers(standby(900), 1),
                                        with_readers(standby(900), 0)});
  EXPECT_EQ(out[0].ground, Ground::kReadable);
  EXPECT_EQ(out[1].ground, Ground::kReadable);
  EXPECT_EQ(out[2].ground, Ground::kNoReaders);
  EXPECT_EQ(out[2].value, Value::kDown);
}

TEST(Verdicts, WithoutAnyStandbyTheWriterStandsIn) {
  const auto out = judge(read_from(2), {standby(900), active(epoch(3, 2), 900)});
  EXPECT_EQ(out[0].ground, Ground::kNoReaders);
  EXPECT_EQ(out[1].ground, Ground::kStandsIn);
  EXPECT_EQ(out[1].value, Value::kUp);
  EXPECT_TRUE(out[1].v4);
}

// Two writers at the same counter: nobody knows which one is right, so neither stands in.
TEST(Verdicts, OfTwoEqualClaimsNeitherStandsIn) {
  const auto out = judge(read_from(2), {active(epoch(3, 1), 900), active(epoch(3, 2), 900)});
  EXPECT_NE(out[0].value, Value::kUp);
  EXPECT_NE(out[1].value, Value::kUp);
}

TEST(Verdicts, AReaderThatIsNotHeardAnyMoreIsSilent) {
  const auto out = judge(read_from(2), {with_readers(standby(-60'000), 1), with_readers(standby(900), 1)});
  EXPECT_EQ(out[0].ground, Ground::kUnheard);
  EXPECT_EQ(out[1].value, Value::kUp);
}

TEST(Verdicts, WhatIsRequiredMustBeUpNotMerelyNotDown) {
  WideIp wide = web(MethodKind::kRatio, 1);
  wide.required = {{"db", false}};
  EXPECT_TRUE(has_required(wide, std::vector{both(up()), Observation{{}, false, {up()}}}));
  EXPECT_FALSE(has_required(wide, std::vector{both(up()), Observation{{}, false, {Health{}}}}));
  EXPECT_FALSE(has_required(wide, std::vector{both(up()), Observation{}}));
}

}  // namespace
}  // namespace decide::test
