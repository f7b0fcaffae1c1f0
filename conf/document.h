// A YAML text as a tree of values that know where they stand. The one user of yaml-cpp.
//
// The part of YAML that configuration needs: mappings, sequences, scalars, one document. Anchors, aliases, merge keys
// and tags are faults, so that no small file can grow large and no key means two things.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/fault.h"

namespace conf {

struct Value {
  enum class Kind : std::uint8_t {
    kNull,
    kScalar,
    kSequence,
    kMapping,
    kBad  // a fault was reported already: readers pass over it
  };
  struct Key {
    std::string text;
    int line = 0;
    int column = 0;
    const std::string* file = nullptr;
    [[nodiscard]] Mark mark() const;
  };

  Kind kind = Kind::kNull;
  bool quoted = false;  // a scalar in quotes or a block scalar
  int line = 0;         // from 1
  int column = 0;       // from 1, in bytes
  const std::string* file = nullptr;
  std::string text;          // kScalar
  std::vector<Value> items;  // kSequence, and the values of kMapping
  std::vector<Key> keys;     // kMapping: keys[i] names items[i]

  [[nodiscard]] Mark mark() const;
  // The value of a key; null if there is none or this is no mapping.
  [[nodiscard]] const Value* find(std::string_view key) const;
};

// How a long list is read: in pieces of about `size` octets, of which `threads` threads read the next ones while the
// caller takes the items. Without threads the text is read in one. Tree, items and faults are the same either way.
struct Pieces {
  unsigned threads = 0;
  std::size_t size = std::size_t{16} << 10;
};

// Takes the items of one list of the top level as soon as each was read; they are left out of the tree, so that the
// tree of a large file is never whole.
struct ItemSink {
  std::string_view key;
  std::function<void(Value&& item)> take;  // called by the caller's thread, in order
  Pieces pieces;
};

inline constexpr std::size_t kMaxFile = std::size_t{64} << 20;
inline constexpr int kMaxDepth = 32;

// `file` is borrowed for as long as the tree lives. Faults: not UTF-8, control characters, syntax, a second document,
// duplicate keys (the first stays), keys that are no plain words, anchors, aliases, tags, nesting deeper than
// kMaxDepth. Text that cannot be parsed gives a value of kind kBad.
[[nodiscard]] Value parse_document(std::string_view text, const std::string* file, std::vector<Fault>& faults,
                                   const ItemSink* sink = nullptr);

}  // namespace conf
