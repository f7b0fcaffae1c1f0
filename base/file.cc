#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace base {

namespace {

tl::unexpected<Error> fail_errno(const std::string& what, const std::filesystem::path& path) {
  return fail(what + " " + path.string() + ": " + std::strerror(errno));
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail_errno("cannot open", path);
  struct stat st {};
  if (fstat(fd.get(), &st) != 0) return fail_errno("cannot stat", path);
  if (!S_ISREG(st.st_mode)) return fail(path.string() + " is not a regular file");
  std::string out;
  std::array<char, 65536> part{};
  for (;;) {
    const ssize_t n = ::read(fd.get(), part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot read", path);
    if (n == 0) return out;
    out.append(part.data(), static_cast<std::size_t>(n));
    if (out.size() > max_bytes) {
      return fail(path.string() + " is larger than the " + std::to_string(max_bytes) + " bytes that are read");
    }
  }
}

Result<void> write_file_durably(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  std::filesystem::path beside = path;
  beside += ".new";
  {
    const Fd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (!fd) return fail_errno("cannot create", beside);
    std::string_view left = content;
    while (!left.empty()) {
      const ssize_t n = ::write(fd.get(), left.data(), left.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return fail_errno("cannot write", beside);
      left.remove_prefix(static_cast<std::size_t>(n));
    }
    if (fsync(fd.get()) != 0) return fail_errno("cannot fsync", beside);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return fail_errno("cannot rename into place", path);
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const Fd dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir || fsync(dir.get()) != 0) return fail_errno("cannot fsync folder", folder);
  return {};
}

}  // namespace base
