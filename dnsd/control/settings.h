// From the configuration's shapes to those that decide and poll. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/io/http_client.h"
#include "conf/dnsd.h"
#include "conf/setting.h"
#include "dnsd/decide/types.h"
#include "zones/snapshot/dynamic.h"

namespace control {

// A wide-IP as the decision wants it.
[[nodiscard]] decide::WideIp to_decide(const conf::WideIp& wideip, base::Duration poll);

// All of them, in the order of the configuration.
[[nodiscard]] std::vector<decide::WideIp> wideips_of(const conf::Dnsd& config);

// The base URLs of a site, without a final slash, no two equal.
[[nodiscard]] std::vector<std::string> bare_urls(const conf::EcvSite& site);

// One member to be polled: over every URL of its site.
struct Target {
  decide::MemberId id;
  std::vector<std::string> urls;  // as bare_urls() gives them
  io::HttpTls tls{};              // of https
};
// Every (site, pool) that some wide-IP asks about, once, in order of id.
[[nodiscard]] std::vector<Target> targets(const conf::Dnsd& config);

// What the wide-IPs stand on beside the sites: each address of a member with a monitor, and the monitors that they
// require.
[[nodiscard]] std::set<decide::Watch> watches(const conf::Dnsd& config);

// "250ms", "5s", "2h": as a configuration writes it, with nothing lost.
[[nodiscard]] std::string exact(base::Duration d);

// The settings that are fixed while the process runs ("server.listen"), as they are in force.
[[nodiscard]] std::vector<conf::Setting> fixed_settings(const conf::Dnsd& config);
// Keys of those that differ; empty: a reload can do it.
[[nodiscard]] std::vector<std::string> fixed_differences(const conf::Dnsd& before, const conf::Dnsd& after);

}  // namespace control
