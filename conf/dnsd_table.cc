#include <algorithm>

#include "conf/monitor_table.h"
#include "conf/server_table.h"
#include "conf/tables.h"
#include "conf/topology_table.h"

namespace conf {

namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// Lower case and without the final dot.
void read_wideip_name(Reading& reading, const Field& field, const Value& value, WideIp& out) {
  std::string name;
  if (!read(reading, field, value, name)) return;
  out.name_at = {value.line, value.column};
  if (name.size() > 1 && name.ends_with('.')) name.pop_back();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  out.name = name;
}

const std::vector<OnNone>& none_values() {
  static const std::vector<OnNone> values{OnNone::kServfail, OnNone::kNodata, OnNone::kRefuse, OnNone::kFallback,
                                          OnNone::kAll};
  return values;
}
const std::vector<std::string_view>& none_words() {
  static const std::vector<std::string_view> words{"servfail", "nodata", "refuse", "fallback", "all"};
  return words;
}

const Table<NonePolicy>& none_table() {
  static const Table<NonePolicy> table(
      "on_none",
      {
          row<NonePolicy>({.key = "hold",
                           .type = Type::kDuration,
                           .help = "For how long the last accepted answer stays, at min_ttl and marked as stale "
                                   "(RFC 8914 code 3).",
                           .standard = "0s",
                           .min = 0,
                           .max = 30 * kDay},
                          &NonePolicy::hold),
          choice<NonePolicy>({.key = "then",
                              .help = "What is answered after that: SERVFAIL, an empty answer, REFUSED, the addresses "
                                      "of fallback_address, or the addresses of all members (not with active_writer: "
                                      "it would name two writers).",
                              .standard = "servfail",
                              .words = none_words()},
                             &NonePolicy::then, none_values()),
      });
  return table;
}

// A mapping, or the word that would stand under `then`.
void read_on_none(Reading& reading, const Field& field, const Value& value, WideIp& out) {
  if (value.kind == Value::Kind::kMapping) {
    out.on_none.hold = base::Duration{};
    read_fields(reading, none_table(), value, out.on_none);
    return;
  }
  std::size_t word = 0;
  if (read_word(reading, field, value, word)) out.on_none = {base::Duration{}, none_values()[word], {}};
}

void read_fallback(Reading& reading, const Field& field, const Value& value, WideIp& out) {
  for (const Value* item : list_items(reading, field, value)) {
    base::IpAddress ip;
    if (read(reading, field, *item, ip)) out.on_none.fallback.push_back(ip);
  }
}

const Table<ServiceTest>& service_test_table() {
  using Test = ServiceTest;
  static const Table<Test> table(
      "service_test",
      {
          custom<Test>({.key = "port",
                        .type = Type::kNumber,
                        .help = "The port behind the members' addresses, if it is another than the site tells.",
                        .standard_note = "as each site's report tells (service in its pool)",
                        .min = 1,
                        .max = 65535},
                       [](Reading& r, const Field& f, const Value& v, Test& out) {
                         std::int64_t port = 0;
                         if (read(r, f, v, port)) out.port = static_cast<std::uint16_t>(port);
                       }),
          row<Test>({.key = "interval",
                     .type = Type::kDuration,
                     .help = "Between two tests of an address.",
                     .standard = "1s",
                     .min = 100,
                     .max = kHour},
                    &Test::interval),
          row<Test>({.key = "timeout",
                     .type = Type::kDuration,
                     .help = "Of one test, at most the interval.",
                     .standard = "1s",
                     .min = 50,
                     .max = kHour},
                    &Test::timeout),
          row<Test>({.key = "fall",
                     .type = Type::kNumber,
                     .help = "Failures in a row after which it is down.",
                     .standard = "3",
                     .min = 1,
                     .max = 100,
                     .unit = "tests"},
                    &Test::fall),
          row<Test>({.key = "user",
                     .type = Type::kText,
                     .help = "The MySQL user that logs in, without any right; `sitecheck grants` prints how to create "
                             "it. It need not exist: a server that refuses it has answered, but may log each refusal.",
                     .standard = kServiceUser},
                    &Test::user),
          custom<Test>({.key = "password_file",
                        .type = Type::kPath,
                        .help = "A file with its password; white space around it is left out.",
                        .standard_note = "no password"},
                       [](Reading& r, const Field& f, const Value& v, Test& out) {
                         std::filesystem::path path;
                         if (auto text = read_secret_file(r, f, v, path)) out.password = std::move(*text);
                       }),
      });
  return table;
}

// A mapping, or `none`.
void read_service_test(Reading& reading, const Field& field, const Value& value, WideIp& out) {
  std::size_t word = 0;
  if (value.kind == Value::Kind::kMapping) {
    read_fields(reading, service_test_table(), value, out.service_test);
  } else if (read_word(reading, field, value, word)) {
    out.service_test.enabled = false;
  }
}

const Table<Member>& member_table() {
  static const Table<Member> table(
      "members[]",
      {
          custom<Member>({.key = "site", .type = Type::kName, .help = "A name from sites.", .required = true},
                         [](Reading& r, const Field& f, const Value& v, Member& out) {
                           if (read(r, f, v, out.site)) out.site_at = {v.line, v.column};
                         }),
          row<Member>({.key = "pool",
                       .type = Type::kName,
                       .help = "The pool whose report of that site decides.",
                       .required = true},
                      &Member::pool),
          row<Member>({.key = "address",
                       .type = Type::kIp,
                       .help = "What is answered when this member is chosen: IPv4 addresses as A, IPv6 as AAAA.",
                       .required = true},
                      &Member::addresses),
      });
  return table;
}

const Table<WideIp>& wideip_table() {
  static const Table<WideIp> table(
      "wideips[]",
      {
          custom<WideIp>({.key = "name",
                          .type = Type::kDomain,
                          .help = "The owner name; it lies within the origin of one of the zones.",
                          .required = true},
                         read_wideip_name),
          choice<WideIp>({.key = "method",
                          .help = "How the answer is chosen. active_writer: the one member that claims to be ACTIVE, "
                                  "with a valid lease and the highest epoch.",
                          .standard = "active_writer",
                          .words = {"active_writer"}},
                         &WideIp::method, {Method::kActiveWriter}),
          row<WideIp>({.key = "ttl",
                       .type = Type::kNumber,
                       .help = "TTL of the answer while its claim is being renewed.",
                       .standard = "5",
                       .min = 0,
                       .max = 86400,
                       .unit = "seconds"},
                      &WideIp::ttl_s),
          row<WideIp>({.key = "min_ttl",
                       .type = Type::kNumber,
                       .help = "TTL of the answer once a poll failed, or while the last answer is held.",
                       .standard = "1",
                       .min = 0,
                       .max = 86400,
                       .unit = "seconds"},
                      &WideIp::min_ttl_s),
          custom<WideIp>({.key = "on_none",
                          .type = Type::kMapping,
                          .help = "What is answered when no member is up.",
                          .standard_note = "{hold: 5m, then: servfail}",
                          .words = none_words(),
                          .shape = &none_table().shape()},
                         read_on_none),
          custom<WideIp>(
              {.key = "fallback_address", .type = Type::kIp, .help = "The answer of on_none: fallback.", .list = true},
              read_fallback),
          row<WideIp>({.key = "hold_down",
                       .type = Type::kDuration,
                       .help = "Least time between two changes of the answer. A claim with a higher epoch waits this "
                               "long too, so for a writer 0s is the best value.",
                       .standard = "0s",
                       .min = 0,
                       .max = kDay},
                      &WideIp::hold_down),
          custom<WideIp>(
              {.key = "service_test",
               .type = Type::kMapping,
               .help = "How the members' addresses are tested: by a MySQL handshake, and only where there is "
                       "a relay and the site's report tells of a service. The sites are told; if nobody gets through "
                       "to the writer's address, its "
                       "site hands the writer over. An address that never answered here is not judged. The "
                       "answer of this server does not depend on it.",
               .standard_note = "tested at the port that the site tells",
               .words = {"none"},
               .shape = &service_test_table().shape()},
              read_service_test),
          mappings<WideIp>({.key = "members", .help = "What the wide-IP may answer with.", .required = true},
                           &WideIp::members, member_table()),
      });
  return table;
}

const Table<EcvSite>& site_table() {
  static const Table<EcvSite> table(
      "sites.NAME",
      {
          row<EcvSite>({.key = "ecv",
                        .type = Type::kUrl,
                        .help = "Base URLs of the site's sitecheck, one for each path.",
                        .required = true},
                       &EcvSite::ecv),
          row<EcvSite>({.key = "peer",
                        .type = Type::kAddress,
                        .help = "Where the site takes datagrams, one for each path; relays and votes go there."},
                       &EcvSite::peer),
      });
  return table;
}

// That it is there; what it holds is for zones/compile.
void read_zone_file(Reading& reading, const Field& field, const Value& value, Zone& out) {
  if (!read(reading, field, value, out.file)) return;
  if (const auto why = reading.outside.unreadable(out.file)) {
    reading.fault(value.mark(), std::string(field.key) + ": " + *why);
  }
}

const Table<Zone>& zone_table() {
  static const Table<Zone> table(
      "zones[]",
      {
          row<Zone>({.key = "origin", .type = Type::kDomain, .help = "The zone's name.", .required = true},
                    &Zone::origin),
          custom<Zone>({.key = "file", .type = Type::kPath, .help = "Its master file (RFC 1035).", .required = true},
                       read_zone_file),
      });
  return table;
}

// What an item of `wideips` takes, for faults.
const Field& one_wideip() {
  static const Field field{.key = "wideips", .type = Type::kMapping, .help = "", .shape = &wideip_table().shape()};
  return field;
}

}  // namespace

const Table<Dnsd>& dnsd_table() {
  static const Table<Dnsd> table(
      "dnsd.yaml",
      {
          mapping<Dnsd>({.key = "server", .help = "The name server itself.", .required = true}, &Dnsd::server,
                        server_table()),
          mapping<Dnsd>({.key = "rate_limit",
                         .help = "How many responses each network of clients gets by UDP, so that the server is no "
                                 "weapon against whose addresses are forged. Without it there is no limit. Clients "
                                 "that ask by TCP or with a good cookie (RFC 7873) are not limited."},
                        &Dnsd::rate_limit, rate_limit_table()),
          mapping<Dnsd>({.key = "log", .help = "What is written to standard error.", .implied = true}, &Dnsd::log,
                        log_table()),
          listener<Dnsd>({.key = "stats",
                          .help = "HTTP port for /metrics, /healthz, /readyz and /api/v1. Without it there is none."},
                         &Dnsd::stats),
          listener<Dnsd>({.key = "relay",
                          .help = "UDP port of the datagrams to and from the sites: relays, and votes where this "
                                  "server is a witness (mode witness; it then has a key for: peers). Without it this "
                                  "server does neither."},
                         &Dnsd::relay),
          row<Dnsd>({.key = "reload_on_change",
                     .type = Type::kSwitch,
                     .help = "Reload by itself when this file, one that it includes, a zone's file, one that it "
                             "includes, or a secret changes; else on SIGHUP and `dnsd reload` only.",
                     .standard = "false"},
                    &Dnsd::reload_on_change),
          row<Dnsd>({.key = "poll",
                     .type = Type::kDuration,
                     .help = "Longest wait between two reports of a site; a change is reported at once.",
                     .standard = "250ms",
                     .min = 20,
                     .max = kMinute},
                    &Dnsd::poll),
          mappings<Dnsd>({.key = "keys", .help = "The secrets by which messages are verified."}, &Dnsd::keys,
                         key_table()),
          named_mappings<Dnsd>({.key = "sites", .help = "The sites, by name."}, &Dnsd::sites, &EcvSite::name,
                               site_table()),
          mapping<Dnsd>({.key = "topology",
                         .help = "Where clients are, for wide-IPs whose answer depends on it. A client is who asks, "
                                 "or the network that its resolver tells (EDNS Client Subnet, RFC 7871)."},
                        &Dnsd::topology, topology_table()),
          mappings<Dnsd>({.key = "zones", .help = "The zones that are served.", .required = true}, &Dnsd::zones,
                         zone_table()),
          mappings<Dnsd>({.key = "monitors",
                          .help = "How members without a sitecheck are looked at. A member is SILENT until it was "
                                  "looked at for the first time."},
                         &Dnsd::monitors, monitor_table()),
          row<Dnsd>({.key = "wait_first_round",
                     .type = Type::kDuration,
                     .help = "The longest that a start waits for the first look of every monitor before it answers. "
                             "Members that were not looked at by then are SILENT.",
                     .standard = "3s",
                     .min = 0,
                     .max = kMinute},
                    &Dnsd::wait_first_round),
          mappings<Dnsd>({.key = "wideips", .help = "The names whose answer health decides."}, &Dnsd::wideips,
                         wideip_table()),
          include_row<Dnsd>(),
      });
  return table;
}

void read_wideip(Reading& reading, const Value& item, std::vector<WideIp>& out) {
  out.emplace_back();
  if (!is_mapping(reading, one_wideip(), item)) return;
  read_fields(reading, wideip_table(), item, out.back());
}

const Shape& dnsd_shape() { return dnsd_table().shape(); }

}  // namespace conf
