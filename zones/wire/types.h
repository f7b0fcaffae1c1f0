// The numbers of the DNS by name: RR types, classes, opcodes, rcodes, header flags, EDNS options (IANA "Domain Name
// System (DNS) Parameters"). Plain integers, since any 16-bit value may come from outside.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wire {

using Type = std::uint16_t;
inline constexpr Type kTypeA = 1;
inline constexpr Type kTypeNs = 2;
inline constexpr Type kTypeMd = 3;
inline constexpr Type kTypeMf = 4;
inline constexpr Type kTypeCname = 5;
inline constexpr Type kTypeSoa = 6;
inline constexpr Type kTypePtr = 12;
inline constexpr Type kTypeMx = 15;
inline constexpr Type kTypeTxt = 16;
inline constexpr Type kTypeAaaa = 28;
inline constexpr Type kTypeSrv = 33;
inline constexpr Type kTypeNaptr = 35;
inline constexpr Type kTypeDname = 39;
inline constexpr Type kTypeOpt = 41;
inline constexpr Type kTypeDs = 43;
inline constexpr Type kTypeSshfp = 44;
inline constexpr Type kTypeRrsig = 46;
inline constexpr Type kTypeNsec = 47;
inline constexpr Type kTypeTlsa = 52;
inline constexpr Type kTypeSvcb = 64;
inline constexpr Type kTypeHttps = 65;
inline constexpr Type kTypeTkey = 249;
inline constexpr Type kTypeTsig = 250;
inline constexpr Type kTypeIxfr = 251;
inline constexpr Type kTypeAxfr = 252;
inline constexpr Type kTypeMailb = 253;
inline constexpr Type kTypeMaila = 254;
inline constexpr Type kTypeAny = 255;
inline constexpr Type kTypeCaa = 257;

using Class = std::uint16_t;
inline constexpr Class kClassIn = 1;
inline constexpr Class kClassChaos = 3;
inline constexpr Class kClassAny = 255;

using Opcode = std::uint8_t;
inline constexpr Opcode kOpcodeQuery = 0;

// The 12-bit extended rcode (RFC 6891 section 6.1.3): the low four bits stand in the header, the rest in the OPT RR.
using Rcode = std::uint16_t;
inline constexpr Rcode kNoError = 0;
inline constexpr Rcode kFormErr = 1;
inline constexpr Rcode kServFail = 2;
inline constexpr Rcode kNxDomain = 3;
inline constexpr Rcode kNotImp = 4;
inline constexpr Rcode kRefused = 5;
inline constexpr Rcode kYxDomain = 6;
inline constexpr Rcode kNotAuth = 9;
inline constexpr Rcode kBadVers = 16;
inline constexpr Rcode kBadCookie = 23;  // RFC 7873 section 8

// Second 16 bits of the header (RFC 1035 section 4.1.1, RFC 4035 for AD and CD).
inline constexpr std::uint16_t kFlagQr = 0x8000;
inline constexpr std::uint16_t kFlagAa = 0x0400;
inline constexpr std::uint16_t kFlagTc = 0x0200;
inline constexpr std::uint16_t kFlagRd = 0x0100;
inline constexpr std::uint16_t kFlagRa = 0x0080;
inline constexpr std::uint16_t kFlagAd = 0x0020;
inline constexpr std::uint16_t kFlagCd = 0x0010;
inline constexpr std::uint16_t kOpcodeMask = 0x7800;
inline constexpr unsigned kOpcodeShift = 11;

// EDNS options.
inline constexpr std::uint16_t kOptionNsid = 3;           // RFC 5001
inline constexpr std::uint16_t kOptionClientSubnet = 8;   // RFC 7871
inline constexpr std::uint16_t kOptionCookie = 10;        // RFC 7873
inline constexpr std::uint16_t kOptionTcpKeepalive = 11;  // RFC 7828
inline constexpr std::uint16_t kOptionEde = 15;           // RFC 8914

// Extended DNS errors that this server gives (RFC 8914 section 4).
inline constexpr std::uint16_t kEdeStaleAnswer = 3;
inline constexpr std::uint16_t kEdeNotReady = 14;
inline constexpr std::uint16_t kEdeNotAuthoritative = 20;
inline constexpr std::uint16_t kEdeNotSupported = 21;
inline constexpr std::uint16_t kEdeNoReachableAuthority = 22;

inline constexpr std::size_t kClientCookie = 8;   // octets (RFC 7873 section 4.1)
inline constexpr std::size_t kServerCookie = 16;  // of the form of RFC 9018; others have 8 to 32

inline constexpr std::size_t kHeaderSize = 12;
inline constexpr std::size_t kMaxName = 255;  // octets of a name with its root label (RFC 1035 section 2.3.4)
inline constexpr std::size_t kMaxLabel = 63;
inline constexpr std::size_t kMinUdpPayload = 512;  // what every client takes (RFC 1035 section 4.2.1)
inline constexpr std::size_t kMaxMessage = 65535;

// "A", "HTTPS"; "TYPE65280" for what has no name here (RFC 3597 section 5).
[[nodiscard]] std::string type_name(Type type);
// "NOERROR", "BADVERS"; "RCODE22" for the rest.
[[nodiscard]] std::string rcode_name(Rcode rcode);

}  // namespace wire
