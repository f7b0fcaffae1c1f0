#include "base/io/state_log.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/file.h"

namespace io {

namespace {

// Layout of an entry, big-endian: base (8), number in the log (8), length (4), SHA-256 over these and the content (32),
// content.
constexpr std::size_t kHead = 8 + 8 + 4;
constexpr std::size_t kHeader = kHead + SHA256_DIGEST_LENGTH;
constexpr std::size_t kMostContent = std::size_t{16} << 20;
constexpr std::size_t kMostLog = std::size_t{256} << 20;

std::array<std::uint8_t, SHA256_DIGEST_LENGTH> checksum(base::ByteView head, std::string_view content) {
  base::ByteWriter covered;
  covered.bytes(head);
  covered.bytes(base::as_bytes(content));
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> out{};
  SHA256(covered.data().data(), covered.data().size(), out.data());
  return out;
}

struct Entry {
  std::uint64_t base = 0;
  std::uint64_t number = 0;
  std::size_t size = 0;  // all of it; 0: none can be read here
  std::string_view content;
  bool good = false;
};

Entry parse(std::string_view bytes) {
  Entry out;
  if (bytes.size() < kHeader) return out;
  base::ByteReader reader(base::as_bytes(bytes));
  out.base = reader.u64();
  out.number = reader.u64();
  const auto length = reader.u32();
  const auto sum = reader.bytes(SHA256_DIGEST_LENGTH);
  if (length > kMostContent || reader.left() < length) return out;
  out.size = kHeader + length;
  out.content = bytes.substr(kHeader, length);
  const auto expected = checksum(base::as_bytes(bytes.substr(0, kHead)), out.content);
  out.good = std::equal(sum.begin(), sum.end(), expected.begin(), expected.end());
  return out;
}

base::Result<void> fail_errno(const std::string& what, const std::filesystem::path& path) {
  return base::fail(what + " " + path.string() + ": " + std::strerror(errno));
}

base::Result<void> write_at(int fd, std::uint64_t at, base::ByteView left, const std::filesystem::path& path) {
  while (!left.empty()) {
    const ssize_t n = ::pwrite(fd, left.data(), left.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot write", path);
    at += static_cast<std::uint64_t>(n);
    left = left.subspan(static_cast<std::size_t>(n));
  }
  if (::fsync(fd) != 0) return fail_errno("cannot fsync", path);
  return {};
}

}  // namespace

base::Result<StateLog::Loaded> StateLog::load(std::uint64_t base) {
  begin(base);
  Loaded out;
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0 && errno == ENOENT) return out;
  const auto bytes = base::read_file(path_, kMostLog);
  if (!bytes) return base::fail(bytes.error().message);
  std::string_view left = *bytes;
  Entry entry = parse(left);
  while (entry.good && entry.base == base && entry.number == count_) {
    out.entries.emplace_back(entry.content);
    ++count_;
    end_ += entry.size;
    left.remove_prefix(entry.size);
    entry = parse(left);
  }
  // What a torn append left is the last of the file; entries of another base were overtaken.
  out.newer_may_be_lost = !entry.good && entry.size > 0 && entry.size < left.size();
  return out;
}

void StateLog::begin(std::uint64_t base) {
  base_ = base;
  count_ = 0;
  end_ = 0;
}

base::Result<void> StateLog::open() {
  const bool created = ::access(path_.c_str(), F_OK) != 0;
  file_ = base::Fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file_) return fail_errno("cannot open", path_);
  if (!created) return {};
  const auto folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
  const base::Fd dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir || ::fsync(dir.get()) != 0) return fail_errno("cannot fsync folder", folder);
  return {};
}

base::Result<void> StateLog::append(std::string_view content) {
  if (content.size() > kMostContent) return base::fail("an entry for " + path_.string() + " is larger than 16 MiB");
  if (!file_) {
    if (auto opened = open(); !opened) {
      file_ = {};
      return opened;
    }
  }
  // Nothing that a failed append or an overtaken log left may stand behind the new entry.
  if (::ftruncate(file_.get(), static_cast<off_t>(end_)) != 0) return fail_errno("cannot shorten", path_);
  base::ByteWriter out;
  out.u64(base_);
  out.u64(count_);
  out.u32(static_cast<std::uint32_t>(content.size()));
  out.bytes(checksum(base::ByteView(out.data()).first(kHead), content));
  out.bytes(base::as_bytes(content));
  if (auto written = write_at(file_.get(), end_, out.data(), path_); !written) return written;
  ++count_;
  end_ += out.data().size();
  return {};
}

}  // namespace io
