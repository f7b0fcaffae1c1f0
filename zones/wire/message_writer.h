// Writes a response into a fixed buffer, with name compression (RFC 1035 section 4.1.4). Allocates nothing.
//
// A write that does not fit leaves the writer unchanged and returns false; mark() and rewind() undo a whole RRset, so
// that truncation never splits one.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "zones/wire/types.h"

namespace wire {

enum class Section : std::uint8_t { kAnswer = 0, kAuthority = 1, kAdditional = 2 };

class MessageWriter {
 public:
  // Names remembered as targets of compression; names beyond are written, but not pointed at.
  static constexpr std::size_t kMaxTargets = 96;

  // `limit`: largest message in octets, at most buffer.size() and 65535. `question` (one wire question) is copied
  // behind an empty header and becomes a target; it may be empty.
  void start(std::span<std::uint8_t> buffer, std::size_t limit, base::ByteView question);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t room() const { return limit_ - size_; }
  // For what was held back, e.g. the OPT record. Not below size().
  void set_limit(std::size_t limit) { limit_ = limit; }

  struct Mark {
    std::size_t size;
    std::size_t targets;
    std::array<std::uint16_t, 3> counts;
  };
  [[nodiscard]] Mark mark() const { return {size_, targets_, counts_}; }
  void rewind(const Mark& to) {
    size_ = to.size;
    targets_ = to.targets;
    counts_ = to.counts;
  }
  void count(Section section, std::size_t records = 1) {
    counts_[static_cast<std::size_t>(section)] =
        static_cast<std::uint16_t>(counts_[static_cast<std::size_t>(section)] + records);
  }
  [[nodiscard]] std::uint16_t counted(Section section) const { return counts_[static_cast<std::size_t>(section)]; }

  bool bytes(base::ByteView from) {
    if (from.size() > room()) return false;
    if (!from.empty()) std::memcpy(buffer_ + size_, from.data(), from.size());
    size_ += from.size();
    return true;
  }
  bool u16(std::uint16_t v) {
    if (room() < 2) return false;
    put16(size_, v);
    size_ += 2;
    return true;
  }
  bool u32(std::uint32_t v) {
    if (room() < 4) return false;
    put32(size_, v);
    size_ += 4;
    return true;
  }
  // Overwrites what was written before, at that offset of the message.
  void put16(std::size_t at, std::uint16_t v) {
    std::uint8_t* to = buffer_ + at;
    to[0] = static_cast<std::uint8_t>(v >> 8);
    to[1] = static_cast<std::uint8_t>(v);
  }
  void put32(std::size_t at, std::uint32_t v) {
    std::uint8_t* to = buffer_ + at;
    to[0] = static_cast<std::uint8_t>(v >> 24);
    to[1] = static_cast<std::uint8_t>(v >> 16);
    to[2] = static_cast<std::uint8_t>(v >> 8);
    to[3] = static_cast<std::uint8_t>(v);
  }
  // An uncompressed, valid name; written with its longest known suffix as a pointer if `compress`. Either way its
  // labels become targets.
  bool name(base::ByteView wire_name, bool compress);
  // One record. `owner` is compressed; names inside rdata are, where RFC 3597 section 4 lets them.
  bool record(base::ByteView owner, Type type, Class klass, std::uint32_t ttl, base::ByteView rdata);

  // Overwrites the header: id, flags with rcode, and the counts.
  void finish(std::uint16_t id, std::uint16_t flags);
  [[nodiscard]] base::ByteView message() const { return {buffer_, size_}; }

 private:
  struct Target {
    std::uint32_t hash;
    std::uint16_t offset;
  };
  [[nodiscard]] bool matches(std::size_t offset, base::ByteView name) const;
  [[nodiscard]] std::size_t find(std::uint32_t hash, base::ByteView name) const;
  bool rdata(Type type, base::ByteView from);

  std::uint8_t* buffer_ = nullptr;
  std::size_t size_ = 0;
  std::size_t limit_ = 0;
  std::size_t targets_ = 0;
  std::array<std::uint16_t, 3> counts_{};
  bool question_ = false;
  std::array<Target, kMaxTargets> target_;
};

}  // namespace wire
