#include "base/io/state_file.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/file.h"

namespace io {

namespace {

// Layout of a slot, big-endian: magic (8), version (1), sequence (8), length (4), SHA-256 (32), content. The checksum
// covers all but itself.
constexpr std::string_view kMagic = "wideipS1";
constexpr std::size_t kHeader = 8 + 1 + 8 + 4 + 32;
constexpr std::size_t kMostContent = std::size_t{16} << 20;

struct Slot {
  SlotFault fault = SlotFault::kMissing;
  std::uint64_t seq = 0;
  std::string content;
};

std::array<std::uint8_t, 32> checksum(std::uint8_t version, std::uint64_t seq, std::string_view content) {
  base::ByteWriter covered;
  covered.bytes(base::as_bytes(kMagic));
  covered.u8(version);
  covered.u64(seq);
  covered.u32(static_cast<std::uint32_t>(content.size()));
  covered.bytes(base::as_bytes(content));
  std::array<std::uint8_t, 32> out{};
  SHA256(covered.data().data(), covered.data().size(), out.data());
  return out;
}

Slot parse_slot(std::string_view bytes, std::uint8_t version) {
  Slot out;
  out.fault = SlotFault::kCorrupt;
  const auto known = std::min(bytes.size(), kMagic.size());
  if (bytes.substr(0, known) != kMagic.substr(0, known)) return out;
  if (bytes.size() < kHeader) {
    out.fault = SlotFault::kTorn;
    return out;
  }
  base::ByteReader reader(base::as_bytes(bytes));
  (void)reader.bytes(kMagic.size());
  const auto found_version = reader.u8();
  const auto seq = reader.u64();
  const auto length = reader.u32();
  const auto sum = reader.bytes(32);
  if (length > kMostContent || reader.left() > length) return out;
  if (reader.left() < length) {
    out.fault = SlotFault::kTorn;
    return out;
  }
  const auto content = base::as_text(reader.bytes(length));
  const auto expected = checksum(found_version, seq, content);
  if (!std::equal(sum.begin(), sum.end(), expected.begin(), expected.end())) return out;
  out.seq = seq;
  out.fault = found_version > version ? SlotFault::kVersion : SlotFault::kNone;
  out.content = content;
  return out;
}

Slot read_slot(const std::filesystem::path& path, std::uint8_t version) {
  Slot out;
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) return out;
  auto bytes = base::read_file(path, kMostContent + kHeader);
  if (!bytes) {
    out.fault = SlotFault::kUnreadable;
    return out;
  }
  return parse_slot(*bytes, version);
}

base::Result<void> fail_errno(const std::string& what, const std::filesystem::path& path) {
  return base::fail(what + " " + path.string() + ": " + std::strerror(errno));
}

base::Result<void> sync_folder(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const base::Fd dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir || ::fsync(dir.get()) != 0) return fail_errno("cannot fsync folder", folder);
  return {};
}

// The folder needs its fsync only for a new name; a flip of dnsd waits for this (a folder costs as much as the file).
base::Result<void> write_slot(const std::filesystem::path& path, base::ByteView left) {
  const bool created = ::access(path.c_str(), F_OK) != 0;
  const base::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return fail_errno("cannot open", path);
  while (!left.empty()) {
    const ssize_t n = ::write(fd.get(), left.data(), left.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot write", path);
    left = left.subspan(static_cast<std::size_t>(n));
  }
  if (::fsync(fd.get()) != 0) return fail_errno("cannot fsync", path);
  return created ? sync_folder(path) : base::Result<void>();
}

bool may_hide_newer(SlotFault f) {
  return f == SlotFault::kCorrupt || f == SlotFault::kUnreadable || f == SlotFault::kVersion;
}

// Rank of badness, for the one reason that is reported when no slot is valid.
int badness(SlotFault f) { return static_cast<int>(f); }

}  // namespace

std::string_view name(SlotFault f) {
  switch (f) {
    case SlotFault::kNone: return "valid";
    case SlotFault::kMissing: return "missing";
    case SlotFault::kTorn: return "torn";
    case SlotFault::kCorrupt: return "corrupt";
    case SlotFault::kVersion: return "of a newer version";
    case SlotFault::kUnreadable: return "unreadable";
  }
  return "unreadable";
}

StateFile::StateFile(std::filesystem::path path, std::uint8_t version) : path_(std::move(path)), version_(version) {}

std::filesystem::path StateFile::slot(unsigned index) const {
  auto out = path_;
  out += "." + std::to_string(index);
  return out;
}

StateLoad StateFile::load() {
  std::array<Slot, 2> slots{read_slot(slot(0), version_), read_slot(slot(1), version_)};
  const auto valid = [&](unsigned i) { return slots[i].fault == SlotFault::kNone; };
  StateLoad out;
  loaded_ = true;
  seq_ = std::max(slots[0].seq, slots[1].seq);
  const bool fresh = slots[0].fault == SlotFault::kMissing && slots[1].fault == SlotFault::kMissing;
  const bool one_write_only = valid(0) && slots[0].seq == 1 && slots[1].fault == SlotFault::kMissing;
  for (unsigned i = 0; i < 2; ++i) {
    if (valid(i) || fresh || one_write_only) continue;
    out.detail += (out.detail.empty() ? "" : "; ") + slot(i).string() + " is " + std::string(name(slots[i].fault));
  }
  if (!valid(0) && !valid(1)) {
    out.fault = badness(slots[0].fault) > badness(slots[1].fault) ? slots[0].fault : slots[1].fault;
    next_ = 0;
    other_is_broken_ = !fresh;
    return out;
  }
  const unsigned newest = valid(0) && (!valid(1) || slots[0].seq > slots[1].seq) ? 0 : 1;
  const auto& other = slots[1 - newest];
  out.fault = SlotFault::kNone;
  out.content = std::move(slots[newest].content);
  out.seq = slots[newest].seq;
  // A slot that was written once never goes missing by itself: with more than one store behind us, its loss may have
  // taken the newer content along.
  out.newer_may_be_lost = may_hide_newer(other.fault) || (other.fault == SlotFault::kMissing && !one_write_only);
  next_ = 1 - newest;
  other_is_broken_ = false;  // the next store replaces it
  return out;
}

base::Result<void> StateFile::store(std::string_view content) {
  if (content.size() > kMostContent) return base::fail("state for " + path_.string() + " is larger than 16 MiB");
  if (!loaded_) (void)load();
  const auto seq = seq_ + 1;
  base::ByteWriter out;
  out.bytes(base::as_bytes(kMagic));
  out.u8(version_);
  out.u64(seq);
  out.u32(static_cast<std::uint32_t>(content.size()));
  out.bytes(checksum(version_, seq, content));
  out.bytes(base::as_bytes(content));
  if (auto written = write_slot(slot(next_), out.data()); !written) return written;
  seq_ = seq;
  next_ = 1 - next_;
  if (!std::exchange(other_is_broken_, false)) return {};
  // The caller has seen what load() said of the broken slot and decided: it shall not be said again.
  return store(content);
}

}  // namespace io
