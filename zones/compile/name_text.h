// A domain name as it stands in a master file (RFC 1035 section 5.1).
#pragma once

#include <string_view>

#include "base/result.h"
#include "zones/wire/name.h"

namespace compile {

// `@` is the origin; what does not end in an unescaped dot is below it. Error: no name, or more than 255 octets with
// the origin.
[[nodiscard]] base::Result<wire::Name> name_from_text(std::string_view text, const wire::Name& origin);

}  // namespace compile
