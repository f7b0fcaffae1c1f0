// What must hold within one wide-IP.
#include <algorithm>

#include "conf/rules.h"
#include "conf/safety_table.h"
#include "conf/wideip_table.h"

namespace conf {

namespace {

// One wide-IP at hand, with its mapping.
struct Item {
  Reading& reading;
  const Value& value;
  const WideIp& wideip;

  [[nodiscard]] Mark place(std::string_view key) const { return place(value, key); }
  [[nodiscard]] static Mark place(const Value& mapping, std::string_view key) {
    const Value* at = mapping.find(key);
    return at == nullptr ? mapping.mark() : at->mark();
  }
  [[nodiscard]] bool has(std::string_view key) const { return value.find(key) != nullptr; }
};

bool of_sites(Method method) { return method == Method::kActiveWriter || method == Method::kReaders; }
bool by_ratio(Method method) {
  return method == Method::kRatio || method == Method::kStaticPersist || method == Method::kTopology ||
         method == Method::kReaders;
}
bool by_region(Method method) { return method == Method::kTopology || method == Method::kReaders; }
bool in_turn(Method method) { return method == Method::kRoundRobin || method == Method::kRatio; }

void check_ttl(const Item& i) {
  const WideIp& w = i.wideip;
  if (w.min_ttl_s <= w.ttl_s) return;
  i.reading.fault(i.place("min_ttl"), "min_ttl " + std::to_string(w.min_ttl_s) + " is above ttl " +
                                          std::to_string(w.ttl_s) + "; allowed: at most the ttl");
}

void check_none(const Item& i) {
  const WideIp& w = i.wideip;
  const Mark none = i.place("on_none");
  if (w.method == Method::kActiveWriter && w.on_none.then == OnNone::kAll) {
    i.reading.fault(none,
                    "on_none: all with method active_writer would name two writers; allowed: servfail, nodata, "
                    "refuse, fallback");
  }
  const bool has_fallback = i.has("fallback_address");
  if (w.on_none.then == OnNone::kFallback && !has_fallback) {
    i.reading.fault(none, "on_none: fallback needs addresses; give them as fallback_address");
  }
  if (w.on_none.then != OnNone::kFallback && has_fallback) {
    i.reading.warn(i.place("fallback_address"), "fallback_address is not used: on_none does not say fallback");
  }
}

void check_service_test(const Item& i) {
  const ServiceTest& test = i.wideip.service_test;
  if (test.timeout > test.interval) {
    i.reading.fault(i.place("service_test"), "service_test: timeout " + std::to_string(base::to_ms(test.timeout)) +
                                                 " ms is longer than interval " +
                                                 std::to_string(base::to_ms(test.interval)) +
                                                 " ms; allowed: at most the interval");
  }
  const Value* own = i.value.find("service_test");
  if (own != nullptr && own->find("password") != nullptr && own->find("password_file") != nullptr) {
    i.reading.fault(Item::place(*own, "password"),
                    "service_test has both password and password_file; allowed: one of them");
  }
  if (i.has("service_test") && i.wideip.method != Method::kActiveWriter) {
    i.reading.warn(i.place("service_test"),
                   "service_test is not used: only the addresses of an active_writer are tested so");
  }
}

const Shape& members_shape() {
  const auto& fields = wideip_table().shape().fields;
  return *std::find_if(fields.begin(), fields.end(), [](const Field& f) { return f.key == "members"; })->shape;
}

// A site with its pool, or a name with a monitor; and whichever the method needs.
void check_member(const Item& i, const Value& item, Method method) {
  if (item.kind != Value::Kind::kMapping) return;
  const std::string word(name(method));
  const bool site = item.find("site") != nullptr;
  const bool named = item.find("name") != nullptr || item.find("monitor") != nullptr;
  const Shape& shape = members_shape();
  if (site && named) {
    return i.reading.fault(item.mark(),
                           "a member has a site and a name or monitor too; allowed: site, pool, address; or name, "
                           "address, monitor");
  }
  if (of_sites(method) && named) {
    return i.reading.fault(item.mark(), "method " + word +
                                            " goes by what sites report, this member has none; allowed: site, pool, "
                                            "address");
  }
  if (!of_sites(method) && site) {
    return i.reading.fault(Item::place(item, "site"),
                           "method " + word +
                               " goes by monitors, not by what a site claims of its writer; allowed: name, address, "
                               "monitor (a site stands in active_writer and readers)");
  }
  if (of_sites(method)) {
    require(i.reading, shape, item, "site");
    require(i.reading, shape, item, "pool");
  } else {
    require(i.reading, shape, item, "name");
    if (item.find("cname") == nullptr) require(i.reading, shape, item, "monitor");
    if (item.find("pool") != nullptr) {
      i.reading.fault(Item::place(item, "pool"),
                      "pool belongs to a member with a site; allowed: name, address, monitor");
    }
  }
  if (item.find("disabled") != nullptr && method == Method::kActiveWriter) {
    i.reading.fault(Item::place(item, "disabled"),
                    "disabled does not go with method active_writer: the site that holds the writer is answered; hand "
                    "the writer over (sitecheck switchover), or take the member out");
  }
  if (item.find("ratio") != nullptr && !by_ratio(method)) {
    i.reading.warn(Item::place(item, "ratio"), "ratio is not used by method " + word);
  }
  if (item.find("region") != nullptr && !by_region(method)) {
    i.reading.warn(Item::place(item, "region"), "region is not used by method " + word);
  }
}

// An address or a cname. Sites have addresses: those are what is tested, guarded and moved, and a writer is one server,
// not whatever another name leads to at the time.
void check_target(const Item& i, const Value& item, const Member& member, Method method) {
  if (item.kind != Value::Kind::kMapping) return;
  const Value* cname = item.find("cname");
  if (cname == nullptr) return require(i.reading, members_shape(), item, "address");
  if (of_sites(method)) {
    i.reading.fault(cname->mark(), "cname does not go with method " + std::string(name(method)) +
                                       ", whose members are the sites' addresses; allowed: site, pool, address");
  } else if (item.find("address") != nullptr) {
    i.reading.fault(cname->mark(), "a member has both address and cname; allowed: one of them");
  } else if (member.more().cname == i.wideip.name) {
    i.reading.fault(cname->mark(), "cname: the wide-IP would be an alias of itself");
  }
}

// One answer has addresses or one CNAME (RFC 2181 section 10.1); as with an F5, a pool is of one kind.
void check_aliases(const Item& i, const MemberPool& pool, const Value& item) {
  const auto begin = i.wideip.members.begin() + static_cast<std::ptrdiff_t>(pool.first);
  const auto end = begin + static_cast<std::ptrdiff_t>(pool.count);
  const auto aliases = std::count_if(begin, end, [](const Member& m) { return !m.more().cname.empty(); });
  if (aliases == 0) return;
  if (static_cast<std::size_t>(aliases) < pool.count) {
    i.reading.fault(Item::place(item, "members"),
                    "a pool has members with a cname and others with addresses; allowed: one kind in a pool (a wide-IP "
                    "may have a pool of each)");
  }
  if (pool.method == Method::kAllAvailable) {
    i.reading.fault(Item::place(item, "method"),
                    "method all_available does not go with members that are a cname: an answer has one CNAME (RFC 2181 "
                    "section 10.1); allowed: global_availability, round_robin, ratio, static_persist, topology");
  }
  if (item.find("max_answers") != nullptr) {
    i.reading.warn(Item::place(item, "max_answers"), "max_answers is not used: an answer has one cname");
  }
}

// The members of one list, `first` on among all; none of them stands twice in the wide-IP.
void check_members(const Item& i, const Value& list, Method method, std::size_t first, Unique& names) {
  if (list.kind != Value::Kind::kSequence) return;
  if (list.items.empty()) i.reading.fault(list.mark(), "members: found an empty list; allowed: at least one member");
  for (std::size_t m = 0; m < list.items.size() && first + m < i.wideip.members.size(); ++m) {
    const Member& member = i.wideip.members[first + m];
    check_member(i, list.items[m], method);
    check_target(i, list.items[m], member, method);
    if (member.pool.empty()) continue;
    if (member.site.empty() && of_sites(method)) continue;
    names.add(member.site.empty() ? member.pool : member.site + "/" + member.pool, list.items[m].mark());
  }
}

void check_pool(const Item& i, const MemberPool& pool, const Value& item) {
  check_aliases(i, pool, item);
  if (pool.count > 0 && pool.min_members_up > pool.count) {
    i.reading.fault(Item::place(item, "min_members_up"),
                    "min_members_up " + std::to_string(pool.min_members_up) + " of " + std::to_string(pool.count) +
                        (pool.count == 1 ? " member" : " members") + " can never be; allowed: at most their number");
  }
  if (item.find("persist") != nullptr && pool.method != Method::kStaticPersist) {
    i.reading.warn(Item::place(item, "persist"), "persist is not used by method " + std::string(name(pool.method)));
  }
  if (pool.method == Method::kTopology) {
    const auto& members = i.wideip.members;
    const auto begin = members.begin() + static_cast<std::ptrdiff_t>(pool.first);
    if (std::all_of(begin, begin + static_cast<std::ptrdiff_t>(pool.count),
                    [](const Member& m) { return m.more().regions.empty(); })) {
      i.reading.warn(Item::place(item, "method"),
                     "method topology without a region at any member answers everybody alike, as ratio does");
    }
  }
}

// The method over the pools, and that of each within them.
void check_over(const Item& i, const MemberPool& pool, const Value& item) {
  const Method over = i.wideip.method;
  const bool inner_region = by_region(pool.method);
  if (i.wideip.pools.size() < 2) return;
  if ((in_turn(over) || over == Method::kTopology) &&
      (inner_region || (in_turn(over) && pool.method == Method::kStaticPersist))) {
    i.reading.fault(Item::place(item, "method"),
                    "method " + std::string(name(pool.method)) + " within a pool does not go with method " +
                        std::string(name(over)) + " over the pools; allowed with it: round_robin, ratio, " +
                        "global_availability, all_available" + (in_turn(over) ? "" : ", static_persist"));
  }
  if (item.find("region") != nullptr && over != Method::kTopology) {
    i.reading.warn(Item::place(item, "region"), "region of a pool is not used: the wide-IP's method is not topology");
  }
  if (item.find("ratio") != nullptr && over != Method::kRatio) {
    i.reading.warn(Item::place(item, "ratio"), "ratio of a pool is not used: the wide-IP's method is not ratio");
  }
}

void check_pools(const Item& i, const Value& list) {
  const WideIp& w = i.wideip;
  if (list.kind != Value::Kind::kSequence) return;
  if (list.items.empty()) i.reading.fault(list.mark(), "pools: found an empty list; allowed: at least one pool");
  if (!in_turn(w.method) && w.method != Method::kGlobalAvailability && w.method != Method::kTopology) {
    i.reading.fault(i.place("method"), "method " + std::string(name(w.method)) +
                                           " does not choose among pools; allowed with pools: global_availability, "
                                           "round_robin, ratio, topology");
    return;
  }
  Unique pools(i.reading, "pool");
  Unique members(i.reading, "the member");
  for (std::size_t p = 0; p < list.items.size() && p < w.pools.size(); ++p) {
    const Value& item = list.items[p];
    if (item.kind != Value::Kind::kMapping) continue;
    pools.add(w.pools[p].name, Item::place(item, "name"));
    if (const Value* each = item.find("members")) {
      check_members(i, *each, w.pools[p].method, w.pools[p].first, members);
    }
    check_pool(i, w.pools[p], item);
    check_over(i, w.pools[p], item);
  }
}

// Keys that only some have.
void check_keys(const Item& i) {
  const bool writer = i.wideip.method == Method::kActiveWriter;
  for (const char* key : {"max_answers", "min_members_up", "ramp_up", "persist", "requires"}) {
    if (!i.has(key)) continue;
    if (writer) {
      i.reading.fault(i.place(key), std::string(key) +
                                        " does not go with method active_writer, whose answer is the one "
                                        "site that holds the writer; take it out");
    } else if (i.has("pools") && std::string_view(key) != "requires") {
      i.reading.fault(i.place(key), std::string(key) + " beside pools; allowed: within each of the pools");
    }
  }
  if (i.has("pools") && i.has("members")) {
    i.reading.fault(i.place("pools"), "a wide-IP has both members and pools; allowed: one of them");
  }
  for (const Requirement& required : i.wideip.required) {
    if (required.name == i.wideip.name) {
      i.reading.fault({i.wideip.mark.file, required.at.line, required.at.column},
                      "requires: a wide-IP cannot require itself");
    }
  }
}

}  // namespace

void check_wideip(Reading& reading, const Value& value, const WideIp& wideip) {
  const Item i{reading, value, wideip};
  check_ttl(i);
  check_none(i);
  check_service_test(i);
  check_keys(i);
  check_safety(reading, value, wideip);
  if (const Value* pools = value.find("pools")) return check_pools(i, *pools);
  require(reading, wideip_table().shape(), value, "members");
  const Value* list = value.find("members");
  if (list == nullptr || list->kind != Value::Kind::kSequence) return;
  Unique members(reading, "the member");
  check_members(i, *list, wideip.method, 0, members);
  if (!wideip.pools.empty()) check_pool(i, wideip.pools.front(), value);
}

}  // namespace conf
