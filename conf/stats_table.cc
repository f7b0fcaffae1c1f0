#include "conf/stats_table.h"

#include "base/text.h"
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

Store<ServerTls> pem(std::string ServerTls::*member, bool secret) {
  return [member, secret](Reading& r, const Field& f, const Value& v, ServerTls& out) {
    std::filesystem::path path;
    if (secret) {
      if (auto text = read_secret_file(r, f, v, path)) out.*member = std::move(*text) + "\n";
      return;
    }
    if (!read(r, f, v, path)) return;
    auto text = r.outside.read(path);
    if (!text) return r.fault(v.mark(), std::string(f.key) + ": " + text.error().message);
    out.*member = std::move(*text);
  };
}

const Table<ServerTls>& tls_table() {
  static const Table<ServerTls> table(
      "stats.tls",
      {
          custom<ServerTls>({.key = "cert",
                             .type = Type::kPath,
                             .help = "The certificate (PEM) with the chain up to its authority.",
                             .required = true},
                            pem(&ServerTls::cert, false)),
          custom<ServerTls>(
              {.key = "key", .type = Type::kPath, .help = "The private key (PEM) of cert.", .required = true},
              pem(&ServerTls::key, true)),
      });
  return table;
}

}  // namespace

const Table<Stats>& stats_table() {
  static const Table<Stats> table(
      "stats",
      {
          row<Stats>(
              {.key = "listen", .type = Type::kListen, .help = "Address and port to listen on.", .required = true},
              &Stats::listen),
          custom<Stats>({.key = "tls",
                         .type = Type::kMapping,
                         .help = "Serve HTTPS, and nothing else, with this certificate.",
                         .shape = &tls_table().shape()},
                        [](Reading& r, const Field& f, const Value& v, Stats& out) {
                          if (!is_mapping(r, f, v)) return;
                          out.tls.emplace();
                          read_fields(r, tls_table(), v, *out.tls);
                        }),
          choice<Stats>({.key = "anonymous",
                         .help = "Who may read /api/v1 without a token. Nobody may change anything without one. "
                                 "/metrics, /healthz and /readyz are everybody's.",
                         .standard = "loopback",
                         .words = {"loopback", "everyone", "nobody"}},
                        &Stats::anonymous,
                        {AnonymousReaders::kLoopback, AnonymousReaders::kEveryone, AnonymousReaders::kNobody}),
          mappings<Stats>({.key = "tokens", .help = "Bearer tokens of the REST API. Without any it only reads."},
                          &Stats::tokens, token_table()),
      });
  return table;
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
  if (write && !stats.tls && !stats.listen.ip.is_loopback()) {
    reading.warn(stats.mark,
                 "stats: tokens that may change things cross the network in the clear; tls: {cert: …, key: …}, or "
                 "listen on loopback behind something that speaks TLS");
  }
}

}  // namespace conf
