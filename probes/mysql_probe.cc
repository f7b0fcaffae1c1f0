#include "probes/mysql_probe.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "probes/mysql_accounts.h"
#include "probes/mysql_outcome.h"
#include "probes/mysql_probe_impl.h"
#include "probes/mysql_shape.h"
#include "probes/slots.h"

namespace probes {

namespace {

constexpr unsigned kWsrepRefused = 1047;  // a Galera node that is not Primary, not ready, or told to refuse queries
// An account that lacks a grant connects anew after this long.
constexpr auto kGrantsAgain = base::seconds(10);
// A heartbeat table that was not there is looked for again; it comes with the first promotion.
constexpr auto kTablesAgain = base::seconds(2);
MysqlProbeOptions in_one_trip(MysqlProbeOptions options) {
  options.target.several = true;
  return options;
}

}  // namespace

MysqlProbe::Impl::Impl(base::Loop& loop, MysqlProbeOptions o, std::function<void(const MysqlObservation&)> call)
    : options(in_one_trip(std::move(o))),
      on_poll(std::move(call)),
      client(loop, options.target),
      next(loop, [this] { begin(); }) {
  client.on_break([this] { begin(); });
}

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
  const bool missing_table = says_schema_is_missing(r);
  const bool refused = missing_table || says_schema_is_denied(r);
  if (refused && options.heartbeat && tables_whole) {
    tables_whole = false;
    tables_at = seen.begun_at;
    plan();
    if (missing_table) seen.heartbeat = HeartbeatRow{};
    if (!options.epoch) return true;
    ask(schema_sql(options.schema, true, false), &Impl::after_epoch);
    return false;
  }
  if (r.ok()) {
    if (options.heartbeat && tables_whole) seen.heartbeat = parse_heartbeat(r.get("heartbeat"));
    if (!options.epoch) return true;
    if (auto fault = epoch_fault(r); !fault.empty()) return misread(std::move(fault));
    seen.epoch = std::strtoull(r.get("epoch").value_or("0").c_str(), nullptr, 10);
  } else if (missing_table) {
    seen.epoch = 0;  // a server on which no writer was ever made
  } else if (refused) {
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
