#include "probes/mysql_login.h"

#include <utility>

namespace probes {

MysqlLogin::MysqlLogin(base::Loop& loop, const base::SocketAddress& address, const ServiceAccount& account,
                       std::string statements, base::Duration timeout, Judge judge)
    : loop_(loop),
      target_{address.ip.to_string(), address.port, account.user, account.password, {}, true, account.tls},
      address_(address.to_string()),
      statements_(std::move(statements)),
      timeout_(timeout),
      judge_(std::move(judge)) {}

MysqlLogin::~MysqlLogin() { cancel(); }

void MysqlLogin::start(std::function<void(const Observation&)> on_done) {
  cancel();
  on_done_ = std::move(on_done);
  sent_at_ = base::read_boot_clock();
  client_ = std::make_unique<MysqlClient>(loop_, target_);
  client_->query_all(statements_, timeout_, [this](const std::vector<MysqlResult>& all) { finish(all); });
}

void MysqlLogin::cancel() {
  on_done_ = {};
  // Out of the way first: closing tells the statement that it was cancelled.
  const auto client = std::exchange(client_, nullptr);
}

void MysqlLogin::finish(const std::vector<MysqlResult>& all) {
  const MysqlResult& last = all.back();
  Observation seen{login_outcome(last), sent_at_, base::read_boot_clock() - sent_at_, last.message};
  if (seen.ok()) judge_(all, seen);
  if (!seen.detail.empty()) seen.detail = address_ + ": " + seen.detail;
  const auto done = std::exchange(on_done_, {});
  client_.reset();
  if (done) done(seen);  // may destroy this
}

}  // namespace probes
