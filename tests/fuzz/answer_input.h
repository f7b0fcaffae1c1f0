// One answer of a MySQL server to a statement, for the fuzzer and the corpus runner. Aborts if a promise is broken: it
// reads alike however it is cut, and whatever the reader knows of the answer before.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "probes/mysql_answer.h"

namespace fuzz {

struct AnswerRead {
  probes::MysqlAnswer::Progress progress = probes::MysqlAnswer::Progress::kMore;
  std::vector<probes::MysqlResult> results;
};

// `piece` bytes at a time.
inline AnswerRead read_answer(probes::MysqlAnswer& reader, base::ByteView bytes, std::size_t piece) {
  AnswerRead out;
  reader.begin();
  for (std::size_t at = 0; at < bytes.size() && out.progress == probes::MysqlAnswer::Progress::kMore; at += piece) {
    out.progress = reader.take(bytes.subspan(at, std::min(piece, bytes.size() - at)));
  }
  out.results = reader.take_results();
  return out;
}

inline bool is_same(const AnswerRead& a, const AnswerRead& b) {
  if (a.progress != b.progress || a.results.size() != b.results.size()) return false;
  for (std::size_t i = 0; i < a.results.size(); ++i) {
    const auto& x = a.results[i];
    const auto& y = b.results[i];
    if (x.fault != y.fault || x.code != y.code || x.message != y.message || x.columns != y.columns ||
        x.rows != y.rows || x.affected != y.affected) {
      return false;
    }
  }
  return true;
}

inline AnswerRead try_answer(base::ByteView bytes) {
  probes::MysqlAnswer reader;
  auto whole = read_answer(reader, bytes, std::max<std::size_t>(bytes.size(), 1));
  probes::MysqlAnswer other;
  const auto cut = read_answer(other, bytes, 1);
  other.reuse(cut.results);
  auto known = read_answer(other, bytes, std::max<std::size_t>(bytes.size(), 1));
  auto copy = known.results;  // what is given back must be the very one
  other.reuse(std::exchange(known.results, {}));
  known.results = std::move(copy);
  const auto again = read_answer(other, bytes, 7);
  if (!is_same(whole, cut) || !is_same(whole, known) || !is_same(whole, again)) {
    std::fprintf(stderr, "an answer of %zu bytes reads otherwise in pieces, or a second time\n", bytes.size());
    std::abort();
  }
  return whole;
}

}  // namespace fuzz
