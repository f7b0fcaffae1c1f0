#include "zones/compile/record_parser.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "zones/compile/name_text.h"
#include "zones/compile/rdata.h"

namespace compile {
namespace {

constexpr std::uint32_t kMaxTtl = 0x7fffffff;  // RFC 2181 section 8
constexpr std::array<std::string_view, 24> kUsualTypes = {
    "A",  "AAAA",       "CAA", "CNAME", "DNAME", "DNSKEY", "DS",  "HINFO", "HTTPS", "LOC",  "MX",  "NAPTR",
    "NS", "OPENPGPKEY", "PTR", "RP",    "SOA",   "SPF",    "SRV", "SSHFP", "SVCB",  "TLSA", "TXT", "URI"};
constexpr std::array<std::string_view, 4> kDirectives = {"$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE"};

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return out;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 80;
  return '"' + base::escape_json(text.substr(0, kShown)) + (text.size() > kShown ? "…" : "") + '"';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_class(const std::string& word) {
  return word == "IN" || word == "CH" || word == "HS" || word == "CS" || word == "CHAOS" || word == "HESIOD" ||
         word == "NONE" ||
         (word.starts_with("CLASS") && word.size() > 5 && std::all_of(word.begin() + 5, word.end(), is_digit));
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const auto near = base::nearest(word, candidates);
  return near ? "; did you mean " + *near + "?" : std::string();
}

// Types of questions and of the transport, which no zone holds (RFC 6895 section 3.1).
bool never_in_zones(wire::Type type) { return type == 0 || type == wire::kTypeOpt || (type >= 128 && type <= 255); }

}  // namespace

Directive directive_of(const Entry& entry) {
  if (entry.tokens[0].text.front() != '$') return Directive::kNone;
  const auto word = upper(entry.tokens[0].text);
  if (word == "$ORIGIN") return Directive::kOrigin;
  if (word == "$TTL") return Directive::kTtl;
  if (word == "$INCLUDE") return Directive::kInclude;
  return word == "$GENERATE" ? Directive::kGenerate : Directive::kUnknown;
}

RecordParser::RecordParser(std::string file, const wire::Name& origin) : scope_{std::move(file), 0, origin} {}

RecordParser::Scope RecordParser::enter(std::string file, std::uint16_t index,
                                        const std::optional<wire::Name>& origin) {
  auto before = scope_;
  scope_.file = std::move(file);
  scope_.index = index;
  if (origin) scope_.origin = *origin;
  return before;
}

std::optional<Include> RecordParser::parse_include(const Entry& entry, std::vector<conf::Fault>& faults) {
  const bool lost_before = std::exchange(lost_any_, true);  // until it turns out well
  if (entry.tokens.size() < 2 || entry.tokens.size() > 3) {
    add(faults, entry.tokens[0],
        "$INCLUDE takes a file and perhaps an origin, found " + std::to_string(entry.tokens.size() - 1) + " values");
    return std::nullopt;
  }
  Include out;
  std::string_view text = entry.tokens[1].text;
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out.file += text[i];
  }
  if (out.file.empty()) {
    add(faults, entry.tokens[1], "$INCLUDE of no file");
    return std::nullopt;
  }
  if (entry.tokens.size() == 3) {
    out.origin = read_name(entry.tokens[2], faults);
    if (!out.origin) return std::nullopt;
  }
  lost_any_ = lost_before;
  return out;
}

void RecordParser::add(std::vector<conf::Fault>& to, const Token& at, std::string message) const {
  to.push_back({{scope_.file, at.line, at.column}, std::move(message)});
}

void RecordParser::entry_lost() {
  scope_.owner_lost = true;
  lost_any_ = true;
}

std::optional<wire::Name> RecordParser::read_name(const Token& token, std::vector<conf::Fault>& faults) const {
  auto name = name_from_text(token.text, scope_.origin);
  if (name) return *std::move(name);
  add(faults, token, name.error().message);
  return std::nullopt;
}

void RecordParser::directive(const Entry& entry, std::vector<conf::Fault>& faults) {
  const auto& first = entry.tokens[0];
  const auto word = upper(first.text);
  if (word != "$ORIGIN" && word != "$TTL") {
    lost_any_ = true;
    add(faults, first, "unknown directive " + quoted(first.text) + did_you_mean(word, kDirectives));
    return;
  }
  if (entry.tokens.size() != 2) {
    add(faults, first, word + " takes one value, found " + std::to_string(entry.tokens.size() - 1));
    (word == "$TTL" ? ttl_lost_ : lost_any_) = true;
    return;
  }
  const auto& value = entry.tokens[1];
  if (word == "$ORIGIN") {
    const auto name = read_name(value, faults);
    if (name) scope_.origin = *name;
    lost_any_ = lost_any_ || !name;
    return;
  }
  const auto ttl = seconds_from_text(value.text);
  if (!ttl || *ttl > kMaxTtl) {
    add(faults, value, quoted(value.text) + " is no TTL: seconds, at most 2147483647, or a period such as 1h30m");
    ttl_lost_ = true;
    return;
  }
  scope_.default_ttl = ttl;
}

bool RecordParser::read_owner(const Token& token, std::vector<conf::Fault>& faults) {
  const auto name = read_name(token, faults);
  scope_.owner_lost = !name;
  if (name) scope_.owner = *name;
  return name.has_value();
}

bool RecordParser::read_class(const Token& token, Head& head, std::vector<conf::Fault>& faults) const {
  const auto word = upper(token.text);
  if (head.has_class) {
    add(faults, token, "a second class, " + quoted(token.text));
    return false;
  }
  head.has_class = true;
  if (word != "IN" && word != "CLASS1") {
    add(faults, token, "class " + quoted(token.text) + ": only IN is served");
    return false;
  }
  return true;
}

bool RecordParser::read_type(const Token& token, Head& head, std::vector<conf::Fault>& faults) const {
  const auto type = type_from_text(token.text);
  if (!type) {
    const auto word = upper(token.text);
    add(faults, token, "unknown type " + quoted(token.text) + did_you_mean(word, kUsualTypes));
    return false;
  }
  if (never_in_zones(*type)) {
    add(faults, token, "type " + type_to_text(*type) + " cannot stand in a zone");
    return false;
  }
  head.type = *type;
  return true;
}

bool RecordParser::read_head(const Entry& entry, std::size_t at, Head& head, std::vector<conf::Fault>& faults) {
  for (; at < entry.tokens.size(); ++at) {
    const auto& token = entry.tokens[at];
    if (is_class(upper(token.text))) {
      if (!read_class(token, head, faults)) return false;
      continue;
    }
    if (is_digit(token.text.front())) {
      const auto ttl = seconds_from_text(token.text);
      if (!ttl || *ttl > kMaxTtl || head.ttl_s) {
        add(faults, token,
            head.ttl_s ? "a second TTL, " + quoted(token.text)
                       : quoted(token.text) + " is neither a TTL (seconds, at most 2147483647) nor a type");
        return false;
      }
      head.ttl_s = ttl;
      continue;
    }
    head.rdata_at = at + 1;
    return read_type(token, head, faults);
  }
  add(faults, entry.tokens.back(), "a record without type: expected owner, TTL, class, type, data");
  return false;
}

bool RecordParser::choose_ttl(Record& record, const Head& head, std::vector<conf::Fault>& faults,
                              std::vector<conf::Fault>& warnings) {
  if (head.ttl_s) scope_.last_ttl = head.ttl_s;
  if (const auto ttl = head.ttl_s ? head.ttl_s : scope_.default_ttl ? scope_.default_ttl : scope_.last_ttl) {
    record.ttl_s = *ttl;
    return true;
  }
  if (ttl_lost_) return true;
  const conf::Mark mark{scope_.file, record.line, record.column};
  if (record.type != wire::kTypeSoa || record.rdata.size() < 4) {
    faults.push_back({mark, "no TTL: state one, or begin the file with $TTL"});
    ttl_lost_ = true;
    return false;
  }
  base::ByteReader minimum(base::ByteView(record.rdata).last(4));
  record.ttl_s = std::min(minimum.u32(), kMaxTtl);
  scope_.last_ttl = record.ttl_s;
  warnings.push_back({mark, "no TTL and no $TTL: the SOA's minimum of " + std::to_string(record.ttl_s) +
                                " s is taken, also for the records that follow"});
  return true;
}

std::optional<Record> RecordParser::parse(const Entry& entry, std::vector<conf::Fault>& faults,
                                          std::vector<conf::Fault>& warnings) {
  const auto& first = entry.tokens[0];
  if (first.text.front() == '$') {
    directive(entry, faults);
    return std::nullopt;
  }
  bool good = entry.blank_owner || read_owner(first, faults);
  if (entry.blank_owner && !scope_.owner && !scope_.owner_lost) {
    add(faults, first, "the first record has no owner");
    scope_.owner_lost = true;
    good = false;
  }
  Head head;
  if (!read_head(entry, entry.blank_owner ? 0 : 1, head, faults)) {
    lost_any_ = true;
    return std::nullopt;
  }
  const auto tokens = std::span(entry.tokens).subspan(head.rdata_at);
  auto rdata = rdata_from_text(head.type, tokens, scope_.origin.wire());
  if (!rdata) {
    const auto at = std::min(rdata.error().token, tokens.size());
    add(faults, at < tokens.size() ? tokens[at] : entry.tokens[head.rdata_at - 1], rdata.error().message);
    good = false;
  }
  Record record;
  record.type = head.type;
  record.file = scope_.index;
  record.line = first.line;
  record.column = first.column;
  if (rdata) record.rdata = std::move(*rdata);
  if (good && !choose_ttl(record, head, faults, warnings)) good = false;
  if (!good || scope_.owner_lost) {
    lost_.insert(head.type);
    return std::nullopt;
  }
  record.owner = *scope_.owner;
  return record;
}

}  // namespace compile
