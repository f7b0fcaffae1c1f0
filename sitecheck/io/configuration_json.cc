#include "sitecheck/io/configuration_json.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "sitecheck/io/status_json.h"
#include "sitecheck/io/translate.h"

namespace sitecheck {

namespace {

using Json = nlohmann::ordered_json;

Json timing_json(const ecv::Timing& t) {
  Json out{{"interval", base::to_ms(t.interval)},
           {"timeout", base::to_ms(t.timeout)},
           {"fall", t.fall},
           {"lease", base::to_ms(t.lease)},
           {"guard_tick", base::to_ms(t.guard_tick)},
           {"fence_bound", base::to_ms(t.fence_bound)},
           {"promote_wait", base::to_ms(t.promote_wait)},
           {"grant_wait", base::to_ms(t.grant_wait)},
           {"drift", t.drift},
           {"poll", base::to_ms(t.poll)},
           {"etcd_ttl", base::to_ms(t.etcd_ttl)}};
  return out;
}

Json pool_json(const conf::Sitecheck& conf, const conf::Pool& pool) {
  Json nodes = Json::array();
  for (const auto& node : pool.nodes) {
    nodes.push_back({{"name", node.name},
                     {"address", node.host + ":" + std::to_string(node.port)},
                     {"site", is_local(node) ? conf.site.name : node.site},
                     {"priority", node.priority}});
  }
  return {{"name", pool.name}, {"kind", pool.kind}, {"nodes", nodes}};
}

}  // namespace

std::string configuration_json(const conf::Sitecheck& conf) {
  char hash[20] = {};
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(core::config_hash(core_config(conf))));
  Json checkpoints = Json::array();
  for (const auto& c : conf.checkpoints) {
    checkpoints.push_back(
        {{"id", c.id}, {"scope", conf::name(c.scope)}, {"kind", conf::name(c.kind)}, {"target", c.target()}});
  }
  Json pools = Json::array();
  for (const auto& pool : conf.pools) pools.push_back(pool_json(conf, pool));
  Json files = Json::array();
  for (const auto& file : conf.files) files.push_back(file.string());
  const Json out{{"site", conf.site.name},
                 {"site_id", conf.site.id},
                 {"hash", hash},
                 {"mode", conf::name(conf.arbiter.mode)},
                 {"on_silence", conf.arbiter.promote_on_silence ? "promote" : "hold"},
                 {"preset", conf.arbiter.preset},
                 {"timing", timing_json(conf.arbiter.timing)},
                 {"checkpoints", checkpoints},
                 {"pools", pools},
                 {"files", files}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sitecheck
