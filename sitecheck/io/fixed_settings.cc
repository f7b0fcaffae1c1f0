#include "sitecheck/io/fixed_settings.h"

#include <algorithm>
#include <map>

#include "sitecheck/io/same.h"

namespace sitecheck {

namespace {

class Differences {
 public:
  void note(bool differs, std::string key) {
    if (differs) out_.push_back(std::move(key));
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(out_); }

 private:
  std::vector<std::string> out_;
};

// How many failed polls fail a node is a threshold; the other times are what grants and leases are reckoned by.
bool same_times(ecv::Timing a, const ecv::Timing& b) {
  a.fall = b.fall;
  return a == b;
}

bool same_sites(std::vector<conf::Peer> a, std::vector<conf::Peer> b) {
  for (auto* list : {&a, &b}) {
    for (auto& peer : *list) peer.addr.clear();
  }
  return same(a, b);
}

bool same_voters(std::vector<conf::Voter> a, std::vector<conf::Voter> b) {
  for (auto* list : {&a, &b}) {
    for (auto& voter : *list) voter.addr.clear();
  }
  return same(a, b);
}

bool same_guard(const conf::Pool& a, const conf::Pool& b) {
  return a.guard == b.guard && a.guard_socket == b.guard_socket && a.guard_address == b.guard_address;
}

const conf::Pool* find_pool(const conf::Sitecheck& conf, const std::string& name) {
  const auto at =
      std::find_if(conf.pools.begin(), conf.pools.end(), [&](const conf::Pool& p) { return p.name == name; });
  return at == conf.pools.end() ? nullptr : &*at;
}

void compare_pools(const conf::Sitecheck& before, const conf::Sitecheck& after, Differences& out) {
  for (const auto& a : before.pools) {
    const auto* b = find_pool(after, a.name);
    if (b == nullptr) continue;
    const std::string of = " of pool " + a.name;
    out.note(a.kind != b->kind, "kind" + of);
    out.note(a.schema != b->schema, "schema" + of);
    out.note(!same_guard(a, *b), "guard" + of + " (and restart its guard)");
    out.note(a.guard_address && !same(before.keys, after.keys), "keys, while the guard" + of + " is on another host");
  }
  if (before.arbiter.mode != conf::ArbiterMode::kEtcd) return;
  const bool same_list = std::equal(before.pools.begin(), before.pools.end(), after.pools.begin(), after.pools.end(),
                                    [](const conf::Pool& a, const conf::Pool& b) { return a.name == b.name; });
  out.note(!same_list, "pools (which there are, in arbiter.mode etcd)");
}

std::string all_of(const conf::ServerTls& tls) { return tls.cert + tls.key + tls.client_ca; }

// Every secret, by what people call it.
std::map<std::string, std::string> secrets_of(const conf::Sitecheck& conf) {
  std::map<std::string, std::string> out;
  for (const auto& key : conf.keys) {
    out["key " + key.id] = std::string(key.key.secret.begin(), key.key.secret.end());
  }
  const auto add = [&](const std::string& of, const conf::Account& account) {
    out["password of " + of] = account.password;
  };
  for (const auto& pool : conf.pools) {
    add("monitor of pool " + pool.name, pool.monitor);
    add("admin of pool " + pool.name, pool.admin);
    add("replication of pool " + pool.name, pool.replication);
    add("service_test of pool " + pool.name, pool.service_test);
  }
  for (const auto& checkpoint : conf.checkpoints) add("checkpoint " + checkpoint.id, checkpoint.account);
  if (conf.stats) {
    for (const auto& token : conf.stats->tokens) out["token " + token.name] = token.secret;
    if (conf.stats->tls) out["certificate of stats"] = all_of(*conf.stats->tls);
  }
  if (conf.ecv.tls) out["certificate of ecv"] = all_of(*conf.ecv.tls);
  return out;
}

}  // namespace

std::vector<std::string> fixed_differences(const conf::Sitecheck& before, const conf::Sitecheck& after) {
  Differences out;
  const auto& a = before.arbiter;
  const auto& b = after.arbiter;
  out.note(before.site.name != after.site.name, "site.name");
  out.note(before.site.id != after.site.id, "site.id");
  out.note(before.ecv.listen != after.ecv.listen, "ecv.listen");
  out.note(before.ecv.tls.has_value() != after.ecv.tls.has_value(), "ecv.tls");
  out.note(before.ecv.rate_limit != after.ecv.rate_limit, "ecv.rate_limit");
  out.note(before.peer != after.peer, "peer.listen");
  out.note(before.control != after.control, "control");
  out.note(before.state_dir != after.state_dir, "state_dir");
  const bool stats = before.stats.has_value() && after.stats.has_value();
  out.note(
      before.stats.has_value() != after.stats.has_value() || (stats && before.stats->listen != after.stats->listen),
      "stats.listen");
  out.note(stats && before.stats->tls.has_value() != after.stats->tls.has_value(), "stats.tls");
  out.note(stats && before.stats->rate_limit != after.stats->rate_limit, "stats.rate_limit");
  out.note(!same(before.journal, after.journal), "journal");
  out.note(!same(before.recorder, after.recorder), "recorder");
  out.note(!same_sites(before.peers, after.peers), "peers (which sites there are)");
  out.note(a.mode != b.mode, "arbiter.mode");
  out.note(!same_times(a.timing, b.timing), a.preset != b.preset ? "arbiter.preset" : "arbiter.timing");
  out.note(!same_voters(a.voters, b.voters), "arbiter.voters (which there are)");
  out.note(!same(a.etcd, b.etcd), "arbiter.etcd");
  compare_pools(before, after, out);
  return out.take();
}

std::vector<std::string> secret_changes(const conf::Sitecheck& before, const conf::Sitecheck& after) {
  std::vector<std::string> out;
  const auto old = secrets_of(before);
  for (const auto& [what, secret] : secrets_of(after)) {
    const auto at = old.find(what);
    if (at != old.end() && at->second != secret) out.push_back("~ " + what + ": other content");
  }
  return out;
}

}  // namespace sitecheck
