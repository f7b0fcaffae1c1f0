#include "sitecheck/io/permit_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/fd.h"

namespace sitecheck {

namespace {

constexpr std::uint64_t kMagic = 0x32746d7265707769;  // "iwpermt2"
constexpr std::size_t kBytes = 4096;

struct Slot {
  std::uint64_t magic;
  std::array<char, 40> kernel;
  std::int64_t deadline_us;
  std::uint64_t epoch;
  std::int64_t lease_id;
  std::uint64_t sum;
};

// FNV-1a over all before `sum`: finds a write that was cut off by a kill; nobody forges what only this user may write.
std::uint64_t sum_of(const Slot& s) {
  std::array<unsigned char, offsetof(Slot, sum)> bytes{};
  std::memcpy(bytes.data(), &s, bytes.size());
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const auto b : bytes) hash = (hash ^ b) * 0x100000001b3;
  return hash;
}

}  // namespace

base::Result<std::string> kernel_boot_id() {
  const base::Fd fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  const ssize_t n = fd ? ::read(fd.get(), text.data(), text.size()) : -1;
  if (n < 36) return base::fail("the kernel's boot id cannot be read");
  return std::string(text.data(), 36);
}

base::Result<PermitFile> PermitFile::open(const std::filesystem::path& path, std::string kernel) {
  const base::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd || ::ftruncate(fd.get(), kBytes) != 0) return base::fail(path.string() + ": " + std::strerror(errno));
  void* memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return base::fail(path.string() + ": " + std::strerror(errno));
  return PermitFile(memory, std::move(kernel));
}

PermitFile::PermitFile(PermitFile&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), kernel_(std::move(other.kernel_)) {}

PermitFile& PermitFile::operator=(PermitFile&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(kernel_, other.kernel_);
  return *this;
}

PermitFile::~PermitFile() {
  if (memory_ != nullptr) ::munmap(memory_, kBytes);
}

std::optional<Permit> PermitFile::load() const {
  Slot slot{};
  std::memcpy(&slot, memory_, sizeof slot);
  if (slot.magic != kMagic || slot.sum != sum_of(slot)) return std::nullopt;
  if (std::string_view(slot.kernel.data(), ::strnlen(slot.kernel.data(), slot.kernel.size())) != kernel_) {
    return std::nullopt;
  }
  return Permit{base::Instant(base::Duration(slot.deadline_us)), {slot.epoch}, slot.lease_id};
}

void PermitFile::store(const Permit& permit) {
  Slot slot{};
  slot.magic = kMagic;
  std::copy_n(kernel_.data(), std::min(kernel_.size(), slot.kernel.size() - 1), slot.kernel.data());
  slot.deadline_us = permit.deadline.time_since_epoch().count();
  slot.epoch = permit.epoch.value;
  slot.lease_id = permit.lease_id;
  slot.sum = sum_of(slot);
  std::memcpy(memory_, &slot, sizeof slot);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

void PermitFile::clear() {
  std::memset(memory_, 0, sizeof(Slot));
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace sitecheck
