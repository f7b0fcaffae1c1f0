// A non-blocking MySQL/MariaDB client on the event loop: one kept connection, statements one after the other.
//
// Owned and called by the loop's thread. Nothing here blocks or throws; every outcome reaches the statement's callback
// exactly once, always from the loop or from close(), never from within query(). A callback may destroy the client.
// The library behind it (libmariadb) appears in mysql_driver.cc only, so that another client library may take its
// place.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/uv.h"

namespace probes {

// An encrypted connection, or none. PEM files; empty: none.
struct MysqlTls {
  std::string ca;    // who signs the server's certificate
  std::string cert;  // ours, where the server asks for one; goes with key
  std::string key;
  bool verify = true;  // the server's certificate is signed by `ca` and is for `host`; else any is taken
  bool operator==(const MysqlTls&) const = default;
};

struct MysqlTarget {
  std::string host;  // an IP literal: names would block in the resolver
  std::uint16_t port = 3306;
  std::string user;
  std::string password;
  std::vector<std::string> session;  // statements run after each connect; the first that fails closes the connection
  bool several = false;              // a query may hold several statements, see query_all()
  std::optional<MysqlTls> tls{};     // nothing: in the clear
};

enum class MysqlFault : std::uint8_t {
  kNone,
  kTimeout,      // no answer in time; the connection is closed, the statement's outcome is unknown
  kUnreachable,  // no connection: refused, no route, no handshake
  kLost,         // the connection broke; the outcome of a statement in flight is unknown
  kServer,       // the server answered with an error; the connection may live on
  kTooLarge,     // the result exceeds the caps; the connection is closed
  kCancelled,    // close() came first, or the queue is full
};
[[nodiscard]] std::string_view name(MysqlFault f);

using MysqlRow = std::vector<std::optional<std::string>>;

struct MysqlResult {
  MysqlFault fault = MysqlFault::kNone;
  unsigned code = 0;                 // MySQL's error number; 0 if there is none
  std::string message;               // empty if fault is kNone
  bool connecting = false;           // the fault came before the session was ready, so the statement was never sent
  bool refused = false;              // kUnreachable because nobody listens on the port
  std::vector<std::string> columns;  // empty for statements without a result set
  std::vector<MysqlRow> rows;
  std::uint64_t affected = 0;

  [[nodiscard]] bool ok() const { return fault == MysqlFault::kNone; }
  // Of row `row`, the column of that name (letter case ignored); nothing if there is none or it is NULL.
  [[nodiscard]] std::optional<std::string> get(std::string_view column, std::size_t row = 0) const;
};

class MysqlClient {
 public:
  using Callback = std::function<void(const MysqlResult&)>;
  using AllCallback = std::function<void(const std::vector<MysqlResult>&)>;

  static constexpr std::size_t kMaxRows = 10000;
  static constexpr std::size_t kMaxResultBytes = 4U << 20U;
  static constexpr std::size_t kMaxQueued = 16;

  MysqlClient(base::Loop& loop, MysqlTarget target);
  ~MysqlClient();
  MysqlClient(const MysqlClient&) = delete;
  MysqlClient& operator=(const MysqlClient&) = delete;

  // Runs one statement, after those queued before it, connecting first where there is no connection. `timeout` counts
  // from the moment the statement's turn comes and covers the connect.
  void query(std::string sql, base::Duration timeout, Callback done);

  // Likewise several statements in one round trip, joined by join_statements(), where the target says `several`: their
  // results in order, up to the first fault. What comes after a fault did not run, but for a timeout or a lost
  // connection: then nothing is known of it. Never empty.
  void query_all(std::string statements, base::Duration timeout, AllCallback done);

  // Called at once when a kept idle connection breaks (killed, server gone). Not called for close().
  void on_break(std::function<void()> call);

  // Drops the connection; what is in flight or queued gets kCancelled. The next query() connects anew.
  void close();

  [[nodiscard]] bool connected() const;
  [[nodiscard]] bool busy() const;
  // Of the present connection; empty and 0 without one.
  [[nodiscard]] std::string server_version() const;
  [[nodiscard]] std::uint64_t connection_id() const;
  [[nodiscard]] const MysqlTarget& target() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  // shared with the callback that is running, so that it may destroy the client
};

[[nodiscard]] std::string join_statements(std::initializer_list<std::string_view> statements);
// `text` as an SQL string literal, quotes included, for sessions without NO_BACKSLASH_ESCAPES.
[[nodiscard]] std::string quote_sql(std::string_view text);
// `name` as a quoted identifier.
[[nodiscard]] std::string quote_identifier(std::string_view name);

}  // namespace probes
