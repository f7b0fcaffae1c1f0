#include "conf/wideip_table.h"

#include <algorithm>

#include "conf/member_table.h"
#include "conf/safety_table.h"
#include "conf/tables.h"

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
                                      "of fallback_address, or what would be answered if every member were up but for "
                                      "those that are disabled or drained (not with active_writer: it would name two "
                                      "writers).",
                              .standard_note = "servfail with active_writer; else fallback if there is a "
                                               "fallback_address, else all",
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
          row<Test>({.key = "password",
                     .type = Type::kVariable,
                     .help = "Instead of a file: the variable that holds the password."},
                    &Test::password),
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

void read_required(Reading& reading, const Field& field, const Value& value, WideIp& out) {
  for (const Value* item : list_items(reading, field, value)) {
    std::string one;
    if (read(reading, field, *item, one)) out.required.push_back({one, {item->line, item->column}, false});
  }
}

std::vector<Row<WideIp>> answer_rows() {
  return {
      custom<WideIp>({.key = "name",
                      .type = Type::kDomain,
                      .help = "The owner name; it lies within the origin of one of the zones.",
                      .required = true},
                     read_wideip_name),
      choice<WideIp>({.key = "method",
                      .help = "How the answer is chosen. active_writer: the one site that claims to be ACTIVE, "
                              "with a valid lease and the highest epoch. readers: the sites with a standby that is "
                              "well, nearest first, in turn; without any the writer. Of members with a monitor: "
                              "global_availability: the first that is up. round_robin: each in turn. ratio: each as "
                              "often as its ratio says. static_persist: by the client's network, so that a client "
                              "keeps its member while that is up. all_available: all that are up, in one answer. "
                              "topology: those in the client's region, in turn. With pools it chooses among them: "
                              "global_availability (the first that is up), round_robin, ratio or topology.",
                      .standard = "active_writer",
                      .words = method_words()},
                     &WideIp::method, methods()),
      row<WideIp>({.key = "ttl",
                   .type = Type::kNumber,
                   .help = "TTL of the answer while its claim is being renewed, or no test of its members failed.",
                   .standard = "5",
                   .min = 0,
                   .max = 86400,
                   .unit = "seconds"},
                  &WideIp::ttl_s),
      row<WideIp>({.key = "min_ttl",
                   .type = Type::kNumber,
                   .help = "TTL of the answer once a poll or a test failed, while the last answer is held, and of "
                           "what on_none answers.",
                   .standard = "1",
                   .min = 0,
                   .max = 86400,
                   .unit = "seconds"},
                  &WideIp::min_ttl_s),
      custom<WideIp>({.key = "on_none",
                      .type = Type::kMapping,
                      .help = "What is answered when no member is up.",
                      .standard_note = "{hold: 5m, then: servfail} with active_writer; else fallback if there is a "
                                       "fallback_address, else all",
                      .words = none_words(),
                      .shape = &none_table().shape()},
                     read_on_none),
      custom<WideIp>(
          {.key = "fallback_address", .type = Type::kIp, .help = "The answer of on_none: fallback.", .list = true},
          read_fallback),
      row<WideIp>({.key = "hold_down",
                   .type = Type::kDuration,
                   .help = "Least time between two changes of the answer, whatever happens to the members in it. A "
                           "claim with a higher epoch waits this long too, so for a writer 0s is the best value.",
                   .standard = "0s",
                   .min = 0,
                   .max = kDay},
                  &WideIp::hold_down),
      custom<WideIp>({.key = "requires",
                      .type = Type::kName,
                      .help = "Monitors with an address of their own, and other wide-IPs, that must be up too: else "
                              "no member counts. Not with active_writer.",
                      .list = true},
                     read_required),
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
      safety_row(),
  };
}

}  // namespace

const std::vector<Method>& methods() {
  static const std::vector<Method> values{
      Method::kActiveWriter,  Method::kGlobalAvailability, Method::kRoundRobin, Method::kRatio,
      Method::kStaticPersist, Method::kAllAvailable,       Method::kReaders,    Method::kTopology};
  return values;
}
const std::vector<std::string_view>& method_words() {
  static const std::vector<std::string_view> words{"active_writer",  "global_availability", "round_robin", "ratio",
                                                   "static_persist", "all_available",       "readers",     "topology"};
  return words;
}

const Table<WideIp>& wideip_table() {
  static const Table<WideIp> table("wideips[]", [] {
    std::vector<Row<WideIp>> rows = answer_rows();
    for (auto& row : member_rows()) rows.push_back(std::move(row));
    return rows;
  }());
  return table;
}

// Defaults that depend on other fields.
void complete(const Value& item, WideIp& out) {
  if (out.method == Method::kActiveWriter) return;
  if (out.pools.empty() || item.find("pools") == nullptr) {
    MemberPool& own = own_pool(out);
    own.method = out.method;
    own.count = out.members.size();
  }
  const Value* none = item.find("on_none");
  const bool mapping = none != nullptr && none->kind == Value::Kind::kMapping;
  if (none == nullptr) out.on_none.hold = base::Duration{};
  if (none == nullptr || (mapping && none->find("then") == nullptr)) {
    out.on_none.then = out.on_none.fallback.empty() ? OnNone::kAll : OnNone::kFallback;
  }
}

void read_wideip(Reading& reading, const Value& item, std::vector<WideIp>& out) {
  static const Field one{.key = "wideips", .type = Type::kMapping, .help = "", .shape = &wideip_table().shape()};
  out.emplace_back();
  if (!is_mapping(reading, one, item)) return;
  read_fields(reading, wideip_table(), item, out.back());
  complete(item, out.back());
}

std::string_view name(Method method) { return method_words()[static_cast<std::size_t>(method)]; }

}  // namespace conf
