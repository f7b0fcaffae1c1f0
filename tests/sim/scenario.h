// What befalls the sites in one run: drawn from the seed before the run begins, shrunk after a failure, written and
// read as text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ecv/timing.h"
#include "sitecheck/core/config.h"

namespace sim {

using Time = std::int64_t;  // true time, microseconds from the begin of the run
inline constexpr Time kMs = 1000;
inline constexpr Time kSecond = 1000 * kMs;
inline constexpr int kPaths = 2;
inline constexpr int kMaxCheckpoints = 5;
inline constexpr int kMaxSites = 4;
inline constexpr int kMaxParties = 8;  // sites first, witnesses after them

// A set of parties, sites, checkpoints…: bit i for number i.
using Mask = std::uint8_t;
[[nodiscard]] constexpr bool has(Mask mask, int i) { return (mask >> i & 1) != 0; }
constexpr void put(Mask& mask, int i, bool on) { mask = static_cast<Mask>(on ? mask | 1U << i : mask & ~(1U << i)); }

// What a site sees of etcd.
enum class EtcdSight : std::uint8_t {
  kFine,
  kCut,      // nothing arrives
  kSlow,     // an answer may come after its limit
  kDeaf,     // requests arrive and take effect, answers are lost
  kGarbage,  // answers that make no sense; requests take effect
};

// The network between two changes of it.
struct Segment {
  Time at = 0;
  std::array<std::array<Mask, kMaxParties>, kPaths> cut{};    // [path][from]: to whom nothing arrives
  std::array<std::array<Mask, kMaxParties>, kPaths> clean{};  // no loss, no tail: carries the assumption CA
  std::array<Mask, kMaxSites> checkpoint_cut{};
  Mask dnsd_cut = 0;     // of sites
  Mask service_cut = 0;  // of sites: their service address is reached by nobody (a dead balancer)
  std::array<EtcdSight, kMaxSites> etcd{};
  Mask watch_blind = 0;  // of sites: etcd's watch tells them nothing
  bool operator==(const Segment&) const = default;
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
  kOtherConfig,    // restarts with another configuration, for `length`
  kReplay,         // old datagrams to it come again
  kForge,          // strangers' bytes at its peer port
  kDnsdCrash,
  kSetOffline,      // a person; online again after `length`
  kGuardCrash,      // of the guard; back after `length`
  kGuardStop,       // SIGSTOP of the guard, its input waits
  kWitnessCrash,    // of witness `site`; back after `length` as a new process
  kWitnessStop,     // SIGSTOP of witness `site`
  kEtcdDown,        // for `length`; leases may live on longer than they ought
  kEtcdRebuilt,     // down for `length`, then empty, revisions from 1
  kSwitchover,      // a person: `switchover` from the writer to `site`
  kAbort,           // a person: `switchover --abort` at every site
  kSwitchoverLoss,  // a switchover to `site`, whose sitecheck dies `length` later
  kOpened,          // a person opens the database of a STANDBY by hand: nothing is promised then
  kForce,           // a person: `promote --force`, only where nobody writes and it is true that the others are closed
  kEtcdRevoked,     // a person: `etcdctl lease revoke` of the writer's lease; nothing is promised then
  kCount
};
[[nodiscard]] const char* name(Fault f);

struct Incident {
  Time at = 0;
  Fault fault = Fault::kStop;
  int site = 0;  // or number of the witness
  Time length = 0;
  bool standby_only = false;  // befalls whichever site is STANDBY then
  bool active_only = false;
  bool operator==(const Incident&) const = default;
};

enum class Theme : std::uint8_t {
  kAny,
  kStandbyLosses,  // nothing but losses of the standby: the writer must never fence (I17)
  kSwitchovers,    // nothing but switchovers: each must end with the target as writer, without a fence by expiry
  kCalm,           // nothing but loss and jitter: no promotion after the first, no fence (I18)
};

struct Scenario {
  std::uint64_t seed = 0;  // of the streams of network, hosts and clocks
  core::ArbiterKind arbiter = core::ArbiterKind::kCheckpoints;
  Theme theme = Theme::kAny;
  std::string preset = "lan";
  ecv::Timing timing{};
  bool promote_on_silence = true;
  int sites = 2;
  int witnesses = 0;
  int checkpoints = 3;
  bool fresh = true;  // a brand-new set of sites; else all have state
  bool peer_unguarded = false;
  bool semi_sync = false;  // the writer's commits wait for a replica
  bool service = false;    // a service address is configured and tested
  bool max_loss = false;   // max_loss: 0
  int anti_flap = 0;       // promotions an hour; 0: no limit that matters
  int dnsds = 0;
  bool relays = false;
  bool wire = false;           // datagrams pass through the codec and their keys
  bool slow_fence = false;     // fences take up to F
  bool fence_beyond = false;   // and beyond it: nothing is promised
  double replication_lag = 0;  // chance that a poll finds nothing new at the source
  double open_lost = 0;        // chance that the answer to read_only=0 never comes
  bool brief = false;          // a short campaign, which ends as soon as one writer is agreed upon
  bool full_tail = false;      // the quiet tail lasts its whole length
  double loss = 0;
  double duplicates = 0;
  double tail = 0;  // chance of a delay up to `tail_length`
  Time tail_length = 0;
  double checkpoint_loss = 0;
  double client_writes = 0;                                      // chance of a write between two replications
  std::array<double, kMaxParties> rate{1, 1, 1, 1, 1, 1, 1, 1};  // of the hosts' clocks
  double etcd_rate = 1;                                          // of etcd's: leases expire early or late
  Time quiet_at = 0;
  Time end = 0;
  std::vector<Segment> segments;
  std::vector<Incident> incidents;

  [[nodiscard]] int parties() const { return sites + witnesses; }
  [[nodiscard]] Time interval() const { return timing.interval.count(); }
  // When whatever is still broken is put right; a little before that every incident has ended.
  [[nodiscard]] Time tidy_at() const { return quiet_at + (brief ? 4 : 8) * interval(); }
  // What one arbiter's word is worth to a rival: T_promote, T_grant, or etcd's lease at its longest.
  [[nodiscard]] Time rival_wait() const;
  // Whether one writer is promised (protocol.md section 6): CA in mode A; no frozen host, fences within F, and a guard
  // wherever sitecheck may fail, in all.
  [[nodiscard]] bool promised() const;
};

// In mode A: one site has no quorum of checkpoints, or one direction of one path is clean; both directions of a path
// if `both`.
[[nodiscard]] bool assumption_holds(const Segment& s, const Scenario& sc, bool both);

// Weakened times, for mutants; 1 keeps them right.
struct Weakness {
  double promote = 1;    // T_promote as a share of its bound
  bool lease = false;    // L below its bound in mode A
  double grant = 1;      // T_grant as a share of its bound
  double etcd_hold = 1;  // L_hold as a multiple of its bound
  bool relays = true;    // false: no relays, so that nothing hides behind them
  // Sharper worlds.
  bool short_stops = false;  // SIGSTOP of all for less than W when a writer that was away comes back
  bool revoked = false;      // the lease of the writer is revoked again and again
};

[[nodiscard]] Scenario draw(std::uint64_t seed, core::ArbiterKind arbiter, const Weakness& weakness);
// `days` virtual days of loss and jitter in the wan preset (I18).
[[nodiscard]] Scenario draw_calm(std::uint64_t seed, core::ArbiterKind arbiter, double days);

// Lines of "key value…"; read() takes what write() gave. Error names the line.
[[nodiscard]] std::string write(const Scenario& s);
[[nodiscard]] base::Result<Scenario> read(const std::string& text);

}  // namespace sim
