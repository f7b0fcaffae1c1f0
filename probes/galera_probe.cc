#include "probes/galera_probe.h"

namespace probes {

namespace {

// Not as SELECT: a node that is not Primary refuses those.
constexpr std::string_view kReadOnlySql = "SHOW GLOBAL VARIABLES LIKE 'read_only'";

}  // namespace

void judge_galera(const std::vector<MysqlResult>& all, const GaleraPolicy& policy, bool writable, Observation& seen) {
  GaleraStatus status;
  for (const MysqlResult& each : all) read_galera(each, status);
  const GaleraVerdict verdict = judge(status, policy, 0);
  if (!verdict.fault.empty()) {
    seen.outcome = Outcome::kMismatch;
    seen.detail = verdict.fault;
    return;
  }
  if (!verdict.aside.empty()) {
    seen.outcome = Outcome::kDisabled;
    seen.detail = verdict.aside;
    return;
  }
  const MysqlResult& last = all.back();
  const bool told = !last.rows.empty() && last.rows.front().size() == 2 && last.rows.front()[1].has_value();
  const std::string read_only = told ? *last.rows.front()[1] : "not told";
  if (!writable || read_only == "OFF") return;
  seen.outcome = Outcome::kMismatch;
  seen.detail = "read_only is " + read_only.substr(0, 60);
}

GaleraProbe::GaleraProbe(base::Loop& loop, const GaleraCheck& check)
    : login_(
          loop, check.address, check.account,
          join_statements({galera_variables_sql(), galera_status_sql(), kReadOnlySql}), check.timeout,
          [policy = check.policy, writable = check.writable](const std::vector<MysqlResult>& all, Observation& seen) {
            judge_galera(all, policy, writable, seen);
          }) {}

}  // namespace probes
