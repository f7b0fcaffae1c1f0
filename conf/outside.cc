#include <glob.h>
#include <sys/stat.h>

#include <cstdlib>

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

}  // namespace

Outside real_outside() {
  return {
      [](const std::filesystem::path& path) { return base::read_file(path, kMaxFile); },
      [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
      },
      expand_glob,
      is_world_readable,
  };
}

}  // namespace conf
