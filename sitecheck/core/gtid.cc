#include "sitecheck/core/gtid.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace core {

namespace {

constexpr std::size_t kUuidSize = 36;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string_view cut(std::string_view& text, char at) {
  const auto end = text.find(at);
  const auto part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

// "8-4-4-4-12" hexadecimal digits.
bool is_uuid(std::string_view text) {
  if (text.size() != kUuidSize) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

// Of MySQL 8.3 and later: a letter or "_", then 31 more of those or digits.
bool is_tag(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && text.size() <= 32 && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// Epoch rows and heartbeats do not count (protocol.md rule 13).
bool counts(std::string_view source) {
  static const std::string epoch_prefix = std::to_string(kEpochDomain) + '-';
  return source != kEpochSource && source != kBeatSource && !source.starts_with(epoch_prefix);
}

}  // namespace

base::Result<GtidSet> GtidSet::parse(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
      clean.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
  }
  GtidSet set;
  const auto bad = [](std::string_view part) {
    return base::fail("\"" + std::string(part.substr(0, 80)) + "\" is no transaction of MariaDB or MySQL");
  };
  std::string_view rest = clean;
  while (!rest.empty()) {
    const std::string_view part = cut(rest, ',');
    if (part.empty()) continue;
    std::string_view tail = part;
    const std::string_view head = cut(tail, ':');
    if (is_uuid(head)) {
      if (tail.empty()) return bad(part);
      auto* intervals = &set.sources_[std::string(head)];
      while (!tail.empty()) {
        std::string_view range = cut(tail, ':');
        if (is_tag(range)) {  // what follows is numbered by itself
          if (tail.empty()) return bad(part);
          intervals = &set.sources_[std::string(head) + ':' + std::string(range)];
          continue;
        }
        if (range.ends_with('-')) return bad(part);
        const auto first = number(cut(range, '-'));
        const auto last = range.empty() ? first : number(range);
        if (!first || !last || *first == 0 || *last < *first) return bad(part);
        intervals->push_back({*first, *last});
      }
      continue;
    }
    std::string_view fields = part;
    const auto domain = number(cut(fields, '-'));
    const auto server = number(cut(fields, '-'));
    const auto seq = number(fields);
    if (!domain || !server || !seq || *domain > UINT32_MAX || *server > UINT32_MAX) return bad(part);
    if (*seq == 0) continue;
    set.sources_[std::to_string(*domain) + '-' + std::to_string(*server)].push_back({1, *seq});
  }
  for (auto& [source, intervals] : set.sources_) normalize(intervals);
  return set;
}

void GtidSet::normalize(Intervals& intervals) {
  std::sort(intervals.begin(), intervals.end(), [](auto a, auto b) { return a.first < b.first; });
  Intervals out;
  for (const auto i : intervals) {
    if (!out.empty() && (out.back().last == UINT64_MAX || i.first <= out.back().last + 1)) {
      out.back().last = std::max(out.back().last, i.last);
    } else {
      out.push_back(i);
    }
  }
  intervals = std::move(out);
}

GtidSet::Intervals GtidSet::subtract(const Intervals& a, const Intervals& b) {
  Intervals out;
  for (auto left : a) {
    bool gone = false;
    for (const auto cutter : b) {
      if (cutter.last < left.first || cutter.first > left.last) continue;
      if (cutter.first > left.first) out.push_back({left.first, cutter.first - 1});
      if (cutter.last >= left.last) {
        gone = true;
        break;
      }
      left.first = cutter.last + 1;
    }
    if (!gone) out.push_back(left);
  }
  return out;
}

bool GtidSet::contains(const GtidSet& other) const {
  static const Intervals kNone;
  for (const auto& [source, intervals] : other.sources_) {
    if (!counts(source)) continue;
    const auto found = sources_.find(source);
    if (!subtract(intervals, found == sources_.end() ? kNone : found->second).empty()) return false;
  }
  return true;
}

GtidSet::Intervals GtidSet::lacking(const std::string& source, const Intervals& intervals, const GtidSet& other) const {
  static const Intervals kNone;
  const auto found = other.sources_.find(source);
  auto out = subtract(intervals, found == other.sources_.end() ? kNone : found->second);
  if (source.size() >= kUuidSize || out.empty()) return out;
  const std::string domain = source.substr(0, source.find('-') + 1);
  std::uint64_t shared = 0;
  for (auto mine = sources_.lower_bound(domain); mine != sources_.end() && mine->first.starts_with(domain); ++mine) {
    const auto theirs = other.sources_.find(mine->first);
    if (theirs == other.sources_.end() || mine->second.empty() || theirs->second.empty()) continue;
    shared = std::max(shared, std::min(mine->second.back().last, theirs->second.back().last));
  }
  if (shared == 0) return out;
  auto exact = subtract(out, {{1, shared}});
  return exact.empty() ? out : exact;  // not so without strict mode: rather too many than none
}

std::string GtidSet::lacking_in(const GtidSet& other) const {
  std::string out;
  for (const auto& [source, intervals] : sources_) {
    if (!counts(source)) continue;
    const bool uuid = source.size() >= kUuidSize;
    for (const auto i : lacking(source, intervals, other)) {
      if (!out.empty()) out += ',';
      out += source + (uuid ? ":" : "-") + std::to_string(i.first);
      if (i.last != i.first) out += (uuid ? "-" : "..") + std::to_string(i.last);
    }
  }
  return out;
}

std::uint64_t GtidSet::count_lacking_in(const GtidSet& other) const {
  static const Intervals kNone;
  std::uint64_t count = 0;
  for (const auto& [source, intervals] : sources_) {
    if (!counts(source)) continue;
    const auto found = other.sources_.find(source);
    for (const auto i : subtract(intervals, found == other.sources_.end() ? kNone : found->second)) {
      count += i.last - i.first + 1;
    }
  }
  return count;
}

std::string GtidSet::gaps() const {
  std::string out;
  for (const auto& [source, intervals] : sources_) {
    if (!counts(source) || source.size() < kUuidSize || intervals.empty()) continue;
    for (const auto gap : subtract({{1, intervals.back().last}}, intervals)) {
      out += (out.empty() ? "" : ",") + source + ':' + std::to_string(gap.first);
      if (gap.last != gap.first) out += '-' + std::to_string(gap.last);
    }
  }
  return out;
}

std::string shortened(const std::string& list, std::size_t limit) {
  if (list.size() <= limit) return list;
  const auto at = list.rfind(',', limit);
  if (at == std::string::npos) return list.substr(0, limit) + "...";
  const auto rest = std::count(list.begin() + static_cast<std::ptrdiff_t>(at), list.end(), ',');
  return list.substr(0, at) + ", and " + std::to_string(rest) + " more";
}

void GtidSet::merge(const GtidSet& other) {
  for (const auto& [source, intervals] : other.sources_) {
    auto& mine = sources_[source];
    mine.insert(mine.end(), intervals.begin(), intervals.end());
    normalize(mine);
  }
}

}  // namespace core
