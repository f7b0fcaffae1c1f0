// Splits the text of a master file (RFC 1035 section 5) into entries of tokens, each with its line and column, and
// finds its footing again after an error: ten broken entries give ten faults. It knows quotes, escapes, comments and
// parentheses, and nothing of names, types or data.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/fault.h"

namespace compile {

// One word of an entry, as written: escapes are kept, and so are the quotes of a quoted string.
struct Token {
  std::string text;
  int line = 0;
  int column = 0;
};

// One directive or record, parentheses resolved. `tokens` is never empty.
struct Entry {
  std::vector<Token> tokens;
  bool blank_owner = false;  // the line begins with white space: the owner is that of the entry before
};

class MasterReader {
 public:
  // `content` is borrowed, `file` only names it in faults.
  MasterReader(std::string_view content, std::string file);

  // The next entry that is whole; nothing at the end. Entries that are not (open quote or parenthesis at their end,
  // a closing parenthesis too many, a control character) are skipped, each with a fault in `faults`.
  [[nodiscard]] std::optional<Entry> next(std::vector<conf::Fault>& faults);

 private:
  enum class Step { kToken, kEnd, kBroken };

  [[nodiscard]] bool at_end() const { return at_ >= content_.size(); }
  [[nodiscard]] char peek() const { return content_[at_]; }
  void advance();
  void skip_line();
  void resume_after_open_parenthesis();
  [[nodiscard]] Step read_part(Entry& entry, std::vector<conf::Fault>& faults);
  [[nodiscard]] Step read_quoted(std::vector<conf::Fault>& faults);
  [[nodiscard]] Step read_word(std::vector<conf::Fault>& faults);
  [[nodiscard]] Step broken(std::vector<conf::Fault>& faults, int line, int column, std::string message);

  std::string_view content_;
  std::string file_;
  std::size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
  // Where the parenthesis stands that is open now; line 0: none is.
  int open_line_ = 0;
  int open_column_ = 0;
  std::size_t open_at_ = 0;
};

}  // namespace compile
