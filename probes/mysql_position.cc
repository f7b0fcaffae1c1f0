// MariaDB's GTID positions as text: "domain-server-sequence" entries, comma separated.
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "probes/mysql_dialect.h"

namespace probes {

namespace {

struct Entry {
  std::uint32_t domain = 0;
  std::uint32_t server = 0;
  std::uint64_t sequence = 0;
};

template <typename Number>
bool take_number(std::string_view& text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_dash(std::string_view& text) {
  if (!text.starts_with('-')) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Entry> parse_entry(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\n')) text.remove_prefix(1);
  Entry e;
  if (!take_number(text, e.domain) || !take_dash(text) || !take_number(text, e.server) || !take_dash(text) ||
      !take_number(text, e.sequence) || !text.empty()) {
    return std::nullopt;
  }
  return e;
}

}  // namespace

std::string merge_positions(std::string_view a, std::string_view b, std::uint32_t dropped_domain) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> highest;
  for (std::string_view list : {a, b}) {
    while (!list.empty()) {
      const auto comma = list.find(',');
      const auto entry = parse_entry(list.substr(0, comma));
      list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
      if (!entry || entry->domain == dropped_domain) continue;
      auto& kept = highest[{entry->domain, entry->server}];
      kept = std::max(kept, entry->sequence);
    }
  }
  std::string out;
  for (const auto& [source, sequence] : highest) {
    if (!out.empty()) out += ',';
    out += std::to_string(source.first) + "-" + std::to_string(source.second) + "-" + std::to_string(sequence);
  }
  return out;
}

}  // namespace probes
