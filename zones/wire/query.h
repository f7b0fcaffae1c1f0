// Reads a query from the network: the only reader of untrusted packets in the data plane (style 15).
//
// It allocates nothing and looks at every octet: a message is either understood whole or refused. Names in the question
// cannot be compressed (there is nothing before them to point at); records behind it are walked, and only OPT is read.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "zones/wire/types.h"

namespace wire {

// A name being looked up: lower case, with the offset of each label. Left uninitialised on purpose: one object serves
// many packets.
struct QueryName {
  static constexpr std::size_t kPadding = 8;  // octets behind any name that may be read, though they mean nothing

  alignas(8) std::array<std::uint8_t, kMaxName + 1 + kPadding> bytes;
  std::array<std::uint8_t, 128> offsets;  // offsets[i]: where label i starts; offsets[labels]: the root label
  std::uint8_t size;                      // octets, 1..255
  std::uint8_t labels;                    // without the root

  // The name from its label number `first` on.
  [[nodiscard]] base::ByteView suffix(std::size_t first) const {
    return {bytes.data() + offsets[first], static_cast<std::size_t>(size - offsets[first])};
  }
  // Takes an uncompressed name from `from`, lowered. Returns its size in octets, or 0 if there is no valid name.
  std::size_t assign(base::ByteView from);
};

// What an OPT record said (RFC 6891).
struct Edns {
  bool present;
  bool dnssec_ok;
  bool nsid;       // the client asks for the server's identifier (RFC 5001)
  bool keepalive;  // it asks how long a connection may idle (RFC 7828)
  std::uint8_t version;
  std::uint16_t payload;  // as sent; below 512 means 512 (RFC 6891 section 6.2.3)
  // Data of options, borrowed from the packet and known to be well-formed; empty: not sent.
  base::ByteView cookie;  // RFC 7873: the client's 8 octets, then 0 or 8..32 of a server
  base::ByteView subnet;  // RFC 7871: family, source prefix, scope 0, address
};

struct Query {
  std::uint16_t id;
  std::uint16_t flags;      // second 16 bits of the header
  bool has_question;        // exactly one well-formed question: `question`, `name`, `type`, `klass` are set
  base::ByteView question;  // as asked, case included; borrowed from the packet
  QueryName name;
  Type type;
  Class klass;
  Edns edns;

  [[nodiscard]] Opcode opcode() const { return static_cast<Opcode>((flags & kOpcodeMask) >> kOpcodeShift); }
};

enum class Parsed : std::uint8_t {
  kOk,
  kTooShort,  // under 12 octets: no reply is possible
  kResponse,  // QR=1: never answered, or two servers could play ping-pong
  kMalformed,
  kBadOpcode,   // an opcode other than QUERY
  kBadVersion,  // EDNS version above 0 (RFC 6891 section 6.1.3)
  kCookieOnly,  // no question, but a cookie: the client wants one of this server (RFC 7873 section 5.4, RFC 9619)
};

// On all but kOk, kTooShort and kResponse `out.id` and `out.flags` are set, and has_question tells whether it may be
// echoed. A query whose only fault is an option's data is kMalformed with `edns` set, so that its answer has an OPT
// record: without one, the client would take the server for one that knows no EDNS (RFC 6891 section 7).
[[nodiscard]] Parsed parse_query(base::ByteView packet, Query& out);

}  // namespace wire
