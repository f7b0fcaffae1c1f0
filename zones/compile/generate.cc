#include "zones/compile/generate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

#include "zones/compile/rdata.h"

namespace compile {
namespace {

constexpr std::uint64_t kLargest = 0x7fffffff;  // of numbers, as BIND has it
constexpr int kMostWidth = 255;                 // no name and no string is longer

// Reads a number from the front of `text`; nothing if there is none up to `largest`.
std::optional<std::uint64_t> take_number(std::string_view& text, std::uint64_t largest) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value > largest) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

struct Format {
  std::int64_t offset = 0;
  int width = 0;
  char base = 'd';
};

// What stands between the braces: offset[,width[,base]].
std::optional<Format> read_format(std::string_view text) {
  Format out;
  const bool minus = take(text, '-');
  const auto offset = take_number(text, kLargest);
  if (!offset) return std::nullopt;
  out.offset = minus ? -static_cast<std::int64_t>(*offset) : static_cast<std::int64_t>(*offset);
  if (take(text, ',')) {
    const auto width = take_number(text, kMostWidth);
    if (!width) return std::nullopt;
    out.width = static_cast<int>(*width);
    if (take(text, ',')) {
      if (text.empty() || std::string_view("doxXnN").find(text.front()) == std::string_view::npos) return std::nullopt;
      out.base = text.front();
      text.remove_prefix(1);
    }
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

// Nibbles, lowest first, with dots between; the width counts both.
std::string nibbles(std::uint64_t value, int width, std::string_view digits) {
  std::string out;
  do {
    out += digits[value & 15];
    value >>= 4;
    --width;
    if (value == 0 && width <= 0) break;
    out += '.';
    --width;
  } while (value != 0 || width > 0);
  return out;
}

std::string write_number(std::uint64_t value, const Format& format) {
  const std::string_view digits = format.base == 'X' || format.base == 'N' ? "0123456789ABCDEF" : "0123456789abcdef";
  if (format.base == 'n' || format.base == 'N') return nibbles(value, format.width, digits);
  const std::uint64_t base = format.base == 'd' ? 10 : format.base == 'o' ? 8 : 16;
  std::string out;
  do {
    out.insert(out.begin(), digits[value % base]);
    value /= base;
  } while (value != 0);
  if (out.size() < static_cast<std::size_t>(format.width)) {
    out.insert(0, static_cast<std::size_t>(format.width) - out.size(), '0');
  }
  return out;
}

// What `$`, at the front of `text`, stands for; takes what it reads.
tl::expected<std::string, std::string> substitute(std::string_view& text, std::uint64_t number) {
  text.remove_prefix(1);
  if (take(text, '$')) return "\\$";
  if (!text.starts_with('{')) return std::to_string(number);
  const auto end = text.find('}');
  const auto format = end == std::string_view::npos ? std::nullopt : read_format(text.substr(1, end - 1));
  if (!format) {
    return tl::unexpected<std::string>(
        "\"${\" begins no ${offset,width,base}; bases are d, o, x, X, n and N, widths at most 255");
  }
  text.remove_prefix(end + 1);
  const auto value = static_cast<std::int64_t>(number) + format->offset;
  if (value < 0) return tl::unexpected<std::string>("the offset makes " + std::to_string(number) + " negative");
  return write_number(static_cast<std::uint64_t>(value), *format);
}

tl::expected<std::string, std::string> expand(std::string_view text, std::uint64_t number) {
  std::string out;
  while (!text.empty()) {
    if (text.front() == '$') {
      const auto value = substitute(text, number);
      if (!value) return value;
      out += *value;
      continue;
    }
    const std::size_t size = text.front() == '\\' && text.size() > 1 ? 2 : 1;
    out += text.substr(0, size);
    text.remove_prefix(size);
  }
  return out;
}

// Types of which a quoted text alone is the data: TXT, X25, ISDN, NINFO, SPF, AVC, RESINFO, WALLET.
constexpr std::array<std::uint16_t, 8> kTexts{16, 19, 20, 56, 99, 258, 261, 262};

// The words in the quotes of the only token of the data; nothing if that is not what stands there.
std::vector<Token> quoted_words(const Entry& entry) {
  const Token& data = entry.tokens.back();
  std::optional<std::uint16_t> type;
  std::size_t at = 3;  // behind directive, range and owner: the first word that is a type, and no TTL or class
  while (at < entry.tokens.size() && !(type = type_from_text(entry.tokens[at].text))) ++at;
  if (at + 2 != entry.tokens.size()) return {};
  if (std::find(kTexts.begin(), kTexts.end(), *type) != kTexts.end()) return {};
  if (data.text.size() < 2 || data.text.front() != '"' || data.text.back() != '"') return {};
  MasterReader reader(std::string_view(data.text).substr(1, data.text.size() - 2), "");
  std::vector<conf::Fault> faults;
  auto inner = reader.next(faults);
  if (!inner || !faults.empty() || reader.next(faults) || !faults.empty()) return {};
  for (Token& word : inner->tokens) {
    word.line = data.line;
    word.column = data.column;
  }
  return std::move(inner->tokens);
}

}  // namespace

tl::expected<Generator, GenerateFault> Generator::make(const Entry& entry) {
  const auto fault = [](std::size_t token, std::string message) {
    return tl::unexpected<GenerateFault>(GenerateFault{token, std::move(message)});
  };
  constexpr std::size_t kLeast = 5;  // directive, range, owner, type, data
  if (entry.tokens.size() < kLeast) {
    return fault(0, "$GENERATE takes start-stop[/step], owner, type and data");
  }
  constexpr std::size_t kFirst = 2;
  Generator out;
  for (std::size_t token = kFirst; token < entry.tokens.size(); ++token) {
    out.words_.push_back(entry.tokens[token]);
    out.places_.push_back(token);
  }
  if (auto words = quoted_words(entry); !words.empty()) {
    out.words_.pop_back();
    std::move(words.begin(), words.end(), std::back_inserter(out.words_));
    out.places_.resize(out.words_.size(), entry.tokens.size() - 1);
  }
  std::string_view text = entry.tokens[1].text;
  const auto start = take_number(text, kLargest);
  const auto stop = start && take(text, '-') ? take_number(text, kLargest) : std::nullopt;
  const auto step = stop && take(text, '/') ? take_number(text, kLargest) : std::optional<std::uint64_t>(1);
  if (!stop || !step || *step == 0 || !text.empty() || *stop < *start) {
    return fault(1, "\"" + entry.tokens[1].text +
                        "\" is no range: start-stop or start-stop/step, at most 2147483647, "
                        "the stop not below the start");
  }
  out.start_ = *start;
  out.stop_ = *stop;
  out.step_ = *step;
  return out;
}

tl::expected<Entry, GenerateFault> Generator::at(std::uint64_t i) const {
  Entry out;
  for (std::size_t word = 0; word < words_.size(); ++word) {
    auto made = words_[word];
    auto text = expand(made.text, start_ + i * step_);
    if (!text) return tl::unexpected<GenerateFault>(GenerateFault{places_[word], text.error()});
    made.text = std::move(*text);
    out.tokens.push_back(std::move(made));
  }
  return out;
}

}  // namespace compile
