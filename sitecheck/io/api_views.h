// The resources of the REST API, cut out of what sitecheck shows as a whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sitecheck/io/api.h"

namespace sitecheck {

// The JSON text of a resource that is only read, by the segments of its path below kRoot; `known` becomes the route's
// path ("/pools/{pool}") if there is one, and nothing is given if the thing in it does not exist.
[[nodiscard]] std::optional<std::string> api_view(const ApiProvider& from, const std::vector<std::string>& path,
                                                  std::string_view& known);
// The paths of api_view().
[[nodiscard]] std::vector<std::string_view> api_view_paths();

}  // namespace sitecheck
