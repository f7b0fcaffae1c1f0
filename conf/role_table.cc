#include "conf/role_table.h"

namespace conf {

namespace {

// A program and its arguments: equal words may stand twice, unlike in other lists.
Row<Role> hook(std::string_view key, std::string_view help, std::vector<std::string> Role::*member) {
  return custom<Role>({.key = key, .type = Type::kText, .help = help, .list = true, .standard_note = "none"},
                      [member](Reading& r, const Field& f, const Value& v, Role& out) {
                        for (const Value* item : list_items(r, f, v)) {
                          std::string word;
                          if (read(r, f, *item, word)) (out.*member).push_back(std::move(word));
                        }
                      });
}

}  // namespace

const Table<Role>& role_table() {
  static const Table<Role> table(
      "roles[]",
      {
          row<Role>({.key = "name", .type = Type::kName, .help = "Names the role.", .required = true}, &Role::name),
          choice<Role>({.key = "kind",
                        .help = "exclusive: all of it is at the node that writes while this site is ACTIVE, else "
                                "nowhere. balanced: its addresses are spread over the local STANDBY nodes that are "
                                "well, and over the ACTIVE ones where every node writes; over a single writer only "
                                "where there is no such node.",
                        .required = true,
                        .words = {"exclusive", "balanced"}},
                       &Role::kind, {RoleKind::kExclusive, RoleKind::kBalanced}),
          row<Role>({.key = "addresses",
                     .type = Type::kIp,
                     .help = "The floating addresses of the role. A balanced role needs at least one; without any, an "
                             "exclusive role consists of its hooks."},
                    &Role::addresses),
          hook("on_promote",
               "The program, by its absolute path, and its arguments, run without a shell for each address that a node "
               "gets. It must bear being run again where it has run before.",
               &Role::on_promote),
          hook("on_demote", "Likewise for each address that a node loses, before another node gets it.",
               &Role::on_demote),
          row<Role>({.key = "hook_timeout",
                     .type = Type::kDuration,
                     .help = "A hook that runs for longer is killed with all its children, and counts as failed.",
                     .standard = "10s",
                     .min = 100,
                     .max = 3'600'000},
                    &Role::hook_timeout),
      });
  return table;
}

}  // namespace conf
