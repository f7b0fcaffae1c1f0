// The ECV report: what a site says of one of its pools (protocol.md section 8). Encoded as JSON, signed by a header
// over method, target, nonce and body. Ages and leases travel as milliseconds that the sender computed, never as wall
// time. The reader is the hostile side: decode() accepts any bytes and names what is wrong with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ecv {

// (counter << 8 | site id): unique by construction (protocol.md section 3). 0 means "none known". Compare counters.
struct Epoch {
  std::uint64_t value = 0;
  [[nodiscard]] static Epoch make(std::uint64_t counter, std::uint8_t site_id) { return {counter << 8 | site_id}; }
  [[nodiscard]] std::uint64_t counter() const { return value >> 8; }
  [[nodiscard]] std::uint8_t site_id() const { return static_cast<std::uint8_t>(value & 0xFF); }
  bool operator==(const Epoch&) const = default;
};

// What a site's pool reports; a candidate reports STANDBY (protocol.md section 3).
enum class PoolState : std::uint8_t {
  kInit,
  kStandby,
  kPromoting,
  kActive,
  kDraining,
  kFencing,
  kFenced,
  kQuarantined,
  kMaint
};
enum class PoolStatus : std::uint8_t { kOk, kWarn, kFail };
enum class FenceKind : std::uint8_t { kNone, kSoft, kHard, kFailed };
// Node STATE, spec.md section 3.
enum class NodeState : std::uint8_t {
  kUnknown,
  kActive,
  kStandby,
  kFailedOnline,
  kFailedOffline,
  kMaint,
  kFenced,
  kAwaitingRecovery
};
// Node STATUS levels 0..4.
enum class NodeStatus : std::uint8_t { kOk, kOkInfo, kOkWarn, kOkCritical, kFail };

// Upper-case names as operators see them: "ACTIVE", "OK_WARN", "AWAITING_RECOVERY"; parse_* gives nothing for others.
[[nodiscard]] std::string_view name(PoolState s);
[[nodiscard]] std::string_view name(PoolStatus s);
[[nodiscard]] std::string_view name(FenceKind s);  // lower case: none, soft, hard, failed
[[nodiscard]] std::string_view name(NodeState s);
[[nodiscard]] std::string_view name(NodeStatus s);  // OK, OK_INFO, OK_WARN, OK_CRITICAL, FAIL
[[nodiscard]] std::optional<PoolState> parse_pool_state(std::string_view text);
[[nodiscard]] std::optional<PoolStatus> parse_pool_status(std::string_view text);
[[nodiscard]] std::optional<FenceKind> parse_fence_kind(std::string_view text);
[[nodiscard]] std::optional<NodeState> parse_node_state(std::string_view text);
[[nodiscard]] std::optional<NodeStatus> parse_node_status(std::string_view text);

struct NodeReport {
  std::string id;
  NodeState state = NodeState::kUnknown;
  NodeStatus status = NodeStatus::kOk;
  std::optional<bool> read_only;  // not known while the node does not answer
  std::string io;                 // replication IO thread: "Yes", "No", "Connecting", "" (no replica)
  std::string sql;                // replication SQL thread, likewise
  std::optional<std::int64_t> lag_ms;
  std::string gtid;
  int req = 0;           // failed polls in a row
  std::string lag_by{};  // who says lag_ms: "heartbeat", "seconds_behind", "" if nobody does
};

struct Report {
  int v = 1;
  std::string pool;
  std::string site;
  std::string instance;       // the sitecheck process: host and pid, for people
  std::uint64_t boot_id = 0;  // of the sitecheck process
  std::uint64_t seq = 0;      // grows with each answer
  Epoch epoch;                // of the claim
  Epoch max_epoch_seen;
  PoolState state = PoolState::kInit;
  PoolStatus pool_status = PoolStatus::kOk;
  bool eligible = false;
  std::int64_t lease_ms = 0;  // left when the answer was made; 0 unless ACTIVE
  FenceKind fence = FenceKind::kNone;
  std::string guard;  // "process", "nft", "none"
  struct Checkpoints {
    int ok = 0;
    int total = 0;
    int quorum = 0;
    std::string cut;  // "", "LAN", "WAN", "GLOBAL"
  } checkpoints;
  std::vector<NodeReport> nodes;
  struct Peer {
    std::optional<std::int64_t> last_heard_ms;  // age
    Epoch epoch;
    std::string state;  // a PoolState name, or "" if never heard
  } peer;
  std::string arbiter;      // "checkpoints", "witness", "etcd"
  std::string config_hash;  // hex
  std::string server_time;  // advisory, UTC; decides nothing
  // For people and monitors; reports of older sites come without them.
  bool guard_armed = false;         // the guard holds a deadline that lies ahead
  std::string target;               // of a DRAINING site: who shall write; else ""
  std::string semi_sync;            // of the writer: "off", "on", "degraded"; "" or "unknown": it does not tell
  int semi_sync_replicas = 0;       // that the writer waits for
  std::string service = "unknown";  // the service address as the other sites and the dnsds find it: "up", "down"
  std::string service_at;           // where that stands, ADDRESS@PORT; "" if the site has none, or is older
  std::string errant;               // transactions that keep a QUARANTINED site out, shortened
};

// One line of JSON. Bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string encode(const Report& report);

// Error names the field. Unknown fields are ignored (newer versions add some); missing, mistyped or out-of-range ones
// are errors, as is `v` other than 1. Strings over 64 KiB and more than 1,024 nodes are refused.
[[nodiscard]] base::Result<Report> decode(std::string_view json);

}  // namespace ecv
