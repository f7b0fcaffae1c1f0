// From a question to the sections of its answer: the rules of RFC 1034 section 4.3.2 over one Snapshot.
#pragma once

#include <cstdint>

#include "zones/snapshot/choice.h"
#include "zones/snapshot/snapshot.h"
#include "zones/snapshot/table.h"
#include "zones/wire/message_writer.h"
#include "zones/wire/query.h"

namespace snapshot {

// What a response is, for the counters: one of these each.
enum class Outcome : std::uint8_t { kAnswer, kNodata, kNxdomain, kReferral, kRefused, kServfail, kYxdomain };

struct Answer {
  Outcome outcome = Outcome::kRefused;
  wire::Rcode rcode = wire::kRefused;
  bool authoritative = false;
  bool truncated = false;  // an RRset that had to be there did not fit (RFC 2181 section 9)
  bool dynamic = false;    // a dynamic name decided
  bool has_ede = false;
  std::uint16_t ede = 0;
  std::uint8_t scope = 0;  // bits of the client's address, as told by ECS, on which the answer depends (RFC 7871)
  // Which node gave it: the name's own, the wildcard, the DNAME or the cut, and the apex of what does not exist. A
  // limit of rates counts by it, so that made-up names are one. kNone where the name is in no zone.
  std::uint32_t source = kNone;
};

// What a worker writes its answers with. One for each thread.
struct Desk {
  wire::MessageWriter writer;
  Turns turns;
};

// Writes the sections behind the question that the desk's writer holds. `query`: that question, class IN, and a type
// that can be asked for data (ANY included, no transfer or other meta type); its ECS option is a valid one. `hash`: of
// its name (Prefetch::begin). `client`: the address that asks, 4 or 16 octets; empty: unknown. Allocates nothing.
// RRsets are written whole or not at all.
[[nodiscard]] Answer answer(const Snapshot& snapshot, const wire::Query& query, std::uint64_t hash,
                            const base::ByteView& client, Desk& desk);

// Tells the memory what answers will be wanted, a batch at a time: first begin() for each name, then follow() for each,
// then answer() for each. Only a matter of speed.
struct Prefetch {
  [[nodiscard]] static std::uint64_t begin(const Snapshot& snapshot, const wire::QueryName& name);
  static void follow(const Snapshot& snapshot, std::uint64_t hash);
};

}  // namespace snapshot
