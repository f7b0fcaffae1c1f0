// The rules of `arbiter:` and of those it asks: peers, voters, etcd (protocol.md sections 1, 4 and 6).
#include <algorithm>

#include "conf/rules.h"

namespace conf {

namespace {

Mark arbiter_place(const Value& root, std::string_view key) {
  const Value* arbiter = root.find("arbiter");
  if (arbiter == nullptr) return root.mark();
  const Value* value = arbiter->find(key);
  return value == nullptr ? arbiter->mark() : value->mark();
}

const Value* arbiter_value(const Value& root, std::string_view key) {
  const Value* arbiter = root.find("arbiter");
  return arbiter == nullptr ? nullptr : arbiter->find(key);
}

// RFC 1918, RFC 6598 section 7, RFC 4193 section 3.1, RFC 4291 section 2.5.6: what no stranger can reach.
bool is_private(const base::IpAddress& ip) {
  for (const std::string_view text :
       {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"}) {
    if (const auto prefix = base::Prefix::parse(text); prefix && prefix->contains(ip)) return true;
  }
  return false;
}

// Protocol.md section 6: CA is as good as the paths are.
void check_paths_of_pair(Reading& reading, const Value& root, const Peer& peer) {
  const Mark at = place(root, "peers", 0, "addr");
  if (peer.addr.size() == 1) {
    reading.warn(at,
                 "one path to the peer: mode checkpoints demands two, one over the public address; CA (whenever both "
                 "sites reach an external checkpoint quorum, one direction of one path between them delivers) hangs "
                 "on a single link here, and when it breaks both sites may write");
  } else if (!peer.addr.empty() && std::all_of(peer.addr.begin(), peer.addr.end(),
                                               [](const base::SocketAddress& a) { return is_private(a.ip); })) {
    reading.warn(at,
                 "every path to the peer has a private address: mode checkpoints demands one over the public address, "
                 "which stands when the private link is cut; else CA hangs on that link, and when it breaks both "
                 "sites may write");
  }
}

void check_paths_of_voters(Reading& reading, const Value& root, const Sitecheck& s) {
  const auto warn = [&](const Mark& at, const std::string& who) {
    reading.warn(at, "one path to voter " + who + ": when it breaks its vote is lost here; two are advised");
  };
  for (std::size_t i = 0; i < s.peers.size(); ++i) {
    if (s.peers[i].addr.size() == 1) warn(place(root, "peers", i, "addr"), s.peers[i].site);
  }
  for (const Voter& voter : s.arbiter.voters) {
    if (voter.addr.size() == 1) warn(voter.mark, voter.id);
  }
}

void check_peers(Reading& reading, const Value& root, const Sitecheck& s) {
  Unique sites(reading, "site");
  Unique ids(reading, "site id");
  const Value* site = root.find("site");
  const Value* own_name = site == nullptr ? nullptr : site->find("name");
  const Value* own_id = site == nullptr ? nullptr : site->find("id");
  if (own_name != nullptr) sites.add(s.site.name, own_name->mark());
  if (own_id != nullptr && s.site.id != 0) ids.add(std::to_string(s.site.id), own_id->mark());
  for (std::size_t i = 0; i < s.peers.size(); ++i) {
    sites.add(s.peers[i].site, place(root, "peers", i, "site"));
    if (s.peers[i].id != 0) ids.add(std::to_string(s.peers[i].id), place(root, "peers", i, "id"));
  }
  // A voter counts by its name.
  for (const Voter& voter : s.arbiter.voters) sites.add(voter.id, voter.mark);
}

// Protocol.md section 1: mode A knows exactly one peer.
void check_checkpoints_mode(Reading& reading, const Value& root, const Sitecheck& s) {
  if (s.peers.size() > 1) {
    reading.fault(place(root, "peers", 1),
                  "mode checkpoints takes exactly one peer, found " + std::to_string(s.peers.size()) +
                      "; for more sites say arbiter: {mode: witness} (a majority of the sites and of dnsd voters), or "
                      "mode: etcd");
  }
  if (s.peers.size() == 1) check_paths_of_pair(reading, root, s.peers.front());
}

void check_witness_mode(Reading& reading, const Value& root, const Sitecheck& s) {
  const std::size_t voters = 1 + s.peers.size() + s.arbiter.voters.size();
  if (voters == 1) {
    reading.fault(arbiter_place(root, "mode"),
                  "mode witness needs other voters, and there are neither peers nor voters; add them, or leave the "
                  "mode out: a single site takes its permit from itself");
  } else if (voters % 2 == 0) {
    reading.warn(arbiter_place(root, "mode"),
                 std::to_string(voters) + " voters (this site, " + std::to_string(s.peers.size()) + " peers, " +
                     std::to_string(s.arbiter.voters.size()) + " voters) need " + std::to_string(voters / 2 + 1) +
                     " votes, so they bear no more failures than " + std::to_string(voters - 1) +
                     " would; add or leave out a dnsd voter");
  }
  check_paths_of_voters(reading, root, s);
}

void check_etcd_trust(Reading& reading, const Value& at, const Etcd& etcd) {
  if (etcd.cert.empty() != etcd.key.empty()) {
    reading.fault(at.mark(),
                  "etcd: cert and key go together; found " + std::string(etcd.key.empty() ? "cert" : "key") + " alone");
  }
  const bool file = at.find("password_file") != nullptr;
  const bool variable = at.find("password") != nullptr;
  if (file && variable) {
    reading.fault(at.mark(), "etcd: found both password_file and password; allowed: exactly one of them");
  } else if ((file || variable) != (at.find("user") != nullptr)) {
    reading.fault(at.mark(), "etcd: user and its password_file (or password) go together");
  }
  const bool plain = std::any_of(etcd.endpoints.begin(), etcd.endpoints.end(),
                                 [](const std::string& url) { return url.starts_with("http://"); });
  if (!plain) return;
  if (!etcd.ca.empty() || !etcd.cert.empty()) {
    reading.fault(at.mark(), "etcd: ca, cert and key are of https endpoints, but an endpoint begins with http://");
  } else if (!etcd.user.empty()) {
    reading.warn(at.mark(), "etcd: the password travels in the clear to an endpoint that begins with http://");
  }
}

void check_etcd_mode(Reading& reading, const Value& root, const Sitecheck& s) {
  const Value* at = arbiter_value(root, "etcd");
  if (at == nullptr) {
    reading.fault(arbiter_place(root, "mode"),
                  "mode etcd: missing key \"etcd\" in arbiter; it takes a mapping of endpoints, prefix, ca, cert, key, "
                  "user, password_file, password");
    return;
  }
  if (!s.arbiter.etcd || at->kind != Value::Kind::kMapping) return;
  const Etcd& etcd = *s.arbiter.etcd;
  check_etcd_trust(reading, *at, etcd);
  if (const Value* prefix = at->find("prefix");
      prefix != nullptr && (!etcd.prefix.starts_with('/') || !etcd.prefix.ends_with('/'))) {
    reading.fault(prefix->mark(), "prefix: found \"" + etcd.prefix + "\"; allowed: a text that begins and ends with /");
  }
  if (s.peers.empty()) {
    reading.warn(arbiter_place(root, "mode"),
                 "mode etcd without peers: this site hears of no other site's data, and is promoted although another "
                 "holds transactions that it lacks; name the other sites under peers");
  }
}

// What belongs to another mode was probably meant to change the mode.
void check_strangers(Reading& reading, const Value& root, const Sitecheck& s) {
  const std::string mode(name(s.arbiter.mode));
  const auto only = [&](std::string_view key, ArbiterMode of) {
    if (s.arbiter.mode == of || arbiter_value(root, key) == nullptr) return;
    reading.fault(arbiter_place(root, key), std::string(key) + " is for mode " + std::string(name(of)) +
                                                ", and the mode is " + mode + "; say mode: " + std::string(name(of)) +
                                                ", or leave it out");
  };
  only("voters", ArbiterMode::kWitness);
  only("etcd", ArbiterMode::kEtcd);
  const Value* timing = arbiter_value(root, "timing");
  if (timing == nullptr) return;
  struct Of {
    std::string_view key;
    ArbiterMode mode;
  };
  for (const Of& each : {Of{"promote_wait", ArbiterMode::kCheckpoints}, Of{"grant_wait", ArbiterMode::kWitness},
                         Of{"etcd_ttl", ArbiterMode::kEtcd}}) {
    const Value* value = timing->find(each.key);
    if (value == nullptr || s.arbiter.mode == each.mode) continue;
    reading.warn(value->mark(), std::string(each.key) + " is for mode " + std::string(name(each.mode)) +
                                    " and not used in mode " + mode);
  }
}

// Protocol.md section 4: configuration that violates its inequality is refused, with the numbers.
void check_timing(Reading& reading, const Value& root, Sitecheck& s) {
  const Value* timing = arbiter_value(root, "timing");
  ecv::Timing& t = s.arbiter.timing;
  std::vector<std::string> faults;
  switch (s.arbiter.mode) {
    case ArbiterMode::kCheckpoints: faults = ecv::faults_for_checkpoints(t); break;
    case ArbiterMode::kWitness: faults = ecv::faults_for_witness(t); break;
    case ArbiterMode::kEtcd:
      if (timing == nullptr || timing->find("lease") == nullptr) t = ecv::for_etcd(t);
      faults = ecv::faults_for_etcd(t);
      break;
  }
  if (timing == nullptr || timing->kind != Value::Kind::kMapping) return;  // the presets are safe in every mode
  for (const auto& fault : faults) reading.fault(timing->mark(), fault);
}

}  // namespace

void check_arbiter(Reading& reading, const Value& root, Sitecheck& s) {
  check_peers(reading, root, s);
  switch (s.arbiter.mode) {
    case ArbiterMode::kCheckpoints: check_checkpoints_mode(reading, root, s); break;
    case ArbiterMode::kWitness: check_witness_mode(reading, root, s); break;
    case ArbiterMode::kEtcd: check_etcd_mode(reading, root, s); break;
  }
  check_strangers(reading, root, s);
  check_timing(reading, root, s);
}

}  // namespace conf
