// The inside of NodeAdmin, shared by node_admin.cc (schema, opening) and node_replica.cc (replication).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sitecheck/io/node_admin.h"
#include "sitecheck/io/relay_scan.h"

namespace sitecheck {

struct NodeAdmin::Impl : std::enable_shared_from_this<NodeAdmin::Impl> {
  using Then = std::function<void(const probes::MysqlResult&)>;
  static constexpr auto kStatementLimit = base::seconds(5);

  Impl(base::Loop& l, AdminOptions o);

  // One activity: begin() takes its callback, end() calls it. Callbacks of an activity that has ended do nothing.
  void begin(Done call);
  void end(bool ok, std::string message);
  void ask(const std::string& sql, Then then);
  void ask_in(probes::MysqlClient& c, const std::string& sql, Then then);
  // As ask(), but an error ends the activity.
  void must(const std::string& sql, Then then);
  void must_all(std::vector<std::string> statements, std::function<void()> then, std::size_t at = 0);
  void later(base::Duration delay, std::function<void()> then);
  void with_version(std::function<void()> then);

  void insert_epoch_row(ecv::Epoch epoch);
  void insert_numbered(ecv::Epoch epoch, std::vector<std::string> data, std::size_t at);
  void try_write();

  void stop_io();
  void check_applied();
  void wait_applied(const probes::ReplicaStatus& status);
  void scan_relay(const probes::ReplicaStatus& status);
  void scan_more(std::uint64_t from);
  void apply_relay();
  void await_relay(const std::string& position);
  void rejoin();
  void read_source();
  void point_at_source(const RejoinFacts& facts, const std::string& slave_pos);
  void change_source();
  void await_threads(base::Instant limit, std::optional<base::Instant> run_since);

  base::Loop& loop;
  AdminOptions options;
  probes::MysqlClient client;
  probes::MysqlClient writer;
  std::unique_ptr<probes::MysqlClient> source;
  probes::ServerVersion version;
  std::unique_ptr<RelayScan> relay;
  base::Timer pause;
  std::function<void()> after_pause;
  Done done;
  std::uint64_t turn = 0;
  std::uint64_t session = 0;
};

}  // namespace sitecheck
