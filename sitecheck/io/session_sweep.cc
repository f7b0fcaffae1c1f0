#include "sitecheck/io/session_sweep.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "probes/mysql_dialect.h"

namespace sitecheck {

namespace {

constexpr auto kLimit = base::seconds(10);  // of the whole: a login may take as long as connect_timeout
constexpr auto kFirst = base::seconds(1);   // after this the first list would take in who came to a node opened since
constexpr auto kStatement = base::milliseconds(500);
constexpr auto kAgain = base::milliseconds(5);
constexpr auto kRetry = base::milliseconds(50);  // after a statement that failed: a busy server, or a broken connection

}  // namespace

SessionSweep::SessionSweep(base::Loop& loop, probes::MysqlClient& client, const std::vector<std::string>& spared)
    : client_(client), spared_(spared), again_(loop, [this] { list(); }) {}

void SessionSweep::start(std::function<bool()> yields, std::function<void()> done) {
  yields_ = std::move(yields);
  done_ = std::move(done);
  begun_ = base::read_boot_clock();
  last_ = 0;
  list();
}

void SessionSweep::list() {
  const auto now = base::read_boot_clock();
  if (yields_() || now >= (last_ == 0 ? begun_ + kFirst : begun_ + kLimit)) return end();
  client_.query(probes::sessions_sql(), kStatement, [this](const probes::MysqlResult& r) { on_sessions(r); });
}

void SessionSweep::on_sessions(const probes::MysqlResult& r) {
  if (!probes::sees_all_sessions(r)) return again_.start(kRetry);
  std::vector<probes::Session> victims;
  std::uint64_t highest = 0;
  bool logging_in = false;
  for (std::size_t i = 0; i < r.rows.size(); ++i) {
    const std::string id = r.get("id", i).value_or("");
    const std::string user = r.get("user", i).value_or("");
    const std::uint64_t n = std::strtoull(id.c_str(), nullptr, 10);
    highest = std::max(highest, n);
    if (last_ != 0 && n > last_) continue;
    if (user == probes::kNotLoggedIn) logging_in = true;
    // One by one: those of the same user that came later stay.
    if (probes::is_client_session(user, r.get("command", i).value_or(""), spared_)) victims.push_back({id, ""});
  }
  if (last_ == 0) last_ = highest;
  if (victims.empty() && !logging_in) return end();
  kill(probes::kill_sql(probes::ServerVersion::parse(client_.server_version()), victims), 0);
}

void SessionSweep::kill(std::vector<std::string> statements, std::size_t at) {
  if (at == statements.size()) return again_.start(kAgain);
  if (yields_()) return end();
  const std::string sql = statements[at];
  client_.query(sql, kStatement, [this, statements = std::move(statements), at](const probes::MysqlResult& r) mutable {
    // A server's error: it has gone by itself.
    if (!r.ok() && r.fault != probes::MysqlFault::kServer) return again_.start(kRetry);
    kill(std::move(statements), at + 1);
  });
}

void SessionSweep::end() {
  if (const auto done = std::exchange(done_, nullptr)) done();
}

}  // namespace sitecheck
