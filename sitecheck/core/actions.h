// What the core wants done. The shell performs actions in the order given, each begun before the next; none may be
// waited for inside the step. An outcome comes back as the event named here, exactly once, whatever happens: a step
// that the shell cannot finish ends with ok=false or kUnknown. The core sets its own limits and ignores late outcomes
// (their token or attempt is old).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/time.h"
#include "ecv/datagram.h"
#include "sitecheck/core/events.h"

namespace core {

// Sign with the peers key and send on every path of the peer or witness that `datagram.to` names, now. No outcome.
// Everything is filled in.
struct SendPeer {
  PoolIndex pool = 0;
  ecv::Datagram datagram;
};

// Begin a checkpoint round (two tries on fresh sockets each, within Timing::timeout). Outcome: RoundDone, at the
// latest Timing::timeout later. A round under way is dropped: no outcome for that one.
struct StartRound {
  std::uint64_t round = 0;
};

// Poll this node at once, not at its next turn. Outcome: NodePolled like any other.
struct ProbeNow {
  PoolIndex pool = 0;
  NodeIndex node = 0;
};

// Store core::encode(record) in the pool's two-slot file, with fsync of file and folder. Writes of one pool,
// those of Promote included, reach the disk in the order of the actions. Outcome: Persisted.
struct Persist {
  PoolIndex pool = 0;
  std::uint64_t token = 0;
  Record record;
};

// The permit grew: if `resumable`, write deadline, epoch and kernel boot id to the mmap (a restart may then go on as
// ACTIVE); then renew the guard. A promotion that is not finished is not resumable. No outcome.
struct SetPermit {
  PoolIndex pool = 0;
  base::Instant deadline;
  ecv::Epoch epoch;
  bool resumable = true;
  std::int64_t lease_id = 0;  // mode C: kept beside the deadline
};

// Clear the mmap before any later action of the list is begun. The guard keeps its deadline. No outcome.
struct ClearPermit {
  PoolIndex pool = 0;
};

// SET GLOBAL read_only=1 (and super_read_only=1 where it exists) on the node and read it back. Outcome:
// ReadOnlyAsserted. A node that does not answer: kProcessGone if its local process is proved dead, else kUnknown.
struct AssertReadOnly {
  PoolIndex pool = 0;
  NodeIndex node = 0;
  std::uint64_t token = 0;
};

// Close every local node of the pool. soft: read_only on one standing admin connection, a KILL loop on another, in
// parallel. hard: besides, the guard closes now, and a local mysqld that still does not confirm is killed (SIGKILL).
// Outcome: FenceDone, when confirmed, or when this attempt is over (after at most Timing::fence_bound). A hard fence
// begins beside a soft one that still runs; each has its outcome. Must not wait behind an unfinished Promote.
struct Fence {
  PoolIndex pool = 0;
  std::uint64_t token = 0;
  bool hard = false;
  std::string reason;
};

// One step of a promotion (protocol.md section 3). Outcome: PromoteDone for the same attempt and step; ok means:
//   kArmGuard         the guard acknowledged `deadline` (with guard: none: at once)
//   kPersistEpoch     `record` is on disk, as for Persist
//   kStopReplication  STOP SLAVE IO_THREAD done (or the node is no replica)
//   kApplyReceived    everything in the relay log is applied, then the SQL thread stopped; an SQL error is a failure
//   kOpenSuper        super_read_only=0 read back, where the server has it; else at once
//   kInsertEpochRow   the row of `epoch` is in the table, written by an account that may write under read_only, with
//                     the transaction in GTID domain kEpochDomain (gtid.h) so that it is not counted as data
//   kInsertEpochRow may also be asked of an ACTIVE pool, when it raises its epoch.
//   kOpenWrites       read_only=0 read back, and a write probe succeeded
// `deadline` is the permit's: begin kOpenWrites only before it, else answer ok=false without sending anything.
struct Promote {
  PoolIndex pool = 0;
  NodeIndex node = 0;
  std::uint64_t attempt = 0;
  PromoteStep step = PromoteStep::kArmGuard;
  base::Instant deadline;
  ecv::Epoch epoch;
  Record record;  // kPersistEpoch
};

// The attempt is given up before kOpenWrites was asked for: drop what is under way, never open. An AssertReadOnly
// follows. Replication stays stopped until Rejoin. No outcome.
struct AbortPromotion {
  PoolIndex pool = 0;
  NodeIndex node = 0;
  std::uint64_t attempt = 0;
};

// Make the local node a replica of the writer, by GTID, and start both threads. The writer is that of site `of`: its
// node `source`, where that is known (of this site always), else by the replicate_from of the node. The core has proved
// that the node's transactions are a subset. Outcome: RejoinDone, ok once both threads run.
struct Rejoin {
  PoolIndex pool = 0;
  NodeIndex node = 0;
  std::uint64_t token = 0;
  std::string of{};
  std::optional<NodeIndex> source{};
};

// Write the heartbeat row at the writer, stamped with `at`: as itself, by an account that read_only binds, and not once
// `deadline`, the permit's, has passed. It must never hold up a fence, which ends it. No outcome.
struct WriteBeat {
  PoolIndex pool = 0;
  NodeIndex node = 0;
  ecv::Epoch epoch;
  base::Instant at;
  base::Duration every{};
  base::Instant deadline;
};

// Mode C. A lease of Timing::etcd_ttl is granted, then the pool's key is created under it if it does not exist (a
// transaction on create_revision == 0), with this site's name as value; a lease without the key is revoked again.
// Outcome: EtcdDone, at the latest after `limit`.
struct EtcdCampaign {
  PoolIndex pool = 0;
  std::uint64_t token = 0;
  base::Duration limit{};
};
// Outcome: EtcdDone, at the latest after `limit`. Several may be under way.
struct EtcdKeepAlive {
  PoolIndex pool = 0;
  std::uint64_t token = 0;
  std::int64_t lease_id = 0;
  base::Duration limit{};
};
// Revoke the lease, and with it the key. Tried until done or the lease must have expired. Outcome: EtcdDone.
struct EtcdRelease {
  PoolIndex pool = 0;
  std::uint64_t token = 0;
  std::int64_t lease_id = 0;
};

// The other site told where its service address is: test it every interval, or as often as a test ends, from now on, in
// place of any before it; "" ends the tests. Each test ends with ServiceTested.
struct TestService {
  PoolIndex pool = 0;
  std::string site;
  std::string address;  // ADDRESS@PORT as told; may be nonsense
};

// For log and journal. `id` is stable ("pool.state", "pool.alarm", …).
struct Journal {
  base::Level level = base::Level::kInfo;
  std::string id;
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields;
};

// What the ECV report says changed: answer held requests of this pool now.
struct Changed {
  PoolIndex pool = 0;
};

struct CommandReply {
  std::uint64_t id = 0;
  bool ok = false;
  std::string message;  // for people: what was done, or why not
};

using Action = std::variant<SendPeer, StartRound, ProbeNow, Persist, SetPermit, ClearPermit, AssertReadOnly, Fence,
                            Promote, AbortPromotion, Rejoin, WriteBeat, EtcdCampaign, EtcdKeepAlive, EtcdRelease,
                            TestService, Journal, Changed, CommandReply>;

}  // namespace core
