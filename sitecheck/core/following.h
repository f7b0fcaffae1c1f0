// A local node on its way to follow the writer. Of the best node the pool itself keeps the most; here stands only since
// when its replication runs. Internal to this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "sitecheck/core/gtid.h"

namespace core {

struct Following {
  std::string source;     // whom it follows: a site, or "site/node"; "" if not known
  bool may_adopt = true;  // replication that runs since before this process is taken to be right
  std::string wanted;     // of the Rejoin under way
  std::uint64_t token = 0;
  std::optional<base::Instant> asked_at;
  std::optional<base::Instant> retry_at;
  std::optional<GtidSet> sample;  // its transactions, to be proved a subset of the writer's
  base::Instant sampled_at;
  std::optional<base::Instant> runs_since;  // both threads run
  bool errant = false;                      // it has some that the writer lacks: it stays out
  bool accepted = false;                    // a person said that those do not matter
};

}  // namespace core
