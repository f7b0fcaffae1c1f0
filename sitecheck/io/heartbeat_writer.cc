#include "sitecheck/io/heartbeat_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "probes/mysql_dialect.h"
#include "probes/mysql_heartbeat.h"
#include "probes/mysql_privileges.h"

namespace sitecheck {

namespace {

using probes::MysqlResult;

constexpr unsigned kReadOnlyRefused = 1290;

}  // namespace

struct HeartbeatWriter::Impl {
  Impl(base::Loop& l, HeartbeatWriterOptions o)
      : loop(l), options(std::move(o)), client(std::make_unique<probes::MysqlClient>(l, options.monitor)) {}

  void ask(const std::string& sql, void (Impl::*then)(const MysqlResult&));
  void connected(const MysqlResult& r);
  void settle(const MysqlResult& r);
  void numbered(const MysqlResult& r);
  void insert();
  void written_(const MysqlResult& r);
  void fail(const MysqlResult& r);
  void rest(std::string why);

  base::Loop& loop;
  HeartbeatWriterOptions options;
  std::unique_ptr<probes::MysqlClient> client;
  bool by_admin = false;
  bool busy = false;
  probes::ServerVersion version;
  std::vector<std::string> session;  // statements that are left before the session is ready
  std::uint64_t session_id = 0;      // the connection that is ready
  std::uint64_t session_epoch = 0;   // for which its numbers were looked at
  std::uint64_t refused_epoch = 0;   // for which this server is not to be written to
  std::uint64_t number = 0;          // MySQL: of the beat that is written
  core::WriteBeat beat;
  std::string fault;
  std::uint64_t written = 0;
};

void HeartbeatWriter::Impl::ask(const std::string& sql, void (Impl::*then)(const MysqlResult&)) {
  const auto left = beat.deadline - base::read_boot_clock();
  if (left <= base::Duration::zero()) return rest(fault);
  const auto limit = std::min<base::Duration>(left, std::max<base::Duration>(beat.every, base::seconds(1)));
  client->query(sql, limit, [this, then](const MysqlResult& r) { (this->*then)(r); });
}

// What the server is decides whose connection it is.
void HeartbeatWriter::Impl::connected(const MysqlResult& r) {
  if (!r.ok()) return fail(r);
  version = probes::ServerVersion::parse(client->server_version());
  if (!by_admin && !probes::has_fine_privileges(version)) {
    by_admin = true;
    client = std::make_unique<probes::MysqlClient>(loop, options.admin);
    return ask("SELECT 1", &Impl::connected);
  }
  session = {"SET SESSION lock_wait_timeout=1, innodb_lock_wait_timeout=1"};
  // A replica that runs the statement again would find itself read-only.
  if (by_admin) session.emplace_back("SET SESSION binlog_format='ROW'");
  if (version.mariadb()) session.push_back("SET SESSION gtid_domain_id=" + std::to_string(probes::kEpochDomain));
  settle({});
}

void HeartbeatWriter::Impl::settle(const MysqlResult& r) {
  if (!r.ok()) return fail(r);
  if (session.empty()) return ask(probes::beat_numbers_sql(version), &Impl::numbered);
  const std::string sql = session.front();
  session.erase(session.begin());
  ask(sql, &Impl::settle);
}

void HeartbeatWriter::Impl::numbered(const MysqlResult& r) {
  if (!r.ok()) return fail(r);
  const std::string held = r.get("held").value_or("");
  if (!probes::may_beat(version, held, beat.epoch.value)) {
    refused_epoch = beat.epoch.value;
    return rest("the heartbeat begins with the next change of writer: its table came after the present one");
  }
  session_id = client->connection_id();
  session_epoch = beat.epoch.value;
  number = probes::next_beat(held, beat.epoch.value);
  insert();
}

void HeartbeatWriter::Impl::insert() {
  const probes::HeartbeatRow row{beat.epoch.value, base::to_ms(beat.at.time_since_epoch()), base::to_ms(beat.every)};
  const auto sql = probes::write_heartbeat_sql(options.schema, options.site, row, by_admin);
  if (version.mariadb()) return ask(sql, &Impl::written_);
  client->query("SET SESSION gtid_next='" + std::string(probes::kBeatSource) + ":" + std::to_string(number) + "'",
                base::seconds(1), [this, sql](const MysqlResult& r) {
                  if (!r.ok()) return fail(r);
                  ask(sql, &Impl::written_);
                });
}

void HeartbeatWriter::Impl::written_(const MysqlResult& r) {
  if (!r.ok()) return fail(r);
  if (!version.mariadb() && r.affected == 0) {
    // Closed meanwhile, or the number is taken. MySQL 5.6 keeps the number for this session as long as it lives, and
    // replication that comes to it would wait.
    session_id = 0;
    rest(fault);
    return client->close();
  }
  ++number;
  ++written;
  rest("");
}

// The connection goes: on MySQL its next transaction would have the number of this one. Only what the server itself
// says against it is told; that it is closed, or gone, others tell.
void HeartbeatWriter::Impl::fail(const MysqlResult& r) {
  const bool told = r.fault == probes::MysqlFault::kServer && r.code != kReadOnlyRefused;
  const std::string why = told ? "the heartbeat cannot be written: " + r.message : fault;
  session_id = 0;
  rest(why);
  client->close();
}

void HeartbeatWriter::Impl::rest(std::string why) {
  busy = false;
  if (why == fault) return;
  fault = std::move(why);
  if (fault.empty()) return;
  base::log(base::Level::kWarn, "mysql.heartbeat", fault, {{"node", options.node}});
}

HeartbeatWriter::HeartbeatWriter(base::Loop& loop, HeartbeatWriterOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
HeartbeatWriter::~HeartbeatWriter() = default;

void HeartbeatWriter::write(const core::WriteBeat& beat) {
  auto& s = *impl_;
  if (s.busy || s.refused_epoch == beat.epoch.value || base::read_boot_clock() >= beat.deadline) return;
  s.busy = true;
  s.beat = beat;
  const bool ready = s.client->connected() && s.client->connection_id() == s.session_id;
  if (!ready) return s.ask("SELECT 1", &Impl::connected);
  if (s.session_epoch != beat.epoch.value) return s.ask(probes::beat_numbers_sql(s.version), &Impl::numbered);
  s.insert();
}

void HeartbeatWriter::stop() {
  auto& s = *impl_;
  s.busy = false;
  s.session_id = 0;
  s.fault.clear();
  s.client = std::make_unique<probes::MysqlClient>(s.loop, s.by_admin ? s.options.admin : s.options.monitor);
}

const std::string& HeartbeatWriter::fault() const { return impl_->fault; }
std::uint64_t HeartbeatWriter::written() const { return impl_->written; }

}  // namespace sitecheck
