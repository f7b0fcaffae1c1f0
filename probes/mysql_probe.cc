#include "probes/mysql_probe.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "probes/mysql_accounts.h"
#include "probes/mysql_shape.h"
#include "probes/slots.h"

namespace probes {

namespace {

constexpr unsigned kTooManyConnections = 1040;
constexpr unsigned kTooManyUserConnections = 1203;
constexpr unsigned kAccessDenied = 1045;
constexpr unsigned kReadOnlyRefused = 1290;
// An account that lacks a grant connects anew after this long.
constexpr auto kGrantsAgain = base::seconds(10);
// A heartbeat table that was not there is looked for again; it comes with the first promotion.
constexpr auto kTablesAgain = base::seconds(2);
constexpr unsigned kWsrepRefused = 1047;  // a Galera node that is not Primary, not ready, or told to refuse queries

bool one_of(unsigned code, std::initializer_list<unsigned> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}
// No such table or database, or no right to it.
bool schema_is_missing(unsigned code) { return one_of(code, {1049, 1146}); }
bool schema_is_denied(unsigned code) { return one_of(code, {1044, 1142, 1143, 1227}); }
// It greeted, and its certificate does not fit, or it offers no TLS: what is wrong is a configuration. Another fault of
// a TLS handshake may well be a server that is dying.
bool is_untrusted(const MysqlResult& r) {
  constexpr unsigned kTlsError = 2026;
  return r.code == kTlsError &&
         (r.message.find("ertificate") != std::string::npos || r.message.find("SSL is required") != std::string::npos);
}

MysqlProbeOptions in_one_trip(MysqlProbeOptions options) {
  options.target.several = true;
  return options;
}

}  // namespace

Outcome classify(const MysqlResult& r) {
  switch (r.fault) {
    case MysqlFault::kNone: return Outcome::kOk;
    case MysqlFault::kTimeout: return Outcome::kTimeout;
    case MysqlFault::kUnreachable:
      if (is_untrusted(r)) return Outcome::kMisconfigured;
      return r.refused ? Outcome::kRefused : Outcome::kUnreachable;
    case MysqlFault::kLost: return Outcome::kReset;
    case MysqlFault::kTooLarge: return Outcome::kMisconfigured;  // it answers; what, no state is that long
    case MysqlFault::kCancelled: return Outcome::kProtocol;
    case MysqlFault::kServer: break;
  }
  if (one_of(r.code, {kTooManyConnections, kTooManyUserConnections, 1226})) return Outcome::kDegraded;
  // 1129 and 1130: this host may not connect; 1251, 1275, 1698: the authentication does not fit; 3159: TLS is demanded;
  // 1064, 1193: it knows not the statement or the variable, so it is not what its version says; else: no right.
  if (one_of(r.code, {kAccessDenied, 1044, 1064, 1129, 1130, 1142, 1193, 1227, 1251, 1275, 1698, 1820, 1862, 3159})) {
    return Outcome::kMisconfigured;
  }
  return Outcome::kProtocol;
}

std::string write_probe_sql(const std::string& schema, const std::string& identity) {
  return "INSERT INTO " + quote_identifier(schema) + ".probe (server, beat) VALUES (" + quote_sql(identity) +
         ", 1) ON DUPLICATE KEY UPDATE beat = beat + 1";
}

std::vector<std::string> create_schema_sql(const std::string& schema) {
  const std::string q = quote_identifier(schema);
  return {"CREATE DATABASE IF NOT EXISTS " + q,
          "CREATE TABLE IF NOT EXISTS " + q +
              ".epoch (epoch BIGINT UNSIGNED NOT NULL PRIMARY KEY, counter BIGINT UNSIGNED NOT NULL,"
              " site VARCHAR(64) NOT NULL, server VARCHAR(64) NOT NULL, made_at DATETIME NOT NULL) ENGINE=InnoDB",
          "CREATE TABLE IF NOT EXISTS " + q +
              ".probe (server VARCHAR(64) NOT NULL PRIMARY KEY, beat BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB",
          "CREATE TABLE IF NOT EXISTS " + q +
              ".heartbeat (site VARCHAR(64) NOT NULL PRIMARY KEY, epoch BIGINT UNSIGNED NOT NULL,"
              " beat BIGINT UNSIGNED NOT NULL, every BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB"};
}

struct MysqlProbe::Impl {
  Impl(base::Loop& loop, MysqlProbeOptions o, std::function<void(const MysqlObservation&)> call)
      : options(in_one_trip(std::move(o))),
        on_poll(std::move(call)),
        client(loop, options.target),
        next(loop, [this] { begin(); }) {
    client.on_break([this] { begin(); });
  }

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

void MysqlProbe::Impl::begin() {
  if (polling) {
    again = true;
    return;
  }
  polling = true;
  again = false;
  seen = {};
  seen.begun_at = base::read_boot_clock();
  next.stop();
  // What was granted meanwhile counts for new connections.
  if (!missing.empty() && seen.begun_at - grants_at >= kGrantsAgain) client.close();
  if (client.connected() && client.connection_id() == session_id) {
    seen.version = version;
    if (!tables_whole && seen.begun_at - tables_at >= kTablesAgain) {
      tables_whole = true;
      plan();
    }
    return look();
  }
  // Connects; what the server is decides the rest. A Galera node that refuses SELECT still answers SHOW.
  ask(options.galera ? galera_variables_sql() : "SELECT 1", &Impl::settle_session);
}

void MysqlProbe::Impl::look() {
  if (!options.galera) return look_at_state();
  ask_all(join_statements({galera_variables_sql(), galera_status_sql()}), &Impl::after_galera);
}

void MysqlProbe::Impl::look_at_state() { ask_all(state_look, &Impl::after_state); }

void MysqlProbe::Impl::after_galera(const std::vector<MysqlResult>& all) {
  wsrep = {};
  for (const auto& r : all) {
    if (!r.ok()) {
      fail(r);
      return;
    }
    read_galera(r, wsrep);
  }
  seen.galera = judge(wsrep, *options.galera, flow_control.note(wsrep.paused_ns, seen.begun_at));
  if (seen.galera.fault.empty()) return look_at_state();
  seen.outcome = Outcome::kOk;
  finish();
}

void MysqlProbe::Impl::ask(const std::string& sql, void (Impl::*then)(const MysqlResult&)) {
  const auto left = options.timeout - (base::read_boot_clock() - seen.begun_at);
  client.query(sql, std::max<base::Duration>(left, base::milliseconds(1)),
               [this, then](const MysqlResult& r) { (this->*then)(r); });
}

void MysqlProbe::Impl::ask_all(const std::string& statements, void (Impl::*then)(const std::vector<MysqlResult>&)) {
  const auto left = options.timeout - (base::read_boot_clock() - seen.begun_at);
  client.query_all(statements, std::max<base::Duration>(left, base::milliseconds(1)),
                   [this, then](const std::vector<MysqlResult>& all) { (this->*then)(all); });
}

// Once a connection: statements that a hung server would keep must end by themselves, and the write probe stays out
// of the binary log. An account that lacks the privilege for the latter probes all the same, logged.
void MysqlProbe::Impl::settle_session(const MysqlResult& r) {
  if (!r.ok()) {
    fail(r);
    return;
  }
  version = ServerVersion::parse(client.server_version());
  seen.version = version;
  tables_whole = true;
  plan();
  session_id = client.connection_id();
  std::array<char, 160> sql{};
  const double limit = static_cast<double>(options.timeout.count()) / 1e6;
  if (seen.version.mariadb()) {
    std::snprintf(sql.data(), sql.size(),
                  "SET SESSION max_statement_time=%.3f, lock_wait_timeout=1, innodb_lock_wait_timeout=1", limit);
  } else {
    std::snprintf(sql.data(), sql.size(), "SET SESSION lock_wait_timeout=1, innodb_lock_wait_timeout=1");
  }
  ask(sql.data(), &Impl::after_limits);
}

void MysqlProbe::Impl::after_limits(const MysqlResult& r) {
  if (!r.ok() && r.fault != MysqlFault::kServer) {
    fail(r);
    return;
  }
  ask("SET SESSION sql_log_bin=0", &Impl::after_session);
}

void MysqlProbe::Impl::after_session(const MysqlResult& r) {
  if (!r.ok() && r.fault != MysqlFault::kServer) {
    fail(r);
    return;
  }
  unlogged = r.ok() && !options.galera;  // Galera would replicate it, and flow control hold its commit up
  ask(grants_sql(), &Impl::after_grants);
}

void MysqlProbe::Impl::after_grants(const MysqlResult& r) {
  if (!r.ok() && r.fault != MysqlFault::kServer) {
    fail(r);
    return;
  }
  missing = missing_grants(seen.version, AccountRole::kMonitor, options.schema, r);
  grants_at = seen.begun_at;
  look();
}

// In the order of plan().
void MysqlProbe::Impl::after_state(const std::vector<MysqlResult>& all) {
  constexpr std::array kTakes = {&Impl::take_state, &Impl::take_replica, &Impl::take_tables};
  const std::size_t wanted = looks_at_tables() ? 3 : 2;
  for (std::size_t i = 0; i < all.size() && i < wanted; ++i) {
    if (!(this->*kTakes[i])(all[i])) return;
  }
  if (all.size() != wanted) {
    misread("answered " + std::to_string(all.size()) + " of " + std::to_string(wanted) + " statements");
    return;
  }
  looked_at();
}

// All that is looked at, in one trip; the schema's tables, which may be missing, last.
void MysqlProbe::Impl::plan() {
  const auto state = state_sql(version);
  const auto replica = replica_sql(version);
  const auto tables = schema_sql(options.schema, options.epoch, options.heartbeat && tables_whole);
  state_look = looks_at_tables() ? join_statements({state, replica, tables}) : join_statements({state, replica});
}

void MysqlProbe::Impl::after_epoch(const MysqlResult& r) {
  if (take_tables(r)) looked_at();
}

// False: the poll is over, or goes on with what it asked for.
bool MysqlProbe::Impl::take_state(const MysqlResult& r) {
  if (!r.ok()) return fail(r);
  if (auto fault = state_fault(seen.version, r); !fault.empty()) return misread(std::move(fault));
  seen.state = read_state(seen.version, r);
  return true;
}

bool MysqlProbe::Impl::take_replica(const MysqlResult& r) {
  if (!r.ok()) return fail(r);
  if (auto fault = replica_fault(seen.version, r); !fault.empty()) return misread(std::move(fault));
  auto all = read_replica(seen.version, r);
  const auto own = own_connection(all, options.source ? options.source->ip.to_string() : "",
                                  options.source ? options.source->port : std::uint16_t{0});
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i != own) warn(foreign_fault(all[i]));
  }
  if (own) seen.replica = std::move(all[*own]);
  return true;
}

// A schema of an older version has no heartbeat table, or the account may not read it: it is left out for a while, and
// what the same statement would have told of the epoch is asked for by itself.
bool MysqlProbe::Impl::take_tables(const MysqlResult& r) {
  const bool refused = r.fault == MysqlFault::kServer && (schema_is_missing(r.code) || schema_is_denied(r.code));
  if (refused && options.heartbeat && tables_whole) {
    tables_whole = false;
    tables_at = seen.begun_at;
    plan();
    if (schema_is_missing(r.code)) seen.heartbeat = HeartbeatRow{};
    if (!options.epoch) return true;
    ask(schema_sql(options.schema, true, false), &Impl::after_epoch);
    return false;
  }
  if (r.ok()) {
    if (options.heartbeat && tables_whole) seen.heartbeat = parse_heartbeat(r.get("heartbeat"));
    if (!options.epoch) return true;
    if (auto fault = epoch_fault(r); !fault.empty()) return misread(std::move(fault));
    seen.epoch = std::strtoull(r.get("epoch").value_or("0").c_str(), nullptr, 10);
  } else if (r.fault == MysqlFault::kServer && schema_is_missing(r.code)) {
    seen.epoch = 0;  // a server on which no writer was ever made
  } else if (r.fault == MysqlFault::kServer && schema_is_denied(r.code)) {
    seen.message = "the epoch table cannot be read: " + r.message;
  } else {
    return fail(r);
  }
  return true;
}

// All was read; what is left is to try a write.
void MysqlProbe::Impl::looked_at() {
  seen.outcome = Outcome::kOk;
  if (!options.write || seen.state.read_only.value_or(true)) {
    semi_sync_at.reset();
    semi_sync = {};
    return finish();
  }
  begin_write();
}

// A probe's row in the binary log would be a transaction that a failover loses, and the old writer errant for it. Where
// the account may not leave it out (MySQL 5 demands SUPER, which bypasses read_only), the write is rolled back: that
// tries locks, space and the engine, not the commit itself.
void MysqlProbe::Impl::begin_write() {
  const std::string sql = write_probe_sql(options.schema, seen.state.identity);
  if (unlogged && semi_sync_is_due()) {
    semi_sync_at = seen.begun_at;
    return ask_all(join_statements({sql, semi_sync_variables_sql(), semi_sync_status_sql()}), &Impl::after_all_writes);
  }
  if (unlogged) return ask(sql, &Impl::after_write);
  client.query("START TRANSACTION", options.timeout, [this, sql](const MysqlResult& r) {
    if (!r.ok()) return after_write(r);
    ask(sql, &Impl::after_write);
  });
}

void MysqlProbe::Impl::after_write(const MysqlResult& r) {
  if (!unlogged && client.connected()) client.query("ROLLBACK", options.timeout, [](const MysqlResult&) {});
  if (r.ok()) {
    seen.write = WriteOutcome::kOk;
    return look_at_semi_sync();
  }
  seen.message = "write probe: " + r.message;
  seen.code = r.code;
  if (r.fault == MysqlFault::kServer && r.code == kReadOnlyRefused) {
    seen.write = WriteOutcome::kReadOnly;
  } else if (r.fault == MysqlFault::kServer && (schema_is_missing(r.code) || schema_is_denied(r.code))) {
    seen.write = WriteOutcome::kMisconfigured;
  } else {
    seen.write = WriteOutcome::kFailed;
  }
  finish();
}

bool MysqlProbe::Impl::semi_sync_is_due() const {
  return !semi_sync_at || seen.begun_at - *semi_sync_at >= base::seconds(1);
}

// The write, and in the same trip what the server tells of semi-sync: what of that cannot be read is unknown, and no
// failure of the node.
void MysqlProbe::Impl::after_all_writes(const std::vector<MysqlResult>& all) {
  if (all.size() == 3) semi_sync = read_semi_sync(all[1], all[2]);
  after_write(all.front());
}

void MysqlProbe::Impl::look_at_semi_sync() {
  seen.semi_sync = semi_sync;
  if (!semi_sync_is_due()) return finish();
  semi_sync_at = seen.begun_at;
  const auto left = options.timeout - (base::read_boot_clock() - seen.begun_at);
  if (left < options.timeout / 4) return finish();  // a slow poll has better things to prove
  const auto sql = join_statements({semi_sync_variables_sql(), semi_sync_status_sql()});
  client.query_all(sql, left, [this](const std::vector<MysqlResult>& all) {
    if (all.size() == 2) semi_sync = read_semi_sync(all[0], all[1]);
    seen.semi_sync = semi_sync;
    finish();
  });
}

// Ends the poll; false, for who reads on.
bool MysqlProbe::Impl::fail(const MysqlResult& r) {
  if (options.galera && r.fault == MysqlFault::kServer && r.code == kWsrepRefused) {
    seen.outcome = Outcome::kOk;  // it answers; what it says is that it serves nobody
    seen.galera.fault = "the node refuses queries (error 1047): " + r.message;
  } else {
    seen.outcome = classify(r);
    seen.code = r.code;
    seen.message = r.message;
  }
  finish();
  return false;
}

// It answers, and not with what its version says: that proves nothing about what it does for its clients.
bool MysqlProbe::Impl::misread(std::string fault) {
  seen.outcome = Outcome::kMisconfigured;
  seen.message = std::move(fault);
  finish();
  return false;
}

void MysqlProbe::Impl::warn(const std::string& text) {
  if (!text.empty()) seen.warning += (seen.warning.empty() ? "" : "; ") + text;
}

void MysqlProbe::Impl::finish() {
  if (!missing.empty()) warn(tell({AccountRole::kMonitor, Outcome::kOk, "", missing}));
  const auto now = base::read_boot_clock();
  seen.took = now - seen.begun_at;
  polling = false;
  const bool ok = seen.outcome == Outcome::kOk && seen.write != WriteOutcome::kFailed && seen.galera.fault.empty();
  const bool at_once = again || (last_ok && !ok);  // the first error is looked at again without waiting
  last_ok = ok;
  again = false;
  next.start(at_once ? base::Duration::zero() : wait_for_phase());
  on_poll(seen);
}

// Never longer than the interval, so that no failure is found later for it.
base::Duration MysqlProbe::Impl::wait_for_phase() const {
  const auto due = seen.begun_at + options.interval;
  const auto past = std::max(base::Duration::zero(), due - phase) % options.interval;
  const auto wait = options.interval - std::min<base::Duration>(past, options.interval / 20) - seen.took;
  return std::max(base::Duration::zero(), wait);
}

MysqlProbe::MysqlProbe(base::Loop& loop, MysqlProbeOptions options,
                       std::function<void(const MysqlObservation&)> on_poll)
    : impl_(std::make_unique<Impl>(loop, std::move(options), std::move(on_poll))) {}
MysqlProbe::~MysqlProbe() = default;

void MysqlProbe::start(base::Duration delay) {
  const auto now = base::read_boot_clock();
  impl_->phase = next_slot(now + delay, impl_->options.interval);
  impl_->next.start(impl_->phase - now);
}
void MysqlProbe::probe_now() { impl_->begin(); }

}  // namespace probes
