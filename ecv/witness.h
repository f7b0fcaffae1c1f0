// A voter that is no site (protocol.md section 1, mode B): what a dnsd at a third place runs for each pool it votes in.
// It checks freshness as a site does (rules 10, 11), asks the vote, and answers. Pure: time and datagrams in, datagrams
// out; verifying the MAC and sending is the caller's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "ecv/datagram.h"
#include "ecv/timing.h"

namespace ecv {

// The hash that all voters of a pool must share in mode B: who votes, and the times (rule 9).
// `voters` are the names of sites and witnesses, in any order.
[[nodiscard]] std::uint64_t witness_config_hash(std::vector<std::string> voters, const Timing& timing);

struct WitnessSettings {
  std::string id;  // this voter, as the sites name it
  std::string pool;
  struct Site {
    std::string name;
    std::uint8_t id = 0;
    int paths = 1;
  };
  std::vector<Site> sites;
  std::vector<std::string> witnesses;  // all of them, this one too
  Timing timing;
  std::uint64_t boot_id = 0;     // of this process: random, never 0
  std::uint64_t nonce_seed = 0;  // random and secret
};

class Witness {
 public:
  Witness(WitnessSettings settings, base::Instant now);
  ~Witness();
  Witness(Witness&&) noexcept;
  Witness& operator=(Witness&&) noexcept;

  // A verified datagram that came over path `path` of its sender. What must be sent back, if anything: to the site that
  // its `to` names, on every path.
  [[nodiscard]] std::optional<Datagram> take(const Datagram& d, std::size_t path, base::Instant now);

  struct SiteView {
    std::string site;
    std::optional<base::Instant> last_heard;
    PoolState state = PoolState::kInit;  // as it last said
    Epoch epoch;
    bool config_match = true;
  };
  struct View {
    std::string holder;   // who has the vote; "" if nobody
    base::Instant until;  // the promise, or the moratorium
    bool moratorium = false;
    std::uint64_t granted = 0;
    std::uint64_t refused = 0;
    std::uint64_t stale = 0;  // replayed, overtaken, or of no known site
    std::vector<SiteView> sites;
  };
  [[nodiscard]] View view(base::Instant now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ecv
