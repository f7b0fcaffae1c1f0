#include "conf/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "base/ip.h"
#include "base/text.h"

namespace conf {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::optional<std::string> check_label(std::string_view label) {
  if (label.empty()) return "which has an empty label";
  if (label.size() > 63) return "which has a label longer than 63 characters";
  if (label == "*") return std::nullopt;  // RFC 4592 section 2.1.1: it may stand anywhere in a name
  // The slash is that of RFC 2317: zones for parts of a network of reverse names.
  const auto good = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '/'; };
  if (!std::all_of(label.begin(), label.end(), good)) {
    return "which holds a character that is no letter, digit, '-', '_' or '/'";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> parse_number(std::string_view text, std::int64_t& out) {
  std::string_view digits = text;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return "which is no whole number";
  if (digits.size() > 1 && digits.front() == '0') {
    const auto first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    return "where the leading zero may mean octal (write " + std::string(digits.substr(first)) + ")";
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc()) return "which is too large for any number here";
  return std::nullopt;
}

namespace {

struct Unit {
  std::string_view name;
  std::int64_t worth;
};

// `text` is a number and one of `units`. Anything above `most` is refused as too large for any `what` here.
std::optional<std::string> parse_with_unit(std::string_view number_text, std::string_view unit,
                                           std::span<const Unit> units, std::int64_t most, std::string_view what,
                                           std::int64_t& out) {
  std::int64_t number = 0;
  if (const auto fault = parse_number(number_text, number)) return fault;
  if (unit.empty()) return "which has no unit";
  for (const auto& known : units) {
    if (unit != known.name) continue;
    if (number > most / known.worth || number < -most / known.worth) {
      return "which is too large for any " + std::string(what) + " here";
    }
    out = number * known.worth;
    return std::nullopt;
  }
  return "where \"" + std::string(unit) + "\" is no unit";
}

}  // namespace

std::optional<std::string> parse_duration(std::string_view text, std::int64_t& out_ms) {
  static constexpr std::array<Unit, 5> kUnits{
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  constexpr std::int64_t kMost = 1'000'000'000'000;  // 31 years, far above every range
  const auto split = text.find_first_not_of("0123456789-");
  const std::string_view unit = split == std::string_view::npos ? "" : text.substr(split);
  return parse_with_unit(text.substr(0, split), unit, kUnits, kMost, "duration", out_ms);
}

std::optional<std::string> parse_size(std::string_view text, std::int64_t& out_bytes) {
  static constexpr std::array<Unit, 3> kUnits{
      {{"KiB", std::int64_t{1} << 10}, {"MiB", std::int64_t{1} << 20}, {"GiB", std::int64_t{1} << 30}}};
  constexpr std::int64_t kMost = std::int64_t{1} << 50;  // far above every range
  const auto split = text.find_first_not_of("0123456789-");
  std::string_view unit = split == std::string_view::npos ? "" : text.substr(split);
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  return parse_with_unit(text.substr(0, split), unit, kUnits, kMost, "size", out_bytes);
}

std::optional<std::string> check_name(std::string_view text) {
  if (text.empty() || text.size() > 63) return "which is empty or longer than 63 characters";
  const auto good = [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_'; };
  if (!std::all_of(text.begin(), text.end(), good) || text.front() == '.' || text.front() == '-') {
    return "which is no name";
  }
  return std::nullopt;
}

std::optional<std::string> check_domain(std::string_view text) {
  if (text == ".") return std::nullopt;
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return "which is empty or longer than 253 characters";
  while (true) {
    const auto dot = text.find('.');
    if (auto fault = check_label(text.substr(0, dot))) return fault;
    if (dot == std::string_view::npos) return std::nullopt;
    text.remove_prefix(dot + 1);
  }
}

std::optional<std::string> check_url(std::string_view text) {
  if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else if (text.starts_with("https://")) {
    text.remove_prefix(8);
  } else {
    return "which begins neither with http:// nor with https://";
  }
  const bool printable = base::printable(text) && text.find(' ') == std::string_view::npos;
  if (!printable) return "which holds a space or a character beyond ASCII";
  const std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  std::string_view host = authority;
  std::string_view port;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return "where the bracket is not closed";
    port = host.substr(end + 1);
    host = host.substr(1, end - 1);
  } else if (const auto colon = host.find(':'); colon != std::string_view::npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (!base::IpAddress::parse(host)) return "whose host is no IP address (monitors do not depend on DNS)";
  if (port.empty()) return std::nullopt;
  std::int64_t number = 0;
  if (port.front() != ':' || parse_number(port.substr(1), number) || number < 1 || number > 65535) {
    return "whose port is not 1 to 65535";
  }
  return std::nullopt;
}

bool is_variable_name(std::string_view text) {
  return !text.empty() && !is_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

std::optional<std::string> check_text(const Field& field, std::string_view text) {
  switch (field.type) {
    case Type::kName: return check_name(text);
    case Type::kDomain: return check_domain(text);
    case Type::kUrl: return check_url(text);
    case Type::kContent:
      if (text.size() > 4096) return "which is longer than 4096 bytes";
      return text.find('\0') == text.npos ? std::nullopt : std::optional<std::string>("which holds a NUL");
    default: break;
  }
  if (text.size() > 255) return "which is longer than 255 characters";
  if (!base::printable(text)) return "which holds characters beyond printable ASCII";
  return std::nullopt;
}

}  // namespace conf
