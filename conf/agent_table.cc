#include "conf/outlet_table.h"

namespace conf {

namespace {

constexpr std::int64_t kDay = 86'400'000;  // milliseconds

const Table<AgentPort>& agent_port_table() {
  static const Table<AgentPort> table(
      "agent.ports[]",
      {
          row<AgentPort>(
              {.key = "listen", .type = Type::kListen, .help = "Address and port to listen on.", .required = true},
              &AgentPort::listen),
          row<AgentPort>({.key = "pool", .type = Type::kName, .help = "The pool it answers for.", .required = true},
                         &AgentPort::pool),
          row<AgentPort>({.key = "node",
                          .type = Type::kName,
                          .help = "The node it answers for.",
                          .standard_note = "the pool as a whole, at this site"},
                         &AgentPort::node),
          choice<AgentPort>({.key = "role",
                             .help = "rw: up at the writer only. ro: up at what may be read, with a weight by its lag.",
                             .required = true,
                             .words = {"rw", "ro"}},
                            &AgentPort::reads, {false, true}),
      });
  return table;
}

const Table<Agent>& agent_table() {
  static const Table<Agent> table(
      "agent",
      {
          row<Agent>({.key = "listen",
                      .type = Type::kListen,
                      .help = "Address and port at which a balancer says what it asks for: a line POOL/NODE rw, "
                              "POOL/NODE ro, POOL rw or POOL ro (HAProxy: agent-send \"main/db1 rw\\n\")."},
                     &Agent::listen),
          mappings<Agent>({.key = "ports", .help = "Ports for balancers that say nothing: each answers for one thing."},
                          &Agent::ports, agent_port_table()),
          row<Agent>({.key = "lag_full",
                      .type = Type::kDuration,
                      .help = "A reader that lags by no more has the weight 100%; then it falls, to 1% at lag_drain.",
                      .standard = "1s",
                      .min = 0,
                      .max = kDay},
                     &Agent::lag_full),
          row<Agent>({.key = "lag_drain",
                      .type = Type::kDuration,
                      .help = "A reader that lags by as much or more is drained while another one of this site does "
                              "not; else it keeps 1%.",
                      .standard = "30s",
                      .min = 1,
                      .max = kDay},
                     &Agent::lag_drain),
      });
  return table;
}

}  // namespace

Row<Sitecheck> agent_row() {
  return custom<Sitecheck>({.key = "agent",
                            .type = Type::kMapping,
                            .help = "Ports of the agent check of balancers (HAProxy): a connection is answered by one "
                                    "line, as `up ready 80%`, `drain` or `down #reason`.",
                            .standard_note = "none",
                            .shape = &agent_table().shape()},
                           [](Reading& r, const Field& f, const Value& v, Sitecheck& out) {
                             if (is_mapping(r, f, v)) read_fields(r, agent_table(), v, out.agent.emplace());
                           });
}

}  // namespace conf
