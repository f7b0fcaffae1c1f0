// A voter that is no site (protocol.md section 1, mode B): what a dnsd at a third place runs for each pool it votes in.
// A dnsd votes as soon as it has a key of purpose peers and a relay port: for the pools of its wide-IPs' members, asked
// by the sites of its `sites`. It needs no other option: the times come with the requests.
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

struct WitnessSettings {
  std::string id;  // this voter, as the sites name it
  std::string pool;
  struct Site {
    std::string name;
    std::uint8_t id = 0;
    int paths = 1;
  };
  std::vector<Site> sites;
  std::uint64_t boot_id = 0;     // of this process: random, never 0
  std::uint64_t nonce_seed = 0;  // random and secret
};

class Witness {
 public:
  Witness(WitnessSettings settings, base::Instant now);
  ~Witness();
  Witness(Witness&&) noexcept;
  Witness& operator=(Witness&&) noexcept;

  // Refuses a promotion while another site that it heard within T_grant says another config_hash (rules 9 and 10).
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
