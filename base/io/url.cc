#include "base/io/url.h"

#include <algorithm>

#include "base/text.h"

namespace io {

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = base::from_hex(text.substr(i + 1, 2)); byte && byte->size() == 1) {
        out += static_cast<char>(byte->front());
        i += 2;
        continue;
      }
    }
    out += plus_is_space && text[i] == '+' ? ' ' : text[i];
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  static constexpr std::string_view kMarks = "-._~";
  std::string out;
  for (const char c : text) {
    const bool unreserved =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kMarks.find(c) != kMarks.npos;
    if (unreserved) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

void split_target(std::string_view target, std::string& path, std::vector<std::pair<std::string, std::string>>& query) {
  const auto mark = target.find('?');
  path = percent_decode(target.substr(0, mark), false);
  std::string_view left = mark == target.npos ? std::string_view() : target.substr(mark + 1);
  while (!left.empty()) {
    const auto end = left.find('&');
    const auto item = left.substr(0, end);
    left = end == left.npos ? std::string_view() : left.substr(end + 1);
    if (item.empty()) continue;
    const auto equals = item.find('=');
    query.emplace_back(percent_decode(item.substr(0, equals), true),
                       equals == item.npos ? "" : percent_decode(item.substr(equals + 1), true));
  }
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

}  // namespace io
