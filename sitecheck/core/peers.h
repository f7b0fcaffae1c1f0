// The other parties of one pool: the sites that share it and, in mode B, the witnesses. Of each: the exchange, what it
// last said, and what follows from that about who writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "ecv/peer_link.h"
#include "sitecheck/core/config.h"
#include "sitecheck/core/events.h"
#include "sitecheck/core/gtid.h"
#include "sitecheck/core/site.h"

namespace core {

class Peer {
 public:
  Peer(std::string party, std::uint8_t site_id, ecv::PeerLink exchange)
      : name(std::move(party)), id(site_id), link(std::move(exchange)) {}

  std::string name;
  std::uint8_t id;  // of the site; 0: a witness, which has no data and never writes
  ecv::PeerLink link;
  bool differs = false;  // rule 10: its configuration hash is another
  bool suspect = false;  // rule 10: something unverifiable came on its path, and nothing verified since
  std::optional<base::Instant> active_at;  // it, or a relay, said that it is ACTIVE
  ecv::Epoch active_epoch;
  std::string tested_at;                  // the service address that is tested for it, as it told it
  std::optional<ecv::Answer> said_again;  // our last answer to it, until it has been repeated
  base::Instant said_at;

  [[nodiscard]] bool witness() const { return id == 0; }
  // A verified datagram of it was accepted within `window` before `now`.
  [[nodiscard]] bool fresh(base::Instant now, base::Duration window) const;
  // It last said one of these; nothing about how long ago.
  [[nodiscard]] bool said_it_writes() const;     // ACTIVE or DRAINING
  [[nodiscard]] bool said_it_may_write() const;  // anything from PROMOTING to FENCING
  // The transactions that it last said it has; empty if unknown.
  [[nodiscard]] const GtidSet& position() const;

 private:
  mutable std::string position_text_;
  mutable GtidSet position_;
};

class Peers {
 public:
  Peers(const SiteConfig& site, PoolIndex pool, const Identity& identity);

  [[nodiscard]] std::vector<Peer>& all() { return all_; }
  [[nodiscard]] const std::vector<Peer>& all() const { return all_; }
  // No other site shares the pool (there may be witnesses).
  [[nodiscard]] bool alone() const { return sites_ == 0; }
  [[nodiscard]] std::size_t sites() const { return sites_; }
  // Null if unknown. Party "" is the first.
  [[nodiscard]] Peer* find(std::string_view party);
  [[nodiscard]] const Peer* find(std::string_view party) const;
  [[nodiscard]] Peer* site(std::uint8_t id);

  // Of the sites, as heard within W before `now`. Null if there is none.
  [[nodiscard]] const Peer* writer(base::Instant now) const;  // says it writes, with the highest epoch
  [[nodiscard]] const Peer* may_write(base::Instant now) const;
  [[nodiscard]] bool any_fresh(base::Instant now) const;
  [[nodiscard]] bool all_fresh(base::Instant now) const;  // true if there is no other site
  [[nodiscard]] bool fresh(const Peer& peer, base::Instant now) const { return peer.fresh(now, window_); }
  // The site that was ACTIVE with the highest epoch, by its own word or a relay's, within W before `now`.
  [[nodiscard]] const Peer* live_owner(base::Instant now) const;
  // A site lets go of the writer, or has just let go, and names `site` as the one that comes next (rule 12).
  [[nodiscard]] bool handed_to(std::string_view site, base::Instant now) const;
  // Of whom a person is told when there is room for one: the writer, else the one heard last, else the first.
  [[nodiscard]] const Peer* foremost(base::Instant now) const;
  [[nodiscard]] bool any_said() const;  // a site was heard since the start

  // What was asked for is void (rule 4).
  void void_requests();

 private:
  std::vector<Peer> all_;  // sites first
  std::size_t sites_ = 0;
  base::Duration window_;
};

}  // namespace core
