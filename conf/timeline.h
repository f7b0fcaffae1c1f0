// A timeline for `dnsd simulate`: what sites and monitors would say, and when.
//
//   timeline:
//     - {at: 0s, site1/main: {state: ACTIVE, epoch: 3, lease: 2s}, site2/main: {state: STANDBY}}
//     - {at: 12s, site1: silent}                 # every pool of the site
//     - {at: 13s, monitor web@192.0.2.1: down}   # at an address, or at those of a member; without @: wherever it looks
//     - {at: 20s, drain site2: on}               # or for one wide-IP, drain site2@mysql.example.com; off, break_glass
//     - {at: 30s, pin www.example.com: a}        # off
//   until: 1m                                    # how long to go on; default: a minute after the last step
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "conf/fault.h"
#include "conf/load.h"
#include "ecv/report.h"

namespace conf {

// What a site claims from then on, renewed at each poll.
struct TimelineClaim {
  ecv::PoolState state = ecv::PoolState::kInit;
  std::uint64_t epoch = 0;                  // the counter
  base::Duration lease = base::seconds(2);  // with ACTIVE: left at each renewal
  std::uint32_t readers = 0;                // standby nodes that are well
};

enum class TimelineHealth : std::uint8_t { kUp, kDown, kDisabled, kUnknown };

// What an operator orders, or takes back.
struct TimelineOrder {
  bool pin = false;    // else a drain
  std::string what;    // of a pin that ends: empty
  std::string wideip;  // empty: every one
  bool ends = false;
  bool break_glass = false;
};

struct TimelineStep {
  base::Duration at{};  // from the beginning
  Mark mark;
  // Of a site; nothing is claimed any more (silent) without `claim`.
  std::string site;
  std::string pool;  // empty: every pool
  std::optional<TimelineClaim> claim;
  // Of a monitor, where `site` is empty.
  std::string monitor;
  std::string where;  // an address or a member; empty: wherever it looks
  TimelineHealth health = TimelineHealth::kUnknown;
  // Of neither.
  std::optional<TimelineOrder> order;
};

struct Timeline {
  std::vector<TimelineStep> steps;  // in order of time
  base::Duration until{};
};

[[nodiscard]] Loaded<Timeline> load_timeline(const std::filesystem::path& path,
                                             const Outside& outside = real_outside());
[[nodiscard]] Loaded<Timeline> load_timeline_text(std::string_view text, const std::filesystem::path& name);

}  // namespace conf
