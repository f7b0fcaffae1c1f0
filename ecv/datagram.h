// The peer datagram (protocol.md section 8): one signed UDP datagram of at most 1,200 bytes between two sitechecks,
// and between dnsd and sitecheck for relays. Encoding is a fixed binary layout, big-endian, MAC last.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "ecv/mac.h"
#include "ecv/report.h"

namespace ecv {

inline constexpr std::size_t kMaxDatagram = 1200;

using Nonce = std::uint64_t;

enum class Want : std::uint8_t {
  kNone,
  kRenew,
  kPromote,
  kRelease,  // mode B: closed, and the votes are given back; answered by nothing (section 1)
};
enum class AnswerKind : std::uint8_t { kGrant, kRefuse, kRelease };

// An answer to the request that carried `nonce`.
struct Answer {
  Nonce nonce = 0;
  AnswerKind kind = AnswerKind::kRefuse;
  std::string reason;  // of a refusal, at most 64 bytes
  Epoch epoch;         // of a release
};

// What the sender found when it tested the service address of the receiver's pool (section 3).
enum class ServiceView : std::uint8_t { kUnknown, kUp, kDown };

// "Site `site` is ACTIVE with this epoch", heard `age_ms` ago by the sender (a dnsd). It may inhibit a standby; it
// never counts as a grant, nor as the peer speaking (rule 14).
struct Relay {
  std::uint8_t site = 0;
  Epoch epoch;
  std::uint32_t age_ms = 0;
};

struct Datagram {
  std::uint8_t version = 1;
  std::string pool;  // one datagram per pool
  std::string from;  // site name, or dnsd id for a relay
  std::string to;
  std::uint64_t boot_id = 0;  // of the sending process
  std::uint64_t seq = 0;      // grows per (from, boot_id)
  Nonce nonce = 0;            // of this message's request; answers name it
  Nonce echo = 0;             // the receiver's last nonce: proves a new boot_id fresh (rule 11)
  PoolState state = PoolState::kInit;
  Epoch epoch;
  Epoch max_epoch_seen;
  bool eligible = false;
  std::string position;           // GTID text, shortened by the sender's dialect if need be
  std::uint64_t config_hash = 0;  // of checkpoints, arbiter and timing (rule 9)
  std::string guard;              // "process", "nft", "none"
  ServiceView service = ServiceView::kUnknown;
  std::string
      service_at;      // the sender's own service address, ADDRESS@PORT, for the receiver to test; "" if it has none
  std::string target;  // of a DRAINING sender, and of a release: the site that shall write; else ""
  // Of a request in mode B: T_grant by the sender's configuration. The voter promises, and keeps its moratorium, for so
  // long; so a witness needs no times of its own, and cannot have wrong ones. 0 in other modes.
  std::uint32_t grant_wait_ms = 0;
  Want want = Want::kNone;
  std::vector<Answer> answers;  // at most 8
  std::optional<Relay> relay;
};

// Error if it does not fit into kMaxDatagram.
[[nodiscard]] base::Result<base::Bytes> encode(const Datagram& d, const Key& key);

enum class DatagramFault : std::uint8_t { kNone, kTruncated, kMalformed, kVersion, kUnknownKey, kMismatch };
[[nodiscard]] std::string_view name(DatagramFault f);

struct Decoded {
  DatagramFault fault = DatagramFault::kNone;
  Datagram datagram;  // meaningful only if fault is kNone
};
// Verifies before it looks at any content beyond version and key id. Never throws, never reads past the end.
[[nodiscard]] Decoded decode(base::ByteView bytes, const KeyRing& keys);

}  // namespace ecv
