// The parts of `status` that its document and the live page have in common; shapes in
// conf/schema/dnsd-status.schema.json.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

#include "dnsd/control/view.h"

namespace control {

// One wide-IP, by its place in Engine::names(): an item of `wideips`.
[[nodiscard]] nlohmann::ordered_json wideip_json(const View& view, std::size_t index);
// The whole document with an empty list of wide-IPs.
[[nodiscard]] nlohmann::ordered_json server_json(const View& view);

}  // namespace control
