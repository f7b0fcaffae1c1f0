// What the option tables say, for editors and readers: JSON Schema and manual page.
#pragma once

#include <string>

#include "conf/field.h"

namespace conf {

// A JSON Schema (draft 2020-12) of the file, pretty-printed with a final newline. It holds what the table holds; rules
// between fields are beyond it (`check` knows them).
[[nodiscard]] std::string json_schema(const Shape& file);

// The keys as man(7) text: a subsection for each mapping, a paragraph for each key with what it takes, its default and
// its meaning.
[[nodiscard]] std::string manual_keys(const Shape& file);

}  // namespace conf
