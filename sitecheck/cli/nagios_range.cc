#include "sitecheck/cli/nagios_range.h"

#include <charconv>
#include <cmath>

namespace sitecheck::cli {

namespace {

std::optional<double> parse_value(std::string_view text) {
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, std::chars_format::fixed);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || !std::isfinite(out)) {
    return std::nullopt;
  }
  return out;
}

}  // namespace

bool NagiosRange::alarms(double value) const {
  const bool in = (!start || value >= *start) && (!end || value <= *end);
  return in == inside;
}

std::optional<NagiosRange> parse_nagios_range(std::string_view text) {
  NagiosRange out;
  out.text = std::string(text);
  if (text.starts_with('@')) {
    out.inside = true;
    text.remove_prefix(1);
  }
  const auto colon = text.find(':');
  const auto start = colon == text.npos ? std::string_view() : text.substr(0, colon);
  const auto end = colon == text.npos ? text : text.substr(colon + 1);
  if (start == "~") {
    out.start = std::nullopt;
  } else if (!start.empty()) {
    out.start = parse_value(start);
    if (!out.start) return std::nullopt;
  }
  if (!end.empty()) {
    out.end = parse_value(end);
    if (!out.end) return std::nullopt;
  } else if (colon == text.npos) {
    return std::nullopt;
  }
  if (out.start && out.end && *out.start > *out.end) return std::nullopt;
  return out;
}

}  // namespace sitecheck::cli
