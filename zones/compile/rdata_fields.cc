#include "zones/compile/rdata_fields.h"

#include <algorithm>
#include <string_view>

#include "base/ip.h"
#include "base/text.h"
#include "zones/compile/number_text.h"

namespace compile {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The largest number that a field of digits may hold; 0 for fields that are not plain numbers.
std::uint32_t largest_number(ldns_rdf_type field) {
  switch (field) {
    case LDNS_RDF_TYPE_INT8: return 0xff;
    case LDNS_RDF_TYPE_INT16: return 0xffff;
    case LDNS_RDF_TYPE_INT32: return 0xffffffff;
    default: return 0;
  }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A time of RRSIG: seconds since 1970, or YYYYMMDDHHmmSS (RFC 4034 section 3.2).
bool is_time(std::string_view text) {
  if (number_from_text<std::uint32_t>(text)) return true;
  return text.size() == 14 && std::all_of(text.begin(), text.end(), is_digit) && text >= "19700101000000" &&
         text <= "21060207062815";
}

// One part of APL: [!]family:address/prefix (RFC 3123 section 5).
bool is_address_prefix(std::string_view text) {
  if (text.starts_with('!')) text.remove_prefix(1);
  const auto slash = text.find('/');
  if (slash == text.npos || !(text.starts_with("1:") || text.starts_with("2:"))) return false;
  const auto address = base::IpAddress::parse(text.substr(2, slash - 2));
  const auto length = number_from_text<std::uint8_t>(text.substr(slash + 1));
  return address && length && address->is_v6() == (text.front() == '2') && *length <= (address->is_v6() ? 128 : 32);
}

// What ldns takes for something else in silence: it cuts numbers to their width, leaves out half an octet, and reads
// types that it does not know as 0. RFC 1035 section 3.3 and the RFCs of the types give the widths. `field` is that of
// tokens[i]; `rest`: it goes on to the end of the data.
std::optional<RdataFault> check_field(ldns_rdf_type field, std::span<const Token> tokens, std::size_t i, bool rest) {
  const std::string& text = tokens[i].text;
  const auto wrong = [&](std::size_t at, const std::string& what) {
    return RdataFault{at, quote_token(tokens[at]) + " is " + what};
  };
  if (const auto largest = largest_number(field); largest != 0) {
    const auto value = number_from_text<std::uint32_t>(text);
    if (!value || *value > largest) return wrong(i, "no number from 0 to " + std::to_string(largest));
  }
  switch (field) {
    case LDNS_RDF_TYPE_CERT_ALG: {
      // RFC 4398 section 2.2: 0 is reserved; ldns 1.8 refuses it too, but leaks.
      const auto value = number_from_text<std::uint16_t>(text);
      if (!is_letter(text.front()) && (!value || *value == 0)) return wrong(i, "no number from 1 to 65535");
      break;
    }
    case LDNS_RDF_TYPE_ALG:
    case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
    case LDNS_RDF_TYPE_SELECTOR:
    case LDNS_RDF_TYPE_MATCHING_TYPE:
      if (!is_letter(text.front()) && !number_from_text<std::uint8_t>(text)) return wrong(i, "no number from 0 to 255");
      break;
    case LDNS_RDF_TYPE_PERIOD:
      if (!seconds_from_text(text)) return wrong(i, "not " + expectation(field));
      break;
    case LDNS_RDF_TYPE_TYPE:
      if (!type_from_text(text)) return wrong(i, "not " + expectation(field));
      break;
    case LDNS_RDF_TYPE_TIME:
      if (!is_time(text)) return wrong(i, "not " + expectation(field));
      break;
    case LDNS_RDF_TYPE_NSEC:
      for (auto at = i; at < tokens.size(); ++at) {
        if (!type_from_text(tokens[at].text)) return wrong(at, "not " + expectation(LDNS_RDF_TYPE_TYPE));
      }
      break;
    case LDNS_RDF_TYPE_APL:
      for (auto at = i; at < tokens.size(); ++at) {
        if (!is_address_prefix(tokens[at].text)) {
          return wrong(at, "no family, address and prefix, such as 1:192.0.2.0/24 or !2:2001:db8::/32");
        }
      }
      break;
    case LDNS_RDF_TYPE_HEX: {
      std::size_t digits = 0;
      for (auto at = i; at < (rest ? tokens.size() : i + 1); ++at) digits += tokens[at].text.size();
      if (digits % 2 != 0) return RdataFault{i, "an odd number of hexadecimal digits, from " + quote_token(tokens[i])};
      break;
    }
    default: break;
  }
  return std::nullopt;
}

}  // namespace

std::string expectation(ldns_rdf_type field) {
  switch (field) {
    case LDNS_RDF_TYPE_A: return "an IPv4 address";
    case LDNS_RDF_TYPE_AAAA: return "an IPv6 address";
    case LDNS_RDF_TYPE_DNAME: return "a domain name";
    case LDNS_RDF_TYPE_PERIOD: return "seconds, or a period such as 1h30m";
    case LDNS_RDF_TYPE_STR:
    case LDNS_RDF_TYPE_LONG_STR: return "a string (of at most 255 octets), in quotes if it holds spaces";
    case LDNS_RDF_TYPE_B64: return "base 64";
    case LDNS_RDF_TYPE_HEX: return "hexadecimal digits";
    case LDNS_RDF_TYPE_TIME: return "a time, YYYYMMDDHHMMSS";
    case LDNS_RDF_TYPE_TYPE: return "an RR type";
    case LDNS_RDF_TYPE_TAG: return "a tag of lower-case letters and digits";
    default: return "another form";
  }
}

std::string quote_token(const Token& token) {
  constexpr std::size_t kShown = 60;
  const auto& text = token.text;
  return '"' + base::escape_json(text.substr(0, kShown)) + (text.size() > kShown ? "…" : "") + '"';
}

bool takes_one_token(ldns_rdf_type field, bool last) {
  switch (field) {
    case LDNS_RDF_TYPE_HIP:
    case LDNS_RDF_TYPE_LOC:
    case LDNS_RDF_TYPE_WKS:
    case LDNS_RDF_TYPE_NSEC:
    case LDNS_RDF_TYPE_IPSECKEY:
    case LDNS_RDF_TYPE_AMTRELAY: return false;
    case LDNS_RDF_TYPE_B64:
    case LDNS_RDF_TYPE_HEX: return !last;
    default: return true;
  }
}

std::optional<RdataFault> check_fields(const ldns_rr_descriptor* of, std::span<const Token> tokens) {
  const auto most = ldns_rr_descriptor_maximum(of);
  for (std::size_t i = 0; i < std::min(tokens.size(), most); ++i) {
    const auto field = ldns_rr_descriptor_field_type(of, i);
    const bool last = i + 1 == most;
    const bool rest = !takes_one_token(field, last);
    const bool checked = field == LDNS_RDF_TYPE_HEX || field == LDNS_RDF_TYPE_NSEC || field == LDNS_RDF_TYPE_APL;
    if (rest && !checked) break;
    if (auto bad = check_field(field, tokens, i, rest)) return bad;
    if (rest) break;
  }
  return std::nullopt;
}

}  // namespace compile
