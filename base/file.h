// Files read and written whole.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

// The whole file. Error names the path: it cannot be read, is no regular file, or is larger than `max_bytes`.
[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes);

// Replaces the file: written beside it, fsynced, renamed over it, and the folder fsynced. A reader sees the old or
// the new content, after a crash too.
[[nodiscard]] Result<void> write_file_durably(const std::filesystem::path& path, std::string_view content,
                                              unsigned mode = 0600);

}  // namespace base
