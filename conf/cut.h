// A long list of a YAML text, cut between its items, so that the pieces can be parsed by themselves and at once.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace conf {

struct Piece {
  std::string_view text;
  int line = 1;            // of the text, where the piece begins
  std::size_t indent = 0;  // of the list's dashes
};

// Cuts `text` between items of the block sequence under `key` at the top level, into pieces of at least `size` octets
// (the last may be shorter). The first piece begins with all that stands before the list, the last ends with all that
// stands behind it. Every piece but the first lacks the line of the key.
//
// Cuts only where a quoted scalar, a flow collection or a block scalar cannot be open (YAML 1.2.2, 6.1, 7.3 and 8.1):
// before a dash that stands at the indentation of the list, as long as every line before it is one of which that is
// certain. Gives nothing where it is not, where there is no such list, and where one piece would be all of it.
[[nodiscard]] std::vector<Piece> cut_list(std::string_view text, std::string_view key, std::size_t size);

}  // namespace conf
