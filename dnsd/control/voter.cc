#include "dnsd/control/voter.h"

#include <algorithm>
#include <utility>

#include "dnsd/control/random.h"

namespace control {

namespace {

// Reasons are texts of our own code; a bound all the same.
constexpr std::size_t kMostReasons = 32;

bool same(const std::vector<ecv::WitnessSettings::Site>& a, const std::vector<ecv::WitnessSettings::Site>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.name == y.name && x.id == y.id && x.paths == y.paths;
  });
}

// By address and port, else by the address alone: a site may send from another port than it listens on.
std::size_t path_of(const std::vector<base::SocketAddress>& paths, const base::SocketAddress& from) {
  const auto exact = std::find(paths.begin(), paths.end(), from);
  if (exact != paths.end()) return static_cast<std::size_t>(exact - paths.begin());
  const auto host = std::find_if(paths.begin(), paths.end(), [&](const auto& path) { return path.ip == from.ip; });
  return host == paths.end() ? 0 : static_cast<std::size_t>(host - paths.begin());
}

}  // namespace

Voter::Voter(std::string id, OnHolder on_holder)
    : id_(std::move(id)), on_holder_(std::move(on_holder)), keys_({}, ecv::Purpose::kPeers) {}

void Voter::configure(const conf::Dnsd& config, base::Instant now) {
  keys_ = ecv::KeyRing(config.ring(), ecv::Purpose::kPeers);
  auto before = std::exchange(pools_, {});
  for (const conf::Dnsd::Vote& vote : config.votes()) {
    ecv::WitnessSettings settings{.id = id_, .pool = vote.pool, .sites = {}, .boot_id = 0, .nonce_seed = random_u64()};
    while (settings.boot_id == 0) settings.boot_id = random_u64();
    std::map<std::string, std::vector<base::SocketAddress>> paths;
    for (const conf::EcvSite* site : vote.sites) {
      settings.sites.push_back({site->name, 0, static_cast<int>(site->peer.size())});
      paths[site->name] = site->peer;
    }
    if (auto known = before.find(vote.pool); known != before.end() && same(known->second.sites, settings.sites)) {
      known->second.paths = std::move(paths);
      pools_.insert(before.extract(known));
      continue;
    }
    auto sites = settings.sites;
    pools_.emplace(vote.pool, Pool{std::move(sites), std::move(paths), ecv::Witness(std::move(settings), now), "", {}});
  }
}

bool Voter::take(base::ByteView bytes, const base::SocketAddress& from, io::UdpSocket& socket, base::Instant now) {
  if (pools_.empty()) return false;
  const ecv::Decoded decoded = ecv::decode(bytes, keys_);
  if (decoded.fault != ecv::DatagramFault::kNone) return false;
  ++counters_.received;
  const ecv::Datagram& d = decoded.datagram;
  const auto at = pools_.find(d.pool);
  if (d.to != id_ || at == pools_.end() || !at->second.paths.contains(d.from)) {
    ++counters_.foreign;
    return true;
  }
  Pool& pool = at->second;
  if (const auto reply = pool.witness.take(d, path_of(pool.paths[d.from], from), now)) answer(pool, *reply, socket);
  tell(at->first, pool, now);
  return true;
}

void Voter::answer(Pool& pool, const ecv::Datagram& reply, io::UdpSocket& socket) {
  for (const ecv::Answer& answer : reply.answers) {
    if (answer.kind != ecv::AnswerKind::kRefuse) continue;
    const bool known = pool.refusals.contains(answer.reason);
    ++pool.refusals[known || pool.refusals.size() < kMostReasons ? answer.reason : "other"];
  }
  const ecv::Key* key = keys_.signer();
  const auto paths = pool.paths.find(reply.to);
  if (key == nullptr || paths == pool.paths.end()) return;
  const auto bytes = ecv::encode(reply, *key);
  for (const base::SocketAddress& path : paths->second) {
    const bool sent = bytes && socket.send(path, *bytes) == io::SendOutcome::kSent;
    ++(sent ? counters_.sent : counters_.send_failed);
  }
}

void Voter::look(base::Instant now) {
  for (auto& [name, pool] : pools_) tell(name, pool, now);
}

void Voter::tell(const std::string& name, Pool& pool, base::Instant now) {
  std::string holder = pool.witness.view(now).holder;
  if (holder == pool.holder) return;
  const std::string before = std::exchange(pool.holder, std::move(holder));
  if (on_holder_) on_holder_(name, before, pool.holder);
}

std::vector<VoteStanding> Voter::standings(base::Instant now) const {
  std::vector<VoteStanding> out;
  out.reserve(pools_.size());
  for (const auto& [name, pool] : pools_) out.push_back({name, pool.witness.view(now), pool.refusals});
  return out;
}

}  // namespace control
