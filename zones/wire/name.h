// Domain names in wire form: a sequence of labels that ends with the empty one (RFC 1035 section 3.1).
//
// A Name is a value of fixed size: it never allocates, so the data plane may keep one on its stack. The case of its
// letters is kept as given; comparison ignores it (RFC 4343).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "zones/wire/types.h"

namespace wire {

// ASCII letters to lower case, all else as it is (RFC 4343 section 3).
[[nodiscard]] constexpr std::uint8_t lower(std::uint8_t c) {
  return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c | 0x20) : c;
}

// The same for eight octets at once.
[[nodiscard]] constexpr std::uint64_t lower8(std::uint64_t octets) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  // Sums of seven bits each: the eighth tells whether they reached 'A', and whether they passed 'Z'.
  const std::uint64_t low = octets & (kEach * 0x7f);
  const std::uint64_t from_a = low + kEach * (0x80 - 'A');
  const std::uint64_t past_z = low + kEach * (0x80 - 'Z' - 1);
  const std::uint64_t letters = (from_a ^ past_z) & ~octets & (kEach * 0x80);
  return octets | letters >> 2;
}

class Name {
 public:
  Name() = default;  // the root

  // Master-file text (RFC 1035 section 5.1: "\." and "\DDD"); absolute with or without the final dot.
  // Error: names the text and what is wrong with it (label over 63, name over 255 octets, empty label, bad escape).
  [[nodiscard]] static base::Result<Name> parse(std::string_view text);
  // Exactly one uncompressed name; nothing if the bytes are anything else.
  [[nodiscard]] static std::optional<Name> from_wire(base::ByteView bytes);

  [[nodiscard]] base::ByteView wire() const { return {bytes_.data(), size_}; }
  [[nodiscard]] std::string_view key() const { return base::as_text(wire()); }  // wire bytes as text, for maps
  [[nodiscard]] std::size_t size() const { return size_; }                      // octets, 1..255
  [[nodiscard]] bool is_root() const { return size_ == 1; }
  [[nodiscard]] std::size_t labels() const;  // without the root label
  [[nodiscard]] bool is_wildcard() const { return size_ >= 3 && bytes_[0] == 1 && bytes_[1] == '*'; }
  [[nodiscard]] Name lowered() const;
  // The name without its first label; the root's parent is the root.
  [[nodiscard]] Name parent() const;
  // True if this name is `ancestor` or below it.
  [[nodiscard]] bool is_within(const Name& ancestor) const;
  // `label` (1..63 octets) put in front; nothing if the result would be too long.
  [[nodiscard]] std::optional<Name> child(base::ByteView label) const;
  // Master-file text with a final dot; unprintable octets as "\DDD". "." is the root.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] bool operator==(const Name& other) const;

 private:
  std::array<std::uint8_t, kMaxName> bytes_{};
  std::uint8_t size_ = 1;
};

}  // namespace wire
