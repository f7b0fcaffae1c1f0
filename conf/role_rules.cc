// What must hold between the roles of the pools.
#include "conf/rules.h"

namespace conf {

namespace {

void check_hook(Reading& reading, const Role& role, const std::vector<std::string>& args, std::string_view key,
                const Value& item) {
  const Value* at = item.find(key);
  if (at == nullptr) return;
  if (args.empty() || !args.front().starts_with("/")) {
    return reading.fault(at->mark(), std::string(key) + " of role " + role.name + ": found " +
                                         (args.empty() ? "nothing" : "\"" + args.front() + "\"") +
                                         "; allowed: the absolute path of a program, then its arguments");
  }
  if (const auto why = reading.outside.unreadable(args.front())) {
    reading.warn(at->mark(), std::string(key) + " of role " + role.name + ": " + *why);
  }
}

}  // namespace

void check_roles(Reading& reading, const Pool& pool, const Value& item, Unique& addresses) {
  const Value* list = item.find("roles");
  if (list == nullptr || list->kind != Value::Kind::kSequence) return;
  if (pool.nodes.empty() && !pool.roles.empty()) {
    reading.fault(list->mark(), "pool " + pool.name + " has no nodes, so nothing could hold a role; leave roles out");
  }
  Unique names(reading, "role");
  for (std::size_t i = 0; i < pool.roles.size(); ++i) {
    const Role& role = pool.roles[i];
    const Value& each = list->items[i];
    if (each.kind != Value::Kind::kMapping) continue;
    const auto at = [&](std::string_view key) {
      const Value* value = each.find(key);
      return value == nullptr ? each.mark() : value->mark();
    };
    names.add(role.name, at("name"));
    for (const auto& address : role.addresses) addresses.add(address.to_string(), at("addresses"));
    if (role.kind == RoleKind::kBalanced && each.find("addresses") == nullptr) {
      reading.fault(each.mark(), "role " + role.name + " is balanced and has no addresses; allowed: at least one");
    }
    if (role.kind == RoleKind::kExclusive && pool.kind == "multi_writer" && !pool.preferred_writer) {
      reading.fault(at("kind"), "kind: role " + role.name + " is exclusive, and every node of pool " + pool.name +
                                    " that is well writes; allowed: balanced, or preferred_writer: true for the pool");
    }
    check_hook(reading, role, role.on_promote, "on_promote", each);
    check_hook(reading, role, role.on_demote, "on_demote", each);
    if (!role.addresses.empty() && role.on_promote.empty() != role.on_demote.empty()) {
      reading.warn(each.mark(), "role " + role.name + " has " +
                                    (role.on_demote.empty() ? "on_promote and no on_demote: an address stays where it "
                                                              "was when it goes to another node"
                                                            : "on_demote and no on_promote: no node gets an address"));
    }
  }
}

}  // namespace conf
