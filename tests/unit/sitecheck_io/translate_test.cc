#include "sitecheck/io/translate.h"

#include <gtest/gtest.h>

namespace sitecheck {
namespace {

probes::MysqlObservation healthy() {
  probes::MysqlObservation seen;
  seen.outcome = probes::Outcome::kOk;
  seen.state.read_only = false;
  seen.state.position = "1-1-5";
  seen.epoch = 257;
  seen.write = probes::WriteOutcome::kOk;
  seen.replica.emplace();
  seen.replica->io = "Connecting";
  seen.replica->sql = "Yes";
  seen.replica->io_errno = 2003;
  seen.replica->lag_s = 3;
  return seen;
}

TEST(Translate, AHealthyPollCarriesAll) {
  const auto p = polled(1, 2, healthy());
  EXPECT_EQ(p.pool, 1U);
  EXPECT_EQ(p.node, 2U);
  EXPECT_EQ(p.result, core::PollResult::kOk);
  EXPECT_EQ(p.read_only, false);
  EXPECT_EQ(p.write, core::WriteProbe::kOk);
  EXPECT_EQ(p.io, "Connecting");
  EXPECT_EQ(p.io_errno, 2003);
  EXPECT_EQ(p.lag_ms, 3000);
  EXPECT_EQ(p.gtid, "1-1-5");
  EXPECT_TRUE(p.epoch_row_read);
  EXPECT_EQ(p.epoch_row.value, 257U);
}

TEST(Translate, TheServersWordsOfAReplicationErrorComeAlongCutShort) {
  auto seen = healthy();
  seen.replica->io_error = "cannot connect";
  EXPECT_EQ(polled(0, 0, seen).replication_error, "cannot connect");
  seen.replica->sql_errno = 1062;
  seen.replica->sql_error = std::string(1 << 20, 'x');
  EXPECT_EQ(polled(0, 0, seen).replication_error, std::string(300, 'x'));
}

TEST(Translate, AFailedPollCarriesNothingButItsCause) {
  auto seen = healthy();
  seen.outcome = probes::Outcome::kRefused;
  seen.message = "refused";
  const auto p = polled(0, 0, seen);
  EXPECT_EQ(p.result, core::PollResult::kRefused);
  EXPECT_EQ(p.message, "refused");
  EXPECT_EQ(p.read_only, std::nullopt);
  EXPECT_EQ(p.write, core::WriteProbe::kNotTried);
  EXPECT_FALSE(p.epoch_row_read);
}

TEST(Translate, WarningsOfTheServerAndOfTheClusterAreToldTogether) {
  auto seen = healthy();
  seen.warning = "the monitor account lacks: GRANT";
  seen.galera = {.fault = "", .aside = "a donor", .warning = "wsrep_cluster_size is 2"};
  EXPECT_EQ(polled(0, 0, seen).warning, "the monitor account lacks: GRANT; wsrep_cluster_size is 2");
  EXPECT_EQ(polled(0, 0, seen).aside, "a donor");
  seen.warning.clear();
  EXPECT_EQ(polled(0, 0, seen).warning, "wsrep_cluster_size is 2");
}

TEST(Translate, DegradedAndMisconfiguredAreNoFailures) {
  auto seen = healthy();
  seen.outcome = probes::Outcome::kDegraded;
  EXPECT_EQ(polled(0, 0, seen).result, core::PollResult::kDegraded);
  seen.outcome = probes::Outcome::kMisconfigured;
  EXPECT_EQ(polled(0, 0, seen).result, core::PollResult::kMisconfigured);
}

TEST(Translate, AWriteProbeWithoutItsTableSaysNothing) {
  auto seen = healthy();
  seen.write = probes::WriteOutcome::kMisconfigured;
  EXPECT_EQ(polled(0, 0, seen).write, core::WriteProbe::kNotTried);
  seen.write = probes::WriteOutcome::kFailed;
  EXPECT_EQ(polled(0, 0, seen).write, core::WriteProbe::kFailed);
}

TEST(Translate, AnUnreadableEpochTableIsNotAnEmptyOne) {
  auto seen = healthy();
  seen.epoch.reset();
  EXPECT_FALSE(polled(0, 0, seen).epoch_row_read);
  seen.epoch = 0;
  EXPECT_TRUE(polled(0, 0, seen).epoch_row_read);
}

TEST(Translate, NodesOfAnotherSiteAreWatchedOnly) {
  conf::Sitecheck c;
  c.site = {"site1", 1};
  conf::Peer peer;
  peer.site = "site2";
  peer.id = 2;
  peer.addr.resize(2);
  c.peers = {peer};
  conf::Pool pool;
  pool.name = "main";
  pool.nodes.resize(2);
  pool.nodes[0].name = "own";
  pool.nodes[1].name = "theirs";
  pool.nodes[1].site = "site2";
  c.pools = {pool};
  const auto out = core_config(c);
  ASSERT_EQ(out.pools.size(), 1U);
  EXPECT_TRUE(out.pools[0].nodes[0].local);
  EXPECT_FALSE(out.pools[0].nodes[1].local);
  ASSERT_EQ(out.peers.size(), 1U);
  EXPECT_EQ(out.peers.front().paths, 2);
  EXPECT_EQ(out.pools[0].guard, "process");
}

}  // namespace
}  // namespace sitecheck
