// What a site shows of itself: for the ECV report, for `status`, for metrics. Values, computed at `now`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "ecv/datagram.h"
#include "ecv/report.h"
#include "sitecheck/core/config.h"
#include "sitecheck/core/counters.h"
#include "sitecheck/core/events.h"

namespace core {

// States of a site's pool, protocol.md section 3; ecv::PoolState plus CANDIDATE, which reports STANDBY.
enum class State : std::uint8_t {
  kInit,
  kStandby,
  kCandidate,
  kPromoting,
  kActive,
  kDraining,
  kFencing,
  kFenced,
  kQuarantined,
  kMaint
};
[[nodiscard]] std::string_view name(State s);
[[nodiscard]] ecv::PoolState reported(State s);

[[nodiscard]] std::string_view name(ecv::ServiceView v);  // "unknown", "up", "down"

// Who says how far a replica is behind.
enum class LagSource : std::uint8_t { kNone, kSecondsBehind, kHeartbeat };
[[nodiscard]] std::string_view name(LagSource s);  // "", "seconds_behind", "heartbeat"

struct NodeView {
  std::string name;
  bool local = true;
  int priority = 100;
  ecv::NodeState state = ecv::NodeState::kUnknown;
  ecv::NodeStatus status = ecv::NodeStatus::kOk;
  int req = 0;
  std::optional<base::Instant> polled_at;
  std::string message;
  std::optional<bool> read_only;
  std::string io;
  std::string sql;
  std::optional<std::int64_t> lag_ms;
  LagSource lag_by = LagSource::kNone;
  std::string gtid;
  std::string gtid_gaps;     // MySQL: what it lacks below the last that it has of the same source
  std::string gtid_missing;  // what the writer has and it has not
};

struct PeerView {
  std::string site;
  std::optional<base::Instant> last_heard;
  bool config_match = true;
  std::vector<std::optional<base::Instant>> paths;  // last heard on each
  std::optional<ecv::PoolState> state;              // nothing: never heard
  ecv::Epoch epoch;
  bool eligible = false;
  std::string position;
};

// What one site or dnsd that is heard finds at our service address.
struct ServiceVoice {
  std::string from;
  ecv::ServiceView found = ecv::ServiceView::kUnknown;
};

// A planned switchover at the site that gives the writer away, in the order of its steps.
enum class SwitchoverStep : std::uint8_t {
  kClosing,     // writes are being stopped
  kReading,     // they are: the final position is read
  kCatchingUp,  // the target applies what it lacks
  kReopening,   // given up: this site opens again
  kReleased,    // irrevocable: the target is to become ACTIVE
  kOpening,     // within the site: the other node is being promoted
};
[[nodiscard]] std::string_view name(SwitchoverStep s);

struct SwitchoverView {
  std::string target;  // site, or "site/node" of this site
  SwitchoverStep step = SwitchoverStep::kClosing;
  base::Instant since;      // of the step
  base::Instant began;      // writes were told to stop
  std::string reason;       // why it was begun
  std::string given_up;     // why it is given up, "" while it goes on
  std::string still_lacks;  // kCatchingUp: transactions that the target was last known to lack, shortened
};

// Who says that this site may write (protocol.md section 1), and how that stands.
struct ArbiterView {
  std::string kind;    // "checkpoints", "witness", "etcd", or "self" for a pool of one site
  std::string source;  // of the permit that is held ("grant", "checkpoints", "votes", …); "" without one
  // Modes A and B: whose grant counts. This site's own vote is among them in mode B.
  struct Voter {
    std::string name;
    bool witness = false;
    std::string answer;  // "granted", "refused: …"; "" before the first
    std::optional<base::Instant> answered_at;
  };
  std::vector<Voter> voters;
  int quorum = 0;           // mode B: votes that a writer needs
  std::string vote_holder;  // mode B: who has this site's vote; "" if nobody
  std::optional<base::Instant> vote_until;
  // Mode A: since when the peer is silent, and the rounds have reached their quorum without a failure.
  std::optional<base::Instant> silent_since;
  std::optional<base::Instant> rounds_since;
  // Mode C.
  std::optional<bool> etcd_heard;
  std::string etcd_owner;     // "" if nobody, or unknown
  std::int64_t lease_id = 0;  // ours
  std::string message;        // of the last that went wrong
};

// What the protocol's promises are about.
struct Standing {
  State state = State::kInit;
  ecv::Epoch epoch;  // of the claim; 0 if it has none
  ecv::Epoch max_epoch_seen;
  std::optional<base::Instant> permit;
  bool operator==(const Standing&) const = default;
};

struct PoolView {
  std::string name;
  std::string kind;
  bool arbitrated = true;  // one writer across the sites, by permit, epoch and guard; else none of these has a meaning
  State state = State::kInit;
  ecv::PoolStatus status = ecv::PoolStatus::kOk;
  base::Instant since;  // of the state
  ecv::Epoch epoch;     // of the claim; 0 if it has none
  ecv::Epoch max_epoch_seen;
  std::int64_t lease_ms = 0;  // left; 0 unless ACTIVE
  bool eligible = false;
  std::string reason;  // why it is not eligible, or why the state is what it is
  std::string guard;   // kind as reported: "none" while it does not answer
  bool guard_alive = false;
  bool guard_armed = false;             // it acknowledged a deadline of the permit that is held
  std::optional<base::Instant> permit;  // deadline, if one is held
  ecv::FenceKind fence = ecv::FenceKind::kNone;
  std::vector<std::string> alarms;
  std::vector<std::string> alarms_of;  // for each alarm the node that it is about, or ""
  std::string writer;                  // node that writes, while ACTIVE or DRAINING; else ""
  std::optional<SwitchoverView> switchover;
  SemiSync semi_sync = SemiSync::kUnknown;  // of our writer: are acknowledged commits at a second place?
  int semi_sync_replicas = 0;
  ecv::ServiceView service = ecv::ServiceView::kUnknown;  // our service address, as the others find it
  std::vector<ServiceVoice> service_voices;               // each of them that can tell
  std::string errant;                                     // QUARANTINED: the transactions that keep it out
  ArbiterView arbiter;
  std::optional<PeerView> peer;  // the foremost: the writer, else the one heard last
  std::vector<PeerView> peers;   // the other sites, in the order of the configuration
  std::vector<NodeView> nodes;   // in priority order
  std::uint64_t promotions = 0;
  std::uint64_t fences = 0;
  Counters counters;  // since the start of the process, for metrics
};

struct CheckpointView {
  std::string id;
  Scope scope = Scope::kExternal;
  bool ok = false;
  int req = 0;                        // failed rounds in a row
  std::optional<base::Instant> time;  // of the last round
  std::string message;
};

struct CheckpointsView {
  int ok = 0;  // external ones
  int total = 0;
  int quorum = 0;
  std::string cut;  // "", "LAN", "WAN", "GLOBAL"
  std::vector<CheckpointView> items;
};

}  // namespace core
