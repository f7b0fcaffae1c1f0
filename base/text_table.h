// Text in columns, for terminals.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace base {

struct Column {
  std::string_view title;
  std::size_t width = 0;  // least; the column widens for what is longer
};

// Rows of cells, left-aligned, two spaces between columns, no spaces at the end of a line. Widths count code points.
class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns);
  // Missing cells are empty; cells beyond the columns are left out. Control characters are shown as '?'.
  void add(std::vector<std::string> cells);
  // As add(), moved in by `indent` characters (at most the first column and its gap): the second cell has so much less
  // room.
  void add_indented(std::size_t indent, std::vector<std::string> cells);
  // A line of its own among the rows, `text` as it is.
  void add_line(const std::string& text);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // Title line and rows, each ended by a newline.
  [[nodiscard]] std::string to_string() const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::string line;
    bool is_line = false;
    std::size_t indent = 0;
  };
  [[nodiscard]] std::string format(const std::vector<std::string>& cells, std::size_t indent) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

// Characters that a terminal might obey become '?'.
[[nodiscard]] std::string for_terminal(std::string_view text);
// Code points of UTF-8 text.
[[nodiscard]] std::size_t display_width(std::string_view text);

}  // namespace base
