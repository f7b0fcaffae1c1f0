#include "conf/cut.h"

#include <algorithm>
#include <optional>

namespace conf {

namespace {

constexpr std::string_view kBeforeNodes = "[{,:";  // a quote behind one of these opens a quoted scalar
constexpr std::string_view kProperties = "!&*?";   // tags, anchors, aliases and complex keys: faults, if nothing else

// Follows flow collections over the lines. Strict rather than complete: what it is not certain of, it refuses.
class Flow {
 public:
  [[nodiscard]] bool is_open() const { return depth_ > 0; }

  // False: what stands in this line may leave something open.
  bool pass(std::string_view line) {
    char before = '\0';  // the last octet that was no space; none at the start, nor behind the dashes of items there
    bool known = is_open();  // what the line is: it goes on with a flow collection, is an item, or has a key
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      const bool apart = i == 0 || line[i - 1] == ' ';
      const bool ends = i + 1 == line.size() || line[i + 1] == ' ';
      if (c == ' ') continue;
      if (c == '-' && apart && before == '\0') {
        known = true;
        continue;
      }
      if (c == '#') return apart && known;  // a comment, or a plain scalar with this octet in it
      if (c == ':' && ends && !is_open()) known = true;
      if (apart && kProperties.find(c) != std::string_view::npos) return false;
      if (c == '\'' || c == '"') {
        if (!opens_quote(line, i, apart, before)) return false;
        const auto end = end_of_quote(line, i);
        if (!end) return false;
        i = *end;
      } else if (c == '[' || c == '{') {
        ++depth_;
      } else if (c == ']' || c == '}') {
        if (--depth_ < 0) return false;
      }
      before = c;
    }
    return known;
  }

 private:
  [[nodiscard]] bool opens_quote(std::string_view line, std::size_t i, bool apart, char before) const {
    // The first of a line within a flow collection may go on with a plain scalar of the line before.
    if (before == '\0') return apart && !is_open();
    if (kBeforeNodes.find(before) == std::string_view::npos) return false;
    return apart || line[i - 1] != ':';
  }

  // Where the quote that stands at `i` ends, in the same line.
  static std::optional<std::size_t> end_of_quote(std::string_view line, std::size_t i) {
    const char quote = line[i++];
    for (; i < line.size(); ++i) {
      if (quote == '"' && line[i] == '\\') {
        ++i;
      } else if (line[i] == quote) {
        if (quote == '"' || i + 1 == line.size() || line[i + 1] != quote) return i;
        ++i;
      }
    }
    return std::nullopt;
  }

  int depth_ = 0;
};

// Goes through the lines of a text.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  // The next line without its end; nothing after the last one.
  bool next() {
    begin_ = end_;
    if (begin_ >= text_.size()) return false;
    const std::size_t at = text_.find('\n', begin_);
    end_ = at == std::string_view::npos ? text_.size() : at + 1;
    line_ = text_.substr(begin_, (at == std::string_view::npos ? end_ : at) - begin_);
    ++number_;
    return true;
  }

  [[nodiscard]] std::string_view line() const { return line_; }
  [[nodiscard]] std::size_t begin() const { return begin_; }
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] std::size_t indent() const { return std::min(line_.find_first_not_of(' '), line_.size()); }
  // Spaces, or a comment.
  [[nodiscard]] bool is_empty() const { return indent() == line_.size() || line_[indent()] == '#'; }

 private:
  std::string_view text_;
  std::string_view line_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  int number_ = 0;
};

// `key:` alone at the start of its line.
bool is_key_line(std::string_view line, std::string_view key) {
  if (!line.starts_with(key) || !line.substr(key.size()).starts_with(':')) return false;
  const auto rest = line.substr(key.size() + 1);
  const auto at = rest.find_first_not_of(' ');
  return at == std::string_view::npos || (at > 0 && rest[at] == '#');
}

}  // namespace

std::vector<Piece> cut_list(std::string_view text, std::string_view key, std::size_t size) {
  if (text.find('\r') != std::string_view::npos) return {};  // another end of line, which counts lines otherwise
  Lines lines(text);
  Flow flow;
  bool found = false;
  while (!found && lines.next()) {
    found = !flow.is_open() && is_key_line(lines.line(), key);
    if (!found && !flow.pass(lines.line())) return {};
  }
  std::optional<std::size_t> indent;  // of the list's dashes
  std::vector<Piece> out{{text, 1, 0}};
  std::size_t begin = 0;  // of the piece at hand
  while (lines.next()) {
    if (lines.is_empty()) continue;
    const bool is_item = lines.line().substr(lines.indent()).starts_with("- ");
    if (!flow.is_open()) {
      if (!indent) {
        if (!is_item) return {};
        indent = lines.indent();
        out.front().indent = *indent;
      } else if (lines.indent() < *indent || (lines.indent() == *indent && !is_item)) {
        break;  // behind the list
      } else if (lines.indent() == *indent && lines.begin() - begin >= size) {
        out.back().text = text.substr(begin, lines.begin() - begin);
        begin = lines.begin();
        out.push_back({text.substr(begin), lines.number(), *indent});
      }
    }
    if (!flow.pass(lines.line())) break;  // no further cuts
  }
  if (out.size() < 2) return {};
  return out;
}

}  // namespace conf
