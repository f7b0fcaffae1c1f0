// What befalls the two sites in one run: drawn from the seed before the run begins.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ecv/timing.h"

namespace sim {

using Time = std::int64_t;  // true time, microseconds from the begin of the run
inline constexpr Time kMs = 1000;
inline constexpr Time kSecond = 1000 * kMs;
inline constexpr int kPaths = 2;
inline constexpr int kMaxCheckpoints = 5;

// The network between two changes of it. Direction d is from site d to the other.
struct Segment {
  Time at = 0;
  bool cut[kPaths][2] = {};
  bool clean[kPaths][2] = {};  // no loss, no tail: carries the assumption CA
  bool checkpoint_cut[2][kMaxCheckpoints] = {};
  bool dnsd_cut[2] = {};  // of a site
};

enum class Fault : std::uint8_t {
  kStop,           // SIGSTOP of sitecheck for `length`
  kCrash,          // of sitecheck; back after `length`
  kDatabaseCrash,  // kill -9 of mysqld; back after `length`
  kDatabaseHang,   // for `length`
  kDiskFull,       // writes fail for `length`
  kHostCrash,      // everything on it; back after `length`
  kHostFreeze,     // everything on it stops, clocks too (breaks the promise of section 6)
  kStateLost,      // both slots gone; with a crash of sitecheck
  kWrongKey,       // what it sends does not verify, for `length`
  kOtherConfig,    // restarts with another checkpoint list, for `length`
  kReplay,         // old datagrams to it come again
  kDnsdCrash,
  kSetOffline,  // a person; online again after `length`
};

struct Incident {
  Time at = 0;
  Fault fault = Fault::kStop;
  int site = 0;
  Time length = 0;
  bool standby_only = false;  // befalls whichever site is STANDBY then
  bool active_only = false;
};

struct Scenario {
  std::uint64_t seed = 0;
  bool assumption = true;       // CA holds, and nothing else breaks the promise of section 6
  bool standby_losses = false;  // nothing but losses of the standby: the writer must never fence (I17)
  ecv::Timing timing{};
  bool promote_on_silence = true;
  int checkpoints = 3;
  bool fresh = true;  // a brand-new pair; else both have state
  bool peer_unguarded = false;
  int dnsds = 0;
  bool relays = false;
  double loss = 0;
  double duplicates = 0;
  double tail = 0;  // chance of a delay up to `tail_length`
  Time tail_length = 0;
  double checkpoint_loss = 0;
  double client_writes = 0;          // chance of a write between two replications
  std::array<double, 2> rate{1, 1};  // of the host clocks
  Time quiet_at = 0;
  Time end = 0;
  std::vector<Segment> segments;
  std::vector<Incident> incidents;
};

// `weaken` < 1 shortens T_promote to that share of its bound; `lease_low` takes a lease below its bound. Both for
// mutants; 1 and false keep the times right.
struct Weakness {
  double promote = 1;
  bool lease = false;
};

[[nodiscard]] Scenario draw(std::uint64_t seed, const Weakness& weakness);
[[nodiscard]] std::string describe(const Scenario& s);

}  // namespace sim
