#include "conf/node_table.h"

#include "conf/database_table.h"

namespace conf {

const Table<Node>& node_table() {
  constexpr std::string_view kInterval = "arbiter.timing";
  static const Table<Node> table(
      "nodes[]",
      {
          row<Node>({.key = "name", .type = Type::kName, .help = "Names the node.", .required = true}, &Node::name),
          custom<Node>({.key = "address", .type = Type::kIp, .help = "Its address.", .required = true},
                       [](Reading& r, const Field& f, const Value& v, Node& out) {
                         base::IpAddress ip;
                         if (read(r, f, v, ip)) out.host = ip.to_string();
                       }),
          row<Node>(
              {.key = "port", .type = Type::kNumber, .help = "Its port.", .standard = "3306", .min = 1, .max = 65535},
              &Node::port),
          row<Node>({.key = "priority",
                     .type = Type::kNumber,
                     .help = "The lowest of the local nodes is the PRIMARY. No two local nodes have the same.",
                     .standard = "100",
                     .min = 1,
                     .max = 10'000},
                    &Node::priority),
          row<Node>({.key = "site",
                     .type = Type::kName,
                     .help = "The other site, for a node that stands there: it is watched only. Without it the node "
                             "is local: it may be fenced and promoted."},
                    &Node::site),
          row<Node>({.key = "replicate_from",
                     .type = Type::kAddress,
                     .help = "The direct address from which the node replicates while it is a standby; never a "
                             "floating one."},
                    &Node::replicate_from),
          row<Node>({.key = "pid_file",
                     .type = Type::kPath,
                     .help = "The pid file of a mysqld on this host: lets a hard fence kill it."},
                    &Node::pid_file),
          row<Node>({.key = "data_dir",
                     .type = Type::kPath,
                     .help = "The data directory of a mysqld on this host, where `galera-candidate` finds how far it "
                             "got."},
                    &Node::data_dir),
          row<Node>({.key = "interval",
                     .type = Type::kDuration,
                     .help = "Between two polls of this node.",
                     .standard_note = kInterval,
                     .min = 10,
                     .max = 3'600'000},
                    &Node::interval),
          row<Node>({.key = "timeout",
                     .type = Type::kDuration,
                     .help = "Of one poll of this node, at most its interval.",
                     .standard_note = kInterval,
                     .min = 10,
                     .max = 3'600'000},
                    &Node::timeout),
          choice<Node>({.key = "promote",
                        .help = "Of the local nodes that are fit, one with prefer becomes the writer before others, "
                                "whatever the priorities; one with never does not become the writer at all. If "
                                "every local node has never, this site only votes and is read.",
                        .standard = "allow",
                        .words = {"allow", "prefer", "never"}},
                       &Node::promote, {PromoteWish::kAllow, PromoteWish::kPrefer, PromoteWish::kNever}),
          tls_row<Node>("As the pool's tls, for this node alone: it takes the place of all of it.", "the pool's"),
      });
  return table;
}

}  // namespace conf
