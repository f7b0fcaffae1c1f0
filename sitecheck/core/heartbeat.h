// How far a replica is behind its writer, by the writer's heartbeat row. The site that writes stamps the row with the
// steady clock of its own host, and only stamps of one epoch are compared: no wall clock is read, and no two clocks are
// held against each other, so that neither skew nor a jump shows.
#pragma once

#include <optional>

#include "base/time.h"
#include "sitecheck/core/events.h"

namespace core {

class Heartbeats {
 public:
  // A poll of a node that is open and shows this row: the writer, of this site or of another.
  void note(const Beat& row, base::Instant now);
  // How old the oldest beat is that a node with this row lacks, as of the last look at the writer: while the writer is
  // not reached, what was known at last contact stays. Known to within a beat. Nothing: no writer was seen to beat, or
  // it has stopped beating.
  [[nodiscard]] std::optional<base::Duration> behind(const Beat& row) const;

 private:
  std::optional<Beat> newest_;
  Beat first_;               // seen of its epoch
  bool advanced_ = false;    // it was seen to beat, not only a row of the past
  base::Instant seen_at_;    // newest_, the first time
  base::Instant polled_at_;  // the writer, the last time
};

}  // namespace core
