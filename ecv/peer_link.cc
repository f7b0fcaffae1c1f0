#include "ecv/peer_link.h"

#include <algorithm>
#include <utility>

namespace ecv {

namespace {

// Between two greetings. Each is answered at once, so without a bound two parties of whom one is deaf, or that have
// forgotten the nonces echoed to them, would talk as fast as they can.
constexpr base::Duration kGreetAgain = base::milliseconds(10);

// SplitMix64 (Steele, Lea, Flood 2014): from one random seed, numbers that do not come twice.
std::uint64_t next_number(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

}  // namespace

PeerLink::PeerLink(base::Duration memory, std::uint64_t boot_id, std::uint64_t nonce_seed, int paths)
    : memory_(memory),
      boot_id_(boot_id),
      nonce_state_(nonce_seed),
      paths_(static_cast<std::size_t>(std::max(paths, 1))) {}

void PeerLink::set_paths(int paths) {
  const auto count = static_cast<std::size_t>(std::max(paths, 1));
  if (count != paths_.size()) paths_.assign(count, std::nullopt);
}

bool PeerLink::proves(Nonce echo, base::Instant now) const {
  if (echo == 0) return false;
  // A nonce from before the last word of the process that we know proves nothing: what echoes it may be an earlier
  // process, overtaken by its successor.
  return std::any_of(requests_.begin(), requests_.end(), [&](const Request& r) {
    return r.nonce == echo && now - r.sent_at <= memory_ && (!heard_at_ || r.sent_at >= *heard_at_);
  });
}

void PeerLink::note_path(std::size_t path, base::Instant now) {
  if (path < paths_.size()) paths_[path] = now;
}

PeerLink::Freshness PeerLink::receive(const Datagram& d, std::size_t path, base::Instant now) {
  if (d.boot_id == 0) return Freshness::kStale;
  if (d.boot_id == peer_boot_) {
    if (d.seq == peer_seq_) {
      note_path(path, now);
      // Counted, not told apart by address: paths may share the sender's. What comes more often was replayed.
      if (++copies_ <= paths_.size()) return Freshness::kCopy;
    }
    if (d.seq <= peer_seq_) return Freshness::kStale;
  } else {
    // Rule 11: a new process is believed only after it echoed our nonce; one that was superseded, never.
    if (std::find(earlier_boots_.begin(), earlier_boots_.end(), d.boot_id) != earlier_boots_.end()) {
      return Freshness::kStale;
    }
    if (!proves(d.echo, now)) {
      spoke_at_ = now;
      if (d.nonce != 0 && d.nonce != echo_ && (!greeted_at_ || now - *greeted_at_ >= kGreetAgain)) {
        greet_ = true;
        greeted_at_ = now;
      }
      if (d.nonce != 0) echo_ = d.nonce;
      return Freshness::kUnproven;
    }
    if (peer_boot_ != 0) earlier_boots_.push_back(peer_boot_);
    if (earlier_boots_.size() > kRemembered) earlier_boots_.pop_front();
    peer_boot_ = d.boot_id;
    peer_since_ = now;
    peer_nonce_ = 0;
  }
  peer_seq_ = d.seq;
  copies_ = 1;
  if (d.nonce != 0) peer_nonce_ = echo_ = d.nonce;
  heard_at_ = spoke_at_ = now;
  note_path(path, now);
  if (!said_) said_.emplace();
  said_->state = d.state;
  said_->epoch = d.epoch;
  said_->max_epoch_seen = d.max_epoch_seen;
  said_->eligible = d.eligible;
  if (said_->position != d.position) said_->position = d.position;
  said_->config_hash = d.config_hash;
  if (said_->guard != d.guard) said_->guard = d.guard;
  said_->service = d.service;
  if (said_->service_at != d.service_at) said_->service_at = d.service_at;
  if (said_->target != d.target) said_->target = d.target;
  return Freshness::kAccepted;
}

void PeerLink::stamp(Datagram& d, bool with_nonce, base::Instant now) {
  d.boot_id = boot_id_;
  d.seq = ++seq_;
  d.echo = echo_;
  d.nonce = 0;
  if (!with_nonce) return;
  do {
    d.nonce = next_number(nonce_state_);
  } while (d.nonce == 0);
  requests_[next_request_] = Request{d.nonce, now, d.want, true};
  next_request_ = (next_request_ + 1) % kRemembered;
}

const PeerLink::Request* PeerLink::request(Nonce nonce) const {
  if (nonce == 0) return nullptr;
  const auto found =
      std::find_if(requests_.begin(), requests_.end(), [&](const Request& r) { return r.nonce == nonce; });
  return found == requests_.end() ? nullptr : &*found;
}

const PeerLink::Request* PeerLink::open_request(Nonce nonce) const {
  const auto* found = request(nonce);
  return found == nullptr || !found->open ? nullptr : found;
}

void PeerLink::void_requests() {
  for (auto& r : requests_) r.open = false;
}

bool PeerLink::take_greeting() { return std::exchange(greet_, false); }

}  // namespace ecv
