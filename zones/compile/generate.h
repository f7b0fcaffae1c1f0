// $GENERATE start-stop[/step] owner [TTL] [class] type data: one line for many records, as BIND reads it.
//
// In owner and data `$` stands for the number, `${offset,width,base}` for the number with something added, filled up
// with zeros, and written as d(ecimal), o(ctal), x or X (hexadecimal), n or N (nibbles, lowest first, for ip6.arpa);
// `$$` and `\$` stand for the character itself. Data of several words may stand in quotes, as BIND's manual has it
// (MX "0 ."); a TXT, or another type that is made of texts, keeps its quotes: it is one text.
#pragma once

#include <cstdint>
#include <tl/expected.hpp>
#include <vector>

#include "zones/compile/master_reader.h"

namespace compile {

// What is wrong, at which of the entry's tokens.
struct GenerateFault {
  std::size_t token = 0;
  std::string message;
};

class Generator {
 public:
  // `entry`: a $GENERATE line.
  [[nodiscard]] static tl::expected<Generator, GenerateFault> make(const Entry& entry);

  [[nodiscard]] std::uint64_t count() const { return (stop_ - start_) / step_ + 1; }
  // The record line number `i` of count(), each token at the place of the token that it was made from.
  [[nodiscard]] tl::expected<Entry, GenerateFault> at(std::uint64_t i) const;

 private:
  // What is filled in for each record, and from which of the entry's tokens it is.
  std::vector<Token> words_;
  std::vector<std::size_t> places_;
  std::uint64_t start_ = 0;
  std::uint64_t stop_ = 0;
  std::uint64_t step_ = 1;
};

}  // namespace compile
