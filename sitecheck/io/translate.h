// Between the configuration, the probes and the core: values in, values out.
#pragma once

#include "conf/sitecheck.h"
#include "probes/checkpoint.h"
#include "probes/mysql_probe.h"
#include "sitecheck/core/config.h"
#include "sitecheck/core/events.h"

namespace sitecheck {

[[nodiscard]] core::SiteConfig core_config(const conf::Sitecheck& conf);
[[nodiscard]] core::NodePolled polled(core::PoolIndex pool, core::NodeIndex node, const probes::MysqlObservation& seen);
[[nodiscard]] core::RoundDone round_done(std::uint64_t round, const probes::Round& seen);

// A node of this site: it may be fenced and promoted.
[[nodiscard]] inline bool is_local(const conf::Node& node) { return node.site.empty(); }

}  // namespace sitecheck
