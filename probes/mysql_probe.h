// The replication probe of one MySQL node, and on a local writer the write probe: polls at an interval over one kept
// connection, at once again after the first error and when the kept connection breaks. One observation per poll.
//
// Owned by the loop's thread. Thresholds live outside (sitecheck/core).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/ip.h"
#include "base/time.h"
#include "base/uv.h"
#include "probes/galera.h"
#include "probes/mysql_client.h"
#include "probes/mysql_dialect.h"
#include "probes/mysql_heartbeat.h"
#include "probes/mysql_semi_sync.h"
#include "probes/probe.h"

namespace probes {

struct MysqlProbeOptions {
  MysqlTarget target;             // the monitor account, which must not bypass read_only
  std::string schema = "wideip";  // of the epoch table and the write probe's row
  base::Duration interval = base::milliseconds(250);
  base::Duration timeout = base::milliseconds(250);  // of a whole poll, connect included
  bool epoch = true;                                 // read the epoch table too
  bool heartbeat = false;                            // and the heartbeat row
  bool write = false;                                // try a real write when the server is not read-only
  std::optional<base::SocketAddress> source;         // see own_connection()
  std::optional<GaleraPolicy> galera;  // the server is a node of a Galera cluster: wsrep is looked at first
};

enum class WriteOutcome : std::uint8_t {
  kNotTried,  // read-only, not asked for, or the poll failed before
  kOk,
  kReadOnly,       // error 1290: it was closed since the poll read read_only
  kFailed,         // an error, or no answer in time: disk full, hang
  kMisconfigured,  // no such table or no right to it: proves nothing about the writer
};

struct MysqlObservation {
  Outcome outcome = Outcome::kTimeout;
  base::Instant begun_at;
  base::Duration took{};
  unsigned code = 0;    // the server's error number, if there was one
  std::string message;  // for people, empty if all is well
  std::string warning;  // what a person should mend though the look may be well: grants, broken foreign replication
  // The rest only if outcome is kOk.
  ServerVersion version;
  ServerState state;
  std::optional<ReplicaStatus> replica;   // nothing: not configured as a replica
  std::optional<std::uint64_t> epoch;     // highest row of the epoch table, 0 if there is none; nothing: not readable
  std::optional<HeartbeatRow> heartbeat;  // the newest; nothing: not readable, or not asked for
  WriteOutcome write = WriteOutcome::kNotTried;
  GaleraVerdict galera;      // with a fault nothing else was looked at: such a node refuses most queries
  SemiSyncStatus semi_sync;  // of a server that is open, where the write probe is asked for; asked once a second
};

class MysqlProbe {
 public:
  MysqlProbe(base::Loop& loop, MysqlProbeOptions options, std::function<void(const MysqlObservation&)> on_poll);
  ~MysqlProbe();
  MysqlProbe(const MysqlProbe&) = delete;
  MysqlProbe& operator=(const MysqlProbe&) = delete;

  // The first poll begins after `delay`, at the next slot (slots.h): lets many probes spread over an interval. Later
  // polls keep to that phase:
  // where an error or a break took a probe out of it, each wait is up to a twentieth shorter until it is back, so that
  // a cut of the network does not leave all probes in step for good.
  void start(base::Duration delay = base::Duration::zero());
  // Polls at once; while a poll is under way, right after it.
  void probe_now();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace probes
