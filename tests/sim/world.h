// The sites, their network, their arbiter, the name servers, and what befalls them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tests/sim/checker.h"
#include "tests/sim/heap.h"
#include "tests/sim/host.h"
#include "tests/sim/network.h"
#include "tests/sim/scenario.h"

namespace sim {

class DnsdModel;
class EtcdModel;
class WitnessModel;

// How a run is watched, and weaknesses of the world for mutants that are no rule of the core.
struct Options {
  bool trace = false;
  bool datagrams = false;  // in the trace, every one
  bool guard = true;       // false: it acknowledges, and never closes
  bool restated = true;    // check I10 too, which says a rule again; mutants must die of worse
  bool witness_moratorium = true;
  bool dead_lease_renewed = false;  // the shell takes etcd's answer without a TTL for a renewal
  bool timers_first = false;        // rule 8: a process that goes on lets its timers act before it reads
};

// A planned handover that is under way: what the old writer had acknowledged when it let go.
struct Handover {
  int from = 0;
  int to = 0;
  std::array<std::uint64_t, kMaxSites> transactions{};
};

class World {
  // Before what is built with them.
  const Scenario* scenario_;
  Options options_;
  std::size_t segment_ = 0;
  Time settled_since_ = -1;

 public:
  World(const Scenario& scenario, const Options& options);
  ~World();

  // Runs to the end, or to the first broken invariant.
  void run();

  [[nodiscard]] const Segment& segment() const { return scenario_->segments[segment_]; }
  [[nodiscard]] core::SiteConfig config(int site, bool other) const;
  [[nodiscard]] const Scenario& scenario() const { return *scenario_; }
  [[nodiscard]] const Options& options() const { return options_; }
  // The time of faults is over.
  [[nodiscard]] bool quiet() const { return heap.now() >= scenario_->quiet_at; }
  // Since when all is quiet and exactly one site writes; -1: not so.
  [[nodiscard]] Time settled_since() const { return settled_since_; }
  [[nodiscard]] std::uint64_t promotions() const;
  // The one site that is ACTIVE and takes writes; -1 if there is none or more than one.
  [[nodiscard]] int writer() const;

  Checker checker;
  std::vector<std::unique_ptr<Host>> hosts;
  Network network;
  std::vector<std::unique_ptr<WitnessModel>> witnesses;
  std::unique_ptr<EtcdModel> etcd;
  std::vector<std::unique_ptr<DnsdModel>> dnsds;
  std::optional<Handover> handover;
  int switchover_target = 0;
  Heap heap;  // the last: what is still to happen refers to the others

 private:
  // incidents.cc
  void befall(const Incident& incident);
  void befall_process(const Incident& incident, Host& host);
  void befall_host(const Incident& incident, Host& host);
  void order(const Incident& incident, Host& host);
  void switch_over(int to);
  [[nodiscard]] bool force_is_safe(int site) const;
  [[nodiscard]] int victim(const Incident& incident) const;
  void tidy_up();

  // world.cc
  void schedule();
  void watch_tail();
  void check_end();
  [[nodiscard]] bool excused() const;
  void check_themes();
};

}  // namespace sim
