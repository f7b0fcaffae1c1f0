// One connection of the MySQL client library, driven step by step: the seam behind which the library stands. It does
// no waiting: each step says what the descriptor must become before resume() is called. Used by MysqlClient only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "probes/mysql_client.h"

namespace probes {

class MysqlDriver {
 public:
  enum Ready { kReadable = 1, kWritable = 2 };  // as base::Poll::Events
  struct Step {
    bool done = true;
    int wait = 0;  // Ready bits; only if not done
  };

  // `target` must outlive this object: the library keeps its strings while it connects.
  explicit MysqlDriver(const MysqlTarget& target);
  // Closes, impolitely if an operation is under way: nothing is ever waited for.
  ~MysqlDriver();
  MysqlDriver(const MysqlDriver&) = delete;
  MysqlDriver& operator=(const MysqlDriver&) = delete;

  [[nodiscard]] Step connect();
  // `sql` must live until the operation is done. Several statements, parted by ';', are one operation where the target
  // says so.
  [[nodiscard]] Step query(const std::string& sql);
  [[nodiscard]] Step resume(int ready);
  // The outcomes of the operation that is done: one a statement, up to the first fault. Never empty.
  [[nodiscard]] std::vector<MysqlResult> take_results();
  // Ends what is under way as if its time had run out, and breaks the connection.
  void abort();

  // The descriptor to wait on, -1 if there is none.
  [[nodiscard]] int fd() const;
  [[nodiscard]] std::string server_version() const;
  [[nodiscard]] std::uint64_t connection_id() const;
  // False once the connection is of no more use.
  [[nodiscard]] bool usable() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace probes
