#include "zones/wire/types.h"

#include <array>
#include <utility>

namespace wire {

namespace {

constexpr std::array<std::pair<Type, std::string_view>, 31> kTypes{{
    {kTypeA, "A"},
    {kTypeNs, "NS"},
    {kTypeMd, "MD"},
    {kTypeMf, "MF"},
    {kTypeCname, "CNAME"},
    {kTypeSoa, "SOA"},
    {kTypePtr, "PTR"},
    {kTypeMx, "MX"},
    {kTypeTxt, "TXT"},
    {kTypeAaaa, "AAAA"},
    {kTypeSrv, "SRV"},
    {kTypeNaptr, "NAPTR"},
    {kTypeDname, "DNAME"},
    {kTypeOpt, "OPT"},
    {kTypeDs, "DS"},
    {kTypeSshfp, "SSHFP"},
    {kTypeRrsig, "RRSIG"},
    {kTypeNsec, "NSEC"},
    {kTypeTlsa, "TLSA"},
    {kTypeSvcb, "SVCB"},
    {kTypeHttps, "HTTPS"},
    {kTypeTkey, "TKEY"},
    {kTypeTsig, "TSIG"},
    {kTypeIxfr, "IXFR"},
    {kTypeAxfr, "AXFR"},
    {kTypeMailb, "MAILB"},
    {kTypeMaila, "MAILA"},
    {kTypeAny, "ANY"},
    {kTypeCaa, "CAA"},
    {13, "HINFO"},
    {17, "RP"},
}};

constexpr std::array<std::pair<Rcode, std::string_view>, 10> kRcodes{{
    {kNoError, "NOERROR"},
    {kFormErr, "FORMERR"},
    {kServFail, "SERVFAIL"},
    {kNxDomain, "NXDOMAIN"},
    {kNotImp, "NOTIMP"},
    {kRefused, "REFUSED"},
    {kYxDomain, "YXDOMAIN"},
    {kNotAuth, "NOTAUTH"},
    {kBadVers, "BADVERS"},
    {kBadCookie, "BADCOOKIE"},
}};

}  // namespace

std::string type_name(Type type) {
  for (const auto& [number, name] : kTypes) {
    if (number == type) return std::string(name);
  }
  return "TYPE" + std::to_string(type);
}

std::string rcode_name(Rcode rcode) {
  for (const auto& [number, name] : kRcodes) {
    if (number == rcode) return std::string(name);
  }
  return "RCODE" + std::to_string(rcode);
}

}  // namespace wire
