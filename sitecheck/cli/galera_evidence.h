// Which node of a Galera cluster that is down altogether got furthest: what grastate.dat and --wsrep-recover say, and
// the comparison. Pure: text in, text out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sitecheck::cli {

// A history and how far a node followed it; seqno -1: not known (it crashed, or never had a state).
struct GaleraPosition {
  std::string uuid;
  std::int64_t seqno = -1;
  bool operator==(const GaleraPosition&) const = default;
};

struct GaleraState {
  GaleraPosition position;
  bool safe_to_bootstrap = false;  // it left the cluster last, and cleanly
};

// The content of grastate.dat. Error: a line that must be there is missing, or is none of that kind.
[[nodiscard]] base::Result<GaleraState> parse_grastate(std::string_view text);
// What a server printed for --wsrep-recover; nothing: there is no "Recovered position" in it.
[[nodiscard]] std::optional<GaleraPosition> find_recovered(std::string_view output);
// "UUID:SEQNO".
[[nodiscard]] std::optional<GaleraPosition> parse_position(std::string_view text);

// One node, and what is known of it.
struct GaleraEvidence {
  std::string node;
  std::string source{};  // "grastate.dat", "--wsrep-recover", "--evidence", "wsrep status"; "" if nothing is known
  std::optional<GaleraPosition> position{};
  bool safe_to_bootstrap = false;
  bool primary = false;  // it runs, in a Primary component
  bool runs = false;
  bool lost = false;      // a person says that it is gone for good
  std::string message{};  // what is missing, or went wrong
};

struct GaleraChoice {
  std::optional<std::size_t> candidate;  // index; nothing: it cannot be told
  std::string reason;                    // why it is the one, or why it cannot be told
};

// The highest seqno wins, whoever left last: a node that crashed may be ahead of one that was stopped. Of equal ones,
// the one that is safe to bootstrap, else the first. It cannot be told while the position of a node is missing that is
// not lost, or if the nodes have different histories.
[[nodiscard]] GaleraChoice choose(const std::vector<GaleraEvidence>& nodes);

}  // namespace sitecheck::cli
