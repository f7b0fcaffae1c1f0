// The health table: what every member's site last said, over which path, and how old that is. No I/O, no clock.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dnsd/control/ingest.h"
#include "dnsd/control/settings.h"
#include "dnsd/decide/types.h"

namespace control {

// One path to one member.
struct PathHealth {
  std::string url;
  bool polled = false;                   // the first poll is over
  Fault fault = Fault::kNone;            // of the latest poll
  std::string error;                     // of the latest poll, for people
  std::optional<base::Instant> last_ok;  // the last believed answer
  std::optional<decide::Claim> claim;    // what it said
  std::uint64_t boot_id = 0;
  std::uint64_t seq = 0;
};

struct MemberHealth {
  std::vector<PathHealth> paths;
  std::optional<decide::Claim> claim;  // the newest over all paths
  std::uint64_t boot_id = 0;           // of the sitecheck process that made it
  std::uint64_t seq = 0;
  std::deque<std::uint64_t> dead_boots;  // processes that were succeeded; their late answers are void

  // Failing: no path's latest poll brought a believed answer.
  [[nodiscard]] decide::Observation observation() const;
  // Every path was polled, or one has answered.
  [[nodiscard]] bool known() const;
};

// What a poll changed.
struct Effect {
  Fault verdict = Fault::kNone;  // of the report, after comparison with those before it
  bool newer = false;            // the member's claim was replaced
  bool said_otherwise = false;   // state or epoch differ from before
  bool changed = false;          // that, or the member began or ceased to fail: decide now
  bool path_changed = false;     // the path began or ceased to fail, or fails otherwise: worth a log line
  std::string error;             // why a report was not believed after comparison
};

class HealthTable {
 public:
  // Members and paths that were there before keep all that is known of them.
  void configure(const std::vector<Target>& targets);

  // A verified report came over a path. Not believed: kReplayed if seq did not grow since the path's last answer of
  // the same process; kDeadBoot if its process was succeeded by another. An answer that another path has overtaken
  // counts for its path only.
  Effect report(const decide::MemberId& id, const std::string& url, const ecv::Report& report, base::Instant asked,
                base::Instant heard);
  // A poll brought nothing that can be believed.
  Effect failure(const decide::MemberId& id, const std::string& url, Fault fault, const std::string& error);

  // Null if not configured.
  [[nodiscard]] const MemberHealth* find(const decide::MemberId& id) const;
  [[nodiscard]] const std::map<decide::MemberId, MemberHealth>& members() const { return members_; }
  // Every member is known: the first round is over.
  [[nodiscard]] bool all_known() const;

 private:
  struct Place {
    MemberHealth* member = nullptr;
    PathHealth* path = nullptr;
  };
  [[nodiscard]] Place place(const decide::MemberId& id, const std::string& url);
  static Effect fail(Place at, Fault fault, const std::string& error);

  std::map<decide::MemberId, MemberHealth> members_;
};

}  // namespace control
