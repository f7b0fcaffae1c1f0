// The guard beside mysqld (protocol.md section 5): a process of its own that holds the permit's deadline.
#pragma once

#include <optional>

#include "base/time.h"
#include "tests/sim/scenario.h"

namespace sim {

class Host;
class World;

class Guard {
 public:
  Guard(World& world, Host& host) : world_(&world), host_(&host) {}

  // Hears of a deadline, if it lives; when it is stopped, once it goes on.
  void renew(base::Instant deadline);
  // The same, acknowledged; false if it does not answer.
  [[nodiscard]] bool arm(base::Instant deadline);
  // A hard fence asks for it (protocol.md section 3).
  void close();

  void crash();
  void start();
  void stop();
  void go_on();
  void lose_deadline() { deadline_.reset(); }  // its host went down
  void thaw();                                 // its host froze, and goes on
  [[nodiscard]] bool alive() const { return alive_; }
  [[nodiscard]] std::optional<base::Instant> deadline() const { return answers() ? deadline_ : std::nullopt; }
  [[nodiscard]] bool answers() const { return alive_ && !stopped_; }

 private:
  void look_at(base::Instant deadline);
  void look();
  [[nodiscard]] bool unconfirmed() const;

  World* world_;
  Host* host_;
  bool alive_ = true;
  bool stopped_ = false;
  std::optional<base::Instant> deadline_;
  std::optional<base::Instant> unread_;
  Time look_ = -1;
};

}  // namespace sim
