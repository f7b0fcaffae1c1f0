// Writes the heartbeat row at one local node while it is the writer, over a connection of its own (core::WriteBeat,
// probes/mysql_heartbeat.h). One statement at a time; a beat that finds the one before it still under way is left out.
// Owned by the loop's thread.
//
// By the monitor account, which read_only binds. Where that may not number its transactions without SUPER (MySQL 5,
// MariaDB before 10.5), by the admin account, which the statement itself binds to read_only=0.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/time.h"
#include "base/uv.h"
#include "probes/mysql_client.h"
#include "sitecheck/core/actions.h"

namespace sitecheck {

struct HeartbeatWriterOptions {
  std::string node;
  std::string site;
  std::string schema;
  probes::MysqlTarget monitor;
  probes::MysqlTarget admin;
};

class HeartbeatWriter {
 public:
  HeartbeatWriter(base::Loop& loop, HeartbeatWriterOptions options);
  ~HeartbeatWriter();
  HeartbeatWriter(const HeartbeatWriter&) = delete;
  HeartbeatWriter& operator=(const HeartbeatWriter&) = delete;

  void write(const core::WriteBeat& beat);
  // Drops what is under way; what the server has of it already, a fence ends there.
  void stop();
  // What keeps it from beating, for people; "" if nothing does.
  [[nodiscard]] const std::string& fault() const;
  [[nodiscard]] std::uint64_t written() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
