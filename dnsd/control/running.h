// The data of the command `running`: the configuration in force and what is decided on at present, for a program that
// wants to know what another configuration would do (compare.h). Of no use to people.
#pragma once

#include <cstddef>
#include <string>

#include "dnsd/control/view.h"
#include "dnsd/control/wideip_settings.h"

namespace control {

// Wide-IPs of one part; the first part, `from` 0, tells of all else as well.
inline constexpr std::size_t kRunningListed = 1000;
// Text of a JSON object. `tests`: of the wide-IPs in the order of the configuration.
[[nodiscard]] std::string running_json(const View& view, const ServiceTexts& tests, std::size_t from);

}  // namespace control
