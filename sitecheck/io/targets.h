// What people and balancers call a node or a pool in a command.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "conf/sitecheck.h"
#include "sitecheck/core/actions.h"

namespace sitecheck {

struct Target {
  core::PoolIndex pool = 0;
  std::optional<core::NodeIndex> node;  // nothing: the pool as a whole
};

// By its name or HOST:PORT; as POOL/NODE or POOL/HOST:PORT where several pools have one. Error, for people: there is
// none, and what there is; or there are several, and how each is called.
[[nodiscard]] base::Result<Target> node_target(const conf::Sitecheck& conf, std::string_view word);
// By its name. Error: there is none, and what there is.
[[nodiscard]] base::Result<Target> pool_target(const conf::Sitecheck& conf, std::string_view word);

}  // namespace sitecheck
