// Galera: what a node says of itself, and whether it may serve. A node takes writes that reach the others only if all
// of it holds: wsrep_cluster_status=Primary, wsrep_ready=ON, wsrep_connected=ON, wsrep_local_state=4 (Synced) and
// @@wsrep_reject_queries=NONE; read_only is looked at by whoever asks. Pure: text in, text out. wsrep_cluster_size
// alone proves nothing: a node that was cut off is alone and still counts one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "probes/mysql_client.h"

namespace probes {

struct GaleraPolicy {
  bool donor_serves = false;  // a donor, or a node that was desynced, takes writes all the same
  int cluster_size = 0;       // fewer nodes than this are worth a warning; 0: not looked at
  int flow_control = 0;       // per cent of the time that replication was paused: more is worth a warning; 0: likewise
};

// Nothing, where the server does not tell.
struct GaleraStatus {
  std::optional<std::string> on;              // @@global.wsrep_on
  std::optional<std::string> reject_queries;  // @@global.wsrep_reject_queries
  std::optional<std::string> cluster_status;
  std::optional<std::string> ready;
  std::optional<std::string> connected;
  std::optional<std::int64_t> local_state;
  std::string state_comment;
  std::optional<std::int64_t> cluster_size;
  std::optional<std::int64_t> paused_ns;  // wsrep_flow_control_paused_ns, since the start
  std::string cluster_uuid;               // wsrep_cluster_state_uuid
  std::string local_uuid;                 // wsrep_local_state_uuid
  std::optional<std::int64_t> committed;  // wsrep_last_committed
};

// Both are answered by a node that refuses everything else (error 1047).
[[nodiscard]] std::string galera_variables_sql();
[[nodiscard]] std::string galera_status_sql();
// Adds what one of the two results holds: rows of name and value. Others are left alone.
void read_galera(const MysqlResult& r, GaleraStatus& out);

// Each "" if all is well; else the conditions that do not hold, named, with what was found.
struct GaleraVerdict {
  std::string fault;    // it may not serve at all
  std::string aside;    // it is well, but takes no writes now: donor or desynced
  std::string warning;  // worth a person's look
};
// `paused`: the share of the time that flow control paused replication, 0 to 1.
[[nodiscard]] GaleraVerdict judge(const GaleraStatus& status, const GaleraPolicy& policy, double paused);

// The share of the last seconds in which replication was paused. wsrep_flow_control_paused itself is of no use: it is
// the mean since FLUSH STATUS.
class FlowControl {
 public:
  static constexpr auto kWindow = base::seconds(5);

  // Of the window that ended last, 0 before the first. A counter that went back (the server was restarted) begins anew.
  double note(std::optional<std::int64_t> paused_ns, base::Instant now);

 private:
  std::optional<std::int64_t> began_with_;
  base::Instant began_at_;
  double share_ = 0;
};

}  // namespace probes
