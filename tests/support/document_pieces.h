// Whether a document read in pieces is the one that is read whole: for the tests and the fuzzer.
#pragma once

#include <string>
#include <string_view>

#include "conf/document.h"

namespace support {

inline void write_value(const conf::Value& value, std::string& out) {
  out += '<' + std::to_string(static_cast<int>(value.kind)) + (value.quoted ? "q" : "") + '@' +
         std::to_string(value.line) + ':' + std::to_string(value.column) + (value.file == nullptr ? "" : *value.file) +
         ' ' + value.text;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    if (i < value.keys.size()) out += to_string(value.keys[i].mark()) + value.keys[i].text + '=';
    write_value(value.items[i], out);
  }
  out += '>';
}

// Tree, items and faults of a document as a text; `taken` counts the items.
inline std::string read_in(std::string_view text, conf::Pieces pieces, std::size_t* taken = nullptr) {
  static const std::string name = "f.yaml";
  std::vector<conf::Fault> faults;
  std::string items;
  std::size_t count = 0;
  const auto take = [&](conf::Value&& item) {
    write_value(item, items);
    items += '\n';
    ++count;
  };
  const conf::ItemSink sink{"list", take, pieces};
  const conf::Value root = conf::parse_document(text, &name, faults, &sink);
  std::string out = items;
  write_value(root, out);
  for (const auto& fault : faults) out += '\n' + to_string(fault);
  if (taken != nullptr) *taken = count;
  return out;
}

}  // namespace support
