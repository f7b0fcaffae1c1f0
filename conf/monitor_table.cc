#include "conf/monitor_table.h"

#include <algorithm>
#include <array>

#include "conf/monitor_rows.h"
#include "conf/rr_types.h"
#include "conf/scalar.h"

namespace conf {

namespace {

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;

const std::vector<std::string_view> kKinds{"http", "https", "tcp", "mysql", "galera",   "dns",
                                           "icmp", "exec",  "all", "any",   "at_least", "not"};

Row<Monitor> duration(std::string_view key, std::string_view help, std::string_view standard, std::int64_t min,
                      std::int64_t max, base::Duration Monitor::*member) {
  return row<Monitor>({.key = key, .type = Type::kDuration, .help = help, .standard = standard, .min = min, .max = max},
                      member);
}

Row<Monitor> count(std::string_view key, std::string_view help, std::string_view standard, int Monitor::*member) {
  return row<Monitor>(
      {.key = key, .type = Type::kNumber, .help = help, .standard = standard, .min = 1, .max = 100, .unit = "looks"},
      member);
}

std::vector<Row<Monitor>> common_rows() {
  return {
      row<Monitor>({.key = "name", .type = Type::kName, .help = "Names the monitor.", .required = true},
                   &Monitor::name),
      choice<Monitor>(
          {.key = "kind",
           .help = "What a look is. http, https: a request (an F5's ECV monitor). tcp: a connection, a text "
                   "sent and a text received where they are given; never at MySQL's port. mysql: a login "
                   "and a query. galera: does the node serve. dns: a question. icmp: an echo request "
                   "(ping). exec: a program (an F5's external monitor). all, any, at_least, not: made of "
                   "others and as they are at every moment, without thresholds of their own; not inverts one "
                   "(an F5's reverse).",
           .required = true,
           .words = kKinds},
          &Monitor::kind,
          {MonitorKind::kHttp, MonitorKind::kHttps, MonitorKind::kTcp, MonitorKind::kMysql, MonitorKind::kGalera,
           MonitorKind::kDns, MonitorKind::kIcmp, MonitorKind::kExec, MonitorKind::kAll, MonitorKind::kAny,
           MonitorKind::kAtLeast, MonitorKind::kNot}),
      row<Monitor>({.key = "address",
                    .type = Type::kIp,
                    .help = "Where to look, instead of at the member's address (an F5's alias address). A monitor that "
                            "a wide-IP names under requires needs it.",
                    .standard_note = "the member's address"},
                   &Monitor::address),
      row<Monitor>({.key = "port",
                    .type = Type::kNumber,
                    .help = "The port (an F5's alias service port). tcp needs it, icmp has none; exec passes it on.",
                    .standard_note = "http 80, https 443, mysql and galera 3306, dns 53",
                    .min = 1,
                    .max = 65535},
                   &Monitor::port),
  };
}

std::vector<Row<Monitor>> threshold_rows() {
  return {
      duration("interval",
               "Between the begins of two looks while all is well. The time until a member is down is about fall "
               "intervals (an F5's timeout).",
               "5s", 100, kHour, &Monitor::interval),
      row<Monitor>({.key = "interval_down",
                    .type = Type::kDuration,
                    .help = "The same while it is not up, and while failures are being counted (an F5's up interval is "
                            "the other one).",
                    .standard_note = "as interval",
                    .min = 100,
                    .max = kHour},
                   &Monitor::interval_down),
      row<Monitor>({.key = "timeout",
                    .type = Type::kDuration,
                    .help = "Of one look, from its begin to the last byte; at most the interval.",
                    .standard_note = "2s, or the interval if that is shorter",
                    .min = 50,
                    .max = kHour},
                   &Monitor::timeout),
      count("rise", "Good looks in a row after which it is up again. The first look of all decides at once.", "2",
            &Monitor::rise),
      count("fall", "Failed looks in a row after which it is down.", "3", &Monitor::fall),
      duration("up_after",
               "A member that was down is up again only after nothing but good looks for this long (an F5's time until "
               "up).",
               "0s", 0, kDay, &Monitor::up_after),
      duration("hold_down", "A member that went down stays down for at least this long.", "0s", 0, kDay,
               &Monitor::hold_down),
      row<Monitor>({.key = "manual_resume",
                    .type = Type::kSwitch,
                    .help = "A member that went down stays down until a person runs `dnsd resume` (an F5's manual "
                            "resume). It is remembered over restarts.",
                    .standard = "false"},
                   &Monitor::manual_resume),
  };
}

std::vector<Row<Monitor>> composite_rows() {
  return {
      row<Monitor>(
          {.key = "of", .type = Type::kName, .help = "all, any, at_least: the monitors that it is made of. not: one."},
          &Monitor::of),
      row<Monitor>(
          {.key = "n", .type = Type::kNumber, .help = "at_least: how many of them must be up.", .min = 1, .max = 1000},
          &Monitor::n),
  };
}

}  // namespace

std::string_view name(MonitorKind k) { return kKinds[static_cast<std::size_t>(k)]; }

bool is_composite(MonitorKind k) { return k >= MonitorKind::kAll; }

const Table<Monitor>& monitor_table() {
  static const Table<Monitor> table("monitors[]", [] {
    std::vector<Row<Monitor>> rows;
    for (auto each : {common_rows(), threshold_rows(), http_rows(), database_rows(), other_rows(), composite_rows()}) {
      std::move(each.begin(), each.end(), std::back_inserter(rows));
    }
    return rows;
  }());
  return table;
}

}  // namespace conf
