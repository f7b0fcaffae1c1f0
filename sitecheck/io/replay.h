// Lives a recorded flight again, through the very core, and checks that it wants the same actions at every step.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "sitecheck/core/actions.h"
#include "sitecheck/core/site.h"
#include "sitecheck/io/flight.h"

namespace sitecheck {

struct Replayed {
  std::uint64_t steps = 0;
  std::uint64_t events = 0;
  std::uint64_t actions = 0;
  std::optional<std::uint64_t> differs_at;  // the first step whose actions were not those of then
  std::string ended;                        // why before its end, "" if at it: torn, or damaged
};

// Sees each step after the core took it.
using OnReplayed = std::function<void(const core::Site& site, const FlightStep& step, std::span<const core::Action>)>;

// Replays the process that wrote `file`, from its first file on, which must be beside it, to the last that is there.
// Error: `file` is no recording of this build, or the process's first file is gone (the recorder's total size was too
// small): a state machine cannot be entered midway.
[[nodiscard]] base::Result<Replayed> replay(const std::filesystem::path& file, const OnReplayed& on_step = {});

// The files of the process that wrote `file`, in their order; the first may be missing.
[[nodiscard]] base::Result<std::vector<std::filesystem::path>> flight_of(const std::filesystem::path& file);

}  // namespace sitecheck
