#include "base/roff.h"

namespace base {

std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    line_start = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

std::string replace_section(std::string_view page, std::string_view name, std::string_view by) {
  const std::string begin = ".\\\" begin " + std::string(name) + "\n";
  const std::string end = ".\\\" end " + std::string(name) + "\n";
  const auto from = page.find(begin);
  if (from == std::string_view::npos) return "";
  const auto start = from + begin.size();
  const auto to = page.find(end, start);
  if (to == std::string_view::npos) return "";
  return std::string(page.substr(0, start)) + std::string(by) + std::string(page.substr(to));
}

}  // namespace base
