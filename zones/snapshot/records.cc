#include "zones/snapshot/records.h"

#include <limits>

#include "zones/wire/message_writer.h"
#include "zones/wire/rdata.h"

namespace snapshot {

namespace {

// Room that a message must leave for the longest question, OPT and a chain's last CNAME.
constexpr std::size_t kReserve = 1024;

}  // namespace

bool RecordStore::fits() const { return table_.arena.size() < std::numeric_limits<std::uint32_t>::max(); }

Run RecordStore::octets(base::ByteView bytes) {
  const Run run{static_cast<std::uint32_t>(table_.arena.size()), static_cast<std::uint32_t>(bytes.size())};
  table_.arena.insert(table_.arena.end(), bytes.begin(), bytes.end());
  return run;
}

Rrset RecordStore::rrset(const std::string& owner, const PlannedSet& set) {
  Rrset out;
  out.type = set.type;
  out.ttl_s = set.ttl_s;
  out.count = static_cast<std::uint16_t>(set.rdatas.size());
  base::ByteWriter plain;
  for (const auto& rdata : set.rdatas) {
    plain.u16(static_cast<std::uint16_t>(0xc000 | wire::kHeaderSize));
    plain.u16(set.type);
    plain.u16(wire::kClassIn);
    plain.u32(set.ttl_s);
    plain.bytes16(rdata);
  }
  if (plain.data().size() > wire::kMaxMessage - kReserve) {
    if (oversize_.empty()) oversize_ = text_of(owner) + " " + wire::type_name(set.type);
    return out;
  }
  out.records = octets(plain.data());
  out.direct = out.records;
  if (!wire::rdata_names(set.type).compressible) return out;

  message_.resize(wire::kMaxMessage);
  base::ByteWriter question;
  question.bytes(base::as_bytes(owner));
  question.u32(0);
  wire::MessageWriter message;
  message.start(message_, message_.size(), question.data());
  const std::size_t start = message.size();
  for (const auto& rdata : set.rdatas) {
    if (!message.record(base::as_bytes(owner), set.type, wire::kClassIn, set.ttl_s, rdata)) return out;
  }
  out.direct = octets(message.message().subspan(start));
  return out;
}

}  // namespace snapshot
