// Replication's part of NodeAdmin: applying what was received, and the return as a replica.
#include <map>
#include <sstream>

#include "base/log.h"
#include "probes/mysql_heartbeat.h"
#include "sitecheck/io/node_admin_impl.h"

namespace sitecheck {

namespace {

using base::milliseconds;
using base::seconds;
using probes::MysqlResult;
using probes::ReplicaStatus;

constexpr auto kLook = milliseconds(10);      // between two looks at the threads
constexpr auto kThreadsLimit = seconds(10);   // for both threads to run after a start
constexpr auto kSettled = milliseconds(200);  // how long they must have run, for a source may refuse just after
constexpr double kWaitApplied = 0.2;          // seconds that one wait on the server may take

// Domain → whole entry, of text with one entry per domain.
std::map<std::string, std::string> by_domain(const std::string& position) {
  std::map<std::string, std::string> out;
  std::istringstream in(position);
  for (std::string entry; std::getline(in, entry, ',');) out[entry.substr(0, entry.find('-'))] = entry;
  return out;
}

std::uint64_t sequence_of(const std::string& entry) {
  return std::strtoull(entry.c_str() + entry.rfind('-') + 1, nullptr, 10);
}

// True if `state`, one entry per domain and server, holds the transaction `entry`.
bool holds(const std::string& state, const std::string& entry) {
  const std::string source = entry.substr(0, entry.rfind('-') + 1);
  std::istringstream in(state);
  for (std::string have; std::getline(in, have, ',');) {
    if (have.starts_with(source) && sequence_of(have) >= sequence_of(entry)) return true;
  }
  return false;
}

// Where to begin in the epoch domain, when the last own transaction `own` never reached the source. What the source
// holds of the same epoch, if it does: all of its later epochs come. Else the beginning of the first later one that it
// tells of: rows of epochs between them are numbered below `own`, and could not follow it (error 1950); those of that
// epoch must come, as its next heartbeat changes them. Without either, `newest`.
std::string epoch_position(const std::string& state, const std::string& own, const std::string& newest) {
  const std::string domain = own.substr(0, own.find('-') + 1);
  const std::uint64_t last = sequence_of(own);
  std::optional<std::string> before;
  std::optional<std::string> after;
  std::istringstream in(state);
  for (std::string have; std::getline(in, have, ',');) {
    if (!have.starts_with(domain)) continue;
    const std::uint64_t n = sequence_of(have);
    if (n <= last && (!before || n > sequence_of(*before))) before = have;
    if (n > last && (!after || n < sequence_of(*after))) after = have;
  }
  if (before && probes::epoch_start(sequence_of(*before)) == probes::epoch_start(last)) return *before;
  if (!after) return newest;
  return after->substr(0, after->rfind('-') + 1) + std::to_string(probes::epoch_start(sequence_of(*after)));
}

// Under gtid_strict_mode MariaDB refuses a position before the end of the own binary log (error 1947), which is what a
// node with accepted errant transactions needs. One compound statement, so that strict mode is back whatever happens.
std::string set_position_sql(const std::string& position) {
  const std::string restore = "SET GLOBAL gtid_strict_mode=@wideip_strict; ";
  return "BEGIN NOT ATOMIC DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN " + restore +
         "RESIGNAL; END; SET @wideip_strict=@@global.gtid_strict_mode; SET GLOBAL gtid_strict_mode=0; "
         "SET GLOBAL gtid_slave_pos=" +
         probes::quote_sql(position) + "; " + restore + "END";
}

bool healthy(const ReplicaStatus& s) { return s.io == "Yes" && s.sql == "Yes"; }

// The pool's own connection alone where it can be told from others: what a foreign one does, or fails at, concerns
// neither a promotion nor a return. All of them where none is from that source and none is unnamed.
std::vector<ReplicaStatus> own_of(std::vector<ReplicaStatus> all, const std::optional<base::SocketAddress>& source) {
  const std::string host = source ? source->ip.to_string() : "";
  const std::uint16_t port = source ? source->port : std::uint16_t{0};
  const auto own = probes::own_connection(all, host, port);
  if (!own || (!all[*own].channel.empty() && all[*own].source_host != host)) return all;
  return {all[*own]};
}

}  // namespace

std::string rejoin_position(const RejoinFacts& facts) {
  // Normalised by the dialect: white space and garbage go, entries keep their form.
  constexpr std::uint32_t kKeepAll = 0xFFFFFFFF;
  auto position = by_domain(probes::merge_positions(facts.current_pos, "", kKeepAll));
  for (const auto& [domain, entry] : by_domain(probes::merge_positions(facts.binlog_pos, "", kKeepAll))) {
    position.try_emplace(domain, entry);
  }
  const auto source = by_domain(probes::merge_positions(facts.source_binlog_pos, "", kKeepAll));
  const std::string state = probes::merge_positions(facts.source_binlog_state, "", kKeepAll);
  const std::string epochs = std::to_string(probes::kEpochDomain);
  for (auto& [domain, entry] : position) {
    const auto theirs = source.find(domain);
    if (theirs == source.end() || holds(state, entry)) continue;
    if (domain == epochs) {
      entry = epoch_position(state, entry, theirs->second);
    } else if (sequence_of(theirs->second) < sequence_of(entry)) {
      entry = theirs->second;  // never forward: that would leave transactions out
    }
  }
  std::string out;
  for (const auto& [domain, entry] : position) out += (out.empty() ? "" : ",") + entry;
  return out;
}

void NodeAdmin::stop_replication(Done done) {
  auto* i = impl_.get();
  i->begin(std::move(done));
  i->with_version([i] { i->stop_io(); });
}

void NodeAdmin::apply_received(Done done) {
  auto* i = impl_.get();
  i->begin(std::move(done));
  i->with_version([i] { i->check_applied(); });
}

// MariaDB throws its relay log away when a GTID replica is started with both threads stopped: what was received and not
// applied would be lost. So the SQL thread must run before the IO thread stops.
void NodeAdmin::Impl::stop_io() {
  must(probes::replica_sql(version), [this](const MysqlResult& r) {
    std::vector<std::string> statements;
    for (const auto& s : own_of(probes::read_replica(version, r), options.replicate_from)) {
      const bool only_sql_stopped = s.sql != "Yes" && s.sql_errno == 0 && s.io != "No";
      if (only_sql_stopped) statements.push_back(probes::start_sql_sql(version));
    }
    statements.push_back(probes::stop_io_sql(version));
    must_all(std::move(statements), [this] { end(true, "replication IO is stopped"); });
  });
}

void NodeAdmin::Impl::check_applied() {
  must(probes::replica_sql(version), [this](const MysqlResult& r) {
    for (const auto& s : own_of(probes::read_replica(version, r), options.replicate_from)) {
      if (s.sql_errno != 0) return end(false, "what was received cannot be applied: " + s.sql_error);
      if (s.drained) continue;
      if (s.sql == "Yes") return wait_applied(s);
      if (version.mariadb() && s.uses_gtid) return scan_relay(s);
      return must(probes::start_sql_sql(version),
                  [this](const MysqlResult&) { later(kLook, [this] { check_applied(); }); });
    }
    must(probes::stop_sql_sql(version), [this](const MysqlResult&) { end(true, "everything received is applied"); });
  });
}

// File and offset never meet when the source died within a transaction; the GTID position does, it counts whole ones.
void NodeAdmin::Impl::wait_applied(const ReplicaStatus& status) {
  if (status.received.empty()) return later(kLook, [this] { check_applied(); });
  ask(probes::wait_applied_sql(version, status.received, kWaitApplied), [this](const MysqlResult& r) {
    if (!probes::was_applied(version, r)) return later(kLook, [this] { check_applied(); });
    must(probes::stop_sql_sql(version), [this](const MysqlResult&) { end(true, "everything received is applied"); });
  });
}

void NodeAdmin::rejoin(Done done, std::optional<base::SocketAddress> from) {
  auto* i = impl_.get();
  i->begin(std::move(done));
  if (from) i->options.replicate_from = from;
  if (!i->options.replicate_from) return i->later(base::Duration::zero(), [i] { i->end(false, "no replicate_from"); });
  i->with_version([i] { i->rejoin(); });
}

void NodeAdmin::Impl::rejoin() {
  must(probes::replica_sql(version), [this](const MysqlResult& r) {
    const auto all = own_of(probes::read_replica(version, r), options.replicate_from);
    const auto& from = *options.replicate_from;
    if (all.size() == 1 && healthy(all[0]) && all[0].uses_gtid && all[0].source_host == from.ip.to_string() &&
        all[0].source_port == from.port) {
      return end(true, "already a running replica of " + from.to_string());
    }
    must(probes::stop_replica_sql(version), [this](const MysqlResult&) {
      if (!version.mariadb()) return change_source();
      read_source();
    });
  });
}

// The replication account needs no privilege to read these variables of the source.
void NodeAdmin::Impl::read_source() {
  const auto& from = *options.replicate_from;
  source = std::make_unique<probes::MysqlClient>(loop, probes::MysqlTarget{from.ip.to_string(),
                                                                           from.port,
                                                                           options.replication_user,
                                                                           options.replication_password,
                                                                           {},
                                                                           false,
                                                                           options.replication_tls});
  ask_in(*source, "SELECT @@global.gtid_binlog_state AS state, @@global.gtid_binlog_pos AS position",
         [this](const MysqlResult& r) {
           if (!r.ok()) return end(false, "the source does not answer: " + r.message);
           RejoinFacts facts;
           facts.source_binlog_state = r.get("state").value_or("");
           facts.source_binlog_pos = r.get("position").value_or("");
           must(
               "SELECT @@global.gtid_current_pos AS current, @@global.gtid_binlog_pos AS binlog,"
               " @@global.gtid_slave_pos AS slave",
               [this, facts](const MysqlResult& own) mutable {
                 facts.current_pos = own.get("current").value_or("");
                 facts.binlog_pos = own.get("binlog").value_or("");
                 point_at_source(facts, own.get("slave").value_or(""));
               });
         });
}

void NodeAdmin::Impl::point_at_source(const RejoinFacts& facts, const std::string& slave_pos) {
  const std::string position = rejoin_position(facts);
  base::log(base::Level::kInfo, "replica.position",
            "rejoins with master_use_gtid=slave_pos from its own last positions, not from gtid_slave_pos alone",
            {{"node", options.node}, {"gtid_slave_pos", slave_pos}, {"set_to", position}});
  if (position == slave_pos) return change_source();
  must(set_position_sql(position), [this](const MysqlResult&) { change_source(); });
}

void NodeAdmin::Impl::change_source() {
  const auto& from = *options.replicate_from;
  const std::string change =
      probes::change_source_sql(version, {from.ip.to_string(), from.port, options.replication_user,
                                          options.replication_password, options.replication_tls.has_value()});
  must_all({change, probes::start_replica_sql(version)},
           [this] { await_threads(base::read_boot_clock() + kThreadsLimit, std::nullopt); });
}

// The IO thread says Yes before the source has answered its request; error 1236 comes a moment later.
void NodeAdmin::Impl::await_threads(base::Instant limit, std::optional<base::Instant> run_since) {
  must(probes::replica_sql(version), [this, limit, run_since](const MysqlResult& r) {
    const auto all = own_of(probes::read_replica(version, r), options.replicate_from);
    if (!all.empty() && healthy(all[0])) {
      const auto now = base::read_boot_clock();
      const auto since = run_since.value_or(now);
      if (now - since >= kSettled) return end(true, "replica of " + options.replicate_from->to_string());
      return later(kLook, [this, limit, since] { await_threads(limit, since); });
    }
    const bool fatal = !all.empty() && (all[0].sql_errno != 0 || (all[0].io == "No" && all[0].io_errno != 0));
    if (fatal || base::read_boot_clock() >= limit) {
      const std::string why = all.empty() ? "not configured" : all[0].io_error + all[0].sql_error;
      return end(false, "replication does not start: " + why);
    }
    later(kLook, [this, limit] { await_threads(limit, std::nullopt); });
  });
}

}  // namespace sitecheck
