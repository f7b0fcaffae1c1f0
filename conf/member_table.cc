#include "conf/member_table.h"

#include <algorithm>

#include "conf/wideip_table.h"

namespace conf {

namespace {

constexpr std::int64_t kDay = 24 * 60 * 60 * 1000;

// Regions: names, and where they stand.
void read_regions(Reading& reading, const Field& field, const Value& value, std::vector<std::string>& out,
                  std::vector<Spot>& at) {
  for (const Value* item : list_items(reading, field, value)) {
    std::string one;
    if (!read(reading, field, *item, one)) continue;
    out.push_back(std::move(one));
    at.push_back({item->line, item->column});
  }
}

MemberOptions& options(Member& member) {
  if (!member.options) member.options = std::make_shared<MemberOptions>();
  return *member.options;
}

// As names are kept: lower case, no final dot.
void read_cname(Reading& reading, const Field& field, const Value& value, Member& out) {
  std::string name;
  if (!read(reading, field, value, name)) return;
  if (name.size() > 1 && name.ends_with('.')) name.pop_back();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  options(out).cname = std::move(name);
  options(out).cname_at = {value.line, value.column};
}

const Table<Member>& member_table() {
  static const Table<Member> table(
      "members[]",
      {
          custom<Member>(
              {.key = "site",
               .type = Type::kName,
               .help = "A name from sites, whose report decides. With active_writer and readers every member "
                       "has one; with the other methods none has."},
              [](Reading& r, const Field& f, const Value& v, Member& out) {
                if (read(r, f, v, out.site)) out.site_at = {v.line, v.column};
              }),
          row<Member>(
              {.key = "pool", .type = Type::kName, .help = "With site: the pool whose report of that site decides."},
              &Member::pool),
          row<Member>({.key = "name",
                       .type = Type::kName,
                       .help = "Without site: what the member is called; no two of a wide-IP are called alike."},
                      &Member::pool),
          row<Member>({.key = "address",
                       .type = Type::kIp,
                       .help = "What is answered when this member is chosen: IPv4 addresses as A, IPv6 as AAAA. A "
                               "member has this or cname."},
                      &Member::addresses),
          custom<Member>({.key = "cname",
                          .type = Type::kDomain,
                          .help = "Without site, in place of address: when this member is chosen the wide-IP is an "
                                  "alias (CNAME) of that name, for every type, and of nothing else. All members of a "
                                  "pool have addresses, or all have a cname. Not at the apex of a zone. A monitor of "
                                  "it has an address of its own; without one it is always up."},
                         read_cname),
          custom<Member>({.key = "monitor",
                          .type = Type::kName,
                          .help = "Without site: a name from monitors. It looks at each address by itself, so that a "
                                  "member that is down in one family is left out of the answers of that family only."},
                         [](Reading& r, const Field& f, const Value& v, Member& out) {
                           if (read(r, f, v, options(out).monitor)) out.site_at = {v.line, v.column};
                         }),
          custom<Member>({.key = "ratio",
                          .type = Type::kNumber,
                          .help = "Its weight, with the methods ratio, static_persist, topology and readers.",
                          .standard_note = "1",
                          .min = 1,
                          .max = 1000},
                         [](Reading& r, const Field& f, const Value& v, Member& out) {
                           std::int64_t number = 1;
                           if (read(r, f, v, number)) options(out).ratio = static_cast<std::uint32_t>(number);
                         }),
          custom<Member>(
              {.key = "region",
               .type = Type::kName,
               .help = "With topology and readers: names from topology.regions. Clients in these regions get "
                       "this member before those of other regions.",
               .list = true},
              [](Reading& r, const Field& f, const Value& v, Member& out) {
                read_regions(r, f, v, options(out).regions, options(out).regions_at);
              }),
          custom<Member>({.key = "disabled",
                          .type = Type::kSwitch,
                          .help = "true: it is looked at, but never answered, not even by on_none: all. Not with "
                                  "active_writer.",
                          .standard_note = "false"},
                         [](Reading& r, const Field& f, const Value& v, Member& out) {
                           bool disabled = false;
                           if (read(r, f, v, disabled) && disabled) options(out).disabled = true;
                         }),
      });
  return table;
}

const Table<PersistBits>& persist_table() {
  static const Table<PersistBits> table("persist", {
                                                       row<PersistBits>({.key = "ipv4",
                                                                         .type = Type::kNumber,
                                                                         .help = "Prefix length of a network.",
                                                                         .standard = "24",
                                                                         .min = 1,
                                                                         .max = 32,
                                                                         .unit = "bits"},
                                                                        &PersistBits::ipv4),
                                                       row<PersistBits>({.key = "ipv6",
                                                                         .type = Type::kNumber,
                                                                         .help = "The same of IPv6.",
                                                                         .standard = "56",
                                                                         .min = 1,
                                                                         .max = 128,
                                                                         .unit = "bits"},
                                                                        &PersistBits::ipv6),
                                                   });
  return table;
}

// The rows that a pool has, and a wide-IP that has no pools; `at` gives the pool.
template <typename T>
std::vector<Row<T>> pool_rows(MemberPool& (*at)(T&)) {
  return {
      custom<T>({.key = "max_answers",
                 .type = Type::kNumber,
                 .help = "How many members one answer names, with all their addresses of the family. An answer has "
                         "one cname at most.",
                 .standard_note = "1; with all_available all",
                 .min = 1,
                 .max = 64,
                 .unit = "members"},
                [at](Reading& r, const Field& f, const Value& v, T& out) {
                  std::int64_t number = 1;
                  if (read(r, f, v, number)) at(out).max_answers = static_cast<std::uint32_t>(number);
                }),
      custom<T>({.key = "min_members_up",
                 .type = Type::kNumber,
                 .help = "With fewer members up the pool counts as down: the next pool answers, or on_none.",
                 .standard_note = "1",
                 .min = 1,
                 .max = 1000,
                 .unit = "members"},
                [at](Reading& r, const Field& f, const Value& v, T& out) {
                  std::int64_t number = 1;
                  if (read(r, f, v, number)) at(out).min_members_up = static_cast<std::uint32_t>(number);
                }),
      custom<T>(
          {.key = "ramp_up",
           .type = Type::kDuration,
           .help = "A member that came back has its full share of the clients only after this long; until then the "
                   "share grows. With round_robin, ratio, static_persist, topology and readers.",
           .standard_note = "0s: at once",
           .min = 0,
           .max = kDay},
          [at](Reading& r, const Field& f, const Value& v, T& out) { read(r, f, v, at(out).ramp_up); }),
      custom<T>({.key = "persist",
                 .type = Type::kMapping,
                 .help = "With static_persist: how large a network is whose clients are kept at one member. The scope "
                         "of answers to resolvers that tell the client (ECS, RFC 7871) is this length.",
                 .standard_note = "{ipv4: 24, ipv6: 56}",
                 .shape = &persist_table().shape()},
                [at](Reading& r, const Field& f, const Value& v, T& out) {
                  if (is_mapping(r, f, v)) read_fields(r, persist_table(), v, at(out).persist);
                }),
  };
}

// A pool while it is read: its members go to the wide-IP's.
struct PoolItem {
  MemberPool pool;
  std::vector<Member> members;
};

const Table<PoolItem>& pool_table() {
  static const Table<PoolItem> table("pools[]", [] {
    std::vector<Row<PoolItem>> rows{
        custom<PoolItem>(
            {.key = "name", .type = Type::kName, .help = "What the pool is called.", .required = true},
            [](Reading& r, const Field& f, const Value& v, PoolItem& out) { read(r, f, v, out.pool.name); }),
        custom<PoolItem>({.key = "method",
                          .type = Type::kChoice,
                          .help = "How a member of the pool is chosen; any method but active_writer.",
                          .standard = "round_robin",
                          .words = {method_words().begin() + 1, method_words().end()}},
                         [](Reading& r, const Field& f, const Value& v, PoolItem& out) {
                           std::size_t word = 0;
                           if (read_word(r, f, v, word)) out.pool.method = methods()[word + 1];
                         }),
        custom<PoolItem>({.key = "ratio",
                          .type = Type::kNumber,
                          .help = "The pool's weight, if the wide-IP's method is ratio.",
                          .standard_note = "1",
                          .min = 1,
                          .max = 1000},
                         [](Reading& r, const Field& f, const Value& v, PoolItem& out) {
                           std::int64_t number = 1;
                           if (read(r, f, v, number)) out.pool.ratio = static_cast<std::uint32_t>(number);
                         }),
        custom<PoolItem>({.key = "region",
                          .type = Type::kName,
                          .help = "If the wide-IP's method is topology: names from topology.regions, whose clients get "
                                  "this pool.",
                          .list = true},
                         [](Reading& r, const Field& f, const Value& v, PoolItem& out) {
                           read_regions(r, f, v, out.pool.regions, out.pool.regions_at);
                         }),
    };
    for (auto& row : pool_rows<PoolItem>([](PoolItem& item) -> MemberPool& { return item.pool; })) {
      rows.push_back(std::move(row));
    }
    rows.push_back(mappings<PoolItem>({.key = "members", .help = "What the pool may answer with.", .required = true},
                                      &PoolItem::members, member_table()));
    return rows;
  }());
  return table;
}

void read_pools(Reading& reading, const Field& field, const Value& value, WideIp& out) {
  if (value.kind != Value::Kind::kSequence) return mismatch(reading, field, value);
  out.pools.clear();
  Field one = field;
  one.list = false;
  for (const Value& item : value.items) {
    PoolItem read;
    if (is_mapping(reading, one, item)) read_fields(reading, pool_table(), item, read);
    read.pool.first = out.members.size();
    read.pool.count = read.members.size();
    std::move(read.members.begin(), read.members.end(), std::back_inserter(out.members));
    out.pools.push_back(std::move(read.pool));
  }
}

}  // namespace

MemberPool& own_pool(WideIp& wideip) {
  if (wideip.pools.empty()) wideip.pools.emplace_back();
  return wideip.pools.front();
}

std::vector<Row<WideIp>> member_rows() {
  std::vector<Row<WideIp>> rows = pool_rows<WideIp>(own_pool);
  rows.push_back(mappings<WideIp>({.key = "members", .help = "What the wide-IP may answer with; this, or pools."},
                                  &WideIp::members, member_table()));
  rows.push_back(custom<WideIp>({.key = "pools",
                                 .type = Type::kMapping,
                                 .help = "Instead of members: lists of them, each with a method of its own. In this "
                                         "order they are preferred, alternate, fallback, unless the wide-IP's method "
                                         "chooses among them. A and AAAA come from the same pool.",
                                 .list = true,
                                 .shape = &pool_table().shape()},
                                read_pools));
  return rows;
}

bool WideIp::may_be_alias() const {
  return std::any_of(members.begin(), members.end(), [](const Member& m) { return !m.more().cname.empty(); });
}

const MemberOptions& Member::more() const {
  static const MemberOptions usual;
  return options ? *options : usual;
}

}  // namespace conf
