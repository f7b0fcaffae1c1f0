// NodeAdmin: what was received before both replication threads of a MariaDB replica stopped.
#include "base/log.h"
#include "sitecheck/io/node_admin_impl.h"

namespace sitecheck {

using probes::MysqlResult;

namespace {

constexpr std::size_t kRows = 5000;
constexpr std::uint64_t kHeader = 4;  // of a log file
constexpr unsigned kNoSuchLog = 1220;
constexpr auto kLook = base::milliseconds(10);
constexpr double kWait = 0.2;  // seconds on the server

}  // namespace

void NodeAdmin::Impl::scan_relay(const probes::ReplicaStatus& status) {
  if (!status.channel.empty() || status.relay_file.empty()) {
    return end(false, "the relay log of \"" + status.channel + "\" holds what was not applied, and it is stopped");
  }
  relay = std::make_unique<RelayScan>(status.applied, status.relay_file);
  scan_more(status.relay_pos);
}

// End_log_pos is a position of the source's log, of no use here: so the last event is read twice, which does no harm.
void NodeAdmin::Impl::scan_more(std::uint64_t from) {
  const std::string sql = "SHOW RELAYLOG EVENTS IN " + probes::quote_sql(relay->file()) + " FROM " +
                          std::to_string(from) + " LIMIT " + std::to_string(kRows);
  ask(sql, [this, from](const MysqlResult& r) {
    if (!r.ok()) return r.code == kNoSuchLog ? apply_relay() : end(false, "the relay log cannot be read: " + r.message);
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < r.rows.size(); ++i) {
      last = std::strtoull(r.get("Pos", i).value_or("0").c_str(), nullptr, 10);
      relay->event(last, r.get("Event_type", i).value_or(""), r.get("Info", i).value_or(""));
    }
    if (r.rows.size() >= kRows && last > from) return scan_more(last);
    if (!relay->next_file()) return apply_relay();
    scan_more(kHeader);
  });
}

// By file and offset, the relay log is kept: it begins where the first transaction stands that is not applied, and
// GTIDs go on being counted. The return as a replica by GTID comes with rejoin().
void NodeAdmin::Impl::apply_relay() {
  if (!relay->first()) return end(true, "everything received is applied");
  const auto place = *relay->first();
  const std::string last = relay->last();
  base::log(base::Level::kInfo, "replica.relay_log", "applies what was received before replication stopped",
            {{"node", options.node}, {"file", place.file}, {"pos", std::to_string(place.pos)}, {"up_to", last}});
  must_all({"CHANGE MASTER TO MASTER_USE_GTID=no, RELAY_LOG_FILE=" + probes::quote_sql(place.file) +
                ", RELAY_LOG_POS=" + std::to_string(place.pos),
            probes::start_sql_sql(version)},
           [this, last] { await_relay(last); });
}

void NodeAdmin::Impl::await_relay(const std::string& position) {
  ask(probes::wait_applied_sql(version, position, kWait), [this, position](const MysqlResult& r) {
    if (probes::was_applied(version, r)) {
      return must(probes::stop_sql_sql(version),
                  [this](const MysqlResult&) { end(true, "everything received is applied"); });
    }
    must(probes::replica_sql(version), [this, position](const MysqlResult& status) {
      for (const auto& s : probes::read_replica(version, status)) {
        if (s.sql_errno != 0) return end(false, "what was received cannot be applied: " + s.sql_error);
      }
      later(kLook, [this, position] { await_relay(position); });
    });
  });
}

}  // namespace sitecheck
