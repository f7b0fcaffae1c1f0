// What the shell tells the core. Everything that was read since the last step goes into one step() call, in the order
// of arrival, sockets first and outcomes after them (protocol.md rule 8): timers act after all inputs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "ecv/datagram.h"
#include "ecv/report.h"
#include "sitecheck/core/mode.h"
#include "sitecheck/core/record.h"

namespace core {

// Index into SiteConfig::pools, and into PoolConfig::nodes.
using PoolIndex = std::size_t;
using NodeIndex = std::size_t;

enum class PollResult : std::uint8_t {
  kOk,
  kRefused,        // connection refused: nobody listens
  kUnreachable,    // no answer within the timeout, reset, no route, protocol error
  kDegraded,       // 1040, too many connections: alive, degrade and alarm, never fail (spec.md section 3)
  kMisconfigured,  // 1045, access denied: likewise
};

enum class WriteProbe : std::uint8_t {
  kNotTried,  // read_only is set, or the node is not the writer
  kOk,
  kReadOnly,  // 1290: somebody closed it
  kFailed,    // error or timeout: disk full, hang
};

enum class SemiSync : std::uint8_t {
  kUnknown,   // the server does not tell
  kOff,       // not configured: acknowledged commits may be lost with the site
  kOn,        // the writer waits for a replica's receipt
  kDegraded,  // configured, but it fell back to asynchronous (no replica, or a timeout)
};
[[nodiscard]] std::string_view name(SemiSync s);  // "unknown", "off", "on", "degraded"

// The heartbeat row of a node (heartbeat.h): the newest by epoch that it holds.
struct Beat {
  std::uint64_t epoch = 0;  // under which it was written; 0: the node has no row
  base::Duration at{};      // the steady clock of the host that wrote it
  base::Duration every{};   // between two of them
};

// One poll of one node is over.
struct NodePolled {
  PoolIndex pool = 0;
  NodeIndex node = 0;
  PollResult result = PollResult::kOk;
  std::string message;  // for people, "" if all is well
  // The rest only if result is kOk.
  std::optional<bool> read_only;
  WriteProbe write = WriteProbe::kNotTried;
  std::string io;  // "Yes", "No", "Connecting", "" (not configured as a replica)
  std::string sql;
  int io_errno = 0;
  int sql_errno = 0;
  std::optional<std::int64_t> lag_ms;
  // MariaDB: @@gtid_binlog_state (domain-server-seq of every pair, comma separated), which proves containment where
  // gtid_current_pos cannot; MySQL: @@gtid_executed. Sent to the peer: at most kMaxPosition bytes count.
  std::string gtid;
  ecv::Epoch epoch_row;                     // highest in wideip.epoch, 0 if it has none
  bool epoch_row_read = false;              // false: the table could not be read (it may not exist yet: then true, 0)
  SemiSync semi_sync = SemiSync::kUnknown;  // as source
  int semi_sync_replicas = 0;
  std::string warning{};  // whatever result is: what a person should mend though nothing failed; becomes an alarm
  // Of kinds whose nodes stand each for themselves, named one by one:
  std::string fault{};              // what keeps the node from serving at all, although it answers
  std::string aside{};              // why it should take no writes now, although it is well
  bool closed = false;              // read_only was read as set, and super_read_only where the server has it
  std::optional<Beat> beat{};       // nothing: the row could not be read, or was not asked for
  std::string replication_error{};  // what the server says of sql_errno, or else of io_errno
};
inline constexpr std::size_t kMaxPosition = 700;

// The round of StartRound is over; `ok` in the order of SiteConfig::checkpoints.
struct RoundDone {
  std::uint64_t round = 0;
  struct Item {
    bool ok = false;
    std::string message;
  };
  std::vector<Item> items;
};

// A datagram on the peer port, of a peer or of a witness, whose MAC verified with a key of purpose peers. The core
// finds its pool, checks from, to, boot id and seq itself: hand over every one, of every path.
struct PeerDatagram {
  ecv::Datagram datagram;
  std::size_t path = 0;  // index of the sender's address it came from
};
// Something on the peer port that did not verify (any ecv::DatagramFault), or verified with a key of another purpose
// but is no relay. Only from an address that is one of a peer's or witness's configured paths (the IP is enough); else
// drop it.
struct PeerUnverifiable {
  ecv::DatagramFault fault = ecv::DatagramFault::kMismatch;
  std::size_t path = 0;
  std::string party{};  // the site, or the witness, whose path that is
};
// A datagram that verified with a key of purpose dnsd and carries `relay`, a known `service`, or both.
struct RelayDatagram {
  ecv::Datagram datagram;
};

// Outcome of Persist.
struct Persisted {
  PoolIndex pool = 0;
  std::uint64_t token = 0;
  bool ok = false;
  std::string message;
};

enum class Closing : std::uint8_t {
  kClosed,       // read_only=1 (super_read_only too where it exists) was read back
  kProcessGone,  // the local mysqld is not running; its my.cnf boots read-only
  kUnknown,      // neither could be confirmed
};
// Outcome of AssertReadOnly.
struct ReadOnlyAsserted {
  PoolIndex pool = 0;
  NodeIndex node = 0;
  std::uint64_t token = 0;
  Closing closing = Closing::kUnknown;
  std::string message;
};
// Outcome of Fence: every local node is confirmed closed (or its process gone), or not yet. Report kUnknown when an
// attempt ends without confirmation; the core asks again.
struct FenceDone {
  PoolIndex pool = 0;
  std::uint64_t token = 0;
  Closing closing = Closing::kUnknown;
  bool hard = false;
  std::string message;
};

enum class PromoteStep : std::uint8_t {
  kArmGuard,
  kPersistEpoch,
  kStopReplication,
  kApplyReceived,
  kOpenSuper,
  kInsertEpochRow,
  kOpenWrites
};
[[nodiscard]] std::string_view name(PromoteStep s);
// Outcome of Promote.
struct PromoteDone {
  PoolIndex pool = 0;
  std::uint64_t attempt = 0;
  PromoteStep step = PromoteStep::kArmGuard;
  bool ok = false;
  std::string message;
};

// Outcome of Rejoin.
struct RejoinDone {
  PoolIndex pool = 0;
  std::uint64_t token = 0;
  bool ok = false;
  std::string message;
};

// The guard answered, or was found dead. Send on each change, and once when the shell starts.
struct GuardStatus {
  PoolIndex pool = 0;
  bool alive = false;
  std::string message;
  // The deadline that it says it holds, if it can fence. kArmGuard's success tells the same; this one counts after a
  // restart of sitecheck within the lease.
  std::optional<base::Instant> armed_until{};
};

// Mode C (protocol.md section 1). An etcd that answers garbage, or a keepalive without TTL, is reported as the enum
// says; when in doubt kUnavailable, never kDone.
enum class EtcdResult : std::uint8_t {
  kDone,         // campaign: the key is ours; keepalive: renewed; release: the lease is gone
  kLost,         // campaign: somebody else has it (`owner`); keepalive: the lease is no more
  kUnavailable,  // no answer in time, an error, or nothing that makes sense: nothing is known
};
// Who holds the pool's key in etcd; site "" : nobody.
struct EtcdOwner {
  std::string site;
  std::uint64_t create_revision = 0;
};
// Outcome of EtcdCampaign, EtcdKeepAlive or EtcdRelease.
struct EtcdDone {
  PoolIndex pool = 0;
  std::uint64_t token = 0;
  EtcdResult result = EtcdResult::kUnavailable;
  std::int64_t lease_id = 0;          // campaign: of the new lease (also when lost: it has been revoked)
  std::uint64_t create_revision = 0;  // campaign, kDone
  EtcdOwner owner;                    // campaign, kLost
  std::string message;
};
// The watch: at its start, at each change, and when it goes blind or sees again.
struct EtcdWatched {
  PoolIndex pool = 0;
  bool known = false;  // false: etcd is not heard
  EtcdOwner owner;
  std::string message;
};

// A test of the service address of this pool at another site is over (protocol.md section 3): a handshake of MySQL.
struct ServiceTested {
  PoolIndex pool = 0;
  std::string site;  // whose
  bool ok = false;
  std::string message;
};

enum class Operation : std::uint8_t {
  kRecover,              // `recover POOL` or a node: clears FAIL, flap, block, QUARANTINED (if no errant is left)
  kRecoverAcceptErrant,  // `recover --accept-errant`
  kSetOffline,           // node → MAINT; a pool whose last local node goes offline is MAINT
  kSetOnline,
  kPromoteForce,     // `promote POOL --force`: a person vouches that the peer is fenced
  kSwitchover,       // `switchover POOL --to SITE`; replied to when done or given up
  kAbortSwitchover,  // `switchover POOL --abort`
  kMoveWriter,       // `move-role POOL NODE --role writer`: to `node` of this site; replied to when done or given up.
                     // Kind multi_writer: prefers that node, at once
};
[[nodiscard]] std::string_view name(Operation o);  // as the command line says it
struct Command {
  std::uint64_t id = 0;  // comes back in CommandReply
  Operation operation = Operation::kRecover;
  PoolIndex pool = 0;
  std::optional<NodeIndex> node;
  std::string who;
  std::string reason;
  std::string target{};  // kSwitchover: the site that shall write; "" with one peer: that
  bool dry_run = false;  // kSwitchover, kMoveWriter: says what would be done, and what stands against it
  std::optional<base::Duration> limit{};  // kSwitchover: instead of the pool's switchover_limit
};

// `mode MODE`, of the whole site. Answered by a CommandReply; kPassive is refused while a pool of this site writes.
struct ModeSet {
  std::uint64_t id = 0;
  Mode mode = Mode::kActive;
  std::string who;
  std::string reason;
};

using Event = std::variant<NodePolled, RoundDone, PeerDatagram, PeerUnverifiable, RelayDatagram, Persisted,
                           ReadOnlyAsserted, FenceDone, PromoteDone, RejoinDone, GuardStatus, EtcdDone, EtcdWatched,
                           ServiceTested, Command, ModeSet>;

// What the shell read before the first step: one per pool.
struct LoadedPool {
  enum class Slots : std::uint8_t {
    kValid,     // `record` holds the newest valid slot and no newer one can have been lost
    kDoubtful,  // `record` is valid, but a newer one may be lost (io::StateLoad::newer_may_be_lost)
    kMissing,   // no slot at all: a new site, or its state was lost
    kCorrupt,   // slots exist, none is valid
  };
  Slots slots = Slots::kMissing;
  Record record;
  // The mmap of the permit. Give nothing unless its kernel boot id is the running kernel's.
  struct Permit {
    base::Instant deadline;
    ecv::Epoch epoch;
    std::int64_t lease_id = 0;  // mode C: of the etcd lease that the deadline stands on
  };
  std::optional<Permit> permit;
};

}  // namespace core
