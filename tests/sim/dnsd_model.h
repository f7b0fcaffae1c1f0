// A name server: polls both sites, decides with dnsd's own code, relays what it heard (protocol.md rule 14).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dnsd/decide/decide.h"
#include "ecv/datagram.h"
#include "tests/sim/random.h"
#include "tests/sim/scenario.h"

namespace sim {

class World;

class DnsdModel {
 public:
  DnsdModel(World& world, int id);
  void begin();
  void crash(Time length);
  // The site that it answers with; nothing if it answers none.
  [[nodiscard]] std::optional<int> answers() const;
  [[nodiscard]] bool alive() const { return alive_; }

 private:
  void poll(std::uint64_t generation);
  void ask(int site);
  void hear(int site, Time asked, const ecv::Report& report);
  void decide();
  void relay(int about);
  void check_agreement();
  void tell_service();
  void send(int to, ecv::Datagram d);

  World* world_;
  int id_;
  Random random_;
  Time poll_;  // between two reports
  bool alive_ = true;
  std::uint64_t generation_ = 1;
  std::uint64_t seq_ = 0;
  decide::WideIp wideip_;
  std::vector<decide::Observation> observed_;
  decide::Memory memory_;
  decide::Durable disk_;
  std::optional<int> answer_;
  bool twins_ = false;                           // two live claims have the same counter
  std::uint64_t highest_ = 0;                    // counter ever answered
  std::array<Time, kMaxSites> reached_since_{};  // without a gap; -1: not
};

}  // namespace sim
