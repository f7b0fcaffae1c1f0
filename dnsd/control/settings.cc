#include "dnsd/control/settings.h"

#include <algorithm>
#include <map>
#include <set>

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
  return {{member.site, member.pool}, member.addresses, more.monitor, more.ratio, more.regions};
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
  std::map<std::string, std::vector<std::string>> urls;
  for (const conf::EcvSite& site : config.sites) urls[site.name] = bare_urls(site);
  std::set<decide::MemberId> ids;
  for (const conf::WideIp& wideip : config.wideips) {
    for (const conf::Member& m : wideip.members) {
      if (!m.site.empty()) ids.insert({m.site, m.pool});
    }
  }
  std::vector<Target> out;
  for (const decide::MemberId& id : ids) out.push_back({id, urls[id.site]});
  return out;
}

std::set<decide::Watch> watches(const conf::Dnsd& config) {
  std::set<decide::Watch> out;
  for (const conf::WideIp& wideip : config.wideips) {
    for (const conf::Member& member : wideip.members) {
      if (!member.site.empty()) continue;
      for (const base::IpAddress& address : member.addresses) out.insert({member.more().monitor, address});
    }
    for (const conf::Requirement& each : wideip.required) {
      if (!each.wideip) out.insert({each.name, std::nullopt});
    }
  }
  return out;
}

std::vector<std::string> fixed_differences(const conf::Dnsd& before, const conf::Dnsd& after) {
  std::vector<std::string> out;
  const auto& a = before.server;
  const auto& b = after.server;
  const auto note = [&](bool differs, const char* key) {
    if (differs) out.emplace_back(key);
  };
  note(a.id != b.id, "server.id");
  note(a.listen != b.listen, "server.listen");
  note(a.freebind != b.freebind, "server.freebind");
  note(a.workers != b.workers, "server.workers");
  note(a.nsid != b.nsid, "server.nsid");
  note(a.hostname != b.hostname, "server.hostname");
  note(a.version != b.version, "server.version");
  note(a.state_dir != b.state_dir, "server.state_dir");
  note(a.control != b.control, "server.control");
  note(a.user != b.user, "server.user");
  note(a.tcp_idle_timeout != b.tcp_idle_timeout, "server.tcp_idle_timeout");
  note(a.tcp_max_connections != b.tcp_max_connections, "server.tcp_max_connections");
  note(a.tcp_max_per_client != b.tcp_max_per_client, "server.tcp_max_per_client");
  note(a.udp_payload != b.udp_payload, "server.udp_payload");
  note(before.stats != after.stats, "stats.listen");
  note(before.relay != after.relay, "relay.listen");
  return out;
}

}  // namespace control
