#include <algorithm>

#include "conf/rules.h"

namespace conf {

namespace {

template <typename T>
std::string names_of(const std::vector<T>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ", ") + item.name;
  return out;
}

// ` (did you mean "x"?); allowed: x, y`.
template <typename T>
std::string known(std::string_view found, const std::vector<T>& items) {
  std::vector<std::string_view> names;
  for (const auto& item : items) names.push_back(item.name);
  return did_you_mean(found, names) + "; allowed: " + names_of(items);
}

template <typename T>
const T* by_name(const std::vector<T>& items, const std::string& name) {
  const auto at = std::find_if(items.begin(), items.end(), [&](const T& item) { return item.name == name; });
  return at == items.end() ? nullptr : &*at;
}

}  // namespace

void check_agent(Reading& reading, const Value& root, const Sitecheck& s) {
  if (!s.agent) return;
  const Mark at = place(root, "agent");
  if (!s.agent->listen && s.agent->ports.empty()) {
    reading.fault(at, "agent: it has neither listen nor ports; allowed: at least one of them");
  }
  if (s.agent->lag_full >= s.agent->lag_drain) {
    reading.fault(at, "agent: lag_full is not shorter than lag_drain; allowed: lag_full below lag_drain");
  }
  for (const AgentPort& port : s.agent->ports) {
    if (port.pool.empty()) continue;  // reported by its own reading
    const Pool* pool = by_name(s.pools, port.pool);
    if (pool == nullptr) {
      reading.fault(port.mark, "agent.ports: there is no pool \"" + port.pool + "\"" + known(port.pool, s.pools));
    } else if (!port.node.empty() && by_name(pool->nodes, port.node) == nullptr) {
      reading.fault(port.mark, "agent.ports: pool " + pool->name + " has no node \"" + port.node + "\"" +
                                   known(port.node, pool->nodes));
    }
  }
}

}  // namespace conf
