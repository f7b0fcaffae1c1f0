#include "sitecheck/io/agent_text.h"

#include <algorithm>

#include "sitecheck/io/ecv_text.h"

namespace sitecheck {

namespace {

using ecv::NodeState;

constexpr std::size_t kMostReason = 80;
constexpr int kFullWeight = 100;

// The balancer shows the reason in one line; its own line ends at the first line break.
std::string with_reason(std::string_view word, std::string reason) {
  for (char& c : reason) {
    if (c < ' ' || c > '~') c = ' ';
  }
  return std::string(word) + " #" + reason.substr(0, kMostReason) + "\n";
}

std::string up(int weight) { return "up ready " + std::to_string(weight) + "%\n"; }

bool past(const EcvNode& node, const AgentLimits& limits) {
  return node.lag_ms && base::milliseconds(*node.lag_ms) >= limits.lag_drain;
}

// A local standby other than `node` that may be read and is not past the limit.
bool another_reads(const AgentPool& pool, const EcvNode& node, const AgentLimits& limits) {
  return std::any_of(pool.nodes.begin(), pool.nodes.end(), [&](const EcvNode& n) {
    return n.local && n.name != node.name && n.state == NodeState::kStandby && !n.in_downtime && !past(n, limits);
  });
}

int weight_of(const EcvNode& node, const AgentLimits& limits) {
  return node.state == NodeState::kActive ? kFullWeight : reader_weight(node.lag_ms, limits);
}

std::string state_of(const EcvNode& node) {
  return std::string(name(node.state)) + (node.message.empty() ? "" : ": " + node.message);
}

std::string writer_answer(const AgentPool& pool, const EcvNode& node) {
  if (node_shows(View::kWritable, pool.claims, pool.nodes, node)) return up(kFullWeight);
  if (pool.draining && node.local && node.state == NodeState::kActive) {
    return with_reason("drain", "the writer is being handed over");
  }
  return with_reason("down",
                     node.state == NodeState::kActive && !node.local ? "ask the site of this node" : state_of(node));
}

std::string reader_answer(const AgentPool& pool, const EcvNode& node, const AgentLimits& limits) {
  if (node.in_downtime) return with_reason("drain", "in downtime");
  if (!node_shows(View::kReadable, pool.claims, pool.nodes, node)) {
    const bool standbys_read = node.state == NodeState::kActive;
    return with_reason("down", standbys_read ? "the standbys read" : state_of(node));
  }
  if (node.state == NodeState::kStandby && past(node, limits) && another_reads(pool, node, limits)) {
    return with_reason("drain", "it lags by " + base::format_duration(base::milliseconds(*node.lag_ms)));
  }
  return up(weight_of(node, limits));
}

// Of its readers the best counts: who asks for the pool is led to them by somebody else.
std::string pool_answer(const AgentPool& pool, bool reads, const AgentLimits& limits) {
  if (!pool_shows(reads ? View::kReadable : View::kWritable, pool.claims, pool.nodes)) {
    return pool.draining && !reads ? with_reason("drain", "the writer is being handed over")
                                   : with_reason("down", reads ? "nothing to read from here" : "no writer here");
  }
  int best = reads ? 1 : kFullWeight;
  for (const auto& node : pool.nodes) {
    if (node.local && node_shows(View::kReadable, pool.claims, pool.nodes, node)) {
      best = std::max(best, weight_of(node, limits));
    }
  }
  return up(best);
}

}  // namespace

std::optional<AgentQuery> parse_agent_query(std::string_view line) {
  const auto trim = [](std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == text.npos) return std::string_view();
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
  };
  line = trim(line);
  const auto space = line.find_last_of(" \t");
  if (space == line.npos) return std::nullopt;
  const auto role = line.substr(space + 1);
  const auto target = trim(line.substr(0, space));
  if ((role != "rw" && role != "ro") || target.find_first_of(" \t") != target.npos) return std::nullopt;
  const auto slash = target.find('/');
  const auto node = slash == target.npos ? std::string_view() : target.substr(slash + 1);
  if (slash == 0 || (slash != target.npos && node.empty())) return std::nullopt;
  return AgentQuery{std::string(target.substr(0, slash)), std::string(node), role == "ro"};
}

int reader_weight(const std::optional<std::int64_t>& lag_ms, const AgentLimits& limits) {
  if (!lag_ms) return 1;
  const auto lag = base::Duration(base::milliseconds(*lag_ms));
  if (lag <= limits.lag_full) return kFullWeight;
  if (lag >= limits.lag_drain) return 1;
  const auto left = (limits.lag_drain - lag) / base::microseconds(1);
  const auto whole = (limits.lag_drain - limits.lag_full) / base::microseconds(1);
  return 1 + static_cast<int>((kFullWeight - 1) * left / whole);
}

std::string agent_answer(const AgentQuery& query, const AgentPool* pool, const AgentLimits& limits) {
  if (pool == nullptr) return with_reason("down", "there is no pool " + query.pool + " here");
  if (query.node.empty()) return pool_answer(*pool, query.reads, limits);
  const EcvNode* node = find_node(pool->nodes, query.node);
  if (node == nullptr) return with_reason("down", "pool " + query.pool + " has no node " + query.node);
  if (node->state == NodeState::kMaint) return with_reason("maint", "set offline by hand");
  return query.reads ? reader_answer(*pool, *node, limits) : writer_answer(*pool, *node);
}

std::string agent_refusal() { return with_reason("down", "send POOL[/NODE] rw|ro and a line break by agent-send"); }

}  // namespace sitecheck
