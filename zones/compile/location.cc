#include "zones/compile/location.h"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace compile {

namespace {

// Metres, to the centimetre; in the wire form they are stored in 32 bits above a base 100 km down, and as a digit and
// a power of ten.
constexpr double kLowest = -100000.00;
constexpr double kHighest = 42849672.95;
constexpr double kLargest = 90000000.00;

// Digits, with a sign if `may_be_negative`, and a fraction.
std::optional<double> decimal(std::string_view text, bool may_be_negative) {
  const auto digits = text.substr(may_be_negative && text.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789.") != digits.npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class Reader {
 public:
  explicit Reader(std::span<const Token> tokens) : tokens_(tokens) {}

  // d [m [s]] and one of the two letters.
  bool angle(const char* what, double degrees, std::string_view letters) {
    for (const double largest : {degrees, 59.0, 59.999}) {
      if (left() && !is_letter(letters)) {
        const bool whole = largest != 59.999;
        const auto value = decimal(text(), false);
        if (!value || *value > largest || (whole && text().find('.') != std::string_view::npos)) {
          return fail("\"" + base::escape_json(std::string(text())) + "\" is no part of a " + what + ": degrees to " +
                      std::to_string(static_cast<int>(degrees)) +
                      ", then minutes to 59 and seconds to 59.999, as far as wanted");
        }
        take();
      } else if (largest == degrees) {
        return fail(std::string("LOC lacks the degrees of its ") + what);
      } else {
        out_.push_back({"0", 0, 0});
      }
    }
    if (!left() || !is_letter(letters)) {
      return fail(std::string("the ") + what + " of LOC ends in " + letters.front() + " or " + letters.back());
    }
    take();
    return true;
  }

  bool metres(const char* what, double lowest, double highest) {
    auto number = text();
    if (number.ends_with('m')) number.remove_suffix(1);
    const auto value = decimal(number, true);
    if (!value || *value < lowest || *value > highest) {
      return fail("\"" + base::escape_json(std::string(text())) + "\" is no " + what + " of LOC, in metres");
    }
    take();
    return true;
  }

  bool read() {
    if (!angle("latitude", 90, "NS") || !angle("longitude", 180, "EW")) return false;
    if (!left()) return fail("LOC lacks its altitude");
    if (!metres("altitude", kLowest, kHighest)) return false;
    for (const char* what : {"size", "horizontal precision", "vertical precision"}) {
      if (left() && !metres(what, 0, kLargest)) return false;
    }
    return !left() || fail("\"" + base::escape_json(std::string(text())) + "\" follows the data of LOC");
  }

  std::vector<Token>& out() { return out_; }
  RdataFault& fault() { return fault_; }

 private:
  [[nodiscard]] bool left() const { return at_ < tokens_.size(); }
  [[nodiscard]] std::string_view text() const { return tokens_[at_].text; }
  [[nodiscard]] bool is_letter(std::string_view letters) const {
    return text().size() == 1 && letters.find(text()) != letters.npos;
  }
  void take() { out_.push_back(tokens_[at_++]); }
  bool fail(std::string message) {
    fault_ = {at_, std::move(message)};
    return false;
  }

  std::span<const Token> tokens_;
  std::size_t at_ = 0;
  std::vector<Token> out_;
  RdataFault fault_;
};

}  // namespace

tl::expected<std::vector<Token>, RdataFault> whole_location(std::span<const Token> tokens) {
  Reader reader(tokens);
  if (!reader.read()) return tl::unexpected<RdataFault>(std::move(reader.fault()));
  return std::move(reader.out());
}

}  // namespace compile
