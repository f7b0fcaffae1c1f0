// The deliberate changes of one local node, over an admin connection of their own (a fence must not wait behind them):
// the schema, the steps of a promotion, and the return as a replica (protocol.md section 3).
// Owned by the loop's thread; one activity at a time. Every outcome comes from the loop, once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/ip.h"
#include "base/time.h"
#include "base/uv.h"
#include "ecv/report.h"
#include "probes/mysql_client.h"
#include "probes/mysql_dialect.h"

namespace sitecheck {

struct AdminOptions {
  std::string node;
  std::string site;
  std::string schema;
  probes::MysqlTarget admin;
  probes::MysqlTarget monitor;                        // tries the first write: it must not bypass read_only
  std::optional<base::SocketAddress> replicate_from;  // the direct address of the peer's node
  std::string replication_user;
  std::string replication_password;
  std::optional<probes::MysqlTls> replication_tls{};  // to the source, from here; the replica itself then uses TLS too
};

struct Outcome {
  bool ok = false;
  std::string message;
};

class NodeAdmin {
 public:
  using Done = std::function<void(const Outcome&)>;

  NodeAdmin(base::Loop& loop, AdminOptions options);
  ~NodeAdmin();
  NodeAdmin(const NodeAdmin&) = delete;
  NodeAdmin& operator=(const NodeAdmin&) = delete;

  // Database, epoch table and the write probe's table, outside the binary log; idempotent.
  void ensure_schema(Done done);

  // The steps of a promotion, as core::Promote describes them.
  void stop_replication(Done done);
  void apply_received(Done done);
  void open_super(Done done);
  void insert_epoch(ecv::Epoch epoch, Done done);
  // Sends nothing once `deadline` has passed.
  void open_writes(base::Instant deadline, Done done);

  // A replica of `from` (else of `replicate_from`), by GTID, both threads running.
  void rejoin(Done done, std::optional<base::SocketAddress> from = std::nullopt);

  // Drops what is under way; its outcome comes as a failure.
  void abort();
  // The newest session of this object, 0 if there was none: it may still be carried out after abort().
  [[nodiscard]] std::uint64_t session_id() const;
  [[nodiscard]] bool busy() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with the callbacks of statements in flight
};

// Where a demoted MariaDB master begins to read (text of gtid_slave_pos): its own last position in each domain, as
// gtid_current_pos and, for domains that it only wrote, gtid_binlog_pos tell; with slave_pos alone it would ask for
// its own old transactions from the beginning of the source's binary log. In a domain whose last transaction never left
// it (errant ones that a person accepted), the source's position if that is before it: the source refuses, with error
// 1236, to begin at what it does not hold. In the epoch domain, what the source holds of the same epoch, else the
// beginning of the next epoch that it tells of.
struct RejoinFacts {
  std::string current_pos;
  std::string binlog_pos;
  std::string source_binlog_state;
  std::string source_binlog_pos;
};
[[nodiscard]] std::string rejoin_position(const RejoinFacts& facts);

}  // namespace sitecheck
