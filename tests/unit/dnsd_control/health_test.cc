#include "dnsd/control/health.h"

#include <gtest/gtest.h>

#include "signed_site.h"

namespace control::test {
namespace {

const decide::MemberId kMember{"site1", "main"};
const std::string kA = "http://127.0.0.1:1";
const std::string kB = "http://127.0.0.2:1";

base::Instant at(std::int64_t ms) { return base::Instant{base::milliseconds(1'000'000 + ms)}; }

struct Table : ::testing::Test {
  HealthTable table;
  std::int64_t now = 0;

  Table() { table.configure({{kMember, {kA, kB}}}); }

  Effect hear(const std::string& url, std::uint64_t seq, ecv::PoolState state = ecv::PoolState::kActive,
              std::uint64_t boot = 1, std::uint64_t counter = 3) {
    ecv::Report report = report_of("site1", state, ecv::Epoch::make(counter, 1), 2000);
    report.seq = seq;
    report.boot_id = boot;
    now += 10;
    return table.report(kMember, url, report, at(now - 5), at(now));
  }
  Effect fail(const std::string& url, Fault fault = Fault::kRefused) {
    return table.failure(kMember, url, fault, "away");
  }
  [[nodiscard]] const MemberHealth& member() const { return *table.find(kMember); }
};

TEST_F(Table, AFirstReportIsNewsAndARenewalIsNot) {
  const Effect first = hear(kA, 1);
  EXPECT_TRUE(first.newer);
  EXPECT_TRUE(first.changed);
  const Effect second = hear(kA, 2);
  EXPECT_TRUE(second.newer);
  EXPECT_FALSE(second.changed);
  EXPECT_EQ(member().claim->heard, at(20));
  EXPECT_EQ(member().claim->asked, at(15));
}

TEST_F(Table, TheCountersOfAnEtcdAreKnownAsRevisions) {
  (void)hear(kA, 1);
  EXPECT_FALSE(member().claim->revisions);
  ecv::Report report = report_of("site1", ecv::PoolState::kActive, ecv::Epoch::make(3, 1), 2000);
  report.seq = 2;
  report.boot_id = 1;
  report.arbiter = "etcd";
  (void)table.report(kMember, kA, report, at(20), at(21));
  EXPECT_TRUE(member().claim->revisions);
}

TEST_F(Table, AnotherStateOrEpochIsNews) {
  (void)hear(kA, 1);
  EXPECT_TRUE(hear(kA, 2, ecv::PoolState::kFencing).said_otherwise);
  EXPECT_TRUE(hear(kA, 3, ecv::PoolState::kFencing, 1, 4).said_otherwise);
}

TEST_F(Table, AReplayOnItsPathIsNotBelieved) {
  (void)hear(kA, 5);
  (void)hear(kA, 6, ecv::PoolState::kStandby);
  EXPECT_EQ(hear(kA, 5).verdict, Fault::kReplayed);
  EXPECT_EQ(hear(kA, 6).verdict, Fault::kReplayed);
  EXPECT_EQ(member().claim->state, ecv::PoolState::kStandby);
}

TEST_F(Table, AnAnswerThatAnotherPathHasOvertakenCountsForItsPathOnly) {
  (void)hear(kA, 6, ecv::PoolState::kStandby);
  const Effect late = hear(kB, 5);
  EXPECT_EQ(late.verdict, Fault::kNone);
  EXPECT_FALSE(late.newer);
  EXPECT_EQ(member().claim->state, ecv::PoolState::kStandby);
  EXPECT_EQ(member().paths[1].claim->state, ecv::PoolState::kActive);
}

TEST_F(Table, ANewProcessCountsFromOneAndTheOldOneIsDead) {
  (void)hear(kA, 100);
  EXPECT_TRUE(hear(kB, 1, ecv::PoolState::kInit, 2).changed);
  EXPECT_EQ(hear(kA, 101).verdict, Fault::kDeadBoot);
  EXPECT_EQ(member().claim->state, ecv::PoolState::kInit);
  EXPECT_EQ(hear(kA, 2, ecv::PoolState::kStandby, 2).verdict, Fault::kNone);
}

TEST_F(Table, FailingOnlyWhenEveryPathFails) {
  (void)hear(kA, 1);
  EXPECT_FALSE(fail(kA).changed);
  EXPECT_FALSE(member().observation().failing);
  EXPECT_TRUE(fail(kB).changed);
  EXPECT_TRUE(member().observation().failing);
  EXPECT_TRUE(member().observation().claim.has_value());  // silence takes no claim back
  EXPECT_TRUE(hear(kB, 2).changed);
  EXPECT_FALSE(member().observation().failing);
}

TEST_F(Table, OnlyTransitionsOfAPathAreWorthALine) {
  EXPECT_TRUE(hear(kA, 1).path_changed);
  EXPECT_FALSE(hear(kA, 2).path_changed);
  EXPECT_TRUE(fail(kA).path_changed);
  EXPECT_FALSE(fail(kA).path_changed);
  EXPECT_TRUE(fail(kA, Fault::kMacMismatch).path_changed);
  EXPECT_TRUE(hear(kA, 3).path_changed);
}

TEST_F(Table, TheFirstRoundIsOverWhenEachMemberAnsweredOrFailedOnEveryPath) {
  EXPECT_FALSE(table.all_known());
  (void)fail(kA);
  EXPECT_FALSE(table.all_known());
  (void)fail(kB);
  EXPECT_TRUE(table.all_known());
}

TEST_F(Table, ReconfiguringKeepsWhatIsKnownOfUnchangedMembersAndPaths) {
  (void)hear(kA, 7);
  table.configure({{kMember, {kA, "http://127.0.0.3:1"}}, {{"site9", "main"}, {kB}}});
  ASSERT_NE(table.find(kMember), nullptr);
  EXPECT_TRUE(member().claim.has_value());
  EXPECT_EQ(hear(kA, 7).verdict, Fault::kReplayed);
  table.configure({});
  EXPECT_EQ(table.find(kMember), nullptr);
  EXPECT_EQ(hear(kA, 8).verdict, Fault::kNone);  // of a path that is gone: nothing happens
  EXPECT_TRUE(table.members().empty());
}

TEST_F(Table, AnAbsurdLeaseIsClamped) {
  ecv::Report report = report_of("site1", ecv::PoolState::kActive, ecv::Epoch::make(1, 1), 0);
  report.lease_ms = std::numeric_limits<std::int64_t>::max();
  (void)table.report(kMember, kA, report, at(0), at(1));
  EXPECT_EQ(member().claim->lease, std::chrono::hours(1));
}

}  // namespace
}  // namespace control::test
