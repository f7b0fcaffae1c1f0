#include "sitecheck/io/agent_text.h"

#include <gtest/gtest.h>

namespace {

using ecv::NodeState;
using sitecheck::AgentLimits;
using sitecheck::AgentPool;
using sitecheck::EcvNode;

EcvNode node(const std::string& name, NodeState state, std::optional<std::int64_t> lag_ms = std::nullopt,
             bool local = true) {
  EcvNode out;
  out.name = name;
  out.host = "192.0.2." + std::to_string(name.back() - '0');
  out.port = 3306;
  out.local = local;
  out.state = state;
  out.read_only = state != NodeState::kActive;
  out.lag_ms = lag_ms;
  return out;
}

std::string ask(const AgentPool& pool, const std::string& line) {
  const auto query = sitecheck::parse_agent_query(line);
  return query ? sitecheck::agent_answer(*query, &pool, AgentLimits{}) : "not understood";
}

AgentPool two(bool claims = true) {
  return {claims, false, {node("db1", NodeState::kActive), node("db2", NodeState::kStandby, 0)}};
}

TEST(AgentText, ReadsWhatIsAskedFor) {
  const auto whole = sitecheck::parse_agent_query(" main/db1   rw\r");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->pool, "main");
  EXPECT_EQ(whole->node, "db1");
  EXPECT_FALSE(whole->reads);
  const auto pool = sitecheck::parse_agent_query("main ro");
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->node, "");
  EXPECT_TRUE(pool->reads);
  EXPECT_EQ(sitecheck::parse_agent_query("main/192.0.2.1:3306 rw")->node, "192.0.2.1:3306");
  for (const char* bad : {"", " ", "rw", "main", "main rx", "/db1 rw", "main/ rw", "main db1 rw", "main/db1rw"}) {
    EXPECT_FALSE(sitecheck::parse_agent_query(bad)) << bad;
  }
}

TEST(AgentText, TheWriterIsUpAndNobodyElse) {
  EXPECT_EQ(ask(two(), "main/db1 rw"), "up ready 100%\n");
  EXPECT_EQ(ask(two(), "main/db2 rw"), "down #STANDBY\n");
  EXPECT_EQ(ask(two(), "main rw"), "up ready 100%\n");
}

TEST(AgentText, AnActiveNodeWithoutTheSitesLeaseIsDown) {
  EXPECT_EQ(ask(two(false), "main/db1 rw"), "down #ACTIVE\n");
  EXPECT_EQ(ask(two(false), "main rw"), "down #no writer here\n");
  auto read_only = two();
  read_only.nodes[0].read_only = std::nullopt;
  EXPECT_EQ(ask(read_only, "main/db1 rw"), "down #ACTIVE\n") << "not known to be writable is no promise";
}

TEST(AgentText, AnotherSitesWriterIsNotVouchedFor) {
  const AgentPool pool{true, false, {node("db1", NodeState::kActive, std::nullopt, false)}};
  EXPECT_EQ(ask(pool, "main/db1 rw"), "down #ask the site of this node\n");
}

TEST(AgentText, AWriterThatIsGivenAwayDrains) {
  auto pool = two(false);
  pool.draining = true;
  EXPECT_EQ(ask(pool, "main/db1 rw"), "drain #the writer is being handed over\n");
  EXPECT_EQ(ask(pool, "main rw"), "drain #the writer is being handed over\n");
  EXPECT_EQ(ask(pool, "main/db2 rw"), "down #STANDBY\n");
}

TEST(AgentText, ANodeInDowntimeIsDrainedOfItsReaders) {
  auto pool = two();
  pool.nodes[1].in_downtime = true;
  EXPECT_EQ(ask(pool, "main/db2 ro"), "drain #in downtime\n");
  EXPECT_EQ(ask(pool, "main/db1 ro"), "up ready 100%\n") << "no other standby is left";
  pool.nodes.push_back(node("db3", NodeState::kStandby, 60'000));
  EXPECT_EQ(ask(pool, "main/db3 ro"), "up ready 1%\n") << "it lags, and nobody else may be read";
  pool.nodes[0].in_downtime = true;
  EXPECT_EQ(ask(pool, "main/db1 rw"), "up ready 100%\n") << "who writes is not what a downtime is about";
}

TEST(AgentText, ReadersAreTheStandbysElseTheActive) {
  EXPECT_EQ(ask(two(), "main/db2 ro"), "up ready 100%\n");
  EXPECT_EQ(ask(two(), "main/db1 ro"), "down #the standbys read\n");
  auto alone = two();
  alone.nodes[1].state = NodeState::kFailedOnline;
  alone.nodes[1].message = "replication is broken";
  EXPECT_EQ(ask(alone, "main/db1 ro"), "up ready 100%\n");
  EXPECT_EQ(ask(alone, "main/db2 ro"), "down #FAILED_ONLINE: replication is broken\n");
}

TEST(AgentText, AReadersWeightFallsWithItsLag) {
  const AgentLimits limits;
  EXPECT_EQ(sitecheck::reader_weight(0, limits), 100);
  EXPECT_EQ(sitecheck::reader_weight(1000, limits), 100);
  EXPECT_EQ(sitecheck::reader_weight(15500, limits), 50);
  EXPECT_EQ(sitecheck::reader_weight(29999, limits), 1);
  EXPECT_EQ(sitecheck::reader_weight(30000, limits), 1);
  EXPECT_EQ(sitecheck::reader_weight(std::int64_t{1} << 40, limits), 1);
  EXPECT_EQ(sitecheck::reader_weight(std::nullopt, limits), 1) << "reads go on while replication reconnects";
  auto pool = two();
  pool.nodes[1].lag_ms = 15500;
  EXPECT_EQ(ask(pool, "main/db2 ro"), "up ready 50%\n");
  EXPECT_EQ(ask(pool, "main ro"), "up ready 50%\n");
}

TEST(AgentText, ALateReaderIsDrainedOnlyWhileAnotherReads) {
  auto pool = two();
  pool.nodes[1].lag_ms = 40'000;
  EXPECT_EQ(ask(pool, "main/db2 ro"), "up ready 1%\n");
  pool.nodes.push_back(node("db3", NodeState::kStandby, 5));
  EXPECT_EQ(ask(pool, "main/db2 ro"), "drain #it lags by 40.0 s\n");
  EXPECT_EQ(ask(pool, "main ro"), "up ready 100%\n") << "the best one counts";
  pool.nodes[2].local = false;
  EXPECT_EQ(ask(pool, "main/db2 ro"), "up ready 1%\n") << "another site's reader is no replacement here";
}

TEST(AgentText, WhatIsSetOfflineIsInMaintenance) {
  auto pool = two();
  pool.nodes[1].state = NodeState::kMaint;
  EXPECT_EQ(ask(pool, "main/db2 ro"), "maint #set offline by hand\n");
  EXPECT_EQ(ask(pool, "main/db2 rw"), "maint #set offline by hand\n");
}

TEST(AgentText, AnAnswerIsOneLineWhateverAServerSaid) {
  auto pool = two();
  pool.nodes[1].state = NodeState::kFailedOffline;
  pool.nodes[1].message = "gone\nup ready 100%\r\n\x01\xff" + std::string(500, 'x');
  const auto answer = ask(pool, "main/db2 rw");
  EXPECT_EQ(answer.find('\n'), answer.size() - 1);
  EXPECT_EQ(answer.find('\r'), std::string::npos);
  EXPECT_TRUE(answer.starts_with("down #FAILED_OFFLINE: gone up ready"));
  EXPECT_LT(answer.size(), 100U);
}

TEST(AgentText, WhatThereIsNotIsDown) {
  EXPECT_EQ(ask(two(), "main/db9 rw"), "down #pool main has no node db9\n");
  const sitecheck::AgentQuery query{"other", "", false};
  EXPECT_EQ(agent_answer(query, nullptr, AgentLimits{}), "down #there is no pool other here\n");
}

}  // namespace
