// A witness: the voter that ships (ecv::Witness) in a process of its own, with a clock of its own (mode B).
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "ecv/witness.h"
#include "tests/sim/random.h"
#include "tests/sim/scenario.h"

namespace sim {

class World;

class WitnessModel {
 public:
  WitnessModel(World& world, int number);
  // A verified datagram arrives.
  void give(const ecv::Datagram& d, int path);
  void crash(Time length);
  void stop(Time length);

 private:
  void start();
  void take(const ecv::Datagram& d, int path);
  [[nodiscard]] base::Instant local_now() const;

  World* world_;
  int number_;
  int party_;
  Random random_;
  std::optional<ecv::Witness> witness_;
  std::uint64_t generation_ = 0;
  bool stopped_ = false;
  std::vector<std::pair<ecv::Datagram, int>> inbox_;
};

}  // namespace sim
