// The exchange with one other party (a site, or a witness) about one pool: what is fresh, which requests are open, what
// it last said (protocol.md rules 4 and 11). It decides nothing about writers.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "ecv/datagram.h"

namespace ecv {

// What the peer's last accepted datagram said. (Outside of PeerLink: clang 14 cannot yet make an optional of a nested
// struct with default values.)
struct PeerSaid {
  PoolState state = PoolState::kInit;
  Epoch epoch;
  Epoch max_epoch_seen;
  bool eligible = false;
  std::string position;
  std::uint64_t config_hash = 0;
  std::string guard;
  ServiceView service = ServiceView::kUnknown;
  std::string service_at;
  std::string target;  // of a DRAINING peer, and of a release
};

class PeerLink {
 public:
  // An echo proves a new process fresh for `memory` after the nonce was sent.
  PeerLink(base::Duration memory, std::uint64_t boot_id, std::uint64_t nonce_seed, int paths);

  enum class Freshness : std::uint8_t {
    kAccepted,  // new: its content counts
    kCopy,      // the newest once more, from another path: nothing at all
    kStale,     // overtaken, replayed, or of an earlier process: nothing at all
    // Verified, but of a process that has not yet echoed our nonce. Its content does not count, and it gets no answer;
    // yet it may be a peer that restarted and cannot hear us, so it must not be taken for silence
    // (sitecheck/core/README.md).
    kUnproven,
  };
  // Takes note of the content if accepted.
  Freshness receive(const Datagram& d, std::size_t path, base::Instant now);

  // Fills boot_id, seq, nonce and echo. A datagram with a nonce is a request that may be answered.
  void stamp(Datagram& d, bool with_nonce, base::Instant now);

  struct Request {
    Nonce nonce = 0;
    base::Instant sent_at;
    Want want = Want::kNone;
    bool open = true;  // false: void, no answer counts (rule 4)
  };
  // Null if unknown; void ones too.
  [[nodiscard]] const Request* request(Nonce nonce) const;
  // Null if unknown or void.
  [[nodiscard]] const Request* open_request(Nonce nonce) const;
  void void_requests();

  // What the last accepted datagram said; nothing before the first.
  [[nodiscard]] const std::optional<PeerSaid>& said() const { return said_; }
  [[nodiscard]] std::optional<base::Instant> heard_at() const { return heard_at_; }  // accepted
  [[nodiscard]] std::optional<base::Instant> spoke_at() const { return spoke_at_; }  // accepted or unproven
  // Since when the peer's process is known; meaningless before heard_at().
  [[nodiscard]] base::Instant peer_since() const { return peer_since_; }
  [[nodiscard]] const std::vector<std::optional<base::Instant>>& paths() const { return paths_; }
  [[nodiscard]] Nonce peer_nonce() const { return peer_nonce_; }  // latest request, 0 if none
  // How many there are changed: what was heard on those before is forgotten.
  void set_paths(int paths);
  // True once, after an unproven datagram, at most every 10 ms: an early word to that party, and to no other, proves
  // both sides faster than the next turn.
  bool take_greeting();

 private:
  static constexpr std::size_t kRemembered = 64;

  [[nodiscard]] bool proves(Nonce echo, base::Instant now) const;
  void note_path(std::size_t path, base::Instant now);

  base::Duration memory_;
  std::uint64_t boot_id_;
  std::uint64_t nonce_state_;
  std::uint64_t seq_ = 0;
  std::array<Request, kRemembered> requests_{};
  std::size_t next_request_ = 0;
  std::uint64_t peer_boot_ = 0;
  base::Instant peer_since_;
  std::uint64_t peer_seq_ = 0;
  std::size_t copies_ = 0;  // of the newest datagram; each path brings one
  std::deque<std::uint64_t> earlier_boots_;
  Nonce peer_nonce_ = 0;
  Nonce echo_ = 0;
  bool greet_ = false;
  std::optional<base::Instant> greeted_at_;
  std::optional<PeerSaid> said_;
  std::optional<base::Instant> heard_at_;
  std::optional<base::Instant> spoke_at_;
  std::vector<std::optional<base::Instant>> paths_;
};

}  // namespace ecv
