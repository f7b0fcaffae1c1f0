#include "probes/mysql_outcome.h"
#include "probes/mysql_probe_impl.h"
#include "probes/mysql_schema.h"

namespace probes {

namespace {

constexpr unsigned kReadOnlyRefused = 1290;

}  // namespace

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
  } else if (says_schema_is_missing(r) || says_schema_is_denied(r)) {
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

}  // namespace probes
