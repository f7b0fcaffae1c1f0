#include "conf/stats_table.h"

#include "base/text.h"
#include "conf/certificate_rules.h"
#include "conf/rules.h"

namespace conf {

namespace {

constexpr std::size_t kShortestToken = 16;
constexpr std::size_t kLongestToken = 256;

// Of a header, so without spaces (RFC 6750 section 2.1 allows even less, but nobody is served by refusing the rest).
void take_token(Reading& reading, const Field& field, const Value& value, const std::string& text, ApiToken& out) {
  if (text.size() < kShortestToken || text.size() > kLongestToken || !base::printable(text) ||
      text.find(' ') != text.npos) {
    reading.fault(value.mark(), std::string(field.key) + ": not a token; allowed: " + std::to_string(kShortestToken) +
                                    " to " + std::to_string(kLongestToken) +
                                    " printable characters without spaces, as of `openssl rand -hex 32`");
    return;
  }
  out.secret = text;
}

const Table<ApiToken>& token_table() {
  static const Table<ApiToken> table(
      "stats.tokens[]",
      {
          row<ApiToken>({.key = "name",
                         .type = Type::kName,
                         .help = "Who comes with it: log and journal say so.",
                         .required = true},
                        &ApiToken::name),
          choice<ApiToken>({.key = "rights",
                            .help = "read: everything under /api/v1. write: its commands too.",
                            .required = true,
                            .words = {"read", "write"}},
                           &ApiToken::write, {false, true}),
          custom<ApiToken>({.key = "file",
                            .type = Type::kPath,
                            .help = "A file with the token; white space around it is left out. ${NAME} in the path is "
                                    "expanded."},
                           [](Reading& r, const Field& f, const Value& v, ApiToken& out) {
                             std::filesystem::path path;
                             if (const auto text = read_secret_file(r, f, v, path)) take_token(r, f, v, *text, out);
                           }),
          custom<ApiToken>({.key = "token",
                            .type = Type::kVariable,
                            .help = "Instead of a file: the variable that holds the token."},
                           [](Reading& r, const Field& f, const Value& v, ApiToken& out) {
                             std::string text;
                             if (read(r, f, v, text)) take_token(r, f, v, text, out);
                           }),
      });
  return table;
}

Store<ServerTls> key_pem() {
  return [](Reading& r, const Field& f, const Value& v, ServerTls& out) {
    std::filesystem::path path;
    if (auto text = read_secret_file(r, f, v, path)) out.key = std::move(*text) + "\n";
  };
}

Store<ServerTls> certificate_pem(std::string ServerTls::*member) {
  return [member](Reading& r, const Field& f, const Value& v, ServerTls& out) {
    std::filesystem::path path;
    if (!read(r, f, v, path)) return;
    auto text = r.outside.read(path);
    if (!text) return r.fault(v.mark(), std::string(f.key) + ": " + text.error().message);
    check_certificate(r, f, v, *text);
    out.*member = std::move(*text);
  };
}

const Table<ServerTls>& tls_table() {
  static const Table<ServerTls> table(
      "tls",
      {
          custom<ServerTls>({.key = "cert",
                             .type = Type::kPath,
                             .help = "The certificate (PEM) with the chain up to its authority.",
                             .required = true},
                            certificate_pem(&ServerTls::cert)),
          custom<ServerTls>(
              {.key = "key", .type = Type::kPath, .help = "The private key (PEM) of cert.", .required = true},
              key_pem()),
          custom<ServerTls>({.key = "client_ca",
                             .type = Type::kPath,
                             .help = "Authorities (PEM) of clients: who has no valid certificate by one of them is "
                                     "turned away in the handshake. Without it none is asked for."},
                            certificate_pem(&ServerTls::client_ca)),
      });
  return table;
}

template <typename T>
Row<T> tls_row() {
  return custom<T>({.key = "tls",
                    .type = Type::kMapping,
                    .help = "Serve HTTPS, and nothing else, with this certificate. A reload takes over another one "
                            "with the port open.",
                    .shape = &tls_table().shape()},
                   [](Reading& r, const Field& f, const Value& v, T& out) {
                     if (!is_mapping(r, f, v)) return;
                     out.tls.emplace();
                     read_fields(r, tls_table(), v, *out.tls);
                   });
}

constexpr std::int64_t kMostRequests = 1'000'000;

template <typename T>
Row<T> rate_row(std::string_view help, std::string_view standard) {
  return row<T>({.key = "rate_limit",
                 .type = Type::kNumber,
                 .help = help,
                 .standard = standard,
                 .min = 0,
                 .max = kMostRequests,
                 .unit = "requests per second"},
                &T::rate_limit);
}

// That it can be read; libcurl reads it for each connection.
Store<ClientTls> client_file(std::filesystem::path ClientTls::*member, bool certificate) {
  return [member, certificate](Reading& r, const Field& f, const Value& v, ClientTls& out) {
    if (!read(r, f, v, out.*member)) return;
    const auto text = r.outside.read(out.*member);
    if (!text) return r.fault(v.mark(), std::string(f.key) + ": " + text.error().message);
    if (certificate) check_certificate(r, f, v, *text);
  };
}

}  // namespace

const Table<Stats>& stats_table() {
  static const Table<Stats> table(
      "stats",
      {
          row<Stats>(
              {.key = "listen", .type = Type::kListen, .help = "Address and port to listen on.", .required = true},
              &Stats::listen),
          tls_row<Stats>(),
          choice<Stats>({.key = "anonymous",
                         .help = "Who may read /api/v1 without a token. Nobody may change anything without one. "
                                 "/metrics, /healthz and /readyz are everybody's.",
                         .standard = "loopback",
                         .words = {"loopback", "everyone", "nobody"}},
                        &Stats::anonymous,
                        {AnonymousReaders::kLoopback, AnonymousReaders::kEveryone, AnonymousReaders::kNobody}),
          mappings<Stats>({.key = "tokens", .help = "Bearer tokens of the REST API. Without any it only reads."},
                          &Stats::tokens, token_table()),
          rate_row<Stats>("What one client (an IPv4 address, an IPv6 /64) may ask, and as many at once; more is "
                          "answered 429. Clients of this host are not limited. 0: nobody is.",
                          "100"),
      });
  return table;
}

const Table<EcvPort>& ecv_port_table() {
  static const Table<EcvPort> table(
      "ecv",
      {
          row<EcvPort>(
              {.key = "listen", .type = Type::kListen, .help = "Address and port to listen on.", .required = true},
              &EcvPort::listen),
          tls_row<EcvPort>(),
          rate_row<EcvPort>("As of stats. A dnsd asks some times a second for each pool, a balancer once for each of "
                            "its checks. 0: no limit.",
                            "0"),
      });
  return table;
}

const Table<ClientTls>& client_tls_table() {
  static const Table<ClientTls> table(
      "tls",
      {
          custom<ClientTls>({.key = "ca",
                             .type = Type::kPath,
                             .help = "Authorities (PEM) that are trusted.",
                             .standard_note = "those of the system"},
                            client_file(&ClientTls::ca, true)),
          custom<ClientTls>(
              {.key = "cert", .type = Type::kPath, .help = "The certificate (PEM) that is shown, if one is asked for."},
              client_file(&ClientTls::cert, true)),
          custom<ClientTls>({.key = "key", .type = Type::kPath, .help = "The private key (PEM) of cert."},
                            client_file(&ClientTls::key, false)),
      });
  return table;
}

io::ApiAccess access_of(const Stats& stats) {
  io::ApiAccess out{stats.anonymous, {}};
  for (const auto& token : stats.tokens) out.tokens.push_back({token.name, token.write, token.secret});
  return out;
}

void check_stats(Reading& reading, const Stats& stats) {
  Unique names(reading, "token");
  bool write = false;
  for (const auto& token : stats.tokens) {
    names.add(token.name, token.mark);
    write = write || token.write;
    if (token.secret.empty()) {
      reading.fault(token.mark, "token " + token.name + " has no secret; allowed: exactly one of file and token");
    }
    for (const auto& other : stats.tokens) {
      if (&other < &token && !token.secret.empty() && other.secret == token.secret) {
        reading.fault(token.mark, "tokens " + other.name + " and " + token.name + " are the same; each needs its own");
      }
    }
  }
  const bool open = !stats.listen.ip.is_loopback();
  if (open && stats.anonymous == AnonymousReaders::kEveryone && (!stats.tls || stats.tls->client_ca.empty())) {
    reading.warn(stats.mark,
                 "stats: " + stats.listen.to_string() +
                     " may be read by whoever reaches it, without a token; anonymous: nobody, or tls: {client_ca: …}, "
                     "unless a packet filter stands before it");
  }
  if (write && !stats.tls && open) {
    reading.warn(stats.mark,
                 "stats: tokens that may change things cross the network in the clear; tls: {cert: …, key: …}, or "
                 "listen on loopback behind something that speaks TLS");
  }
}

}  // namespace conf
