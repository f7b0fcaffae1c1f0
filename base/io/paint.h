// Colours for people: of the words that tell how something is, and only where they can be seen.
#pragma once

#include <iosfwd>
#include <string>

namespace io {

// True if `out` is this process's standard output, that is a terminal, and nobody asked for none: by NO_COLOR
// (no-color.org: set, and not empty) or TERM=dumb.
[[nodiscard]] bool colours(const std::ostream& out);

// The words of health in `text` in colour: UP, OK, ACTIVE… green, WARN, SILENT… yellow, DOWN, FAIL… red. Whole words in
// capitals only; everything else, and what is seen of the text without colours, stays as it is.
[[nodiscard]] std::string paint(const std::string& text);

// paint() where `out` wants it.
[[nodiscard]] std::string painted(std::string text, const std::ostream& out);

}  // namespace io
