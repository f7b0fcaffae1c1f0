// Bounds-checked reading and writing of big-endian bytes: the one way by which untrusted bytes come in (style 15).
// A failed read leaves the reader failed: every later read fails too and gives zeros, so a parser may check once.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ByteReader {
 public:
  explicit ByteReader(ByteView from) : from_(from) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t offset() const { return at_; }
  [[nodiscard]] std::size_t left() const { return from_.size() - at_; }

  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }

  // The next `size` bytes, borrowed from the source; empty and failed if fewer are left.
  ByteView bytes(std::size_t size) {
    if (!ok_ || size > left()) {
      ok_ = false;
      return {};
    }
    const ByteView out = from_.subspan(at_, size);
    at_ += size;
    return out;
  }
  // A length octet, then that many bytes.
  ByteView bytes8() { return bytes(u8()); }
  // A 16-bit length, then that many bytes.
  ByteView bytes16() { return bytes(u16()); }

 private:
  // A loop of known length, which the compiler turns into one load.
  template <typename T>
  T number() {
    const ByteView octets = bytes(sizeof(T));
    if (octets.empty()) return 0;
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) out = out << 8 | octets[i];
    return static_cast<T>(out);
  }

  ByteView from_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

// Appends to a growing buffer. For the control side; the data plane writes into fixed buffers (zones/wire).
class ByteWriter {
 public:
  void u8(std::uint8_t v) { out_.push_back(v); }
  void u16(std::uint16_t v) { number(v, 2); }
  void u32(std::uint32_t v) { number(v, 4); }
  void u64(std::uint64_t v) { number(v, 8); }
  void bytes(ByteView v) { out_.insert(out_.end(), v.begin(), v.end()); }
  // Truncates to 255 bytes.
  void bytes8(ByteView v) {
    const auto kept = v.first(v.size() > 255 ? 255 : v.size());
    u8(static_cast<std::uint8_t>(kept.size()));
    bytes(kept);
  }
  // Truncates to 65535 bytes.
  void bytes16(ByteView v) {
    const auto kept = v.first(v.size() > 65535 ? 65535 : v.size());
    u16(static_cast<std::uint16_t>(kept.size()));
    bytes(kept);
  }
  [[nodiscard]] const Bytes& data() const { return out_; }
  [[nodiscard]] Bytes take() { return std::move(out_); }

 private:
  void number(std::uint64_t v, int size) {
    for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) out_.push_back(static_cast<std::uint8_t>(v >> shift));
  }

  Bytes out_;
};

}  // namespace base
