// One look at a MySQL server by statements on a fresh connection, closed politely after them: what the monitors of the
// kinds mysql and galera share.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/uv.h"
#include "probes/mysql_client.h"
#include "probes/mysql_service.h"
#include "probes/probe.h"

namespace probes {

class MysqlLogin {
 public:
  // What the results of the statements, none of which failed, say; `seen` is ok() and may be changed.
  using Judge = std::function<void(const std::vector<MysqlResult>& all, Observation& seen)>;

  // `statements`: one, or several joined by join_statements(). `timeout`: of connect and statements together.
  MysqlLogin(base::Loop& loop, const base::SocketAddress& address, const ServiceAccount& account,
             std::string statements, base::Duration timeout, Judge judge);
  ~MysqlLogin();
  MysqlLogin(const MysqlLogin&) = delete;
  MysqlLogin& operator=(const MysqlLogin&) = delete;

  // As Probe::start() and Probe::cancel().
  void start(std::function<void(const Observation&)> on_done);
  void cancel();

 private:
  void finish(const std::vector<MysqlResult>& all);

  base::Loop& loop_;
  MysqlTarget target_;
  std::string address_;
  std::string statements_;
  base::Duration timeout_;
  Judge judge_;
  std::unique_ptr<MysqlClient> client_;  // of the look under way
  base::Instant sent_at_;
  std::function<void(const Observation&)> on_done_;
};

}  // namespace probes
