// Text for manual pages.
#pragma once

#include <string>
#include <string_view>

namespace base {

// `text` so that man(7) prints it as it is: hyphens stay hyphens, no line becomes a request.
[[nodiscard]] std::string roff(std::string_view text);

// `page` with what stands between the lines `.\" begin NAME` and `.\" end NAME` replaced. Empty if it has no such
// lines.
[[nodiscard]] std::string replace_section(std::string_view page, std::string_view name, std::string_view by);

}  // namespace base
