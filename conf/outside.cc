#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/file.h"
#include "conf/document.h"
#include "conf/load.h"

namespace conf {

namespace {

std::vector<std::filesystem::path> expand_glob(const std::filesystem::path& pattern) {
  std::vector<std::filesystem::path> out;
  glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    out.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return out;
}

bool is_world_readable(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

std::optional<std::string> why_unreadable(const std::filesystem::path& path) {
  std::error_code error;
  const bool regular = std::filesystem::is_regular_file(path, error);
  if (error) return "cannot open " + path.string() + ": " + error.message();
  if (!regular) return path.string() + " is not a regular file";
  if (::access(path.c_str(), R_OK) != 0) return "cannot open " + path.string() + ": " + std::strerror(errno);
  return std::nullopt;
}

}  // namespace

Outside real_outside(unsigned threads) {
  return {
      [](const std::filesystem::path& path) { return base::read_file(path, kMaxFile); },
      [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
      },
      expand_glob,
      why_unreadable,
      is_world_readable,
      threads,
  };
}

}  // namespace conf
