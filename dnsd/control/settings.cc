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
    case conf::OnNone::kAll: break;  // refused by conf for active_writer: never two members (spec.md section 5)
  }
  return decide::Then::kServfail;
}

decide::MethodKind to_decide(conf::Method method) {
  switch (method) {
    case conf::Method::kActiveWriter: return decide::MethodKind::kActiveWriter;
  }
  return decide::MethodKind::kActiveWriter;
}

}  // namespace

decide::WideIp to_decide(const conf::WideIp& wideip, base::Duration poll) {
  decide::WideIp out;
  out.name = wideip.name;
  out.method = to_decide(wideip.method);
  out.ttl_s = wideip.ttl_s;
  out.min_ttl_s = std::min(wideip.min_ttl_s, wideip.ttl_s);
  out.on_none = {wideip.on_none.hold, to_decide(wideip.on_none.then), wideip.on_none.fallback};
  out.hold_down = wideip.hold_down;
  out.pace = decide::Pace::of(poll);
  for (const conf::Member& m : wideip.members) out.members.push_back({{m.site, m.pool}, m.addresses});
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
    for (const conf::Member& m : wideip.members) ids.insert({m.site, m.pool});
  }
  std::vector<Target> out;
  for (const decide::MemberId& id : ids) out.push_back({id, urls[id.site]});
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
