// A configuration file and everything that it includes, merged into one tree.
//
// `include:` holds globs, relative to the file that names them. An included file may hold any key of the top level:
// lists and named mappings are joined, in the order of inclusion; anything else may stand in one file only.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/document.h"
#include "conf/reading.h"

namespace conf {

// The merged tree, and what it borrows from.
struct Gathered {
  Value root;
  std::deque<std::string> names;             // of the files, in the order of reading; marks point into it
  std::vector<std::filesystem::path> files;  // the same
};

// Reads the items of one list of the top level while the files are read; the tree that is given has none of them.
struct ItemReader {
  ItemSink sink;
  // The file is over. Not good: what was taken from it since the last end counts for nothing.
  std::function<void(bool good)> end;
};

// Faults: a file that cannot be read, a pattern without wildcard that matches nothing, a file included twice or by
// itself, a key in two files that cannot be joined, the same name in two files, more than kMaxFiles files.
[[nodiscard]] Gathered gather(Reading& reading, const Shape& shape, const std::filesystem::path& path,
                              const ItemReader* items = nullptr);
// The same with the text of the first file at hand.
[[nodiscard]] Gathered gather_text(Reading& reading, const Shape& shape, std::string_view text,
                                   const std::filesystem::path& path, const ItemReader* items = nullptr);

inline constexpr std::size_t kMaxFiles = 10'000;
inline constexpr std::string_view kInclude = "include";

}  // namespace conf
