// The Galera monitor: log in and hear whether the node serves, by the conditions of galera.h. A donor or a desynced
// node is kDisabled unless the policy lets it serve.
#pragma once

#include "probes/galera.h"
#include "probes/mysql_login.h"

namespace probes {

struct GaleraCheck {
  base::SocketAddress address;
  ServiceAccount account;
  GaleraPolicy policy{};
  bool writable = true;  // read_only must be off
  base::Duration timeout = base::seconds(1);
};

class GaleraProbe final : public Probe {
 public:
  GaleraProbe(base::Loop& loop, const GaleraCheck& check);
  void start(std::function<void(const Observation&)> on_done) override { login_.start(std::move(on_done)); }
  void cancel() override { login_.cancel(); }

 private:
  MysqlLogin login_;
};

// Judges the results of the three statements of a look: variables, status, read_only.
void judge_galera(const std::vector<MysqlResult>& all, const GaleraPolicy& policy, bool writable, Observation& seen);

}  // namespace probes
