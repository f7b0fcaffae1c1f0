// What a MariaDB relay log holds and the server has not applied, read from SHOW RELAYLOG EVENTS. With both replication
// threads stopped MariaDB would throw that away at the next start by GTID; a promotion applies it first (protocol.md
// section 3). Pure: rows in, a place and a position out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sitecheck {

class RelayScan {
 public:
  struct Place {
    std::string file;
    std::uint64_t pos = 0;
  };

  // `applied`: gtid_slave_pos. `file`: where the SQL thread stands.
  RelayScan(std::string_view applied, std::string file);

  // One event, in the order of the log: Pos, Event_type and Info as the server shows them.
  void event(std::uint64_t pos, std::string_view type, std::string_view info);
  // The present file is read to its end. False: its name has no number, there is no next.
  [[nodiscard]] bool next_file();
  [[nodiscard]] const std::string& file() const { return file_; }

  // Where the first transaction begins that is whole in the log and not applied; nothing: all is applied.
  [[nodiscard]] const std::optional<Place>& first() const { return first_; }
  // The last whole transaction of each domain, "domain-server-sequence,…".
  [[nodiscard]] std::string last() const;

 private:
  std::map<std::string, std::uint64_t> applied_;  // domain, sequence
  std::map<std::string, std::string> last_;       // domain, whole entry
  std::string file_;
  std::optional<Place> first_;
  std::string open_;  // the transaction that has begun and not ended
  Place open_at_;
  bool standalone_ = false;  // it ends with its first statement (DDL)
};

}  // namespace sitecheck
