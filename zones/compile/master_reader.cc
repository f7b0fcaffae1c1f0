#include "zones/compile/master_reader.h"

#include <algorithm>
#include <utility>

namespace compile {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Control characters have no place in a master file: they are the mark of a binary, or of a slip in an editor.
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r') || c == 0x7f; }

bool ends_word(char c) { return is_blank(c) || c == '\n' || c == ';' || c == '(' || c == ')'; }

std::string describe_control(char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(c);
  return std::string("control character 0x") + kHex[value >> 4] + kHex[value & 15];
}

}  // namespace

MasterReader::MasterReader(std::string_view content, std::string file) : content_(content), file_(std::move(file)) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (content_.starts_with(kByteOrderMark)) content_.remove_prefix(kByteOrderMark.size());
}

void MasterReader::advance() {
  if (content_[at_] == '\n') {
    ++line_;
    column_ = 1;
  } else {
    ++column_;
  }
  ++at_;
}

void MasterReader::skip_line() {
  while (!at_end() && peek() != '\n') advance();
  if (!at_end()) advance();
}

// A parenthesis left open swallows what follows. The next entry most likely begins at the next line that does not
// start with white space, a comment or the missing parenthesis.
void MasterReader::resume_after_open_parenthesis() {
  at_ = open_at_;
  line_ = open_line_;
  column_ = open_column_;
  do skip_line();
  while (!at_end() && (is_blank(peek()) || peek() == '\n' || peek() == ';' || peek() == ')'));
}

MasterReader::Step MasterReader::broken(std::vector<conf::Fault>& faults, int line, int column, std::string message) {
  faults.push_back({{file_, line, column}, std::move(message)});
  return Step::kBroken;
}

// RFC 1035 section 5.1: a string in quotes may hold any character; a quote inside is escaped. One that runs over the
// end of its line is taken for a forgotten quote.
MasterReader::Step MasterReader::read_quoted(std::vector<conf::Fault>& faults) {
  const auto line = line_;
  const auto column = column_;
  advance();
  while (!at_end() && peek() != '"') {
    if (peek() == '\\' && at_ + 1 < content_.size() && content_[at_ + 1] != '\n') advance();
    if (peek() == '\n') break;
    if (is_control(peek())) return broken(faults, line_, column_, describe_control(peek()) + " in a quoted string");
    advance();
  }
  if (at_end() || peek() == '\n') {
    return broken(faults, line, column, "quoted string without its closing quote");
  }
  advance();
  return Step::kToken;
}

// A word may hold quoted parts: alpn="h2,h3" (RFC 9460 section 2.1).
MasterReader::Step MasterReader::read_word(std::vector<conf::Fault>& faults) {
  while (!at_end() && !ends_word(peek())) {
    if (peek() == '"') {
      if (read_quoted(faults) == Step::kBroken) return Step::kBroken;
      continue;
    }
    if (peek() == '\\') {
      if (at_ + 1 >= content_.size() || content_[at_ + 1] == '\n') {
        return broken(faults, line_, column_, "\"\\\" at the end of a line escapes nothing");
      }
      advance();
    }
    if (is_control(peek())) return broken(faults, line_, column_, describe_control(peek()));
    advance();
  }
  return Step::kToken;
}

// Reads white space, a comment, a parenthesis or one token. kEnd: the entry ends here.
MasterReader::Step MasterReader::read_part(Entry& entry, std::vector<conf::Fault>& faults) {
  const char c = peek();
  if (c == '\n') {
    advance();
    return open_line_ == 0 ? Step::kEnd : Step::kToken;
  }
  if (is_blank(c)) {
    advance();
    return Step::kToken;
  }
  if (c == ';') {
    while (!at_end() && peek() != '\n') advance();
    return Step::kToken;
  }
  if (c == '(') {
    if (open_line_ != 0) {
      return broken(faults, open_line_, open_column_,
                    "\"(\" is not closed before the next one in line " + std::to_string(line_));
    }
    open_line_ = line_;
    open_column_ = column_;
    open_at_ = at_;
    advance();
    return Step::kToken;
  }
  if (c == ')') {
    if (open_line_ == 0) return broken(faults, line_, column_, "\")\" without \"(\" before it");
    open_line_ = 0;
    advance();
    return Step::kToken;
  }
  Token token{{}, line_, column_};
  const auto begin = at_;
  const auto step = c == '"' ? read_quoted(faults) : read_word(faults);
  if (step == Step::kBroken) return step;
  token.text = content_.substr(begin, at_ - begin);
  entry.tokens.push_back(std::move(token));
  return step;
}

std::optional<Entry> MasterReader::next(std::vector<conf::Fault>& faults) {
  while (!at_end()) {
    Entry entry;
    entry.blank_owner = is_blank(peek());
    open_line_ = 0;
    auto step = Step::kToken;
    while (step == Step::kToken && !at_end()) step = read_part(entry, faults);
    if (step == Step::kToken && open_line_ != 0) {
      step = broken(faults, open_line_, open_column_, "\"(\" is not closed before the end of the file");
    }
    if (step == Step::kBroken) {
      if (open_line_ != 0) {
        resume_after_open_parenthesis();
      } else {
        skip_line();
      }
      continue;
    }
    if (!entry.tokens.empty()) return entry;
  }
  return std::nullopt;
}

}  // namespace compile
