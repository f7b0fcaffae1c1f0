#include "probes/galera.h"

#include <gtest/gtest.h>

#include <map>

namespace probes {
namespace {

using Values = std::map<std::string, std::optional<std::string>>;

MysqlResult rows(const Values& values) {
  MysqlResult r;
  r.columns = {"Variable_name", "Value"};
  for (const auto& [name, value] : values) r.rows.push_back({name, value});
  return r;
}

// What a healthy node of three answers (MariaDB 10.11, Galera 26.4).
Values healthy() {
  return {{"wsrep_on", "ON"},
          {"wsrep_reject_queries", "NONE"},
          {"wsrep_cluster_status", "Primary"},
          {"wsrep_ready", "ON"},
          {"wsrep_connected", "ON"},
          {"wsrep_local_state", "4"},
          {"wsrep_local_state_comment", "Synced"},
          {"wsrep_cluster_size", "3"},
          {"wsrep_flow_control_paused_ns", "0"},
          {"wsrep_cluster_state_uuid", "924258be-e65b-11f1-a1d7-f744e0a6f33f"},
          {"wsrep_local_state_uuid", "924258be-e65b-11f1-a1d7-f744e0a6f33f"},
          {"wsrep_last_committed", "12"}};
}

GaleraVerdict judged(const Values& changed, const GaleraPolicy& policy = {}, double paused = 0) {
  auto values = healthy();
  for (const auto& [name, value] : changed) values[name] = value;
  GaleraStatus status;
  read_galera(rows(values), status);
  return judge(status, policy, paused);
}

TEST(Galera, ASyncedNodeOfAPrimaryComponentServes) {
  const auto v = judged({}, {false, 3, 20});
  EXPECT_EQ(v.fault, "");
  EXPECT_EQ(v.aside, "");
  EXPECT_EQ(v.warning, "");
}

TEST(Galera, NamesEachConditionThatDoesNotHold) {
  EXPECT_EQ(judged({{"wsrep_cluster_status", "non-Primary"}}).fault, "wsrep_cluster_status is non-Primary");
  EXPECT_EQ(judged({{"wsrep_ready", "OFF"}}).fault, "wsrep_ready is OFF");
  EXPECT_EQ(judged({{"wsrep_connected", "OFF"}}).fault, "wsrep_connected is OFF");
  EXPECT_EQ(judged({{"wsrep_on", "OFF"}}).fault, "wsrep_on is OFF");
  EXPECT_EQ(judged({{"wsrep_reject_queries", "ALL"}}).fault, "wsrep_reject_queries is ALL");
  EXPECT_EQ(judged({{"wsrep_reject_queries", "ALL_KILL"}}).fault, "wsrep_reject_queries is ALL_KILL");
  EXPECT_EQ(judged({{"wsrep_local_state", "1"}, {"wsrep_local_state_comment", "Joining"}}).fault,
            "wsrep_local_state is 1 (Joining)");
  EXPECT_EQ(judged({{"wsrep_local_state", "3"}, {"wsrep_local_state_comment", "Joined"}}).fault,
            "wsrep_local_state is 3 (Joined)");
}

// Measured: a node that was cut off says all of this at once.
TEST(Galera, NamesAllOfThemTogether) {
  EXPECT_EQ(judged({{"wsrep_cluster_status", "non-Primary"},
                    {"wsrep_ready", "OFF"},
                    {"wsrep_local_state", "0"},
                    {"wsrep_local_state_comment", "Initialized"},
                    {"wsrep_cluster_size", "1"}})
                .fault,
            "wsrep_cluster_status is non-Primary; wsrep_ready is OFF; wsrep_local_state is 0 (Initialized)");
}

TEST(Galera, ASizeAloneProvesNothing) {
  EXPECT_NE(judged({{"wsrep_cluster_status", "Disconnected"}}, {false, 3, 0}).fault, "");
}

TEST(Galera, ADonorStandsAsideUnlessItIsAllowed) {
  const Values donor = {{"wsrep_local_state", "2"}, {"wsrep_local_state_comment", "Donor/Desynced"}};
  const auto avoided = judged(donor);
  EXPECT_EQ(avoided.fault, "");
  EXPECT_EQ(avoided.aside, "wsrep_local_state is 2 (Donor/Desynced)");
  const auto allowed = judged(donor, {true, 0, 0});
  EXPECT_EQ(allowed.fault, "");
  EXPECT_EQ(allowed.aside, "");
  EXPECT_EQ(allowed.warning, "wsrep_local_state is 2 (Donor/Desynced)");
}

TEST(Galera, WarnsOfASmallClusterAndOfFlowControl) {
  EXPECT_EQ(judged({{"wsrep_cluster_size", "2"}}, {false, 3, 0}).warning, "wsrep_cluster_size is 2 of 3 expected");
  EXPECT_EQ(judged({{"wsrep_cluster_size", "2"}}, {false, 0, 0}).warning, "");
  EXPECT_EQ(judged({{"wsrep_cluster_size", "4"}}, {false, 3, 0}).warning, "");
  EXPECT_EQ(judged({}, {false, 0, 20}, 0.35).warning, "flow control paused replication 35% of the time, more than 20%");
  EXPECT_EQ(judged({}, {false, 0, 20}, 0.2).warning, "");
  EXPECT_EQ(judged({}, {false, 0, 0}, 1).warning, "");
}

TEST(Galera, WhatIsNotToldDoesNotHold) {
  EXPECT_EQ(judged({{"wsrep_cluster_status", std::nullopt}}).fault, "wsrep_cluster_status is not told");
  EXPECT_EQ(judged({{"wsrep_ready", std::nullopt}}).fault, "wsrep_ready is not told");
  EXPECT_EQ(judged({{"wsrep_connected", std::nullopt}}).fault, "wsrep_connected is not told");
  EXPECT_EQ(judged({{"wsrep_local_state", std::nullopt}}).fault, "wsrep_local_state is not told");
  EXPECT_EQ(judged({{"wsrep_local_state", "four"}}).fault, "wsrep_local_state is not told");
  EXPECT_EQ(judged({{"wsrep_reject_queries", std::nullopt}}).fault, "");  // older servers have none
}

TEST(Galera, AServerWithoutWsrepIsNoNode) {
  GaleraStatus status;
  read_galera(rows({{"wsrep_on", "OFF"}, {"wsrep_reject_queries", "NONE"}}), status);
  EXPECT_NE(judge(status, {}, 0).fault.find("no Galera node"), std::string::npos);
}

TEST(Galera, ReadsOddRowsWithoutHarm) {
  MysqlResult r;
  r.rows = {
      {}, {std::nullopt, std::nullopt}, {"wsrep_ready"}, {"WSREP_READY", "on"}, {"other", std::string(1 << 20, 'x')}};
  GaleraStatus status;
  read_galera(r, status);
  EXPECT_EQ(status.ready, "on");
  status.cluster_status = std::string(1 << 20, 'x');
  EXPECT_LT(judge(status, {}, 0).fault.size(), 300U);  // a megabyte is not shown
}

TEST(FlowControl, IsTheShareOfTheLastWindow) {
  FlowControl f;
  base::Instant now{base::seconds(100)};
  EXPECT_EQ(f.note(1'000'000'000, now), 0);
  now += base::seconds(1);
  EXPECT_EQ(f.note(2'000'000'000, now), 0);  // a window is five seconds
  now += base::seconds(4);
  EXPECT_DOUBLE_EQ(f.note(3'000'000'000, now), 0.4);
  now += base::seconds(2);
  EXPECT_DOUBLE_EQ(f.note(3'000'000'000, now), 0.4);
  now += base::seconds(3);
  EXPECT_DOUBLE_EQ(f.note(3'000'000'000, now), 0);
}

TEST(FlowControl, BeginsAnewWhenTheServerWasRestarted) {
  FlowControl f;
  base::Instant now{base::seconds(100)};
  f.note(9'000'000'000, now);
  now += base::seconds(10);
  EXPECT_EQ(f.note(1, now), 0);
  now += base::seconds(10);
  EXPECT_EQ(f.note(std::nullopt, now), 0);
  now += base::seconds(10);
  EXPECT_EQ(f.note(5'000'000'000, now), 0);
}

}  // namespace
}  // namespace probes
