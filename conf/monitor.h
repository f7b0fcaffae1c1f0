// `monitors:` of dnsd.yaml as values: how members without a sitecheck are looked at.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "conf/fault.h"

namespace conf {

enum class MonitorKind { kHttp, kHttps, kTcp, kMysql, kGalera, kDns, kIcmp, kExec, kAll, kAny, kAtLeast, kNot };
// "http", "at_least", …
[[nodiscard]] std::string_view name(MonitorKind k);
// It looks at nothing itself: its value is made of others'.
[[nodiscard]] bool is_composite(MonitorKind k);

// Good statuses of HTTP, both ends among them.
struct StatusSpan {
  int first = 200;
  int last = 399;
  bool operator==(const StatusSpan&) const = default;
};

using TextPairs = std::vector<std::pair<std::string, std::string>>;

// Encrypted connections of a monitor; PEM files, empty where not given.
struct MonitorTls {
  bool enabled = false;  // always for https
  std::filesystem::path ca;
  std::filesystem::path cert;
  std::filesystem::path key;
  bool verify = true;
  std::string server_name;  // sent as SNI and demanded of the certificate; empty: the Host, else the address
  bool operator==(const MonitorTls&) const = default;
};

// One monitor. What does not fit its kind keeps its default.
struct Monitor {
  std::string name;
  MonitorKind kind = MonitorKind::kHttp;
  std::optional<base::IpAddress> address;  // where it looks, whatever the member's address is
  std::uint16_t port = 0;                  // completed by the kind's own; 0 for those without
  base::Duration interval = base::seconds(5);
  std::optional<base::Duration> interval_down;  // nothing: as interval
  base::Duration timeout{};                     // at most the interval
  int rise = 2;
  int fall = 3;
  base::Duration up_after{};
  base::Duration hold_down{};
  bool manual_resume = false;

  std::string method = "GET";  // http, https
  std::string path = "/";
  std::string host;
  TextPairs headers;
  std::string body;
  std::vector<StatusSpan> statuses{StatusSpan{}};
  std::string receive_disable;
  std::uint64_t max_body = 65536;
  MonitorTls tls;

  std::string send;     // tcp
  std::string receive;  // tcp, http, https

  std::string user;  // mysql, galera, http, https
  std::string password;
  std::string query = "SELECT 1";
  std::string column;
  std::vector<std::string> expect;  // mysql (one), dns
  bool donor_serves = false;        // galera
  bool writable = true;

  std::string question;  // dns
  std::uint16_t type = 1;
  std::optional<std::uint16_t> rcode = 0;  // nothing: any but SERVFAIL and REFUSED

  std::vector<std::string> command;  // exec
  TextPairs environment;

  std::vector<std::string> of;  // composite
  int n = 1;                    // at_least

  Mark mark;

  // Equal but for where it stands: what is known of a monitor goes on through a reload.
  [[nodiscard]] bool same(const Monitor& other) const;
};

// The longest from the failure of a member until it is down: of one that refuses, and of one that hangs, so that each
// look takes its whole timeout. Looks begin up to a twenty-fifth of their interval late (probes/slots.h).
struct DownBounds {
  base::Duration refuses;
  base::Duration hangs;
};
[[nodiscard]] DownBounds down_bounds(const Monitor& monitor);

// Null if there is none of that name.
[[nodiscard]] const Monitor* find_monitor(const std::vector<Monitor>& monitors, std::string_view name);
// The monitor, or every one that it is made of, has an address of its own: it can be asked without a member.
[[nodiscard]] bool knows_where(const std::vector<Monitor>& monitors, std::string_view name);

}  // namespace conf
