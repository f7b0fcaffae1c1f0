// STATUS and STATE of one MySQL node (spec.md section 3): levels, req, heal, flap damping, recovery.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "ecv/report.h"
#include "sitecheck/core/config.h"
#include "sitecheck/core/events.h"
#include "sitecheck/core/gtid.h"
#include "sitecheck/core/record.h"
#include "sitecheck/core/view.h"

namespace core {

class Node {
 public:
  Node(const SiteConfig& site, const NodeConfig& config);

  // Other thresholds, priority and so on, from the next poll on; what is known of it stays.
  void reconfigure(const SiteConfig& site, const NodeConfig& config);

  // What the pool knows when a poll comes in.
  struct Context {
    bool writer = false;                     // this node is the pool's ACTIVE writer
    bool must_follow = false;                // another site is ACTIVE: replication ought to run
    bool calm = true;                        // the pool is neither fencing nor fenced: a good node may be STANDBY
    bool draining = false;                   // this node is the writer of a switchover: closed on purpose
    bool member = false;                     // of a kind in which each node stands for itself: the rest does not count
    std::optional<base::Duration> behind{};  // the writer, by the heartbeat row
  };
  struct Outcome {
    bool first_error = false;  // probe again at once
    bool failed = false;       // it has just reached FAIL
    bool changed = false;      // STATE or STATUS is another
  };
  Outcome poll(const NodePolled& p, const Context& context, base::Instant now);

  // It has been good for auto_recover_after, and does not flap: it may return if its data is proved.
  [[nodiscard]] bool may_return(base::Instant now) const;
  void returned() { set(ecv::NodeState::kStandby); }
  void set(ecv::NodeState state);
  // `recover`: clears flapping and the wait.
  void recover(base::Instant now);
  void set_offline() { set(ecv::NodeState::kMaint); }

  [[nodiscard]] ecv::NodeState state() const { return state_; }
  [[nodiscard]] ecv::NodeStatus status() const { return status_; }
  [[nodiscard]] const NodeConfig& config() const { return config_; }
  [[nodiscard]] bool failed() const {
    return state_ == ecv::NodeState::kFailedOffline || state_ == ecv::NodeState::kFailedOnline;
  }
  [[nodiscard]] bool flapping() const { return flapping_; }
  [[nodiscard]] bool answers() const { return answers_; }
  // Read_only was confirmed and it has not been opened since (rule 6); set by the pool.
  [[nodiscard]] bool closed() const { return closed_; }
  void set_closed(bool closed) { closed_ = closed; }
  [[nodiscard]] bool seen_open() const { return answers_ && read_only_ && !*read_only_; }
  // Both threads run.
  [[nodiscard]] bool replicating() const { return answers_ && io_ == "Yes" && sql_ == "Yes"; }
  // The IO thread tries to reach its source: the source is unreachable, or still starting.
  [[nodiscard]] bool connecting() const { return answers_ && io_ == "Connecting" && sql_ == "Yes"; }
  // Replication to it is broken for good, in two polls in a row: error 1236 and its like, no matter of reaching the
  // source.
  [[nodiscard]] bool source_lost() const;
  // A rejoin has just ended: what was seen broken before does not count.
  void replication_set_up() { replication_req_ = 0; }
  // Why its data may not become the writer's; empty if nothing speaks against it.
  [[nodiscard]] std::string unfit(std::optional<base::Duration> max_lag) const;
  [[nodiscard]] const std::string& gtid() const { return gtid_; }
  // For the peers: as gtid(), but kKnownEmpty where the node is known to have no transaction at all.
  [[nodiscard]] const std::string& told_position() const;
  // The parsed position; empty if unknown.
  [[nodiscard]] const GtidSet& position() const { return position_; }
  [[nodiscard]] bool position_known() const { return position_known_; }
  [[nodiscard]] std::optional<base::Instant> polled_at() const { return polled_at_; }
  [[nodiscard]] std::string trouble() const { return trouble_; }  // 1040, 1045: alarm text, "" if none
  // Of a member: it is well, but why it takes no writes; "" if it does.
  [[nodiscard]] const std::string& aside() const { return aside_; }
  [[nodiscard]] const std::string& message() const { return message_; }  // of the last poll, "" if all is well
  [[nodiscard]] NodeView view() const;

 private:
  void good(const NodePolled& p, const Context& context, base::Instant now, Outcome& out);
  void good_member(const NodePolled& p, const Context& context, base::Instant now, Outcome& out);
  void bad(const Context& context, bool answers, base::Instant now, Outcome& out);
  // Failures that count may make it flap.
  void fail(ecv::NodeState state, base::Instant now, Outcome& out, bool counts = true);
  // Why replication is broken, "" if it is not.
  [[nodiscard]] std::string replication_fault(const Context& context) const;
  void set_level();
  [[nodiscard]] int level() const;
  // What is left of a row of failed polls after a good one.
  [[nodiscard]] int healed(int failed_polls) const { return heal_by_step_ && failed_polls > 0 ? failed_polls - 1 : 0; }
  [[nodiscard]] bool lags() const;
  void note_lag(const NodePolled& p, std::optional<base::Duration> behind);
  [[nodiscard]] std::string lag_text() const;  // "12s behind by heartbeat"

  NodeConfig config_;
  int fall_;
  std::optional<Levels> levels_;
  bool heal_by_step_;
  int flap_count_;
  base::Duration flap_window_;
  base::Duration auto_recover_after_;

  ecv::NodeState state_ = ecv::NodeState::kUnknown;
  ecv::NodeStatus status_ = ecv::NodeStatus::kOk;
  int req_ = 0;              // failed polls in a row
  int replication_req_ = 0;  // failed replication polls in a row
  bool answers_ = false;
  bool closed_ = false;
  bool flapping_ = false;
  bool news_ = false;  // STATE changed since the last poll: OK INFO
  std::deque<base::Instant> failures_;
  std::optional<base::Instant> good_since_;
  std::optional<base::Instant> polled_at_;
  std::string message_;
  std::string trouble_;
  std::string aside_;
  std::optional<bool> read_only_;
  std::string io_;
  std::string sql_;
  int io_errno_ = 0;
  int sql_errno_ = 0;
  std::string replication_error_;
  std::optional<std::int64_t> lag_ms_;
  LagSource lag_by_ = LagSource::kNone;
  std::string gtid_;
  GtidSet position_;
  bool position_known_ = false;
};

// What a person set offline before the restart is so again.
void take_offline(std::vector<Node>& nodes, const Record& record);
// Those that are set offline, for the record.
[[nodiscard]] std::vector<std::string> offline_names(const std::vector<Node>& nodes);

// A position that is known, and empty: "" says that it is not known. White space is the empty set to every reader.
inline const std::string kKnownEmpty = " ";

// Errors of the IO thread that only say that the source cannot be reached: they do not disqualify a standby
// (protocol.md section 3). 2002..2013 of the client library, 1040, 1045, 1158..1161 of the network.
[[nodiscard]] bool source_unreachable(int io_errno);

}  // namespace core
