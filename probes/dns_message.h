// The DNS messages of a look: one question out, one answer judged (RFC 1035 section 4). Pure; every byte that came from
// outside passes the bounds-checked reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "zones/wire/name.h"

namespace probes {

struct DnsQuestion {
  wire::Name name;  // with the letter case that goes out
  wire::Type type = wire::kTypeA;
};

// A recursive question of class IN without EDNS, so that the oldest server understands it.
[[nodiscard]] base::Bytes write_question(std::uint16_t id, const DnsQuestion& question);

// `name` with the case of each letter by a bit of `bits` in turn: the answer must repeat it, which an answer forged off
// the path has to guess too (draft-vixie-dnsext-dns0x20).
[[nodiscard]] wire::Name mix_case(const wire::Name& name, std::uint64_t bits);

enum class DnsMatch : std::uint8_t {
  kForeign,    // not an answer to this question: to be ignored
  kAnswer,     // an answer, whole as far as it was looked at
  kTruncated,  // an answer that says "ask by TCP" (TC)
  kOtherCase,  // an answer whose question differs by letter case only: to be asked by TCP, where nobody forges
};

struct DnsVerdict {
  DnsMatch match = DnsMatch::kForeign;
  wire::Rcode rcode = wire::kNoError;  // without the extended bits
};

// Id, QR, opcode, and the question, which must be the one asked (RFC 5452 section 9.1). A header alone is taken with
// FORMERR or NOTIMP only: servers that did not understand the question may leave it out.
[[nodiscard]] DnsVerdict judge_answer(base::ByteView message, std::uint16_t id, const DnsQuestion& question);

// The records of `type` in the answer section of a message that judge_answer() took, as texts that a person would
// configure: A and AAAA by address, NS, CNAME and PTR by name (lower case, no final dot), TXT with its strings joined.
// Other types give none. Nothing if the message is malformed.
[[nodiscard]] std::optional<std::vector<std::string>> record_texts(base::ByteView message, wire::Type type);
// The same form of what was configured for a record of `type`; nothing if it is none.
[[nodiscard]] std::optional<std::string> record_text(wire::Type type, std::string_view configured);

}  // namespace probes
