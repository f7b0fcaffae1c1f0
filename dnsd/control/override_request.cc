#include "dnsd/control/override_request.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/io/json_view.h"
#include "conf/scalar.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kLongestReason = 500;
constexpr base::Duration kShortest = base::seconds(1);

// How long from now; nothing: without an end.
base::Result<std::optional<base::Duration>> read_length(decide::OrderKind kind, const Json& args, base::WallTime now) {
  const std::string length = io::text(args, "for");
  const std::string end = io::text(args, "until");
  const bool drain = kind == decide::OrderKind::kDrain;
  if (!length.empty() && !end.empty()) return base::fail("--for and --until; allowed: one of them");
  if (!end.empty()) {
    const auto at = parse_time(end);
    if (!at) {
      return base::fail("--until: found \"" + end + "\"; allowed: a time as 2026-11-23T03:00:00Z or with an offset");
    }
    if (*at <= now) return base::fail("--until: " + end + " is over");
    return std::optional(*at - now);
  }
  if (length == "forever") {
    if (drain) return std::optional<base::Duration>();
    return base::fail("--for: a pin cannot be forever; allowed: a duration as 30m or 8h");
  }
  if (length.empty()) {
    if (drain) return std::optional(kDrainStandard);
    return base::fail("a pin needs an end: --for DURATION, or --until TIME");
  }
  std::int64_t ms = 0;
  if (const auto why = conf::parse_duration(length, ms)) {
    return base::fail("--for: found \"" + length + "\"; allowed: a duration as 30m or 8h" +
                      (drain ? ", or forever" : ""));
  }
  return std::optional(base::Duration(base::milliseconds(ms)));
}

base::Result<void> set_end(Order& order, const Json& args, Now now) {
  const auto length = read_length(order.what.kind, args, now.wall);
  if (!length) return base::fail(length.error().message);
  if (!*length) return {};
  const bool forced = order.what.kind == decide::OrderKind::kPin && order.what.break_glass;
  const base::Duration longest = forced ? kLongestForced : kLongestOrder;
  if (**length < kShortest || **length > longest) {
    return base::fail("it would last " + base::format_duration(**length) + "; allowed: 1s to " +
                      (forced ? "1d, with --break-glass" : "30d"));
  }
  order.what.until = now.boot + **length;
  order.until = now.wall + **length;
  return {};
}

bool printable_text(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

base::Result<OrderRequest> read_order_request(decide::OrderKind kind, const Json& args, const std::string& user,
                                              const std::string& reason, Now now) {
  OrderRequest out;
  Order& order = out.order;
  order.what.kind = kind;
  order.what.what = io::text(args, "what");
  order.what.wideip = plain_name(io::text(args, "wideip"));
  order.what.break_glass = io::flag(args, "break_glass");
  order.user = user;
  order.reason = reason;
  order.given = now.wall;
  out.confirm = io::text(args, "confirm");
  const std::string verb(decide::name(kind));
  if (order.what.what.empty()) return base::fail(verb + ": nobody given to " + verb);
  if (kind == decide::OrderKind::kPin && order.what.wideip.empty()) return base::fail("pin: no wide-IP given");
  if (reason.empty()) return base::fail(verb + ": --reason is needed");
  if (reason.size() > kLongestReason || !printable_text(reason)) {
    return base::fail(verb + ": --reason: allowed: one line of at most " + std::to_string(kLongestReason) + " bytes");
  }
  if (auto set = set_end(order, args, now); !set) return base::fail(verb + ": " + set.error().message);
  return out;
}

std::optional<base::WallTime> parse_time(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, read = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2d%*1[Tt]%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second,
                  &read) != 6 ||
      read != 19 || text.find_first_not_of("0123456789-:Tt") < 19) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return std::nullopt;
  std::size_t at = 19;
  if (at < text.size() && text[at] == '.') {  // fractions are cut off
    const std::size_t digits = at + 1;
    at = std::min(text.find_first_not_of("0123456789", digits), text.size());
    if (at == digits) return std::nullopt;
  }
  std::chrono::minutes offset{};
  if (at >= text.size()) return std::nullopt;
  if (text[at] == '+' || text[at] == '-') {
    int hours = 0, minutes = 0;
    const std::string rest = text.substr(at + 1);
    if (rest.size() != 5 || std::sscanf(rest.c_str(), "%2d:%2d", &hours, &minutes) != 2 || hours > 23 || hours < 0 ||
        minutes > 59 || minutes < 0) {
      return std::nullopt;
    }
    offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
    if (text[at] == '-') offset = -offset;
  } else if (text.substr(at) != "Z" && text.substr(at) != "z") {
    return std::nullopt;
  }
  return base::WallTime(std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                        std::chrono::seconds(second) - offset);
}

std::string plain_name(std::string name) {
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

}  // namespace control
