// The line that a balancer's agent check gets (HAProxy's agent-check): what it asks for, and the answer. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "sitecheck/io/ecv_server.h"

namespace sitecheck {

// What is asked: a node of a pool, or the pool as a whole at this site; as the writer, or for reading.
struct AgentQuery {
  std::string pool;
  std::string node;  // by name or host:port; empty: the pool
  bool reads = false;
};

// "POOL/NODE rw", "POOL ro"; spaces around the words are passed over. Nothing for anything else.
[[nodiscard]] std::optional<AgentQuery> parse_agent_query(std::string_view line);

// From lag_full on the weight of a reader falls, to 1% at lag_drain.
struct AgentLimits {
  base::Duration lag_full = base::seconds(1);
  base::Duration lag_drain = base::seconds(30);
};

// The pool as it is now.
struct AgentPool {
  bool claims = false;    // this site is ACTIVE with lease left
  bool draining = false;  // it gives the writer away
  std::vector<EcvNode> nodes;
};

// 100 down to 1. Not known (replication is connecting, as after the death of the writer) is 1: reads go on.
[[nodiscard]] int reader_weight(const std::optional<std::int64_t>& lag_ms, const AgentLimits& limits);

// One line with its end. rw: "up ready 100%" for the writer, which shows writable; "drain #…" while the writer is given
// away; else "down #STATE". ro: what shows readable is up with its weight; a reader past lag_drain is drained if
// another local one is not past it. A node that is set offline: "maint #…". `pool` null: there is no such pool.
[[nodiscard]] std::string agent_answer(const AgentQuery& query, const AgentPool* pool, const AgentLimits& limits);

// "down #…" for who did not say what it asks for.
[[nodiscard]] std::string agent_refusal();

}  // namespace sitecheck
