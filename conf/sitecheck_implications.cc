#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "conf/bounds.h"
#include "conf/load.h"

namespace conf {

namespace {

using Json = nlohmann::ordered_json;
using base::to_ms;

std::string shown(base::Duration d) { return std::to_string(to_ms(d)) + " ms"; }

void say_timing(const Sitecheck& s, std::ostream& text, Json& json) {
  const ecv::Timing& t = s.arbiter.timing;
  const auto lease = ecv::least_lease(t);
  const auto wait = ecv::least_promote_wait(t);
  text << "timing (preset " << s.arbiter.preset << "; I " << shown(t.interval) << ", T_o " << shown(t.timeout)
       << ", fall " << t.fall << ", G " << shown(t.guard_tick) << ", F " << shown(t.fence_bound) << ", rho "
       << t.drift * 100 << "%):\n"
       << "  L " << shown(t.lease) << " >= 2W + 3I + T_o = " << shown(lease) << ", by " << shown(t.lease - lease)
       << "\n"
       << "  T_promote " << shown(t.promote_wait) << " >= (L/(1-rho) + R + G + F)/(1-rho) = " << shown(wait) << ", by "
       << shown(t.promote_wait - wait) << "\n";
  json["timing"] = {{"preset", s.arbiter.preset},
                    {"interval_ms", to_ms(t.interval)},
                    {"timeout_ms", to_ms(t.timeout)},
                    {"fall", t.fall},
                    {"guard_tick_ms", to_ms(t.guard_tick)},
                    {"fence_bound_ms", to_ms(t.fence_bound)},
                    {"drift", t.drift},
                    {"lease_ms", to_ms(t.lease)},
                    {"least_lease_ms", to_ms(lease)},
                    {"lease_margin_ms", to_ms(t.lease - lease)},
                    {"promote_wait_ms", to_ms(t.promote_wait)},
                    {"least_promote_wait_ms", to_ms(wait)},
                    {"promote_wait_margin_ms", to_ms(t.promote_wait - wait)}};
}

void say_failover(const Sitecheck& s, std::ostream& text, Json& json) {
  const auto bounds = failover_bounds(s.arbiter.timing);
  text << "failover, from the fault to the new claim, at most (applying received transactions not counted):\n"
       << "  mysqld crashed  " << shown(bounds.crash) << "  (fall x I + F + I)\n"
       << "  mysqld hangs    " << shown(bounds.hang) << "  (that, and T_o)\n";
  Json out{{"crash_ms", to_ms(bounds.crash)}, {"hang_ms", to_ms(bounds.hang)}};
  if (s.peers.empty()) {
    text << "  site lost       no failover: there is no peer\n";
    out["site_lost_ms"] = nullptr;
  } else if (!s.arbiter.promote_on_silence) {
    text << "  site lost       no failover: on_silence: hold leaves it to a person (promote --force)\n";
    out["site_lost_ms"] = nullptr;
  } else {
    text << "  site lost       " << shown(bounds.site_lost) << "  (T_promote + W)\n";
    out["site_lost_ms"] = to_ms(bounds.site_lost);
  }
  text << "  dnsd's poll and the TTL come on top: see dnsd check\n"
       << "if sitecheck itself stands still, the guard closes the writer within L + G + F = "
       << shown(guard_bound(s.arbiter.timing)) << "\n";
  out["guard_ms"] = to_ms(guard_bound(s.arbiter.timing));
  json["failover"] = out;
}

void say_checkpoints(const Sitecheck& s, std::ostream& text, Json& json) {
  const auto external = std::count_if(s.checkpoints.begin(), s.checkpoints.end(),
                                      [](const Checkpoint& c) { return c.scope == CheckpointScope::kExternal; });
  const auto quorum = external / 2 + 1;
  const auto spare = std::max<std::ptrdiff_t>(external - quorum, 0);
  text << "checkpoints: " << external << " external, quorum " << quorum << ": " << spare
       << " may fail before a site takes itself for cut off\n";
  json["checkpoints"] = {
      {"total", s.checkpoints.size()}, {"external", external}, {"quorum", quorum}, {"may_fail", spare}};
}

// Protocol.md section 6.
void say_connectivity(const Sitecheck& s, std::ostream& text, Json& json) {
  std::string sentence;
  if (s.peers.empty()) {
    sentence = "a single site takes its permit from itself: nothing outside of it can make two writers";
  } else if (!s.arbiter.promote_on_silence) {
    sentence = "on_silence: hold: one writer always; gives up automatic failover when a site is lost";
  } else {
    sentence =
        "one writer holds if CA: whenever both sites reach an external checkpoint quorum, at least one direction of "
        "one path between them delivers datagrams within W (" +
        shown(s.arbiter.timing.window()) +
        "); clock rates differ by at most rho; a fence ends within F; no whole host "
        "freezes";
  }
  const std::size_t paths = s.peers.empty() ? 0 : s.peers.front().addr.size();
  text << "guarantee: " << sentence << "\n";
  if (!s.peers.empty()) text << "paths to " << s.peers.front().site << ": " << paths << "\n";
  json["guarantee"] = {
      {"assumes_ca", !s.peers.empty() && s.arbiter.promote_on_silence}, {"paths", paths}, {"text", sentence}};
}

}  // namespace

Implications implications(const Loaded<Sitecheck>& loaded) {
  const Sitecheck& s = loaded.value;
  std::ostringstream text;
  Json json{{"program", "sitecheck"},
            {"site", s.site.name},
            {"mode", s.arbiter.mode},
            {"on_silence", s.arbiter.promote_on_silence ? "promote" : "hold"}};
  text << "site " << s.site.name << " (id " << s.site.id << "), arbiter " << s.arbiter.mode << ", on_silence "
       << (s.arbiter.promote_on_silence ? "promote" : "hold") << "\n";
  json["pools"] = Json::array();
  for (const auto& pool : s.pools) {
    const auto local =
        std::count_if(pool.nodes.begin(), pool.nodes.end(), [](const Node& n) { return n.site.empty(); });
    const std::string guard(name(pool.guard));
    text << "pool " << pool.name << ": " << local << " local of " << pool.nodes.size() << " nodes, guard " << guard
         << (pool.accept_unfenced ? ", accept_unfenced: split-brain is possible" : "") << "\n";
    json["pools"].push_back({{"name", pool.name},
                             {"local_nodes", local},
                             {"nodes", pool.nodes.size()},
                             {"guard", guard},
                             {"accept_unfenced", pool.accept_unfenced}});
  }
  say_timing(s, text, json);
  say_failover(s, text, json);
  say_checkpoints(s, text, json);
  say_connectivity(s, text, json);
  return {text.str(), json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace conf
