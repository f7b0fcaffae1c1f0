// From the configuration's shapes to those that decide and poll. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "conf/dnsd.h"
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
};
// Every (site, pool) that some wide-IP asks about, once, in order of id.
[[nodiscard]] std::vector<Target> targets(const conf::Dnsd& config);

// What the wide-IPs stand on beside the sites: each address of a member with a monitor, and the monitors that they
// require.
[[nodiscard]] std::set<decide::Watch> watches(const conf::Dnsd& config);

// Keys of the settings that differ and are fixed while the process runs ("server.listen"); empty: a reload can do it.
[[nodiscard]] std::vector<std::string> fixed_differences(const conf::Dnsd& before, const conf::Dnsd& after);

}  // namespace control
