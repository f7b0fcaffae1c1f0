#include "zones/wire/message_writer.h"

#include "zones/wire/name.h"
#include "zones/wire/rdata.h"

namespace wire {

namespace {

constexpr std::uint16_t kPointer = 0xc000;
constexpr std::size_t kMaxPointed = 0x3fff;  // a pointer has 14 bits of offset

// Hashes of all suffixes of one name, made from its end, so that equal suffixes of different names have equal hashes.
struct Suffixes {
  std::array<std::uint8_t, 128> offset;
  std::array<std::uint32_t, 128> hash;
  std::size_t labels = 0;

  explicit Suffixes(base::ByteView name) {
    for (std::size_t at = 0; name[at] != 0; at += 1U + name[at]) offset[labels++] = static_cast<std::uint8_t>(at);
    std::uint32_t h = 2166136261U;  // FNV-1a
    for (std::size_t i = labels; i-- > 0;) {
      for (std::size_t k = offset[i], end = k + name[k]; k <= end; ++k) h = (h ^ lower(name[k])) * 16777619U;
      hash[i] = h;
    }
  }
};

}  // namespace

void MessageWriter::start(std::span<std::uint8_t> buffer, std::size_t limit, base::ByteView question) {
  buffer_ = buffer.data();
  size_ = 0;
  limit_ = limit;
  targets_ = 0;
  counts_ = {};
  question_ = !question.empty();
  std::memset(buffer_, 0, kHeaderSize);
  size_ = kHeaderSize;
  if (question_) bytes(question);
}

// Compares the name written at `offset` with `name`. Own output: pointers go backwards and end.
bool MessageWriter::matches(std::size_t offset, base::ByteView name) const {
  std::size_t at = 0;
  for (;;) {
    const std::uint8_t length = buffer_[offset];
    if ((length & 0xc0) == 0xc0) {
      offset = static_cast<std::size_t>(length & 0x3f) << 8 | buffer_[offset + 1];
      continue;
    }
    if (length != name[at]) return false;
    if (length == 0) return true;
    for (std::size_t i = 1; i <= length; ++i) {
      if (lower(buffer_[offset + i]) != lower(name[at + i])) return false;
    }
    offset += 1U + length;
    at += 1U + length;
  }
}

std::size_t MessageWriter::find(std::uint32_t hash, base::ByteView name) const {
  for (std::size_t i = 0; i < targets_; ++i) {
    if (target_[i].hash == hash && matches(target_[i].offset, name)) return target_[i].offset;
  }
  return 0;
}

bool MessageWriter::name(base::ByteView wire_name, bool compress) {
  if (targets_ == 0 && question_) {
    // The question's labels become targets when the first name is written: most answers never need them.
    const base::ByteView asked{buffer_ + kHeaderSize, size_ - kHeaderSize};
    const Suffixes suffixes(asked);
    for (std::size_t i = 0; i < suffixes.labels && targets_ < kMaxTargets; ++i) {
      target_[targets_++] = {suffixes.hash[i], static_cast<std::uint16_t>(kHeaderSize + suffixes.offset[i])};
    }
  }
  const Suffixes suffixes(wire_name);
  const auto before = mark();
  for (std::size_t i = 0; i < suffixes.labels; ++i) {
    const auto rest = wire_name.subspan(suffixes.offset[i]);
    const std::size_t known = compress || targets_ < kMaxTargets ? find(suffixes.hash[i], rest) : 0;
    if (known != 0 && compress) {
      if (u16(static_cast<std::uint16_t>(kPointer | known))) return true;
      rewind(before);
      return false;
    }
    if (known == 0 && targets_ < kMaxTargets && size_ <= kMaxPointed) {
      target_[targets_++] = {suffixes.hash[i], static_cast<std::uint16_t>(size_)};
    }
    if (!bytes(rest.first(1U + rest[0]))) {
      rewind(before);
      return false;
    }
  }
  static constexpr std::uint8_t kRoot[1] = {0};
  if (bytes(kRoot)) return true;
  rewind(before);
  return false;
}

bool MessageWriter::rdata(Type type, base::ByteView from) {
  const auto layout = rdata_names(type);
  if (!layout.compressible) return bytes(from);
  if (!bytes(from.first(layout.before))) return false;
  std::size_t at = layout.before;
  for (unsigned i = 0; i < layout.names; ++i) {
    const auto rest = from.subspan(at);
    const auto size = name_size(rest);
    if (!name(rest.first(size), true)) return false;
    at += size;
  }
  return bytes(from.subspan(at));
}

bool MessageWriter::record(base::ByteView owner, Type type, Class klass, std::uint32_t ttl, base::ByteView data) {
  const auto before = mark();
  if (name(owner, true) && u16(type) && u16(klass) && u32(ttl) && u16(0)) {
    const std::size_t start = size_;
    if (rdata(type, data)) {
      put16(start - 2, static_cast<std::uint16_t>(size_ - start));
      return true;
    }
  }
  rewind(before);
  return false;
}

void MessageWriter::finish(std::uint16_t id, std::uint16_t flags) {
  put16(0, id);
  put16(2, flags);
  put16(4, question_ ? 1 : 0);
  for (std::size_t i = 0; i < counts_.size(); ++i) put16(6 + 2 * i, counts_[i]);
}

}  // namespace wire
