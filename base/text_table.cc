#include "base/text_table.h"

#include <algorithm>

#include "base/text.h"

namespace base {

std::string for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    const std::size_t n = std::max<std::size_t>(utf8_length(text), 1);
    // C0, DEL, C1 (U+0080..U+009F is 0xC2 0x80..0x9F) and what is no UTF-8.
    const bool c1 = n == 2 && c == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (c < 0x20 || c == 0x7F || c1 || (c >= 0x80 && n == 1)) {
      out += '?';
    } else {
      out.append(text.substr(0, n));
    }
    text.remove_prefix(n);
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

TextTable::TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (auto& column : columns_) column.width = std::max(column.width, display_width(column.title));
}

void TextTable::add(std::vector<std::string> cells) { add_indented(0, std::move(cells)); }

void TextTable::add_indented(std::size_t indent, std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i] = for_terminal(cells[i]);
    const std::size_t moved = i == 1 ? indent : 0;
    columns_[i].width = std::max(columns_[i].width, display_width(cells[i]) + moved);
  }
  rows_.push_back({std::move(cells), {}, false, indent});
}

void TextTable::add_line(const std::string& text) { rows_.push_back({{}, for_terminal(text), true, 0}); }

std::string TextTable::format(const std::vector<std::string>& cells, std::size_t indent) const {
  std::string out(indent, ' ');
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += cells[i];
    const std::size_t room = columns_[i].width + 2 - (i == 1 ? indent : 0);
    out.append(room - display_width(cells[i]), ' ');
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out + "\n";
}

std::string TextTable::to_string() const {
  std::vector<std::string> titles;
  for (const auto& column : columns_) titles.emplace_back(column.title);
  std::string out = format(titles, 0);
  for (const auto& row : rows_) out += row.is_line ? row.line + "\n" : format(row.cells, row.indent);
  return out;
}

}  // namespace base
