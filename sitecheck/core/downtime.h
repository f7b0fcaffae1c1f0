// Announced downtimes of nodes: until a moment that was said, their alarms are muted and they are read by nobody. They
// change nothing about who may write. Pure; wall time, since they outlive the process and the machine's uptime.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace core {

struct Downtime {
  std::string pool;
  std::string node;
  base::WallTime until;
  std::string who;
  std::string reason;
};

class Downtimes {
 public:
  // In place of one that the node has.
  void set(Downtime downtime);
  // False: the node had none.
  bool end(std::string_view pool, std::string_view node);
  // Takes away those that are over, and gives them.
  std::vector<Downtime> expire(base::WallTime now);
  // Null: the node has none now.
  [[nodiscard]] const Downtime* find(std::string_view pool, std::string_view node, base::WallTime now) const;
  [[nodiscard]] const std::vector<Downtime>& all() const { return all_; }

 private:
  std::vector<Downtime> all_;
};

}  // namespace core
