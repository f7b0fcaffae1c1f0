#include "sitecheck/io/node_admin.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "probes/mysql_heartbeat.h"
#include "probes/mysql_outcome.h"
#include "probes/mysql_schema.h"
#include "sitecheck/io/node_admin_impl.h"

namespace sitecheck {

using probes::MysqlResult;

NodeAdmin::Impl::Impl(base::Loop& l, AdminOptions o)
    : loop(l), options(std::move(o)), client(l, options.admin), writer(l, options.monitor), pause(l, [this] {
        if (const auto next = std::exchange(after_pause, nullptr)) next();
      }) {}

void NodeAdmin::Impl::begin(Done call) {
  if (done) end(false, "given up for a newer step");
  done = std::move(call);
  ++turn;
}

void NodeAdmin::Impl::end(bool ok, std::string message) {
  pause.stop();
  after_pause = nullptr;
  const auto call = std::exchange(done, nullptr);
  ++turn;
  if (call) call({ok, std::move(message)});
}

void NodeAdmin::Impl::ask(const std::string& sql, Then then) { ask_in(client, sql, std::move(then)); }

void NodeAdmin::Impl::ask_in(probes::MysqlClient& c, const std::string& sql, Then then) {
  c.query(sql, kStatementLimit, [self = weak_from_this(), sent = turn, then = std::move(then)](const MysqlResult& r) {
    const auto me = self.lock();
    if (!me || me->turn != sent) return;  // of an activity that was given up
    then(r);
  });
}

void NodeAdmin::Impl::must(const std::string& sql, std::function<void(const MysqlResult&)> then) {
  ask(sql, [this, then = std::move(then)](const MysqlResult& r) {
    if (!r.ok()) return end(false, r.message);
    then(r);
  });
}

void NodeAdmin::Impl::must_all(std::vector<std::string> statements, std::function<void()> then, std::size_t at) {
  if (at == statements.size()) return then();
  const std::string sql = statements[at];
  must(sql, [this, statements = std::move(statements), then = std::move(then), at](const MysqlResult&) mutable {
    must_all(std::move(statements), std::move(then), at + 1);
  });
}

void NodeAdmin::Impl::later(base::Duration delay, std::function<void()> then) {
  after_pause = std::move(then);
  pause.start(delay);
}

// Connects where need be: what the server is decides the words.
void NodeAdmin::Impl::with_version(std::function<void()> then) {
  if (client.connected()) {
    session = client.connection_id();
    version = probes::ServerVersion::parse(client.server_version());
    return then();
  }
  must("SELECT 1", [this, then = std::move(then)](const MysqlResult&) {
    session = client.connection_id();
    version = probes::ServerVersion::parse(client.server_version());
    then();
  });
}

NodeAdmin::NodeAdmin(base::Loop& loop, AdminOptions options)
    : impl_(std::make_shared<Impl>(loop, std::move(options))) {}
NodeAdmin::~NodeAdmin() {
  impl_->done = nullptr;
  ++impl_->turn;
}

void NodeAdmin::abort() {
  if (impl_->client.busy()) impl_->client.close();  // what is queued is never sent
  if (impl_->done) impl_->end(false, "given up");
}

std::uint64_t NodeAdmin::session_id() const { return impl_->session; }
bool NodeAdmin::busy() const { return impl_->done != nullptr; }

void NodeAdmin::ensure_schema(Done done) {
  auto* i = impl_.get();
  i->begin(std::move(done));
  i->with_version([i] {
    // super_read_only refuses even this; the first promotion makes it, before its epoch row.
    if (i->version.has_super_read_only()) return i->end(true, "");
    std::vector<std::string> statements = {"SET SESSION sql_log_bin=0"};
    for (auto& sql : probes::create_schema_sql(i->options.schema)) statements.push_back(std::move(sql));
    statements.emplace_back("SET SESSION sql_log_bin=1");
    i->must_all(std::move(statements), [i] { i->end(true, ""); });
  });
}

void NodeAdmin::open_super(Done done) {
  auto* i = impl_.get();
  i->begin(std::move(done));
  i->with_version([i] { i->must_all(probes::open_super_sql(i->version), [i] { i->end(true, ""); }); });
}

void NodeAdmin::insert_epoch(ecv::Epoch epoch, Done done) {
  auto* i = impl_.get();
  i->begin(std::move(done));
  i->with_version([i, epoch] { i->insert_epoch_row(epoch); });
}

// The tables go along, so that a replica that never saw them can apply the row. All of it has GTIDs of its own kind,
// made of the epoch, which are no data. MariaDB: the epoch domain, numbered by the counter, so that two sites that
// wrote rows apart never clash there, and the higher epoch always follows the lower, as gtid_strict_mode demands.
// MySQL: the epoch source, numbered by the whole epoch: there the same number of another site's row would be skipped.
void NodeAdmin::Impl::insert_epoch_row(ecv::Epoch epoch) {
  std::vector<std::string> data = probes::create_schema_sql(options.schema);
  data.push_back("INSERT INTO " + probes::quote_identifier(options.schema) + ".epoch VALUES (" +
                 std::to_string(epoch.value) + ", " + std::to_string(epoch.counter()) + ", " +
                 probes::quote_sql(options.site) +
                 ", @@global.server_id, UTC_TIMESTAMP()) ON DUPLICATE KEY UPDATE "
                 "epoch = VALUES(epoch)");
  if (!version.mariadb()) {
    std::vector<std::string> statements;
    for (std::size_t n = 0; n < data.size(); ++n) {
      const auto number = probes::epoch_number(version, epoch.value, n);
      statements.push_back("SET SESSION gtid_next='" + std::string(probes::kEpochSource) + ":" +
                           std::to_string(number) + "'");
      statements.push_back(data[n]);  // skipped by the server where it has that number: a second try
    }
    statements.emplace_back("SET SESSION gtid_next='AUTOMATIC'");
    return must_all(std::move(statements), [this] { end(true, "epoch row inserted"); });
  }
  must("SET SESSION gtid_domain_id=" + std::to_string(probes::kEpochDomain),
       [this, epoch, data = std::move(data)](const MysqlResult&) { insert_numbered(epoch, data, 0); });
}

void NodeAdmin::Impl::insert_numbered(ecv::Epoch epoch, std::vector<std::string> data, std::size_t at) {
  if (at == data.size()) return end(true, "epoch row inserted");
  const auto sequence = probes::epoch_number(version, epoch.value, at);
  ask("SET SESSION gtid_seq_no=" + std::to_string(sequence),
      [this, epoch, data = std::move(data), at](const MysqlResult& r) mutable {
        // 1950: that number is taken (a second try of the same epoch); the server then counts on by itself.
        constexpr unsigned kOutOfOrder = 1950;
        if (!r.ok() && r.code != kOutOfOrder) return end(false, r.message);
        const std::string sql = data[at];
        must(sql, [this, epoch, data = std::move(data), at](const MysqlResult&) mutable {
          insert_numbered(epoch, std::move(data), at + 1);
        });
      });
}

void NodeAdmin::open_writes(base::Instant deadline, Done done) {
  auto* i = impl_.get();
  i->begin(std::move(done));
  i->with_version([i, deadline] {
    // The guard closes at the deadline; what would be opened after it would be open without a permit.
    if (base::read_boot_clock() >= deadline) return i->end(false, "the permit ended before the node was opened");
    i->must_all(probes::open_writes_sql(i->version), [i] {
      i->must(probes::state_sql(i->version), [i](const MysqlResult& r) {
        if (probes::read_state(i->version, r).read_only.value_or(true)) {
          return i->end(false, "read_only does not read back as 0");
        }
        i->try_write();
      });
    });
  });
}

void NodeAdmin::Impl::try_write() {
  // Out of the binary log where privileges allow, else never committed.
  ask_in(writer, "SET SESSION sql_log_bin=0", [this](const MysqlResult& unlogged) {
    if (!unlogged.ok()) ask_in(writer, "START TRANSACTION", [](const MysqlResult&) {});
    ask_in(writer, probes::write_probe_sql(options.schema, "promotion"), [this](const MysqlResult& r) {
      writer.close();  // rolls back
      if (r.ok()) return end(true, "open: read_only=0 read back, and a write succeeded");
      if (probes::classify(r) == probes::Outcome::kMisconfigured) {
        base::log(base::Level::kWarn, "mysql.misconfigured", "the monitor account cannot try a write",
                  {{"node", options.node}, {"error", r.message}});
        return end(true, "open: read_only=0 read back; the monitor account cannot try a write");
      }
      end(false, "the first write failed: " + r.message);
    });
  });
}

}  // namespace sitecheck
