// Two sites, their network, their checkpoints, the name servers, and what befalls them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ecv/datagram.h"
#include "tests/sim/checker.h"
#include "tests/sim/dnsd_model.h"
#include "tests/sim/heap.h"
#include "tests/sim/host.h"
#include "tests/sim/random.h"
#include "tests/sim/scenario.h"

namespace sim {

// Weaknesses of the world, for mutants that are no rule of the core.
struct Options {
  bool trace = false;
  bool guard = true;
  bool restated = true;    // check I10 too, which says a rule again; mutants must die of worse
  bool datagrams = false;  // in the trace
};

class World {
 public:
  World(const Scenario& scenario, const Options& options);

  // Runs to the end, or to the first broken invariant.
  void run();

  void transmit(int from, const ecv::Datagram& d);
  // Both directions of some path work, so TCP does: replication.
  [[nodiscard]] bool connected() const;
  [[nodiscard]] bool reaches_checkpoint(int site, int checkpoint);
  [[nodiscard]] const Segment& segment() const { return scenario_->segments[segment_]; }
  [[nodiscard]] core::SiteConfig config(int site, bool other) const;

  [[nodiscard]] const Scenario& scenario() const { return *scenario_; }
  [[nodiscard]] const Options& options() const { return options_; }
  Heap heap;
  Checker checker;
  Random network;
  Random local;  // delays inside a host
  std::vector<std::unique_ptr<Host>> hosts;
  std::vector<std::unique_ptr<DnsdModel>> dnsds;

 private:
  void schedule_segments();
  void befall(Incident incident);
  [[nodiscard]] int victim(const Incident& incident) const;
  void replay(int to);
  void tidy_up();
  void check_end();
  void deliver(int to, int path, const ecv::Datagram& d, bool verifies, bool replayed);

  const Scenario* scenario_;
  Options options_;
  std::size_t segment_ = 0;
  struct Overheard {
    int to;
    int path;
    ecv::Datagram datagram;
  };
  std::vector<Overheard> overheard_;
  std::uint64_t overheard_next_ = 0;
};

}  // namespace sim
