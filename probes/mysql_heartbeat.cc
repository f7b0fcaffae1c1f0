#include "probes/mysql_heartbeat.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "probes/mysql_schema.h"

namespace probes {

namespace {

constexpr std::int64_t kLongestMs = std::int64_t{30} * 366 * 86'400'000;
constexpr unsigned kBeatsBits = 30;

template <typename Number>
bool take_number(std::string_view& text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// Calls `each(first, last)` for the intervals of `source` in a set of MySQL, until it gives false.
template <typename Each>
void for_intervals(std::string_view set, std::string_view source, Each each) {
  std::string clean;
  for (const char c : set) {
    if (c == ' ' || c == '\n') continue;
    clean += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  std::string_view rest = clean;
  while (!rest.empty()) {
    std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (!part.starts_with(source)) continue;
    part.remove_prefix(source.size());
    while (take(part, ':')) {
      std::uint64_t first = 0;
      if (!take_number(part, first)) break;
      std::uint64_t last = first;
      if (take(part, '-') && !take_number(part, last)) break;
      if (!each(first, last)) return;
    }
  }
}

// MariaDB: the highest number in the epoch domain.
std::uint64_t highest_in_epoch_domain(std::string_view state) {
  std::uint64_t highest = 0;
  while (!state.empty()) {
    std::string_view part = state.substr(0, state.find(','));
    state.remove_prefix(std::min(state.size(), part.size() + 1));
    while (take(part, ' ') || take(part, '\n')) {
    }
    std::uint32_t domain = 0;
    std::uint32_t server = 0;
    std::uint64_t number = 0;
    if (take_number(part, domain) && domain == kEpochDomain && take(part, '-') && take_number(part, server) &&
        take(part, '-') && take_number(part, number)) {
      highest = std::max(highest, number);
    }
  }
  return highest;
}

}  // namespace

std::string schema_sql(const std::string& schema, bool epoch, bool heartbeat) {
  const std::string q = quote_identifier(schema);
  if (!heartbeat) return "SELECT MAX(epoch) AS epoch FROM " + q + ".epoch";
  return "SELECT " + (epoch ? "(SELECT MAX(epoch) FROM " + q + ".epoch) AS epoch, " : "") +
         "(SELECT CONCAT_WS(' ', epoch, beat, every) FROM " + q +
         ".heartbeat ORDER BY epoch DESC LIMIT 1) AS heartbeat";
}

std::optional<HeartbeatRow> parse_heartbeat(const std::optional<std::string>& text) {
  HeartbeatRow out;
  if (!text) return out;
  std::string_view rest = *text;
  if (!take_number(rest, out.epoch) || !take(rest, ' ') || !take_number(rest, out.at_ms) || !take(rest, ' ') ||
      !take_number(rest, out.every_ms) || !rest.empty()) {
    return std::nullopt;
  }
  const auto within = [](std::int64_t ms) { return ms >= 0 && ms <= kLongestMs; };
  return within(out.at_ms) && within(out.every_ms) ? std::optional(out) : std::nullopt;
}

std::string write_heartbeat_sql(const std::string& schema, const std::string& site, const HeartbeatRow& row,
                                bool guarded) {
  const std::string values = quote_sql(site) + ", " + std::to_string(row.epoch) + ", " + std::to_string(row.at_ms) +
                             ", " + std::to_string(row.every_ms);
  return std::string(kBeatMark) + " INTO " + quote_identifier(schema) + ".heartbeat (site, epoch, beat, every) " +
         (guarded ? "SELECT " + values + " FROM DUAL WHERE @@global.read_only = 0" : "VALUES (" + values + ")") +
         " ON DUPLICATE KEY UPDATE epoch = VALUES(epoch), beat = VALUES(beat), every = VALUES(every)";
}

std::string beat_numbers_sql(const ServerVersion& v) {
  return v.mariadb() ? "SELECT @@global.gtid_binlog_state AS held" : "SELECT @@global.gtid_executed AS held";
}

std::uint64_t epoch_number(const ServerVersion& v, std::uint64_t epoch, std::size_t at) {
  if (v.mariadb()) return ((epoch >> 8U) << kBeatsBits) + at;
  return epoch * 8 + at + 1;  // 1 to 2^63 - 1; no number twice, none is 0
}

std::uint64_t epoch_start(std::uint64_t number) { return number >> kBeatsBits << kBeatsBits; }

bool may_beat(const ServerVersion& v, std::string_view held, std::uint64_t epoch) {
  if (v.mariadb()) return highest_in_epoch_domain(held) >= epoch_number(v, epoch, 0);
  const auto last = epoch_number(v, epoch, create_schema_sql("").size());  // the row itself, behind the tables
  bool found = false;
  for_intervals(held, kEpochSource, [&](std::uint64_t a, std::uint64_t b) {
    found = a <= last && last <= b;
    return !found;
  });
  return found;
}

std::uint64_t next_beat(std::string_view held, std::uint64_t epoch) {
  const std::uint64_t before = (epoch >> 8U) << kBeatsBits;
  std::uint64_t highest = before;
  for_intervals(held, kBeatSource, [&](std::uint64_t, std::uint64_t last) {
    if (epoch_start(last) == before) highest = std::max(highest, last);
    return true;
  });
  return highest + 1;
}

}  // namespace probes
