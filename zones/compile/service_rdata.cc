#include "zones/compile/service_rdata.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/text.h"
#include "zones/compile/ldns_handle.h"
#include "zones/compile/name_text.h"
#include "zones/compile/number_text.h"

namespace compile {

namespace {

using Fault = tl::unexpected<RdataFault>;
template <typename T>
using Expected = tl::expected<T, std::string>;  // the error is what a value is not
using Wrong = tl::unexpected<std::string>;

// RFC 9460 section 14.3.2; dohpath is RFC 9461's, ohttp RFC 9540's.
enum Key : std::uint16_t {
  kMandatory = 0,
  kAlpn = 1,
  kNoDefaultAlpn = 2,
  kPort = 3,
  kIpv4Hint = 4,
  kEch = 5,
  kIpv6Hint = 6,
  kDohPath = 7,
  kOhttp = 8,
};
constexpr std::array<std::string_view, 9> kKeyNames = {"mandatory", "alpn",     "no-default-alpn", "port", "ipv4hint",
                                                       "ech",       "ipv6hint", "dohpath",         "ohttp"};
constexpr std::size_t kMaxValue = 65535;

using Parameters = std::map<std::uint16_t, base::Bytes>;

Fault fault(std::size_t token, std::string message) { return Fault(RdataFault{token, std::move(message)}); }

std::string quote(std::string_view text) { return '"' + base::escape_json(std::string(text)) + '"'; }

std::string key_to_text(std::uint16_t key) {
  return key < kKeyNames.size() ? std::string(kKeyNames[key]) : "key" + std::to_string(key);
}

// A name of the registry, or "key" and a number without zeros before it (section 2.1).
std::optional<std::uint16_t> key_from_text(std::string_view text) {
  const auto known = std::find(kKeyNames.begin(), kKeyNames.end(), text);
  if (known != kKeyNames.end()) return static_cast<std::uint16_t>(known - kKeyNames.begin());
  if (!text.starts_with("key")) return std::nullopt;
  text.remove_prefix(3);
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return number_from_text<std::uint16_t>(text);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The octets of a <character-string> (RFC 1035 section 5.1), of any length, which may stand in quotes.
Expected<std::string> decode_string(std::string_view text) {
  const bool quoted = text.starts_with('"');
  if (quoted) text.remove_prefix(1);
  std::string out;
  while (!text.empty() && text.front() != '"') {
    std::size_t taken = 1;
    char octet = text.front();
    if (octet == '\\') {
      if (text.size() < 2) return Wrong("\"\\\" at its end escapes nothing");
      octet = text[1];
      taken = 2;
      if (is_digit(octet)) {
        const auto value = text.size() < 4 ? std::nullopt : number_from_text<std::uint8_t>(text.substr(1, 3));
        if (!value) return Wrong("\"\\DDD\" is an octet, \\000 to \\255");
        octet = static_cast<char>(*value);
        taken = 4;
      }
    }
    out += octet;
    text.remove_prefix(taken);
  }
  if (text != (quoted ? "\"" : "")) return Wrong("quotes stand around a whole value");
  return out;
}

// Appendix A.1: items between commas; "\," and "\\" in an item are "," and "\".
std::vector<std::string> split_list(std::string_view text, bool with_escapes) {
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (with_escapes && text[i] == '\\' && i + 1 < text.size()) {
      out.back() += text[++i];
    } else if (text[i] == ',') {
      out.emplace_back();
    } else {
      out.back() += text[i];
    }
  }
  return out;
}

Expected<base::Bytes> keys_from_text(std::string_view text) {
  std::vector<std::uint16_t> keys;
  for (const auto& item : split_list(text, false)) {
    const auto key = key_from_text(item);
    if (!key) return Wrong(quote(item) + " is no key");
    keys.push_back(*key);
  }
  std::sort(keys.begin(), keys.end());
  base::ByteWriter out;
  for (const auto key : keys) out.u16(key);
  return out.take();
}

Expected<base::Bytes> protocols_from_text(std::string_view text) {
  base::ByteWriter out;
  for (const auto& item : split_list(text, true)) {
    if (item.empty() || item.size() > 255) return Wrong("a protocol's name has 1 to 255 octets");
    out.bytes8(base::as_bytes(item));
  }
  return out.take();
}

Expected<base::Bytes> addresses_from_text(std::string_view text, bool v6) {
  base::ByteWriter out;
  for (const auto& item : split_list(text, false)) {
    const auto address = base::IpAddress::parse(item);
    if (!address || address->is_v6() != v6) return Wrong(quote(item) + " is no IPv" + (v6 ? "6" : "4") + " address");
    out.bytes(address->bytes());
  }
  return out.take();
}

Expected<base::Bytes> value_from_text(std::uint16_t key, const std::string& text) {
  switch (key) {
    case kMandatory: return keys_from_text(text);
    case kAlpn: return protocols_from_text(text);
    case kPort: {
      const auto port = number_from_text<std::uint16_t>(text);
      if (!port) return Wrong(quote(text) + " is no port, 0 to 65535");
      base::ByteWriter out;
      out.u16(*port);
      return out.take();
    }
    case kIpv4Hint: return addresses_from_text(text, false);
    case kIpv6Hint: return addresses_from_text(text, true);
    case kEch: {
      if (text.empty()) return base::Bytes();
      const RdfPtr parsed(ldns_rdf_new_frm_str(LDNS_RDF_TYPE_B64, text.c_str()));
      if (!parsed || text.find('\0') != std::string::npos) return Wrong("it is not base 64");
      const auto* data = ldns_rdf_data(parsed.get());
      return base::Bytes(data, data + ldns_rdf_size(parsed.get()));
    }
    default: return base::Bytes(text.begin(), text.end());
  }
}

std::uint16_t u16_at(base::ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::optional<std::string> mandatory_fault(base::ByteView value, const Parameters& all) {
  if (value.empty() || value.size() % 2 != 0) return "it names one key or more";
  for (std::size_t at = 0; at < value.size(); at += 2) {
    const auto key = u16_at(value, at);
    if (key == kMandatory) return "it does not name itself";
    if (at > 0 && u16_at(value, at - 2) >= key) return "its keys ascend, each once";
    if (!all.contains(key)) return "the record has no " + key_to_text(key);
  }
  return std::nullopt;
}

// RFC 9461 section 5: a template of a path, which has the variable "dns".
std::optional<std::string> path_fault(std::string_view value) {
  auto rest = value.starts_with('/') ? value : std::string_view();
  for (auto open = rest.find('{'); open != rest.npos; open = rest.find('{')) {
    rest.remove_prefix(open + 1);
    auto inside = rest.substr(0, rest.find('}'));
    if (inside.size() == rest.size()) break;
    inside.remove_prefix(std::min(inside.find_first_not_of("+#./;?&"), inside.size()));
    for (const auto& variable : split_list(inside, false)) {
      if (variable.substr(0, variable.find_first_of("*:")) == "dns") return std::nullopt;
    }
  }
  return "it is a path's template with the variable dns, such as \"/dns-query{?dns}\"";
}

// What is wrong with the value of `key` among `all`; RFC 9460 sections 7 and 8.
std::optional<std::string> value_fault(std::uint16_t key, base::ByteView value, const Parameters& all) {
  switch (key) {
    case kMandatory: return mandatory_fault(value, all);
    case kAlpn:
      if (value.empty()) return "it names one protocol or more";
      for (std::size_t at = 0; at < value.size(); at += std::size_t{1} + value[at]) {
        if (value[at] == 0 || value[at] >= value.size() - at) return "a protocol's name has 1 to 255 octets";
      }
      return std::nullopt;
    case kNoDefaultAlpn:
      if (!value.empty()) return "it takes no value";
      if (!all.contains(kAlpn)) return "it means nothing without alpn";
      return std::nullopt;
    case kPort: return value.size() == 2 ? std::nullopt : std::optional<std::string>("it is one port");
    case kIpv4Hint:
      if (value.empty() || value.size() % 4 != 0) return "it is one IPv4 address or more";
      return std::nullopt;
    case kIpv6Hint:
      if (value.empty() || value.size() % 16 != 0) return "it is one IPv6 address or more";
      return std::nullopt;
    case kDohPath: return path_fault(base::as_text(value));
    case kOhttp: return value.empty() ? std::nullopt : std::optional<std::string>("it takes no value");
    default: return std::nullopt;
  }
}

}  // namespace

bool has_service_parameters(std::uint16_t type) { return type == LDNS_RR_TYPE_SVCB || type == LDNS_RR_TYPE_HTTPS; }

tl::expected<base::Bytes, RdataFault> service_rdata_from_text(std::uint16_t type, std::span<const Token> tokens,
                                                              base::ByteView origin) {
  const std::string name = type_to_text(type);
  if (tokens.size() < 2) return fault(tokens.size(), name + " takes a priority, a target, and service parameters");
  const auto priority = number_from_text<std::uint16_t>(tokens[0].text);
  if (!priority) {
    return fault(0, quote(tokens[0].text) + " is no priority of " + name + ": a number from 0 to 65535");
  }
  const auto target = name_from_text(tokens[1].text, wire::Name::from_wire(origin).value_or(wire::Name()));
  if (!target) return fault(1, "the target of " + name + ": " + target.error().message);
  Parameters all;
  std::map<std::uint16_t, std::size_t> from;  // the tokens
  for (std::size_t i = 2; i < tokens.size(); ++i) {
    const std::string_view token = tokens[i].text;
    const auto equals = std::min(token.find('='), token.size());
    const auto word = token.substr(0, equals);
    const auto key = key_from_text(word);
    if (!key) {
      return fault(i,
                   quote(word) + " is no service parameter that is known here; others are written as keyNNNNN=value");
    }
    const auto wrong = [&](const std::string& why) { return fault(i, std::string(word) + " of " + name + ": " + why); };
    const auto text = decode_string(token.substr(std::min(equals + 1, token.size())));
    if (!text) return wrong(text.error());
    // Written as a number, a key has its value in wire form. One that may not be empty is told of below.
    const bool in_wire_form = word != key_to_text(*key) || text->empty();
    auto value =
        in_wire_form ? Expected<base::Bytes>(base::Bytes(text->begin(), text->end())) : value_from_text(*key, *text);
    if (!value) return wrong(value.error());
    if (value->size() > kMaxValue) return wrong("its value exceeds 65535 octets");
    if (!all.emplace(*key, std::move(*value)).second) return wrong("it is given twice");
    from[*key] = i;
  }
  base::ByteWriter out;
  out.u16(*priority);
  out.bytes(target->wire());
  for (const auto& [key, value] : all) {
    if (const auto why = value_fault(key, value, all)) {
      return fault(from[key], key_to_text(key) + " of " + name + ": " + *why);
    }
    out.u16(key);
    out.bytes16(value);
  }
  return out.take();
}

std::optional<std::string> service_rdata_fault(base::ByteView rdata) {
  const std::string cut = "it ends too early";
  if (rdata.size() < 3) return cut;
  auto rest = rdata.subspan(2);
  std::size_t target = 0;
  while (target < rest.size() && rest[target] != 0) target += std::size_t{1} + rest[target];
  if (target >= rest.size()) return cut;
  if (!wire::Name::from_wire(rest.first(target + 1))) return "its target is no domain name";
  rest = rest.subspan(target + 1);
  Parameters all;
  while (!rest.empty()) {
    if (rest.size() < 4 || rest.size() - 4 < u16_at(rest, 2)) return cut;
    const auto key = u16_at(rest, 0);
    if (!all.empty() && all.rbegin()->first >= key) return "its keys ascend, each once";
    const auto value = rest.subspan(4, u16_at(rest, 2));
    all.emplace(key, base::Bytes(value.begin(), value.end()));
    rest = rest.subspan(4 + value.size());
  }
  for (const auto& [key, value] : all) {
    if (const auto why = value_fault(key, value, all)) return key_to_text(key) + ": " + *why;
  }
  return std::nullopt;
}

}  // namespace compile
