#include "sitecheck/io/ecv_text.h"

#include <gtest/gtest.h>

namespace {

using ecv::NodeState;
using ecv::NodeStatus;
using sitecheck::EcvNode;
using sitecheck::View;

EcvNode node(const std::string& name, NodeState state, bool read_only, bool local = true) {
  EcvNode out;
  out.name = name;
  out.host = "192.0.2." + std::to_string(name.back() - '0');
  out.port = 3306;
  out.local = local;
  out.state = state;
  out.read_only = read_only;
  return out;
}

TEST(EcvText, ActiveNeedsTheSitesClaim) {
  const std::vector nodes = {node("db1", NodeState::kActive, false)};
  EXPECT_TRUE(pool_shows(View::kActive, true, nodes));
  EXPECT_FALSE(pool_shows(View::kActive, false, nodes));
  EXPECT_TRUE(node_shows(View::kActive, true, nodes, nodes[0]));
  EXPECT_FALSE(node_shows(View::kActive, false, nodes, nodes[0])) << "ACTIVE without lease is not active";
}

TEST(EcvText, WritableNeedsAWritableActiveNode) {
  auto nodes = std::vector{node("db1", NodeState::kActive, false), node("db2", NodeState::kStandby, true)};
  EXPECT_TRUE(pool_shows(View::kWritable, true, nodes));
  EXPECT_TRUE(node_shows(View::kWritable, true, nodes, nodes[0]));
  EXPECT_FALSE(node_shows(View::kWritable, true, nodes, nodes[1]));
  nodes[0].read_only = true;
  EXPECT_FALSE(pool_shows(View::kWritable, true, nodes));
  nodes[0].read_only = std::nullopt;
  EXPECT_FALSE(pool_shows(View::kWritable, true, nodes)) << "not known is no promise";
  nodes[0].read_only = false;
  EXPECT_FALSE(pool_shows(View::kWritable, false, nodes));
}

TEST(EcvText, ReadableIsAStandbyElseTheActive) {
  const std::vector both = {node("db1", NodeState::kActive, false), node("db2", NodeState::kStandby, true)};
  EXPECT_TRUE(pool_shows(View::kReadable, true, both));
  EXPECT_TRUE(pool_shows(View::kReadable, false, both)) << "a standby is readable whoever is ACTIVE";
  EXPECT_FALSE(node_shows(View::kReadable, true, both, both[0]));
  EXPECT_TRUE(node_shows(View::kReadable, true, both, both[1]));
  const std::vector alone = {node("db1", NodeState::kActive, false), node("db2", NodeState::kFailedOnline, true)};
  EXPECT_TRUE(pool_shows(View::kReadable, true, alone));
  EXPECT_TRUE(node_shows(View::kReadable, true, alone, alone[0]));
  EXPECT_FALSE(node_shows(View::kReadable, true, alone, alone[1]));
  EXPECT_FALSE(pool_shows(View::kReadable, false, alone));
}

TEST(EcvText, ANodeInDowntimeIsNotRead) {
  std::vector nodes = {node("db1", NodeState::kActive, false), node("db2", NodeState::kStandby, true)};
  nodes[1].in_downtime = true;
  EXPECT_FALSE(node_shows(View::kReadable, true, nodes, nodes[1]));
  EXPECT_TRUE(node_shows(View::kReadable, true, nodes, nodes[0])) << "no other standby is left";
  nodes[0].in_downtime = true;
  EXPECT_FALSE(pool_shows(View::kReadable, true, nodes));
  EXPECT_TRUE(pool_shows(View::kWritable, true, nodes)) << "who writes is not what a downtime is about";
}

TEST(EcvText, WhereEveryNodeWritesTheActiveOnesAreReadBesideAStandby) {
  std::vector nodes = {node("db1", NodeState::kActive, false), node("db2", NodeState::kStandby, true)};
  nodes[0].shared = nodes[1].shared = true;
  EXPECT_TRUE(node_shows(View::kReadable, true, nodes, nodes[0]));
  EXPECT_TRUE(node_shows(View::kReadable, true, nodes, nodes[1]));
  EXPECT_FALSE(node_shows(View::kReadable, false, nodes, nodes[0]));
}

TEST(EcvText, AnotherSitesNodeDoesNotCountForThePool) {
  const std::vector nodes = {node("db1", NodeState::kFailedOffline, true),
                             node("db2", NodeState::kStandby, true, false)};
  EXPECT_FALSE(pool_shows(View::kReadable, false, nodes));
  EXPECT_TRUE(node_shows(View::kReadable, false, nodes, nodes[1])) << "its own path may be asked";
  const std::vector active = {node("db1", NodeState::kStandby, true), node("db2", NodeState::kActive, false, false)};
  EXPECT_FALSE(node_shows(View::kActive, true, active, active[1])) << "this site cannot vouch for another's writer";
  EXPECT_FALSE(pool_shows(View::kWritable, true, active));
}

TEST(EcvText, FormatsTheClassicReport) {
  auto n = node("db1", NodeState::kActive, false);
  n.primary = true;
  EXPECT_EQ(format_report(n), "OK/ACTIVE (PRIMARY)");
  n.status = NodeStatus::kOkWarn;
  n.req = 1;
  n.message = "message";
  EXPECT_EQ(format_report(n), "OK_WARN/ACTIVE (PRIMARY) : (OK_WARN/1) message");
  n.primary = false;
  n.state = NodeState::kFailedOffline;
  n.status = NodeStatus::kFail;
  n.req = 4;
  EXPECT_EQ(format_report(n), "FAIL/FAILED_OFFLINE (SECONDARY) : (FAIL/4) message");
}

// A list of lines must not be forged by what a server said.
TEST(EcvText, AReportIsOneLineWhateverAServerSaid) {
  auto n = node("db1", NodeState::kFailedOffline, true);
  n.status = NodeStatus::kFail;
  n.message = "gone\r\n192.0.2.9:3306 OK/ACTIVE (PRIMARY)\x7f";
  EXPECT_EQ(format_report(n), "FAIL/FAILED_OFFLINE (SECONDARY) : (FAIL/0) gone  192.0.2.9:3306 OK/ACTIVE (PRIMARY) ");
}

TEST(EcvText, FindsNodesByNameAndAddress) {
  auto nodes = std::vector{node("db1", NodeState::kActive, false), node("db2", NodeState::kStandby, true)};
  nodes[1].host = "2001:db8::2";
  EXPECT_EQ(find_node(nodes, "db1"), &nodes[0]);
  EXPECT_EQ(find_node(nodes, "192.0.2.1:3306"), &nodes[0]);
  EXPECT_EQ(find_node(nodes, "[2001:db8::2]:3306"), &nodes[1]);
  EXPECT_EQ(find_node(nodes, "2001:db8::2:3306"), &nodes[1]);
  EXPECT_EQ(find_node(nodes, "192.0.2.1"), nullptr);
  EXPECT_EQ(find_node(nodes, ""), nullptr);
}

TEST(EcvText, AnswersTheClassicForms) {
  const std::vector nodes = {node("db1", NodeState::kActive, false), node("db2", NodeState::kStandby, true)};
  const auto ask = [&](const std::string& key, const std::string& value, bool claims = true) {
    io::ServerRequest request;
    request.query = {{key, value}};
    return answer_classic(claims, nodes, request).value_or("nothing");
  };
  EXPECT_EQ(ask("is-active", "192.0.2.1:3306"), "OK\n");
  EXPECT_EQ(ask("is-active", "192.0.2.1:3306", false), "NO\n");
  EXPECT_EQ(ask("is-active", "192.0.2.2:3306"), "NO\n");
  EXPECT_EQ(ask("is-active", "192.0.2.9:3306"), "NO\n");
  EXPECT_EQ(ask("report", "db1"), "OK/ACTIVE (SECONDARY)\n");
  EXPECT_EQ(ask("report", "db9"), "NO : no such node\n");
  EXPECT_EQ(ask("list", ""), "192.0.2.1:3306 OK/ACTIVE (SECONDARY)\n192.0.2.2:3306 OK/STANDBY (SECONDARY)\n");
  EXPECT_EQ(ask("other", ""), "nothing");
}

}  // namespace
