// The invariants of protocol.md section 9, watched from outside with the true time; the trace and its hash.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "ecv/report.h"
#include "sitecheck/core/record.h"
#include "tests/sim/coverage.h"
#include "tests/sim/scenario.h"

namespace sim {

class Checker {
 public:
  Checker(const Scenario& scenario, bool trace) : scenario_(&scenario), trace_(trace), promised_(scenario.promised()) {}

  // Of a promise that is only made where section 6 says so: elsewhere it is counted.
  void broken(Time now, const char* invariant, const std::string& what);
  // Of a promise that always holds.
  void broken_always(Time now, const char* invariant, const std::string& what);
  [[nodiscard]] bool failed() const { return !failure_.empty(); }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  [[nodiscard]] const std::string& invariant() const { return invariant_; }  // "I1"
  [[nodiscard]] std::uint64_t breaches() const { return breaches_; }         // counted where nothing was promised
  [[nodiscard]] bool promised() const { return promised_; }

  // I1: the permit of `site` runs until `until` (true time); 0: it has none.
  void permit(Time now, int site, Time until);
  [[nodiscard]] Time permit_until(int site) const { return permit_[static_cast<std::size_t>(site)]; }
  // I1, I11: the database of `site` takes writes, or no longer.
  void writable(Time now, int site, bool yes);
  void still_writable(Time now, int site);
  // I2: `site` made `epoch` its own.
  void own_epoch(Time now, int site, ecv::Epoch epoch);
  // I3: what a crash would leave.
  void durable(Time now, int site, const core::Record& record);
  void durable_lost(int site) { durable_[static_cast<std::size_t>(site)] = {}; }
  // I4, I5.
  void claims(Time now, int site, ecv::Epoch epoch);
  void lease(Time now, int site, Time left);

  void note(Time now, std::uint64_t kind, std::uint64_t value);
  void say(Time now, const std::string& line);
  [[nodiscard]] bool tracing() const { return trace_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }
  Coverage coverage;

 private:
  void say_lapsed(Time now);

  const Scenario* scenario_;
  bool trace_;
  bool promised_;
  std::string failure_;
  std::string invariant_;
  std::uint64_t breaches_ = 0;
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
  std::array<Time, kMaxSites> permit_{};  // end of the permit held, 0 if none
  std::array<Time, kMaxSites> ended_{};   // end of the last one
  std::array<Time, kMaxSites> told_{};    // end of the permit that the trace has told of
  Mask writable_ = 0;
  std::map<std::uint64_t, int> epochs_;
  std::array<core::Record, kMaxSites> durable_{};
};

// "site2", as the trace names number 1.
[[nodiscard]] std::string site_name(int site);

}  // namespace sim
