#include "zones/compile/gateway_rdata.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/ip.h"
#include "zones/compile/ldns_handle.h"
#include "zones/compile/name_text.h"

namespace compile {

namespace {

using Fault = tl::unexpected<RdataFault>;

constexpr std::uint8_t kNone = 0;
constexpr std::uint8_t kIpv4 = 1;
constexpr std::uint8_t kIpv6 = 2;
constexpr std::uint8_t kName = 3;

Fault fault(std::size_t token, std::string message) { return Fault(RdataFault{token, std::move(message)}); }

class Reader {
 public:
  Reader(std::string type, std::span<const Token> tokens, wire::Name origin)
      : type_(std::move(type)), tokens_(tokens), origin_(std::move(origin)) {}

  tl::expected<std::uint8_t, RdataFault> number(const char* what, unsigned largest) {
    unsigned value = 0;
    const std::string& text = tokens_[at_].text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > largest) {
      return fault(
          at_, "\"" + text + "\" is no " + what + " of " + type_ + ": a number from 0 to " + std::to_string(largest));
    }
    ++at_;
    return static_cast<std::uint8_t>(value);
  }

  tl::expected<base::Bytes, RdataFault> gateway(std::uint8_t kind) {
    const std::string& text = tokens_[at_].text;
    const auto wants = [&](const char* what) { return fault(at_, "\"" + text + "\" is not " + what); };
    base::ByteWriter out;
    if (kind == kNone) {
      if (text != ".") return wants("\".\", which stands for no gateway (type 0)");
    } else if (kind == kIpv4 || kind == kIpv6) {
      const auto address = base::IpAddress::parse(text);
      if (!address || address->is_v6() != (kind == kIpv6)) {
        return wants(kind == kIpv4 ? "an IPv4 address (type 1)" : "an IPv6 address (type 2)");
      }
      out.bytes(address->bytes());
    } else {
      const auto name = name_from_text(text, origin_);
      if (!name) return fault(at_, "the gateway of " + type_ + " is a domain name (type 3): " + name.error().message);
      out.bytes(name->wire());
    }
    ++at_;
    return base::Bytes(out.data().begin(), out.data().end());
  }

  // What is left is one text in base 64, with white space anywhere in it.
  tl::expected<base::Bytes, RdataFault> key() {
    std::string text;
    for (const Token& token : tokens_.subspan(at_)) text += token.text;
    if (text.empty()) return base::Bytes();
    const RdfPtr parsed(ldns_rdf_new_frm_str(LDNS_RDF_TYPE_B64, text.c_str()));
    if (!parsed) return fault(at_, "the key of " + type_ + " is not base 64");
    const auto* data = ldns_rdf_data(parsed.get());
    return base::Bytes(data, data + ldns_rdf_size(parsed.get()));
  }

  [[nodiscard]] std::size_t left() const { return tokens_.size() - at_; }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  const std::string type_;
  std::span<const Token> tokens_;
  const wire::Name origin_;
  std::size_t at_ = 0;
};

}  // namespace

bool has_gateway(std::uint16_t type) { return type == LDNS_RR_TYPE_IPSECKEY || type == LDNS_RR_TYPE_AMTRELAY; }

tl::expected<base::Bytes, RdataFault> gateway_rdata_from_text(std::uint16_t type, std::span<const Token> tokens,
                                                              base::ByteView origin) {
  const bool ipseckey = type == LDNS_RR_TYPE_IPSECKEY;
  const std::string name = type_to_text(type);
  const std::size_t least = 4;
  if (tokens.size() < least) {
    return fault(tokens.size(), name + (ipseckey ? " takes precedence, gateway type, algorithm, gateway and key"
                                                 : " takes precedence, D bit, relay type and relay"));
  }
  Reader reader(name, tokens, wire::Name::from_wire(origin).value_or(wire::Name()));
  const auto precedence = reader.number("precedence", 255);
  if (!precedence) return Fault(precedence.error());
  // IPSECKEY: gateway type, algorithm; AMTRELAY: the D bit, relay type.
  const auto second = ipseckey ? reader.number("gateway type", kName) : reader.number("D bit", 1);
  if (!second) return Fault(second.error());
  const auto third = ipseckey ? reader.number("algorithm", 255) : reader.number("relay type", kName);
  if (!third) return Fault(third.error());
  const auto gateway = reader.gateway(ipseckey ? *second : *third);
  if (!gateway) return Fault(gateway.error());
  base::ByteWriter out;
  out.u8(*precedence);
  if (ipseckey) {
    out.u8(*second);
    out.u8(*third);
  } else {
    out.u8(static_cast<std::uint8_t>(*second << 7 | *third));
  }
  out.bytes(*gateway);
  if (!ipseckey) {
    if (reader.left() > 0)
      return fault(reader.at(), "\"" + tokens[reader.at()].text + "\" follows the relay of AMTRELAY");
    return base::Bytes(out.data().begin(), out.data().end());
  }
  const auto key = reader.key();
  if (!key) return Fault(key.error());
  if (key->empty() != (*third == 0)) {
    return fault(std::min(reader.at(), tokens.size()),
                 *third == 0 ? "algorithm 0 of IPSECKEY says that there is no key" : "IPSECKEY lacks its key");
  }
  out.bytes(*key);
  return base::Bytes(out.data().begin(), out.data().end());
}

}  // namespace compile
