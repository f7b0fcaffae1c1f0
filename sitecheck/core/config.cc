#include "sitecheck/core/config.h"

#include <algorithm>

namespace core {

namespace {

// FNV-1a, 64 bits: it finds differences between two honest sites; the MAC keeps strangers out.
class Hash {
 public:
  void add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    for (const char c : text) octet(static_cast<std::uint8_t>(c));
  }
  void add(std::int64_t number) {
    for (int shift = 0; shift < 64; shift += 8)
      octet(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> shift));
  }
  void add(base::Duration d) { add(static_cast<std::int64_t>(d.count())); }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  void octet(std::uint8_t b) { value_ = (value_ ^ b) * 0x100000001B3ULL; }
  std::uint64_t value_ = 0xCBF29CE484222325ULL;
};

// The order in the file does not matter, and each site names the others.
std::vector<std::string> voters(const SiteConfig& config) {
  std::vector<std::string> out = {config.site};
  for (const auto& peer : config.peers) out.push_back(peer.site);
  for (const auto& witness : config.witnesses) out.push_back(witness.id);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

bool is_same(const NodeConfig& a, const NodeConfig& b) {
  return a.name == b.name && a.local == b.local && a.at == b.at;
}

std::uint64_t config_hash(const SiteConfig& config) {
  Hash hash;
  hash.add(name(config.arbiter));
  hash.add(static_cast<std::int64_t>(config.promote_on_silence));
  const auto& t = config.timing;
  for (const auto d : {t.interval, t.timeout, t.lease, t.guard_tick, t.fence_bound, t.promote_wait}) hash.add(d);
  hash.add(static_cast<std::int64_t>(t.drift * 1e9));
  if (config.arbiter == ArbiterKind::kWitness) {
    hash.add(t.grant_wait);
    for (const auto& voter : voters(config)) hash.add(voter);
  }
  if (config.arbiter == ArbiterKind::kEtcd) hash.add(t.etcd_ttl);
  if (config.arbiter != ArbiterKind::kCheckpoints) return hash.value();
  // Internal and edge checkpoints may differ between sites; the external ones may not. Their order does not matter.
  std::vector<std::string> external;
  for (const auto& c : config.checkpoints) {
    if (c.scope == Scope::kExternal) external.push_back(c.target);
  }
  std::sort(external.begin(), external.end());
  for (const auto& target : external) hash.add(target);
  return hash.value();
}

}  // namespace core
