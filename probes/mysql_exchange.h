// A statement and its answer on a connection in the clear that the client library opened, without the library: it
// takes twice as long for them, since it copies each answer twice and keeps buffers for every connection. Nothing is
// waited for, as with MysqlDriver, its only user.
//
// Owned by the loop's thread, whose exchanges share their buffers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "probes/mysql_answer.h"
#include "probes/mysql_driver.h"

namespace probes {

class MysqlExchange {
 public:
  using Step = MysqlDriver::Step;
  static constexpr std::size_t kLongest = 0xffffff - 1;  // of a statement, in bytes: one packet

  // Sends `sql` as COM_QUERY. One at a time; the descriptor stays the caller's.
  [[nodiscard]] Step begin(int fd, const std::string& sql);
  [[nodiscard]] Step resume(int fd);
  // The connection is of no more use: what was answered until now stands, and after it that it was lost.
  void abort();
  // As MysqlDriver::take_results().
  [[nodiscard]] std::vector<MysqlResult> take_results() { return std::move(results_); }
  // False once the connection is of no more use.
  [[nodiscard]] bool usable() const { return usable_; }

  // Gives back what take_results() gave, unchanged, for the next answer on whatever connection.
  static void reuse(std::vector<MysqlResult> results);

 private:
  [[nodiscard]] Step go_on_sending(int fd);
  [[nodiscard]] Step receive(int fd);
  Step lose(unsigned code, const char* message);

  std::string unsent_;
  std::unique_ptr<MysqlAnswer> answer_;  // once it has begun
  std::vector<MysqlResult> results_;
  bool usable_ = true;
};

}  // namespace probes
