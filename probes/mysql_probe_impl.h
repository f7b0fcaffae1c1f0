// The inside of MysqlProbe, shared by mysql_probe.cc (a poll from its begin to its end, and the looks),
// mysql_probe_session.cc (what is set up once a connection) and mysql_probe_write.cc (the write probe).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "probes/mysql_probe.h"

namespace probes {

struct MysqlProbe::Impl {
  Impl(base::Loop& loop, MysqlProbeOptions o, std::function<void(const MysqlObservation&)> call);

  void begin();
  void ask(const std::string& sql, void (Impl::*then)(const MysqlResult&));
  void ask_all(const std::string& statements, void (Impl::*then)(const std::vector<MysqlResult>&));
  void settle_session(const MysqlResult& r);
  void look();
  void look_at_state();
  void after_galera(const std::vector<MysqlResult>& all);
  void after_limits(const MysqlResult& r);
  void after_session(const MysqlResult& r);
  void after_grants(const MysqlResult& r);
  void after_state(const std::vector<MysqlResult>& all);
  [[nodiscard]] bool take_state(const MysqlResult& r);
  [[nodiscard]] bool take_replica(const MysqlResult& r);
  [[nodiscard]] bool take_tables(const MysqlResult& r);
  void after_epoch(const MysqlResult& r);
  void plan();
  [[nodiscard]] bool looks_at_tables() const { return options.epoch || (options.heartbeat && tables_whole); }
  void looked_at();
  void begin_write();
  [[nodiscard]] base::Duration wait_for_phase() const;
  void after_write(const MysqlResult& r);
  [[nodiscard]] bool semi_sync_is_due() const;
  void after_all_writes(const std::vector<MysqlResult>& all);
  void look_at_semi_sync();
  bool fail(const MysqlResult& r);
  bool misread(std::string fault);
  void warn(const std::string& text);
  void finish();

  MysqlProbeOptions options;
  ServerVersion version;   // of the connection whose session is set up
  std::string state_look;  // what it is asked in one trip
  base::Instant phase;     // of the first poll
  std::function<void(const MysqlObservation&)> on_poll;
  MysqlClient client;
  base::Timer next;
  bool polling = false;
  bool again = false;  // probe_now() came during a poll
  bool last_ok = true;
  std::uint64_t session_id = 0;      // the connection whose session is set up
  bool tables_whole = true;          // it has the heartbeat table, and lets it be read
  base::Instant tables_at{};         // that it did not was seen
  bool unlogged = true;              // its writes stay out of the binary log; else they are rolled back
  std::vector<std::string> missing;  // grants, of the account
  base::Instant grants_at{};
  MysqlObservation seen;
  GaleraStatus wsrep;
  FlowControl flow_control;
  SemiSyncStatus semi_sync;
  std::optional<base::Instant> semi_sync_at;
};

}  // namespace probes
