#include "sitecheck/io/targets.h"

#include <vector>

namespace sitecheck {

namespace {

constexpr std::size_t kShown = 20;  // names in an error

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kShown) out += " and " + std::to_string(names.size() - kShown) + " more";
  return out;
}

bool is_called(const conf::Node& node, std::string_view word) {
  if (node.name == word) return true;
  const std::string port = ":" + std::to_string(node.port);
  return node.host + port == word || "[" + node.host + "]" + port == word;
}

}  // namespace

base::Result<Target> node_target(const conf::Sitecheck& conf, std::string_view word) {
  std::vector<std::string> all;
  std::vector<std::string> found;
  Target out;
  for (core::PoolIndex p = 0; p < conf.pools.size(); ++p) {
    const auto& pool = conf.pools[p];
    const bool in_pool = word.starts_with(pool.name + "/");
    for (core::NodeIndex n = 0; n < pool.nodes.size(); ++n) {
      const auto& node = pool.nodes[n];
      all.push_back(node.name);
      if (!is_called(node, word) && !(in_pool && is_called(node, word.substr(pool.name.size() + 1)))) continue;
      found.push_back(pool.name + "/" + node.name);
      out = {p, n};
    }
  }
  if (found.empty()) return base::fail("no node \"" + std::string(word) + "\"; there are: " + listed(all));
  if (found.size() > 1) {
    return base::fail("several pools have a node \"" + std::string(word) + "\"; say which: " + listed(found));
  }
  return out;
}

base::Result<Target> pool_target(const conf::Sitecheck& conf, std::string_view word) {
  std::vector<std::string> all;
  for (core::PoolIndex p = 0; p < conf.pools.size(); ++p) {
    if (conf.pools[p].name == word) return Target{p, std::nullopt};
    all.push_back(conf.pools[p].name);
  }
  return base::fail("no pool \"" + std::string(word) + "\"; there are: " + listed(all));
}

}  // namespace sitecheck
