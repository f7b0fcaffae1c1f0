// Asks a server what the accounts of a pool may do there, and finds what they lack (mysql_privileges.h). One fresh
// connection an account, all at once. Owned by the loop's thread; the outcome comes once, from the loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/uv.h"
#include "probes/mysql_client.h"
#include "probes/mysql_privileges.h"
#include "probes/probe.h"

namespace probes {

struct AccountToCheck {
  AccountRole role = AccountRole::kMonitor;
  MysqlTarget target;
};

struct AccountFinding {
  AccountRole role = AccountRole::kMonitor;
  Outcome outcome = Outcome::kOk;    // of asking
  std::string message;               // why it could not be asked
  std::vector<std::string> missing;  // statements that a person should run
};
// For people: "the admin account lacks: GRANT …; …", or why it could not be asked; "" if all is well.
[[nodiscard]] std::string tell(const AccountFinding& finding);

class MysqlAccountCheck {
 public:
  MysqlAccountCheck(base::Loop& loop, std::vector<AccountToCheck> accounts, std::string schema);
  ~MysqlAccountCheck();
  MysqlAccountCheck(const MysqlAccountCheck&) = delete;
  MysqlAccountCheck& operator=(const MysqlAccountCheck&) = delete;

  // `timeout`: of one account. The findings stand in the order of the accounts. `done` may destroy this object.
  void start(base::Duration timeout, std::function<void(const std::vector<AccountFinding>&)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace probes
