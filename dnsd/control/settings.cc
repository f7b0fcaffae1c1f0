#include "dnsd/control/settings.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "dnsd/decide/verdicts.h"

namespace control {

namespace {

decide::Then to_decide(conf::OnNone then) {
  switch (then) {
    case conf::OnNone::kServfail: return decide::Then::kServfail;
    case conf::OnNone::kNodata: return decide::Then::kNodata;
    case conf::OnNone::kRefuse: return decide::Then::kRefuse;
    case conf::OnNone::kFallback: return decide::Then::kFallback;
    case conf::OnNone::kAll: return decide::Then::kAll;
  }
  return decide::Then::kServfail;
}

decide::MethodKind to_decide(conf::Method method) {
  switch (method) {
    case conf::Method::kActiveWriter: return decide::MethodKind::kActiveWriter;
    case conf::Method::kGlobalAvailability: return decide::MethodKind::kGlobalAvailability;
    case conf::Method::kRoundRobin: return decide::MethodKind::kRoundRobin;
    case conf::Method::kRatio: return decide::MethodKind::kRatio;
    case conf::Method::kStaticPersist: return decide::MethodKind::kStaticPersist;
    case conf::Method::kAllAvailable: return decide::MethodKind::kAllAvailable;
    case conf::Method::kReaders: return decide::MethodKind::kReaders;
    case conf::Method::kTopology: return decide::MethodKind::kTopology;
  }
  return decide::MethodKind::kActiveWriter;
}

decide::Member to_decide(const conf::Member& member) {
  const conf::MemberOptions& more = member.more();
  return {
      {member.site, member.pool}, member.addresses, more.monitor, more.ratio, more.regions, more.disabled, more.cname};
}

decide::Pool to_decide(const conf::MemberPool& pool) {
  decide::Pool out;
  out.name = pool.name;
  out.method = to_decide(pool.method);
  for (std::size_t i = 0; i < pool.count; ++i) out.members.push_back(pool.first + i);
  out.ratio = pool.ratio;
  out.regions = pool.regions;
  out.max_answers = pool.max_answers.value_or(pool.method == conf::Method::kAllAvailable ? 0 : 1);
  out.min_members_up = pool.min_members_up;
  out.ramp_up = pool.ramp_up;
  out.persist = {pool.persist.ipv4, pool.persist.ipv6};
  return out;
}

}  // namespace

decide::WideIp to_decide(const conf::WideIp& wideip, base::Duration poll) {
  decide::WideIp out;
  out.name = wideip.name;
  out.method = to_decide(wideip.method);
  out.ttl_s = wideip.ttl_s;
  out.min_ttl_s = std::min(wideip.min_ttl_s, wideip.ttl_s);
  out.on_none = {wideip.on_none.hold, to_decide(wideip.on_none.then), wideip.on_none.fallback};
  // Refused by conf: never two members of an active_writer (spec.md section 5).
  const bool writer = out.method == decide::MethodKind::kActiveWriter;
  if (writer && out.on_none.then == decide::Then::kAll) out.on_none.then = decide::Then::kServfail;
  out.hold_down = wideip.hold_down;
  out.safety = {wideip.safety.at_least, wideip.safety.never_both, wideip.safety.confirm_drain,
                wideip.safety.confirm_pin};
  out.pace = decide::Pace::of(poll);
  for (const conf::Member& m : wideip.members) out.members.push_back(to_decide(m));
  if (writer) return out;
  for (const conf::MemberPool& pool : wideip.pools) out.pools.push_back(to_decide(pool));
  for (const conf::Requirement& each : wideip.required) out.required.push_back({each.name, each.wideip});
  return out;
}

std::vector<decide::WideIp> wideips_of(const conf::Dnsd& config) {
  std::vector<decide::WideIp> out;
  for (const conf::WideIp& wideip : config.wideips) out.push_back(to_decide(wideip, config.poll));
  return out;
}

std::vector<std::string> bare_urls(const conf::EcvSite& site) {
  std::vector<std::string> out;
  for (std::string url : site.ecv) {
    while (!url.empty() && url.back() == '/') url.pop_back();
    if (std::find(out.begin(), out.end(), url) == out.end()) out.push_back(std::move(url));
  }
  return out;
}

std::vector<Target> targets(const conf::Dnsd& config) {
  std::map<std::string, const conf::EcvSite*> sites;
  for (const conf::EcvSite& site : config.sites) sites[site.name] = &site;
  std::set<decide::MemberId> ids;
  for (const conf::WideIp& wideip : config.wideips) {
    for (const conf::Member& m : wideip.members) {
      if (!m.site.empty()) ids.insert({m.site, m.pool});
    }
  }
  std::vector<Target> out;
  for (const decide::MemberId& id : ids) {
    const auto at = sites.find(id.site);
    if (at == sites.end()) {
      out.push_back({id, {}});
      continue;
    }
    const auto& tls = at->second->tls;
    out.push_back({id, bare_urls(*at->second), {tls.ca.string(), tls.cert.string(), tls.key.string()}});
  }
  return out;
}

std::set<decide::Watch> watches(const conf::Dnsd& config) {
  std::set<decide::Watch> out;
  for (const conf::WideIp& wideip : config.wideips) {
    for (const conf::Member& member : wideip.members) {
      for (const decide::Watch& watch : decide::watches_of(to_decide(member))) out.insert(watch);
    }
    for (const conf::Requirement& each : wideip.required) {
      if (!each.wideip) out.insert({each.name, std::nullopt});
    }
  }
  return out;
}

std::string exact(base::Duration d) {
  struct Unit {
    std::int64_t us;
    const char* name;
  };
  constexpr Unit kUnits[] = {{3'600'000'000, "h"}, {60'000'000, "m"}, {1'000'000, "s"}, {1000, "ms"}};
  if (d == base::Duration::zero()) return "0s";
  for (const Unit& unit : kUnits) {
    if (d.count() % unit.us == 0) return std::to_string(d.count() / unit.us) + unit.name;
  }
  return std::to_string(d.count()) + "us";
}

namespace {

// As whoever has another working folder must read it: a file may be named in several ways.
std::string whole_path(const std::filesystem::path& path) {
  std::error_code unknown;
  const auto whole = std::filesystem::absolute(path, unknown);
  return unknown ? path.string() : whole.lexically_normal().string();
}

}  // namespace

std::vector<conf::Setting> fixed_settings(const conf::Dnsd& config) {
  const auto& server = config.server;
  const auto address = [](const std::optional<base::SocketAddress>& at) { return at ? at->to_string() : "none"; };
  std::string listen;
  for (const auto& each : server.listen) listen += (listen.empty() ? "" : ", ") + each.to_string();
  return {{"server.id", server.id},
          {"server.listen", listen},
          {"server.freebind", server.freebind ? "true" : "false"},
          {"server.workers", server.workers == 0 ? "auto" : std::to_string(server.workers)},
          {"server.nsid", server.nsid},
          {"server.hostname", server.hostname.value_or("the id")},
          {"server.version", server.version},
          {"server.state_dir", whole_path(server.state_dir)},
          {"server.control", whole_path(server.control)},
          {"server.user", server.user},
          {"server.tcp_idle_timeout", exact(server.tcp_idle_timeout)},
          {"server.tcp_max_connections", std::to_string(server.tcp_max_connections)},
          {"server.tcp_max_per_client", std::to_string(server.tcp_max_per_client)},
          {"server.udp_payload", std::to_string(server.udp_payload)},
          {"stats.listen", address(config.stats ? std::optional(config.stats->listen) : std::nullopt)},
          {"stats.tls", config.stats && config.stats->tls ? "yes" : "no"},
          {"stats.rate_limit", std::to_string(config.stats ? config.stats->rate_limit : 0)},
          {"relay.listen", address(config.relay)}};
}

std::vector<std::string> fixed_differences(const conf::Dnsd& before, const conf::Dnsd& after) {
  const auto a = fixed_settings(before);
  const auto b = fixed_settings(after);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) out.push_back(a[i].path);
  }
  return out;
}

}  // namespace control
