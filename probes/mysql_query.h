// The MySQL monitor: log in, run a statement, and compare what it gives. Each look is a whole connection, as a new
// client makes it.
#pragma once

#include <optional>
#include <string>

#include "probes/mysql_login.h"

namespace probes {

struct MysqlCheck {
  base::SocketAddress address;
  ServiceAccount account;
  std::string query = "SELECT 1";
  std::optional<std::string> expect{};  // what its first row must hold, to the letter; nothing: it need only succeed
  std::string column{};                 // in this column; empty: the first
  base::Duration timeout = base::seconds(1);
};

class MysqlQueryProbe final : public Probe {
 public:
  MysqlQueryProbe(base::Loop& loop, const MysqlCheck& check);
  void start(std::function<void(const Observation&)> on_done) override { login_.start(std::move(on_done)); }
  void cancel() override { login_.cancel(); }

 private:
  MysqlLogin login_;
};

// Compares the result with what is expected; `seen` becomes kMismatch where it differs, and says how.
void compare(const MysqlResult& result, const std::optional<std::string>& expect, const std::string& column,
             Observation& seen);

}  // namespace probes
