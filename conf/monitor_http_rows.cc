// A monitor's request, and the text that a TCP service is to answer with.
#include <algorithm>

#include "base/text.h"
#include "conf/monitor_rows.h"
#include "conf/scalar.h"

namespace conf {

namespace {

// A text, or ${NAME} for one from the environment.
bool read_content(Reading& r, const Field& f, const Value& v, std::string& out) {
  Field field = f;
  field.list = field.named = false;
  if (v.kind == Value::Kind::kScalar && v.text.starts_with("${") && v.text.ends_with("}")) field.type = Type::kVariable;
  return read(r, field, v, out);
}

Row<Monitor> content(std::string_view key, std::string_view help, std::string Monitor::*member) {
  return custom<Monitor>(
      {.key = key, .type = Type::kContent, .help = help},
      [member](Reading& r, const Field& f, const Value& v, Monitor& out) { read_content(r, f, v, out.*member); });
}

// Texts by name.
Row<Monitor> pairs(std::string_view key, std::string_view help, TextPairs Monitor::*member) {
  return custom<Monitor>({.key = key, .type = Type::kContent, .help = help, .named = true},
                         [member](Reading& r, const Field& f, const Value& v, Monitor& out) {
                           if (v.kind != Value::Kind::kMapping) return mismatch(r, f, v);
                           for (std::size_t i = 0; i < v.items.size(); ++i) {
                             std::string text;
                             if (!read_content(r, f, v.items[i], text)) continue;
                             (out.*member).emplace_back(v.keys[i].text, std::move(text));
                           }
                         });
}

bool has_break(std::string_view text) { return text.find_first_of("\r\n") != text.npos; }

void read_headers(Reading& r, const Field& f, const Value& v, Monitor& out) {
  static const Row<Monitor> row = pairs("headers", "", &Monitor::headers);
  row.store(r, f, v, out);
  for (std::size_t i = 0; v.kind == Value::Kind::kMapping && i < v.keys.size(); ++i) {
    const std::string& key = v.keys[i].text;
    std::string lower = key;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    // RFC 9110 section 5.6.2: a token.
    const bool token = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
    if (!token) r.fault(v.keys[i].mark(), "headers: \"" + base::escape_json(key) + "\" is no name of a header");
    if (lower == "host") r.fault(v.keys[i].mark(), "headers: Host is told by the key host");
  }
  for (const auto& [key, value] : out.headers) {
    if (has_break(value)) r.fault(v.mark(), "headers: the value of " + key + " holds a line break");
  }
}

void read_path(Reading& r, const Field& f, const Value& v, Monitor& out) {
  std::string text;
  if (!read(r, f, v, text)) return;
  if (!text.starts_with('/') || text.find_first_of(" \t\r\n") != text.npos || !base::printable(text)) {
    r.fault(v.mark(), "path: found \"" + base::escape_json(text) +
                          "\"; allowed: a path that begins with /, in ASCII and without spaces (%20)");
    return;
  }
  out.path = std::move(text);
}

// "200" or "200-299".
std::optional<StatusSpan> parse_status(const std::string& text) {
  const auto dash = text.find('-');
  std::int64_t first = 0;
  std::int64_t last = 0;
  if (parse_number(text.substr(0, dash), first)) return std::nullopt;
  last = first;
  if (dash != text.npos && parse_number(text.substr(dash + 1), last)) return std::nullopt;
  if (first < 100 || last > 599 || first > last) return std::nullopt;
  return StatusSpan{static_cast<int>(first), static_cast<int>(last)};
}

void read_status(Reading& r, const Field& f, const Value& v, Monitor& out) {
  out.statuses.clear();
  for (const Value* item : list_items(r, f, v)) {
    const auto span = item->kind == Value::Kind::kScalar ? parse_status(item->text) : std::nullopt;
    if (span) {
      out.statuses.push_back(*span);
    } else {
      r.fault(item->mark(), "status: found " + found(*item) + "; allowed: a status from 100 to 599, or FIRST-LAST");
    }
  }
}

Store<MonitorTls> readable(std::filesystem::path MonitorTls::*member) {
  return [member](Reading& r, const Field& f, const Value& v, MonitorTls& out) {
    if (!read(r, f, v, out.*member)) return;
    if (const auto why = r.outside.unreadable(out.*member)) r.fault(v.mark(), std::string(f.key) + ": " + *why);
  };
}

const Table<MonitorTls>& tls_table() {
  static const Table<MonitorTls> table(
      "monitors[].tls",
      {
          custom<MonitorTls>({.key = "ca",
                              .type = Type::kPath,
                              .help = "Certificates (PEM) of the authorities that sign the server's certificate.",
                              .standard_note = "those of the system"},
                             readable(&MonitorTls::ca)),
          custom<MonitorTls>({.key = "cert",
                              .type = Type::kPath,
                              .help = "The client certificate (PEM) that is shown to the server; goes with key."},
                             readable(&MonitorTls::cert)),
          custom<MonitorTls>({.key = "key", .type = Type::kPath, .help = "The private key (PEM) of cert."},
                             readable(&MonitorTls::key)),
          choice<MonitorTls>({.key = "verify",
                              .help = "full: the server's certificate must be valid now, be signed by ca, and be for "
                                      "server_name. none: it is not looked at, as with an F5's monitors.",
                              .standard = "full",
                              .words = {"full", "none"}},
                             &MonitorTls::verify, {true, false}),
          row<MonitorTls>({.key = "server_name",
                           .type = Type::kDomain,
                           .help = "https: the name that is asked for (SNI), and for which the certificate must be.",
                           .standard_note = "host, else the address, without SNI"},
                          &MonitorTls::server_name),
      });
  return table;
}

void read_monitor_tls(Reading& r, const Field& f, const Value& v, Monitor& out) {
  if (!is_mapping(r, f, v)) return;
  out.tls.enabled = true;
  read_fields(r, tls_table(), v, out.tls);
  if (out.tls.cert.empty() != out.tls.key.empty()) {
    r.fault(v.mark(), "tls: cert and key go together: one of them is missing");
  }
}

}  // namespace

std::vector<Row<Monitor>> http_rows() {
  return {
      choice<Monitor>({.key = "method",
                       .help = "http, https: the request's method.",
                       .standard = "GET",
                       .words = {"GET", "HEAD", "POST"}},
                      &Monitor::method, {"GET", "HEAD", "POST"}),
      custom<Monitor>({.key = "path",
                       .type = Type::kContent,
                       .help = "http, https: the path and query of the request. With method, host, headers and body it "
                               "makes what an F5 calls the send string.",
                       .standard = "/"},
                      read_path),
      row<Monitor>({.key = "host",
                    .type = Type::kDomain,
                    .help = "http, https: the Host that is asked for.",
                    .standard_note = "the address"},
                   &Monitor::host),
      custom<Monitor>({.key = "headers",
                       .type = Type::kContent,
                       .help = "http, https: further headers by name. A value that is ${NAME} is taken from the "
                               "environment.",
                       .named = true},
                      read_headers),
      content("body", "http, https: the body of a POST. ${NAME} alone is taken from the environment.", &Monitor::body),
      custom<Monitor>({.key = "status",
                       .type = Type::kText,
                       .help = "http, https: the good statuses, each a number or FIRST-LAST.",
                       .list = true,
                       .standard = "200-399"},
                      read_status),
      content("send",
              "tcp: what is sent once connected (an F5's send string); \"\\r\\n\" in double quotes is a line break. "
              "${NAME} alone is taken from the environment.",
              &Monitor::send),
      content("receive",
              "http, https, tcp: a text that must stand in the answer (an F5's receive string, without regular "
              "expressions); of HTTP in its body.",
              &Monitor::receive),
      content(
          "receive_disable",
          "http, https: if this text stands in the body the member is disabled (an F5's receive disable string): it "
          "gets no new clients, but has not failed, and is up again with the next good look.",
          &Monitor::receive_disable),
      custom<Monitor>(
          {.key = "max_body",
           .type = Type::kSize,
           .help = "http, https, tcp: a longer answer is cut off, and the look has failed.",
           .standard = "64KiB",
           .min = 1024,
           .max = std::int64_t{16} << 20},
          [](Reading& r, const Field& f, const Value& v, Monitor& out) { read_size(r, f, v, out.max_body); }),
      custom<Monitor>({.key = "tls",
                       .type = Type::kMapping,
                       .help = "https: how the server's certificate is verified, and which one is shown to it. mysql, "
                               "galera: connect encrypted. The files are read anew for each connection, by the user as "
                               "whom dnsd runs.",
                       .standard_note = "https: verified by the system's authorities; mysql, galera: in the clear",
                       .shape = &tls_table().shape()},
                      read_monitor_tls),
  };
}

std::vector<Row<Monitor>> other_rows() {
  return {
      custom<Monitor>({.key = "command",
                       .type = Type::kText,
                       .help = "exec: the program, by its absolute path, and its arguments, run without a shell. Exit "
                               "status 0 is a good look; the last line of what it prints is what people are shown. One "
                               "that outlives the timeout is killed with all that it started. It runs as dnsd's user, "
                               "with WIDEIP_MONITOR, WIDEIP_ADDRESS, WIDEIP_PORT and WIDEIP_TIMEOUT_MS in its "
                               "environment besides PATH, HOME and LANG.",
                       .list = true},
                      [](Reading& r, const Field& f, const Value& v, Monitor& out) {
                        for (const Value* item : list_items(r, f, v)) {
                          std::string word;
                          if (read(r, f, *item, word)) out.command.push_back(std::move(word));
                        }
                      }),
      pairs("environment",
            "exec: further variables of its environment. A value that is ${NAME} is taken from dnsd's own.",
            &Monitor::environment),
  };
}

}  // namespace conf
