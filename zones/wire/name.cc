#include "zones/wire/name.h"

#include <algorithm>

namespace wire {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// One octet of master-file text at `at`, which moves past it. -1: bad escape.
int take_octet(std::string_view text, std::size_t& at) {
  if (text[at] != '\\') return static_cast<std::uint8_t>(text[at++]);
  if (++at == text.size()) return -1;
  if (!is_digit(text[at])) return static_cast<std::uint8_t>(text[at++]);
  if (at + 3 > text.size() || !is_digit(text[at + 1]) || !is_digit(text[at + 2])) return -1;
  const int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  at += 3;
  return value > 255 ? -1 : value;
}

base::Result<Name> bad(std::string_view text, const char* why) {
  return base::fail("\"" + std::string(text) + "\" is not a domain name: " + why);
}

}  // namespace

base::Result<Name> Name::parse(std::string_view text) {
  if (text.empty()) return bad(text, "it is empty");
  if (text == ".") return Name();
  Name out;
  std::size_t label_at = 0;  // where the length octet of the present label stands
  std::size_t to = 1;
  for (std::size_t at = 0; at < text.size();) {
    const bool dot = text[at] == '.';
    if (dot) {
      if (to == label_at + 1) return bad(text, "it has an empty label");
      out.bytes_[label_at] = static_cast<std::uint8_t>(to - label_at - 1);
      label_at = to++;
      ++at;
      continue;
    }
    const int octet = take_octet(text, at);
    if (octet < 0) return bad(text, "a backslash wants a character or three digits up to 255 after it");
    if (to - label_at > kMaxLabel) return bad(text, "a label has more than 63 octets");
    // The root label still has to follow.
    if (to + 1 >= kMaxName) return bad(text, "it has more than 255 octets");
    out.bytes_[to++] = static_cast<std::uint8_t>(octet);
  }
  if (to > label_at + 1) {
    out.bytes_[label_at] = static_cast<std::uint8_t>(to - label_at - 1);
    label_at = to++;
  }
  out.bytes_[label_at] = 0;
  out.size_ = static_cast<std::uint8_t>(to);
  return out;
}

std::optional<Name> Name::from_wire(base::ByteView bytes) {
  if (bytes.empty() || bytes.size() > kMaxName) return std::nullopt;
  std::size_t at = 0;
  while (bytes[at] != 0) {
    if (bytes[at] > kMaxLabel) return std::nullopt;
    at += 1U + bytes[at];
    if (at >= bytes.size()) return std::nullopt;
  }
  if (at + 1 != bytes.size()) return std::nullopt;
  Name out;
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  out.size_ = static_cast<std::uint8_t>(bytes.size());
  return out;
}

std::size_t Name::labels() const {
  std::size_t count = 0;
  for (std::size_t at = 0; bytes_[at] != 0; at += 1U + bytes_[at]) ++count;
  return count;
}

Name Name::lowered() const {
  // Length octets are below 'A', so the whole form can be lowered as one run.
  Name out = *this;
  std::transform(out.bytes_.begin(), out.bytes_.begin() + size_, out.bytes_.begin(), lower);
  return out;
}

Name Name::parent() const {
  if (is_root()) return *this;
  const std::size_t skip = 1U + bytes_[0];
  Name out;
  out.size_ = static_cast<std::uint8_t>(size_ - skip);
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(skip), out.size_, out.bytes_.begin());
  return out;
}

bool Name::is_within(const Name& ancestor) const {
  if (ancestor.size_ > size_) return false;
  std::size_t at = 0;
  while (at + ancestor.size_ < size_) at += 1U + bytes_[at];
  if (at + ancestor.size_ != size_) return false;
  return std::equal(ancestor.bytes_.begin(), ancestor.bytes_.begin() + ancestor.size_,
                    bytes_.begin() + static_cast<std::ptrdiff_t>(at),
                    [](std::uint8_t a, std::uint8_t b) { return lower(a) == lower(b); });
}

std::optional<Name> Name::child(base::ByteView label) const {
  if (label.empty() || label.size() > kMaxLabel || label.size() + 1 + size_ > kMaxName) return std::nullopt;
  Name out;
  out.bytes_[0] = static_cast<std::uint8_t>(label.size());
  auto to = std::copy(label.begin(), label.end(), out.bytes_.begin() + 1);
  std::copy_n(bytes_.begin(), size_, to);
  out.size_ = static_cast<std::uint8_t>(size_ + label.size() + 1);
  return out;
}

std::string Name::to_string() const {
  if (is_root()) return ".";
  std::string out;
  for (std::size_t at = 0; bytes_[at] != 0; at += 1U + bytes_[at]) {
    for (std::size_t i = 1; i <= bytes_[at]; ++i) {
      const auto c = bytes_[at + i];
      if (c == '.' || c == '\\') {
        out += '\\';
        out += static_cast<char>(c);
      } else if (c > ' ' && c < 0x7f) {
        out += static_cast<char>(c);
      } else {
        out += {'\\', static_cast<char>('0' + c / 100), static_cast<char>('0' + c / 10 % 10),
                static_cast<char>('0' + c % 10)};
      }
    }
    out += '.';
  }
  return out;
}

bool Name::operator==(const Name& other) const { return size_ == other.size_ && is_within(other); }

}  // namespace wire
