#include "zones/compile/rdata.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <memory>
#include <vector>

#include "base/text.h"
#include "zones/compile/gateway_rdata.h"
#include "zones/compile/ldns_handle.h"
#include "zones/compile/location.h"
#include "zones/compile/number_text.h"
#include "zones/compile/rdata_fields.h"
#include "zones/compile/service_rdata.h"

namespace compile {
namespace {

using Expected = tl::expected<base::Bytes, RdataFault>;

// What ldns reads of one record's data at most; beyond, it would cut in silence.
constexpr std::size_t kMaxTextBytes = LDNS_MAX_PACKETLEN - 1;
constexpr std::size_t kMaxRdata = 65535;
constexpr const char* kTooLong = "the data exceeds 65535 octets";
constexpr std::size_t kMaxNameOctets = 255;  // RFC 1035 section 2.3.4

// Types that ldns 1.8 does not know by their names. Where `as` is another, ldns reads the data as of that.
struct NamedType {
  std::string_view name;
  std::uint16_t type;
  std::uint16_t as;
};
constexpr std::array<NamedType, 6> kNamedTypes = {{{"AMTRELAY", LDNS_RR_TYPE_AMTRELAY, LDNS_RR_TYPE_AMTRELAY},
                                                   {"NSAP-PTR", LDNS_RR_TYPE_NSAP_PTR, LDNS_RR_TYPE_PTR},  // RFC 1348
                                                   {"NINFO", 56, LDNS_RR_TYPE_TXT},
                                                   {"AVC", 258, LDNS_RR_TYPE_TXT},
                                                   {"RESINFO", 261, LDNS_RR_TYPE_TXT},  // RFC 9606 section 6
                                                   {"WALLET", 262, LDNS_RR_TYPE_TXT}}};

tl::unexpected<RdataFault> fault(std::size_t token, std::string message) {
  return tl::unexpected<RdataFault>(RdataFault{token, std::move(message)});
}

// The descriptor of a type whose text form is read; nullptr else.
const ldns_rr_descriptor* descriptor_of(std::uint16_t type) {
  for (const auto& named : kNamedTypes) {
    if (type == named.type) type = named.as;
  }
  const auto* found = ldns_rr_descript(type);
  if (found == nullptr || found->_type != static_cast<ldns_rr_type>(type) || has_gateway(type)) return nullptr;
  if (ldns_rr_descriptor_maximum(found) > 0 && ldns_rr_descriptor_field_type(found, 0) == LDNS_RDF_TYPE_UNKNOWN) {
    return nullptr;
  }
  return found;
}

// CSYNC may name no type (RFC 7477 section 2.1.1.2.1), which ldns 1.8 does not read.
std::size_t fewest_fields(const ldns_rr_descriptor* of) {
  return of->_type == LDNS_RR_TYPE_CSYNC ? 2 : ldns_rr_descriptor_minimum(of);
}

bool has_quote(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); i += text[i] == '\\' ? 2 : 1) {
    if (text[i] == '"') return true;
  }
  return false;
}

// tokens[i] as ldns 1.8 reads it.
std::string text_for_ldns(const ldns_rr_descriptor* of, const Token& token, std::size_t i) {
  // The generic form begins the data; ldns would see it in the middle, too.
  if (token.text == "\\#") return "\\035";
  const auto most = ldns_rr_descriptor_maximum(of);
  const auto field = most == 0 ? LDNS_RDF_TYPE_NONE : ldns_rr_descriptor_field_type(of, std::min(i, most - 1));
  // A string of any length may go without quotes (RFC 8659 section 4.1.1, RFC 7553 section 4.5); ldns wants them.
  if (field == LDNS_RDF_TYPE_LONG_STR && i < most && !has_quote(token.text)) return '"' + token.text + '"';
  // It does not know every name that type_from_text knows.
  const bool is_type = field == LDNS_RDF_TYPE_TYPE || field == LDNS_RDF_TYPE_NSEC;
  const auto type = is_type ? type_from_text(token.text) : std::nullopt;
  return type ? "TYPE" + std::to_string(*type) : token.text;
}

// Says which token it was that ldns refused.
RdataFault explain(std::uint16_t type, const ldns_rr_descriptor* of, std::span<const Token> tokens,
                   ldns_status status) {
  const auto most = ldns_rr_descriptor_maximum(of);
  const auto least = fewest_fields(of);
  const auto name = type_to_text(type);
  for (std::size_t i = 0; i < std::min(tokens.size(), most); ++i) {
    const auto field = ldns_rr_descriptor_field_type(of, i);
    if (!takes_one_token(field, i + 1 == most)) break;
    std::string_view text = tokens[i].text;
    const bool quotes_mean_nothing = field == LDNS_RDF_TYPE_STR || field == LDNS_RDF_TYPE_LONG_STR;
    if (quotes_mean_nothing && text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
    if (text.empty() && quotes_mean_nothing) continue;
    const RdfPtr parsed(ldns_rdf_new_frm_str(field, std::string(text).c_str()));
    if (!parsed) return {i, quote_token(tokens[i]) + " in " + name + " data is not " + expectation(field)};
  }
  if (tokens.size() < least) {
    return {tokens.size(), name + " takes " + std::to_string(least) +
                               (least == 1 ? " field, found " : " fields, found ") + std::to_string(tokens.size())};
  }
  if (status == LDNS_STATUS_SYNTAX_SUPERFLUOUS_TEXT_ERR && tokens.size() > most) {
    return {most, quote_token(tokens[most]) + " follows the data of " + name + ", which takes " + std::to_string(most) +
                      (most == 1 ? " field" : " fields")};
  }
  return {tokens.size(), "bad data of " + name + ": " + ldns_get_errorstr_by_id(status)};
}

Expected to_wire(const ldns_rr* rr, std::size_t tokens) {
  for (std::size_t i = 0; i < ldns_rr_rd_count(rr); ++i) {
    const auto* field = ldns_rr_rdf(rr, i);
    if (ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME && ldns_rdf_size(field) > kMaxNameOctets) {
      return fault(tokens, "a name in the data exceeds 255 octets once the origin is added");
    }
  }
  const BufferPtr buffer(ldns_buffer_new(LDNS_MIN_BUFLEN));
  if (!buffer || ldns_rr_rdata2buffer_wire(buffer.get(), rr) != LDNS_STATUS_OK) {
    return fault(tokens, "the data cannot be brought into wire form");
  }
  const auto size = ldns_buffer_position(buffer.get());
  if (size > kMaxRdata) return fault(tokens, kTooLong);
  const auto* begin = ldns_buffer_begin(buffer.get());
  return base::Bytes(begin, begin + size);
}

// RFC 3597 section 5: `\#`, the length, then hexadecimal digits with white space anywhere between them.
Expected read_generic(std::uint16_t type, std::span<const Token> tokens) {
  const auto length = tokens.size() < 2 ? std::nullopt : number_from_text<std::uint16_t>(tokens[1].text);
  if (!length) return fault(std::min<std::size_t>(1, tokens.size()), "\"\\#\" wants the length of the data after it");
  std::string digits;
  for (const auto& token : tokens.subspan(2)) digits += token.text;
  auto bytes = base::from_hex(digits);
  if (!bytes) return fault(2, "the data after \"\\#\" is not hexadecimal");
  if (bytes->size() != *length) {
    return fault(
        1, "\"\\#\" announces " + std::to_string(*length) + " octets, " + std::to_string(bytes->size()) + " follow");
  }
  if (has_service_parameters(type)) {
    if (const auto why = service_rdata_fault(*bytes)) {
      return fault(2, "the octets after \"\\#\" are no data of type " + type_to_text(type) + ": " + *why);
    }
    return std::move(*bytes);
  }
  const auto* descriptor = descriptor_of(type);
  if (descriptor == nullptr) return std::move(*bytes);
  // Where the type is known, the octets must be data of that type, and names in them uncompressed (RFC 3597 section 4).
  base::ByteWriter with_length;
  with_length.bytes16(*bytes);
  const RrPtr rr(ldns_rr_new());
  if (!rr) return fault(tokens.size(), "out of memory");
  ldns_rr_set_type(rr.get(), descriptor->_type);
  std::size_t at = 0;
  const auto status = ldns_wire2rdf(rr.get(), with_length.data().data(), with_length.data().size(), &at);
  // ldns takes data that end between two fields for whole.
  const bool whole = status == LDNS_STATUS_OK && ldns_rr_rd_count(rr.get()) >= fewest_fields(descriptor);
  const auto again = whole ? to_wire(rr.get(), tokens.size()) : Expected();
  if (!whole || !again || *again != *bytes)
    return fault(2, "the octets after \"\\#\" are no data of type " + type_to_text(type));
  return std::move(*bytes);
}

}  // namespace

std::optional<std::uint16_t> type_from_text(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  if (upper.starts_with("TYPE")) return number_from_text<std::uint16_t>(std::string_view(upper).substr(4));
  for (const auto& named : kNamedTypes) {
    if (upper == named.name) return named.type;
  }
  const auto found = ldns_get_rr_type_by_name(upper.c_str());
  if (found == 0 || upper.find('\0') != std::string::npos) return std::nullopt;
  return static_cast<std::uint16_t>(found);
}

std::string type_to_text(std::uint16_t type) {
  for (const auto& named : kNamedTypes) {
    if (type == named.type) return std::string(named.name);
  }
  const auto* found = ldns_rr_descript(type);
  if (found != nullptr && found->_type == static_cast<ldns_rr_type>(type) && found->_name != nullptr) {
    return found->_name;
  }
  return "TYPE" + std::to_string(type);
}

std::optional<std::uint32_t> seconds_from_text(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::uint64_t sum = 0;
  while (!text.empty()) {
    std::uint64_t part = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc() || part > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    std::uint64_t unit = 1;
    if (!text.empty()) {
      switch (text.front()) {
        case 's':
        case 'S': unit = 1; break;
        case 'm':
        case 'M': unit = 60; break;
        case 'h':
        case 'H': unit = 3600; break;
        case 'd':
        case 'D': unit = 86400; break;
        case 'w':
        case 'W': unit = 604800; break;
        default: return std::nullopt;
      }
      text.remove_prefix(1);
    }
    sum += part * unit;
    if (sum > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  }
  return static_cast<std::uint32_t>(sum);
}

Expected rdata_from_text(std::uint16_t type, std::span<const Token> tokens, base::ByteView origin) {
  if (!tokens.empty() && tokens[0].text == "\\#") return read_generic(type, tokens);
  if (has_gateway(type) || has_service_parameters(type)) {
    auto own = has_gateway(type) ? gateway_rdata_from_text(type, tokens, origin)
                                 : service_rdata_from_text(type, tokens, origin);
    if (own && own->size() > kMaxRdata) return fault(tokens.size(), kTooLong);
    return own;
  }
  const auto* of = descriptor_of(type);
  if (of == nullptr) {
    return fault(0, type_to_text(type) + " is read in the generic form only: \\# length hex (RFC 3597)");
  }
  std::string text = ". 1 IN " + type_to_text(static_cast<std::uint16_t>(of->_type));
  std::vector<Token> whole;
  if (type == LDNS_RR_TYPE_LOC) {
    auto location = whole_location(tokens);
    if (!location) return tl::unexpected<RdataFault>(std::move(location.error()));
    whole = std::move(*location);
    tokens = whole;
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    text += ' ';
    text += text_for_ldns(of, tokens[i], i);
    if (text.size() > kMaxTextBytes) return fault(i, "the data is longer than 64 KiB of text");
  }
  if (auto bad = check_fields(of, tokens)) return tl::unexpected<RdataFault>(std::move(*bad));
  if (type == LDNS_RR_TYPE_CSYNC && tokens.size() == 2) {
    base::ByteWriter out;
    out.u32(number_from_text<std::uint32_t>(tokens[0].text).value_or(0));
    out.u16(number_from_text<std::uint16_t>(tokens[1].text).value_or(0));
    return out.take();
  }
  const RdfPtr base_name(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, origin.size(), origin.data()));
  ldns_rr* raw = nullptr;
  const auto status = ldns_rr_new_frm_str(&raw, text.c_str(), 0, base_name.get(), nullptr);
  if (status != LDNS_STATUS_OK) return tl::unexpected<RdataFault>(explain(type, of, tokens, status));
  const RrPtr rr(raw);
  return to_wire(rr.get(), tokens.size());
}

}  // namespace compile
