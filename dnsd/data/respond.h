// One query in, one response out: the heart of the data plane. No I/O, no allocation, no lock, no clock.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"
#include "dnsd/data/policy.h"
#include "zones/snapshot/answer.h"
#include "zones/snapshot/counters.h"
#include "zones/snapshot/snapshot.h"
#include "zones/wire/query.h"

namespace data {

enum class Transport : std::uint8_t { kUdp4, kUdp6, kTcp4, kTcp6 };
[[nodiscard]] constexpr bool is_tcp(Transport t) { return t == Transport::kTcp4 || t == Transport::kTcp6; }

// Who asks.
struct Asker {
  // Implicit: where the address does not matter, the transport says all.
  Asker(Transport by, base::ByteView from = {}) : transport(by), address(from) {}

  Transport transport;
  base::ByteView address;  // 4 or 16 octets in network order; empty: neither cookies nor limits
};

// What of the server's options shows in answers. Sealed before the first worker starts.
struct Identity {
  std::string id;       // id.server, hostname.bind (RFC 4892); empty: refused
  std::string version;  // version.bind, version.server
  std::string nsid;     // RFC 5001
  std::uint16_t udp_payload = 1232;
  std::uint16_t tcp_keepalive = 0;  // RFC 7828, in 100 ms: how long a connection may idle; 0: not told
};

// A query that was read and waits for its answer.
struct Pending {
  wire::Query query;
  wire::Parsed parsed;
  bool looked_up;  // `hash` is set: the name will be searched in the snapshot
  std::uint64_t hash;
};

// Working memory of one worker, reused for every packet.
struct Scratch {
  // Queries read before the first is answered: enough for their waits on memory to overlap, and few enough for all of
  // this to stay in the nearest cache.
  static constexpr std::size_t kGroup = 16;
  std::array<Pending, kGroup> pending;
  snapshot::Desk desk;
  std::shared_ptr<const Policy> policy;       // null: neither cookies nor limits
  Moment now;                                 // of this batch, where wants_time() says so
  std::uint16_t tcp_keepalive_most = 0xffff;  // what is told instead of a longer Identity::tcp_keepalive
  std::uint32_t over_limit = 0;               // responses over their limit so far, for the slip
  const Pending* dynamic = nullptr;           // the latest query that a dynamic name answered
};

// The first step: reads `packet` (which must stay until the answer) and hints at the memory that its answer needs.
void read(const snapshot::Snapshot* snapshot, base::ByteView packet, Pending& into);
// The second step, when all of a batch are read.
void prefetch(const snapshot::Snapshot& snapshot, const Pending& pending);

// True if the answer depends on the time, so that `scratch.now` must be set before the last step.
[[nodiscard]] inline bool wants_time(const Pending& pending, const Scratch& scratch) {
  return scratch.policy != nullptr && (scratch.policy->rates != nullptr || !pending.query.edns.cookie.empty());
}
// That time, from the system's clocks.
[[nodiscard]] Moment read_moment();

// The last step. `pending` may be one of `scratch`.
[[nodiscard]] std::size_t respond(const Identity& identity, const snapshot::Snapshot* snapshot, base::ByteView packet,
                                  const Asker& asker, std::span<std::uint8_t> out, const Pending& pending,
                                  Scratch& scratch, snapshot::WorkerCounters& counters);

// All steps for one packet. Answers `packet` into `out`, which holds at least udp_payload (UDP) or 65535 octets (TCP).
// Returns the size of the response; 0 if there must be none: under 12 octets, QR=1, or over the limit of its client.
// `snapshot` null: nothing is loaded yet, SERVFAIL with EDE 14. Counts into `counters`.
[[nodiscard]] std::size_t respond(const Identity& identity, const snapshot::Snapshot* snapshot, base::ByteView packet,
                                  const Asker& asker, std::span<std::uint8_t> out, Scratch& scratch,
                                  snapshot::WorkerCounters& counters);

}  // namespace data
