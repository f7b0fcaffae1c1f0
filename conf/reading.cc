#include "conf/reading.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "conf/scalar.h"

namespace conf {

namespace {

constexpr std::size_t kShown = 60;

std::string quote(std::string_view text) {
  std::string out = "\"" + base::escape_json(text.substr(0, kShown));
  return out + (text.size() > kShown ? "…\"" : "\"");
}

// The text of a scalar of one of the textual types; reports everything else.
bool take_text(Reading& reading, const Field& field, const Value& value, std::string& out) {
  if (value.kind != Value::Kind::kScalar || value.text.empty()) {
    mismatch(reading, field, value);
    return false;
  }
  out = value.text;
  return true;
}

// As `take_text`, for types that are never written in quotes.
bool take_plain(Reading& reading, const Field& field, const Value& value, std::string& out) {
  if (value.kind == Value::Kind::kScalar && value.quoted) {
    reading.fault(value.mark(), std::string(field.key) + ": found the text " + quote(value.text) +
                                    " in quotes; allowed: " + allowed(field) + ", without quotes");
    return false;
  }
  return take_text(reading, field, value, out);
}

void reject(Reading& reading, const Field& field, const Value& value, const std::string& why) {
  reading.fault(value.mark(),
                std::string(field.key) + ": found " + quote(value.text) + ", " + why + "; allowed: " + allowed(field));
}

// Replaces each ${NAME}. Reports a variable that is not set.
bool expand(Reading& reading, const Field& field, const Value& value, std::string& text) {
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto begin = rest.find("${");
    const auto end = begin == std::string_view::npos ? begin : rest.find('}', begin);
    out += rest.substr(0, begin);
    if (begin == std::string_view::npos) break;
    const std::string name(end == std::string_view::npos ? "" : rest.substr(begin + 2, end - begin - 2));
    if (!is_variable_name(name)) {
      reject(reading, field, value, "where ${ begins no variable");
      return false;
    }
    const auto content = reading.outside.variable(name);
    if (!content) {
      reading.fault(value.mark(),
                    std::string(field.key) + ": the environment variable \"" + name + "\" is not defined");
      return false;
    }
    out += *content;
    rest.remove_prefix(end + 1);
  }
  text = std::move(out);
  return true;
}

}  // namespace

std::string found(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kSequence: return value.items.empty() ? "an empty list" : "a list";
    case Value::Kind::kMapping: return "a mapping";
    case Value::Kind::kScalar: return value.text.empty() ? "an empty text" : quote(value.text);
    case Value::Kind::kNull:
    case Value::Kind::kBad: return "nothing";
  }
  return "nothing";
}

std::optional<std::string> nearest_key(std::string_view word, const std::vector<std::string_view>& candidates) {
  return base::nearest(word.substr(0, 64), candidates);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const auto near = nearest_key(word, candidates);
  return near ? " (did you mean \"" + *near + "\"?)" : "";
}

void mismatch(Reading& reading, const Field& field, const Value& value) {
  if (value.kind == Value::Kind::kBad) return;
  const auto guess = value.kind == Value::Kind::kScalar ? did_you_mean(value.text, field.words) : "";
  reading.fault(value.mark(),
                std::string(field.key) + ": found " + found(value) + guess + "; allowed: " + allowed(field));
}

bool read(Reading& reading, const Field& field, const Value& value, std::string& out) {
  std::string text;
  if (!take_text(reading, field, value, text)) return false;
  if (field.type == Type::kVariable) {
    // A secret: what was found is not shown.
    if (!text.starts_with("${") || !text.ends_with("}")) {
      reading.fault(value.mark(), std::string(field.key) +
                                      ": found a secret in the file itself (not shown); allowed: " + allowed(field));
      return false;
    }
    if (!expand(reading, field, value, text)) return false;
    out = std::move(text);
    return true;
  }
  if (const auto fault = check_text(field, text)) {
    reject(reading, field, value, *fault);
    return false;
  }
  out = std::move(text);
  return true;
}

bool read(Reading& reading, const Field& field, const Value& value, std::int64_t& out) {
  std::string text;
  if (!take_plain(reading, field, value, text)) return false;
  std::int64_t number = 0;
  if (const auto fault = parse_number(text, number)) {
    reject(reading, field, value, *fault);
    return false;
  }
  if (number < field.min || number > field.max) {
    reject(reading, field, value, number < field.min ? "too small" : "too large");
    return false;
  }
  out = number;
  return true;
}

bool read(Reading& reading, const Field& field, const Value& value, bool& out) {
  std::string text;
  if (!take_plain(reading, field, value, text)) return false;
  if (text != "true" && text != "false") {
    mismatch(reading, field, value);
    return false;
  }
  out = text == "true";
  return true;
}

bool read(Reading& reading, const Field& field, const Value& value, base::Duration& out) {
  std::string text;
  if (!take_plain(reading, field, value, text)) return false;
  std::int64_t ms = 0;
  if (const auto fault = parse_duration(text, ms)) {
    reject(reading, field, value, *fault);
    return false;
  }
  if (ms < field.min || ms > field.max) {
    reject(reading, field, value, ms < field.min ? "too short" : "too long");
    return false;
  }
  out = base::milliseconds(ms);
  return true;
}

bool read(Reading& reading, const Field& field, const Value& value, base::IpAddress& out) {
  std::string text;
  if (!take_text(reading, field, value, text)) return false;
  const auto ip = base::IpAddress::parse(text);
  if (!ip) {
    mismatch(reading, field, value);
    return false;
  }
  if (ip->is_unspecified()) {
    reject(reading, field, value, "which no client can reach");
    return false;
  }
  out = *ip;
  return true;
}

bool read(Reading& reading, const Field& field, const Value& value, base::Prefix& out) {
  std::string text;
  if (!take_text(reading, field, value, text)) return false;
  const auto prefix = base::Prefix::parse(text);
  if (!prefix) {
    mismatch(reading, field, value);
    return false;
  }
  out = *prefix;
  return true;
}

bool read(Reading& reading, const Field& field, const Value& value, base::SocketAddress& out) {
  std::string text;
  if (!take_text(reading, field, value, text)) return false;
  const auto address = base::SocketAddress::parse(text);
  if (!address) {
    mismatch(reading, field, value);
    return false;
  }
  if (field.type == Type::kAddress && (address->port == 0 || address->ip.is_unspecified())) {
    reject(reading, field, value, address->port == 0 ? "port 0" : "which nobody can reach");
    return false;
  }
  out = *address;
  return true;
}

bool read_size(Reading& reading, const Field& field, const Value& value, std::uint64_t& out) {
  std::string text;
  if (!take_plain(reading, field, value, text)) return false;
  std::int64_t bytes = 0;
  if (const auto fault = parse_size(text, bytes)) {
    reject(reading, field, value, *fault);
    return false;
  }
  if (bytes < field.min || bytes > field.max) {
    reject(reading, field, value, bytes < field.min ? "too small" : "too large");
    return false;
  }
  out = static_cast<std::uint64_t>(bytes);
  return true;
}

bool read(Reading& reading, const Field& field, const Value& value, std::filesystem::path& out) {
  std::string text;
  if (!take_text(reading, field, value, text) || !expand(reading, field, value, text)) return false;
  if (text.empty()) {
    mismatch(reading, field, value);
    return false;
  }
  const std::filesystem::path base = value.file == nullptr ? "" : std::filesystem::path(*value.file).parent_path();
  out = (base / text).lexically_normal();
  return true;
}

bool read_word(Reading& reading, const Field& field, const Value& value, std::size_t& out) {
  std::string text;
  if (!take_text(reading, field, value, text)) return false;
  const auto word = std::find(field.words.begin(), field.words.end(), text);
  if (word == field.words.end()) {
    mismatch(reading, field, value);
    return false;
  }
  out = static_cast<std::size_t>(word - field.words.begin());
  return true;
}

std::optional<std::string> read_secret_file(Reading& reading, const Field& field, const Value& value,
                                            std::filesystem::path& path) {
  if (!read(reading, field, value, path)) return std::nullopt;
  auto content = reading.outside.read(path);
  if (!content) {
    reading.fault(value.mark(), std::string(field.key) + ": " + content.error().message);
    return std::nullopt;
  }
  if (reading.outside.world_readable(path)) {
    reading.warn(value.mark(),
                 std::string(field.key) + ": every user can read the secret in " + path.string() + "; chmod o-rwx it");
  }
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = content->find_first_not_of(kSpace);
  if (first == std::string::npos) {
    reading.fault(value.mark(),
                  std::string(field.key) + ": " + path.string() + " holds nothing; a secret was expected");
    return std::nullopt;
  }
  return content->substr(first, content->find_last_not_of(kSpace) - first + 1);
}

}  // namespace conf
