#include "conf/tables.h"

namespace conf {

namespace {

void take_secret(Reading& reading, const Field& field, const Value& value, const std::string& text, KeyFile& out) {
  const auto secret = ecv::parse_secret(text);
  if (secret) {
    out.key.secret = *secret;
  } else {
    reading.fault(value.mark(), std::string(field.key) + ": " + secret.error().message);
  }
}

void read_key_file(Reading& reading, const Field& field, const Value& value, KeyFile& out) {
  if (const auto text = read_secret_file(reading, field, value, out.file)) {
    take_secret(reading, field, value, *text, out);
  }
}

void read_key_variable(Reading& reading, const Field& field, const Value& value, KeyFile& out) {
  std::string text;
  if (read(reading, field, value, text)) take_secret(reading, field, value, text, out);
}

void read_key_id(Reading& reading, const Field& field, const Value& value, KeyFile& out) {
  std::string text;
  if (!read(reading, field, value, text)) return;
  if (text.size() > 32) {  // protocol.md section 8: the id travels in every message
    reading.fault(value.mark(), std::string(field.key) + ": \"" + text + "\" is longer than 32 characters");
    return;
  }
  out.id = text;
  out.key.id = text;
}

}  // namespace

const Table<KeyFile>& key_table() {
  static const Table<KeyFile> table(
      "keys[]",
      {
          custom<KeyFile>({.key = "id",
                           .type = Type::kName,
                           .help = "Names the key in messages; the same at both ends. At most 32 characters.",
                           .required = true},
                          read_key_id),
          custom<KeyFile>({.key = "file",
                           .type = Type::kPath,
                           .help = "A file with the secret: 64 hexadecimal digits. ${NAME} in the path is expanded."},
                          read_key_file),
          custom<KeyFile>({.key = "secret",
                           .type = Type::kVariable,
                           .help = "Instead of a file: the variable that holds the 64 hexadecimal digits."},
                          read_key_variable),
          custom<KeyFile>({.key = "for",
                           .type = Type::kChoice,
                           .help = "What the key signs: datagrams between sites (peers), or reports that dnsd reads "
                                   "and relays that it sends (dnsd). The first key of a purpose signs, every one "
                                   "verifies.",
                           .required = true,
                           .words = {"dnsd", "peers"}},
                          [](Reading& r, const Field& f, const Value& v, KeyFile& out) {
                            std::size_t word = 0;
                            if (!read_word(r, f, v, word)) return;
                            out.purpose = word == 0 ? ecv::Purpose::kDnsd : ecv::Purpose::kPeers;
                            out.key.purpose = out.purpose;
                          }),
      });
  return table;
}

const Table<Log>& log_table() {
  static const Table<Log> table(
      "log",
      {
          choice<Log>({.key = "format",
                       .help = "Lines for people, or one JSON object a line.",
                       .standard = "text",
                       .words = {"text", "json"}},
                      &Log::format, {base::LogFormat::kText, base::LogFormat::kJson}),
          choice<Log>({.key = "level",
                       .help = "The least level that is written.",
                       .standard = "info",
                       .words = {"debug", "info", "warn", "error"}},
                      &Log::level, {base::Level::kDebug, base::Level::kInfo, base::Level::kWarn, base::Level::kError}),
      });
  return table;
}

const Table<Listener>& listener_table() {
  static const Table<Listener> table(
      "listener",
      {row<Listener>(
          {.key = "listen", .type = Type::kListen, .help = "Address and port to listen on.", .required = true},
          &Listener::listen)});
  return table;
}

}  // namespace conf
