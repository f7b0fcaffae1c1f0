// Does a MySQL server answer at this address? (protocol.md section 3, service address.) Each look logs in on a fresh
// connection, runs an empty statement, and leaves politely: a handshake broken off would count towards
// max_connect_errors at the server, or at the balancer's address there, and block every client behind it.
//
// A server that refuses the account, or has too many connections, has answered: kMisconfigured and kDegraded, see
// service_answers(). So the account need not exist.
#pragma once

#include <memory>
#include <string>

#include "base/ip.h"
#include "base/uv.h"
#include "probes/mysql_client.h"
#include "probes/probe.h"

namespace probes {

struct ServiceAccount {
  std::string user;
  std::string password;
  std::optional<MysqlTls> tls{};
};

class MysqlServiceProbe final : public Probe {
 public:
  // `timeout`: of one look, connect and statement together.
  MysqlServiceProbe(base::Loop& loop, const base::SocketAddress& address, ServiceAccount account,
                    base::Duration timeout);
  ~MysqlServiceProbe() override;
  void start(std::function<void(const Observation&)> on_done) override;
  void cancel() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What one statement on a fresh connection says of the server: kDegraded where it has too many connections,
// kMisconfigured where it refuses who asks; an error of the statement itself is kMismatch.
[[nodiscard]] Outcome login_outcome(const MysqlResult& result);

// The observation proves that a MySQL server stands behind the address.
[[nodiscard]] bool service_answers(const Observation& seen);

}  // namespace probes
