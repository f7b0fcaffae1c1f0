#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "conf/bounds.h"
#include "conf/kind_table.h"
#include "conf/load.h"

namespace conf {

namespace {

using Json = nlohmann::ordered_json;
using base::to_ms;

std::string shown(base::Duration d) { return std::to_string(to_ms(d)) + " ms"; }

// One inequality of protocol.md section 4: `left` against its bound, and what is to spare.
void say_bound(std::string_view left_name, base::Duration left, std::string_view relation, std::string_view right_name,
               base::Duration right, std::ostream& text) {
  text << "  " << left_name << " " << shown(left) << " " << relation << " " << right_name << " = " << shown(right)
       << ", by " << shown(relation == "<=" ? right - left : left - right) << "\n";
}

void say_checkpoints_times(const ecv::Timing& t, std::ostream& text, Json& json) {
  const auto lease = ecv::least_lease(t);
  const auto wait = ecv::least_promote_wait(t);
  say_bound("L", t.lease, ">=", "2W + 3I + T_o", lease, text);
  say_bound("T_promote", t.promote_wait, ">=", "(L/(1-rho) + R + G + F)/(1-rho)", wait, text);
  json["least_lease_ms"] = to_ms(lease);
  json["lease_margin_ms"] = to_ms(t.lease - lease);
  json["promote_wait_ms"] = to_ms(t.promote_wait);
  json["least_promote_wait_ms"] = to_ms(wait);
  json["promote_wait_margin_ms"] = to_ms(t.promote_wait - wait);
}

void say_held(const ecv::Timing& t, std::ostream& text, Json& json) {
  const auto lease = ecv::least_held(t);
  say_bound("L", t.lease, ">=", "3I + T_o", lease, text);
  json["least_lease_ms"] = to_ms(lease);
  json["lease_margin_ms"] = to_ms(t.lease - lease);
}

void say_witness_times(const ecv::Timing& t, std::ostream& text, Json& json) {
  const auto wait = ecv::least_grant_wait(t);
  say_held(t, text, json);
  say_bound("T_grant", t.grant_wait, ">=", "(L/(1-rho) + G + F)/(1-rho)", wait, text);
  json["grant_wait_ms"] = to_ms(t.grant_wait);
  json["least_grant_wait_ms"] = to_ms(wait);
  json["grant_wait_margin_ms"] = to_ms(t.grant_wait - wait);
}

void say_etcd_times(const ecv::Timing& t, std::ostream& text, Json& json) {
  const auto most = ecv::most_etcd_hold(t);
  say_held(t, text, json);
  say_bound("L", t.lease, "<=", "(TTL(1-rho) - G - F)(1-rho), TTL " + shown(t.etcd_ttl) + ",", most, text);
  json["etcd_ttl_ms"] = to_ms(t.etcd_ttl);
  json["most_lease_ms"] = to_ms(most);
  json["most_lease_margin_ms"] = to_ms(most - t.lease);
}

void say_timing(const Sitecheck& s, std::ostream& text, Json& json) {
  const ecv::Timing& t = s.arbiter.timing;
  text << "timing (preset " << s.arbiter.preset << "; I " << shown(t.interval) << ", T_o " << shown(t.timeout)
       << ", fall " << t.fall << ", G " << shown(t.guard_tick) << ", F " << shown(t.fence_bound) << ", rho "
       << t.drift * 100 << "%):\n";
  Json out{{"preset", s.arbiter.preset},
           {"interval_ms", to_ms(t.interval)},
           {"timeout_ms", to_ms(t.timeout)},
           {"fall", t.fall},
           {"guard_tick_ms", to_ms(t.guard_tick)},
           {"fence_bound_ms", to_ms(t.fence_bound)},
           {"drift", t.drift},
           {"lease_ms", to_ms(t.lease)}};
  switch (s.arbiter.mode) {
    case ArbiterMode::kCheckpoints: say_checkpoints_times(t, text, out); break;
    case ArbiterMode::kWitness: say_witness_times(t, text, out); break;
    case ArbiterMode::kEtcd: say_etcd_times(t, text, out); break;
  }
  json["timing"] = std::move(out);
}

std::string_view site_lost_sum(ArbiterMode mode) {
  switch (mode) {
    case ArbiterMode::kCheckpoints: return "T_promote + W";
    case ArbiterMode::kWitness: return "T_grant + W";
    case ArbiterMode::kEtcd: return "TTL + 500 ms in which etcd looks + W; more if etcd changes its leader just then";
  }
  return "";
}

void say_failover(const Sitecheck& s, std::ostream& text, Json& json) {
  const auto mode = s.arbiter.mode;
  const auto bounds = failover_bounds(s.arbiter.timing, mode);
  const bool pair = mode == ArbiterMode::kCheckpoints;
  text << "failover, from the fault to the new claim, at most (applying received transactions not counted):\n"
       << "  mysqld crashed  " << shown(bounds.crash) << "  (fall x I + F + " << (pair ? "I" : "2I") << ")\n"
       << "  mysqld hangs    " << shown(bounds.hang) << "  (that, and T_o)\n";
  Json out{{"crash_ms", to_ms(bounds.crash)}, {"hang_ms", to_ms(bounds.hang)}};
  if (s.peers.empty() && mode != ArbiterMode::kEtcd) {
    text << "  site lost       no failover: there is no peer\n";
    out["site_lost_ms"] = nullptr;
  } else if (!s.arbiter.promote_on_silence) {
    text << "  site lost       no failover: on_silence: hold leaves it to a person (promote --force)\n";
    out["site_lost_ms"] = nullptr;
  } else {
    text << "  site lost       " << shown(bounds.site_lost) << "  (" << site_lost_sum(mode) << ")\n";
    out["site_lost_ms"] = to_ms(bounds.site_lost);
  }
  text << "  dnsd's poll and the TTL come on top: see dnsd check\n"
       << "if sitecheck itself stands still, the guard closes the writer within L + G + F = "
       << shown(guard_bound(s.arbiter.timing)) << "\n";
  out["guard_ms"] = to_ms(guard_bound(s.arbiter.timing));
  json["failover"] = out;
}

void say_voters(const Sitecheck& s, std::ostream& text, Json& json) {
  if (s.arbiter.mode != ArbiterMode::kWitness) return;
  std::vector<std::string> names{s.site.name};
  for (const auto& peer : s.peers) names.push_back(peer.site);
  for (const auto& voter : s.arbiter.voters) names.push_back(voter.id);
  const auto quorum = names.size() / 2 + 1;
  text << "voters: ";
  for (std::size_t i = 0; i < names.size(); ++i) text << (i == 0 ? "" : ", ") << names[i];
  text << "; a writer needs " << quorum << " of " << names.size() << ", " << names.size() - quorum << " may fail\n";
  json["voters"] = {{"names", names}, {"quorum", quorum}, {"may_fail", names.size() - quorum}};
}

void say_checkpoints(const Sitecheck& s, std::ostream& text, Json& json) {
  const auto external = std::count_if(s.checkpoints.begin(), s.checkpoints.end(),
                                      [](const Checkpoint& c) { return c.scope == CheckpointScope::kExternal; });
  const auto quorum = external / 2 + 1;
  const auto spare = std::max<std::ptrdiff_t>(external - quorum, 0);
  // In the other modes they only name a cut; a site may have none.
  if (external > 0 || s.arbiter.mode == ArbiterMode::kCheckpoints)
    text << "checkpoints: " << external << " external, quorum " << quorum << ": " << spare
         << " may fail before a site takes itself for cut off\n";
  json["checkpoints"] = {
      {"total", s.checkpoints.size()}, {"external", external}, {"quorum", quorum}, {"may_fail", spare}};
}

constexpr std::string_view kLeaseTerms =
    "clock rates differ by at most rho; a fence ends within F; no whole host freezes";

// Protocol.md section 6.
std::string guarantee_of(const Sitecheck& s) {
  switch (s.arbiter.mode) {
    case ArbiterMode::kWitness:
      return "one writer holds if " + std::string(kLeaseTerms) +
             "; nothing is assumed of the links; gives up the writer where no majority of the voters is reached";
    case ArbiterMode::kEtcd:
      return "one writer holds if " + std::string(kLeaseTerms) +
             ", and etcd keeps its promises; gives up the writer while etcd is down";
    case ArbiterMode::kCheckpoints: break;
  }
  if (s.peers.empty()) {
    return "a single site takes its permit from itself: nothing outside of it can make two writers";
  }
  if (!s.arbiter.promote_on_silence) {
    return "on_silence: hold: one writer always; gives up automatic failover when a site is lost";
  }
  return "one writer holds if CA: whenever both sites reach an external checkpoint quorum, at least one direction of "
         "one path between them delivers datagrams within W (" +
         shown(s.arbiter.timing.window()) + "); " + std::string(kLeaseTerms);
}

void say_connectivity(const Sitecheck& s, std::ostream& text, Json& json) {
  const std::string sentence = guarantee_of(s);
  text << "guarantee: " << sentence << "\n";
  std::size_t paths = 0;  // of the peer that has the fewest
  for (const auto& peer : s.peers) {
    text << "paths to " << peer.site << ": " << peer.addr.size() << "\n";
    paths = paths == 0 ? peer.addr.size() : std::min(paths, peer.addr.size());
  }
  const bool assumes_ca =
      s.arbiter.mode == ArbiterMode::kCheckpoints && !s.peers.empty() && s.arbiter.promote_on_silence;
  json["guarantee"] = {{"assumes_ca", assumes_ca}, {"paths", paths}, {"text", sentence}};
}

// What would make it better, and cannot be told from this file to be missing.
void say_advice(const Sitecheck& s, std::ostream& text, Json& json) {
  json["advice"] = Json::array();
  const auto advise = [&](const std::string& what) {
    text << "advice: " << what << "\n";
    json["advice"].push_back(what);
  };
  if (s.arbiter.mode == ArbiterMode::kCheckpoints && !s.peers.empty()) {
    advise(
        "where a dnsd stands at a third place, mode witness needs no assumption on the links: give that dnsd a key "
        "for: peers and a relay, and name it under arbiter: voters at every site");
    if (s.arbiter.promote_on_silence) {
      advise(
          "give every dnsd a relay and the peer addresses of all sites: its relays keep this site from taking the "
          "place of a peer that lives behind a cut link");
    }
  }
}

// A pool whose nodes are watched only: what its claims are, and what a wide-IP may make of them.
void say_watched(const Sitecheck& s, const Pool& pool, std::ostream& text) {
  const bool one = pool.preferred_writer || pool.kind == "single";
  text << "  kind " << pool.kind << ": nothing is fenced, promoted or handed over; "
       << (one ? "one node that is well is ACTIVE" : "every node that is well is ACTIVE") << ", and the claim ends "
       << shown(s.arbiter.timing.lease) << " after the last good poll\n"
       << "  no site gives way to another, and the epoch of the claim does not change: let a wide-IP of method "
          "active_writer have this site as its only member of pool "
       << pool.name << "\n";
  if (pool.kind != "multi_writer") return;
  if (!pool.galera.wsrep) {
    text << "  wsrep: off: conflicts between the nodes are left to the servers\n";
    return;
  }
  text << "  Galera: a donor or desynced node " << (pool.galera.donor_serves ? "serves" : "is STANDBY")
       << "; fewer than "
       << (pool.galera.cluster_size > 0 ? pool.galera.cluster_size : static_cast<int>(pool.nodes.size()))
       << " nodes in the cluster, or flow control over " << pool.galera.flow_control << "%, is OK WARN\n";
}

}  // namespace

Implications implications(const Loaded<Sitecheck>& loaded) {
  const Sitecheck& s = loaded.value;
  std::ostringstream text;
  Json json{{"program", "sitecheck"},
            {"site", s.site.name},
            {"mode", name(s.arbiter.mode)},
            {"on_silence", s.arbiter.promote_on_silence ? "promote" : "hold"}};
  text << "site " << s.site.name << " (id " << s.site.id << "), arbiter " << name(s.arbiter.mode) << ", on_silence "
       << (s.arbiter.promote_on_silence ? "promote" : "hold") << "\n";
  json["pools"] = Json::array();
  for (const auto& pool : s.pools) {
    const auto local =
        std::count_if(pool.nodes.begin(), pool.nodes.end(), [](const Node& n) { return n.site.empty(); });
    const std::string guard(name(pool.guard));
    if (!is_arbitrated(pool.kind)) {
      text << "pool " << pool.name << ": " << local << " local of " << pool.nodes.size() << " nodes, watched only\n";
      say_watched(s, pool, text);
    } else if (pool.nodes.empty()) {
      text << "pool " << pool.name << ": this site has no node of it; it votes only\n";
    } else {
      text << "pool " << pool.name << ": " << local << " local of " << pool.nodes.size() << " nodes, guard " << guard
           << (pool.accept_unfenced ? ", accept_unfenced: split-brain is possible" : "") << "\n";
    }
    json["pools"].push_back({{"name", pool.name},
                             {"kind", pool.kind},
                             {"arbitrated", is_arbitrated(pool.kind)},
                             {"local_nodes", local},
                             {"nodes", pool.nodes.size()},
                             {"guard", guard},
                             {"accept_unfenced", pool.accept_unfenced}});
  }
  say_timing(s, text, json);
  say_failover(s, text, json);
  say_checkpoints(s, text, json);
  say_voters(s, text, json);
  say_connectivity(s, text, json);
  say_advice(s, text, json);
  return {text.str(), json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace conf
