#include "sitecheck/cli/galera_evidence.h"

#include <algorithm>
#include <charconv>

namespace sitecheck::cli {

namespace {

constexpr std::string_view kRecovered = "Recovered position:";
constexpr std::string_view kNoHistory = "00000000-0000-0000-0000-000000000000";

std::string_view trim(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text) {
  if (text.size() != kNoHistory.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (kNoHistory[i] == '-' ? c != '-' : !digit) return false;
  }
  return true;
}

bool has_history(const GaleraPosition& p) { return p.uuid != kNoHistory; }

}  // namespace

base::Result<GaleraState> parse_grastate(std::string_view text) {
  GaleraState out;
  bool seqno = false;
  while (!text.empty()) {
    const auto line = trim(take_line(text));
    const auto colon = line.find(':');
    if (line.empty() || line.front() == '#' || colon == line.npos) continue;
    const auto key = trim(line.substr(0, colon));
    const auto value = trim(line.substr(colon + 1));
    if (key == "uuid") {
      if (!is_uuid(value)) return base::fail("its uuid is none");
      out.position.uuid = value;
    } else if (key == "seqno") {
      const auto found = number(value);
      if (!found || *found < -1) return base::fail("its seqno is no number from -1 on");
      out.position.seqno = *found;
      seqno = true;
    } else if (key == "safe_to_bootstrap") {
      out.safe_to_bootstrap = value == "1";
    }
  }
  if (out.position.uuid.empty()) return base::fail("it has no uuid");
  if (!seqno) return base::fail("it has no seqno");
  return out;
}

std::optional<GaleraPosition> parse_position(std::string_view text) {
  text = trim(text);
  const auto colon = text.find(':');
  if (colon == text.npos || !is_uuid(text.substr(0, colon))) return std::nullopt;
  const auto seqno = number(text.substr(colon + 1));
  if (!seqno || *seqno < -1) return std::nullopt;
  return GaleraPosition{std::string(text.substr(0, colon)), *seqno};
}

// The last one counts: a log may hold older ones.
std::optional<GaleraPosition> find_recovered(std::string_view output) {
  const auto at = output.rfind(kRecovered);
  if (at == output.npos) return std::nullopt;
  auto rest = output.substr(at + kRecovered.size());
  // MariaDB adds ",DOMAIN-SERVER-SEQ" where it has GTIDs of its own.
  const auto line = trim(take_line(rest));
  return parse_position(line.substr(0, line.find(',')));
}

GaleraChoice choose(const std::vector<GaleraEvidence>& nodes) {
  std::optional<std::size_t> best;
  std::string missing;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& n = nodes[i];
    if (n.primary) return {std::nullopt, "the cluster is up: " + n.node + " is in its Primary component"};
    if (n.lost) continue;
    if (!n.position || (has_history(*n.position) && n.position->seqno < 0)) {
      missing += (missing.empty() ? "" : ", ") + n.node;
      continue;
    }
    if (!has_history(*n.position)) continue;  // it never was a member
    if (best && nodes[*best].position->uuid != n.position->uuid) {
      return {std::nullopt, "the nodes have different histories: " + nodes[*best].node + " and " + n.node +
                                " have different uuids; a person must say which of them is the true one"};
    }
    const auto ahead = !best || n.position->seqno > nodes[*best].position->seqno;
    const auto equal = best && n.position->seqno == nodes[*best].position->seqno;
    if (ahead || (equal && n.safe_to_bootstrap && !nodes[*best].safe_to_bootstrap)) best = i;
  }
  if (!missing.empty()) return {std::nullopt, "how far these nodes got is not known: " + missing};
  if (!best) return {std::nullopt, "no node has a state"};
  const auto& winner = nodes[*best];
  const auto same = std::count_if(nodes.begin(), nodes.end(), [&](const GaleraEvidence& n) {
    return n.position && n.position->uuid == winner.position->uuid && n.position->seqno == winner.position->seqno;
  });
  std::string reason =
      winner.node + " got to seqno " + std::to_string(winner.position->seqno) + ", by " + winner.source;
  reason += same > 1 ? "; no node got further" : "; every other node is behind";
  if (same > 1 && winner.safe_to_bootstrap) reason += ", and it left the cluster last";
  return {best, reason};
}

}  // namespace sitecheck::cli
