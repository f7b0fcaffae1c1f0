// What a configuration would change of a dnsd that runs (`dnsd check --against running`): settings, and the answers
// that would move, decided by the new configuration on what the running one knows at present. Pure but for the zone
// files, which are read.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "conf/dnsd.h"

namespace control {

// `running`: the parts of running_json(), in order. The text of a JSON object: `against` in
// conf/schema/dnsd-check.schema.json. Error: the parts are not whole, or belong to two configurations.
[[nodiscard]] base::Result<std::string> compare(const conf::Dnsd& next, std::span<const std::string> running);

}  // namespace control
