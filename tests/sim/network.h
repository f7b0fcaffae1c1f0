// Datagrams between sites and witnesses: cuts, loss, copies, delays, replays, forgeries; and who reaches what else.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "ecv/datagram.h"
#include "sitecheck/core/events.h"
#include "tests/sim/random.h"
#include "tests/sim/scenario.h"

namespace sim {

class World;

// A datagram on its way. Copies of it share one parcel.
struct Parcel {
  int from = 0;
  int to = 0;
  bool verifies = true;
  bool wired = false;                       // `wire` counts, not `event`
  core::Event event{core::PeerDatagram{}};  // as a site takes it: nothing is copied on arrival
  base::Bytes wire;
  std::optional<ecv::Decoded> decoded;  // of `wire`, once a copy has arrived
  int held = 0;

  [[nodiscard]] core::PeerDatagram& peer() { return std::get<core::PeerDatagram>(event); }
  [[nodiscard]] const ecv::Datagram& datagram() const { return std::get<core::PeerDatagram>(event).datagram; }
};

class Network {
 public:
  explicit Network(World& world);
  ~Network();

  // "site2" is party 1; the first witness, "w1", comes after the last site.
  [[nodiscard]] std::string party_name(int party) const;
  [[nodiscard]] int party_of(const std::string& name) const;  // -1: nobody

  void transmit(int from, ecv::Datagram&& d);
  // Both directions of some path work, so TCP does: replication.
  [[nodiscard]] bool connected(int a, int b) const;
  [[nodiscard]] bool reaches_checkpoint(int site, int checkpoint);
  // What was overheard comes again; what a stranger sends.
  void replay(int to);
  void forge(int to);
  [[nodiscard]] Random& stream(int party) { return streams_[static_cast<std::size_t>(party)]; }

 private:
  // Counted by hand: a run is one thread, and parcels are used again.
  class Hold {
   public:
    Hold(Network& network, Parcel& parcel) : network_(&network), parcel_(&parcel) { ++parcel.held; }
    Hold(const Hold& o) : Hold(*o.network_, *o.parcel_) {}
    Hold(Hold&& o) noexcept : network_(o.network_), parcel_(std::exchange(o.parcel_, nullptr)) {}
    Hold& operator=(Hold o) noexcept {
      std::swap(parcel_, o.parcel_);
      return *this;
    }
    ~Hold() {
      if (parcel_ != nullptr && --parcel_->held == 0) network_->free_.push_back(parcel_);
    }
    Parcel& operator*() const { return *parcel_; }

   private:
    Network* network_;
    Parcel* parcel_;
  };
  Parcel& take_parcel();
  [[nodiscard]] Time delay(Random& r, bool clean);
  void send_copies(Parcel& parcel);
  void deliver(Parcel& parcel, int path, bool replayed);
  void say(const Parcel& parcel, int path) const;

  World* world_;
  std::vector<Random> streams_;
  std::vector<std::unique_ptr<Parcel>> parcels_;
  std::vector<Parcel*> free_;
  bool keeps_;  // old datagrams, for a replay
  std::vector<std::pair<Hold, int>> overheard_;
  std::uint64_t overheard_next_ = 0;
};

}  // namespace sim
