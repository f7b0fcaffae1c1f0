#include "conf/server_table.h"

#include <sstream>

#include "base/text.h"

namespace conf {

namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kHour = 3600 * kSecond;

// `workers: auto` or a number.
void read_workers(Reading& reading, const Field& field, const Value& value, Dnsd::Server& out) {
  std::int64_t number = 0;
  if (value.kind == Value::Kind::kScalar && value.text == "auto") {
    out.workers = 0;
  } else if (read(reading, field, value, number)) {
    out.workers = static_cast<int>(number);
  }
}

// Text, or `none`.
void read_hostname(Reading& reading, const Field& field, const Value& value, Dnsd::Server& out) {
  std::string text;
  if (value.kind == Value::Kind::kScalar && value.text == "none") {
    out.hostname = "";
  } else if (read(reading, field, value, text)) {
    out.hostname = text;
  }
}

// One secret a line; faults tell the line, never the secret.
void read_cookie_secrets(Reading& reading, const Field& field, const Value& value, Dnsd::Server& out) {
  auto& path = out.cookie_secret_file;
  const auto content = read_secret_file(reading, field, value, path);
  if (!content) return;
  std::istringstream lines(*content);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto end = line.find_last_not_of(" \t\r");
    if (end == std::string::npos) continue;
    const auto bytes = base::from_hex(std::string_view(line).substr(0, end + 1));
    if (!bytes || bytes->size() != 16) {
      reading.fault(value.mark(), std::string(field.key) + ": line " + std::to_string(number) + " of " + path.string() +
                                      " is no secret; allowed: 32 hexadecimal digits, from `openssl rand -hex 16`");
      continue;
    }
    std::copy(bytes->begin(), bytes->end(), out.cookie_secrets.emplace_back().begin());
  }
}

std::vector<Row<Dnsd::Server>> identity_rows() {
  using Server = Dnsd::Server;
  return {
      row<Server>({.key = "id",
                   .type = Type::kName,
                   .help = "Names this server in requests, logs and the journal.",
                   .required = true},
                  &Server::id),
      row<Server>({.key = "listen",
                   .type = Type::kListen,
                   .help = "Where DNS is served, over UDP and TCP.",
                   .standard = "0.0.0.0@53, [::]@53"},
                  &Server::listen),
      row<Server>({.key = "freebind",
                   .type = Type::kSwitch,
                   .help = "Bind listen addresses that no interface has yet, so that they are served as soon as they "
                           "appear. false: they are bound when they appear; below port 1024 that takes the right to "
                           "(CAP_NET_BIND_SERVICE).",
                   .standard = "true"},
                  &Server::freebind),
      custom<Server>({.key = "workers",
                      .type = Type::kNumber,
                      .help = "Threads that answer; auto is one for each core.",
                      .standard = "auto",
                      .min = 1,
                      .max = 256,
                      .unit = "threads",
                      .words = {"auto"}},
                     read_workers),
      row<Server>({.key = "nsid",
                   .type = Type::kText,
                   .help = "Answer to the NSID option (RFC 5001); without it the option is not answered."},
                  &Server::nsid),
      custom<Server>({.key = "hostname",
                      .type = Type::kText,
                      .help = "Answer to id.server and hostname.bind in class CH (RFC 4892); none: they are refused.",
                      .standard_note = "the id",
                      .words = {"none"}},
                     read_hostname),
      row<Server>({.key = "version",
                   .type = Type::kText,
                   .help = "Answer to version.bind and version.server; without it they are refused."},
                  &Server::version),
      custom<Server>({.key = "cookie_secret_file",
                      .type = Type::kPath,
                      .help = "A file with the secrets of server cookies (RFC 9018), 32 hexadecimal digits a line; the "
                              "same on all servers that answer for one address. The first makes cookies, all are "
                              "accepted: to change it, add the new one as the second line everywhere, reload, then "
                              "put it first, reload, and take the old one out an hour later.",
                      .standard_note = "a random secret of this server's own, changed every day"},
                     read_cookie_secrets),
      row<Server>({.key = "state_dir",
                   .type = Type::kPath,
                   .help = "Where epochs, answers and the journal are kept.",
                   .standard = "/var/lib/wideip/dnsd"},
                  &Server::state_dir),
      row<Server>({.key = "control",
                   .type = Type::kPath,
                   .help = "The Unix socket by which the commands reach the server.",
                   .standard = "/run/wideip/dnsd.sock"},
                  &Server::control),
      row<Server>({.key = "user", .type = Type::kName, .help = "The user to become after binding."}, &Server::user),
  };
}

}  // namespace

const Table<Dnsd::Server>& server_table() {
  using Server = Dnsd::Server;
  static const Table<Server> table("server", [] {
    auto rows = identity_rows();
    rows.push_back(row<Server>({.key = "tcp_idle_timeout",
                                .type = Type::kDuration,
                                .help = "After this without a query a TCP connection is closed (RFC 7766).",
                                .standard = "10s",
                                .min = 100,
                                .max = kHour},
                               &Server::tcp_idle_timeout));
    rows.push_back(row<Server>({.key = "tcp_max_connections",
                                .type = Type::kNumber,
                                .help = "TCP connections at once, all clients together.",
                                .standard = "1000",
                                .min = 1,
                                .max = 1'000'000,
                                .unit = "connections"},
                               &Server::tcp_max_connections));
    rows.push_back(row<Server>({.key = "tcp_max_per_client",
                                .type = Type::kNumber,
                                .help = "TCP connections at once of one client address.",
                                .standard = "100",
                                .min = 1,
                                .max = 1'000'000,
                                .unit = "connections"},
                               &Server::tcp_max_per_client));
    rows.push_back(row<Server>({.key = "udp_payload",
                                .type = Type::kNumber,
                                .help = "Largest UDP answer, and the size that EDNS announces (RFC 6891).",
                                .standard = "1232",
                                .min = 512,
                                .max = 4096,
                                .unit = "bytes"},
                               &Server::udp_payload));
    return rows;
  }());
  return table;
}

const Table<Dnsd::RateLimit>& rate_limit_table() {
  using Limit = Dnsd::RateLimit;
  constexpr std::int64_t kMost = 1'000'000;
  const auto rate = [](std::string_view key, std::string_view help, std::string_view standard,
                       std::string_view note = {}) {
    return Field{.key = key,
                 .type = Type::kNumber,
                 .help = help,
                 .standard = standard,
                 .standard_note = note,
                 .min = 0,
                 .max = kMost,
                 .unit = "responses per second"};
  };
  static const Table<Limit> table(
      "rate_limit",
      {
          row<Limit>(rate("responses",
                          "Answers, empty answers and referrals, for each network and name; all names that one "
                          "wildcard answers count as one. 0: no limit.",
                          "0"),
                     &Limit::responses),
          row<Limit>(rate("nxdomains", "Names that do not exist, for each network and zone.", "", "as responses"),
                     &Limit::nxdomains),
          row<Limit>(rate("errors", "REFUSED, FORMERR and other errors, for each network.", "", "as responses"),
                     &Limit::errors),
          row<Limit>({.key = "window",
                      .type = Type::kDuration,
                      .help = "For so long after a flood a network is limited, at most.",
                      .standard = "15s",
                      .min = kSecond,
                      .max = kHour},
                     &Limit::window),
          row<Limit>({.key = "slip",
                      .type = Type::kNumber,
                      .help = "Each so many-th response over the limit goes out truncated, so that a client in that "
                              "network still gets through by TCP; 0: none, 1: all.",
                      .standard = "2",
                      .min = 0,
                      .max = 100},
                     &Limit::slip),
          row<Limit>({.key = "ipv4_prefix",
                      .type = Type::kNumber,
                      .help = "The length of a network's prefix in IPv4.",
                      .standard = "24",
                      .min = 1,
                      .max = 32,
                      .unit = "bits"},
                     &Limit::ipv4_prefix),
          row<Limit>({.key = "ipv6_prefix",
                      .type = Type::kNumber,
                      .help = "The same in IPv6.",
                      .standard = "56",
                      .min = 1,
                      .max = 128,
                      .unit = "bits"},
                     &Limit::ipv6_prefix),
          row<Limit>({.key = "exempt",
                      .type = Type::kPrefix,
                      .help = "Networks without limit: your own resolvers, monitoring."},
                     &Limit::exempt),
          row<Limit>({.key = "accounts",
                      .type = Type::kNumber,
                      .help = "Pairs of network and name that are counted at once, 8 bytes of memory each; beyond, "
                              "the one with the least debt is forgotten.",
                      .standard = "65536",
                      .min = 64,
                      .max = 16'777'216},
                     &Limit::accounts),
      });
  return table;
}

}  // namespace conf
