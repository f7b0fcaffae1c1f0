#include "conf/kind_table.h"

#include <algorithm>
#include <array>

namespace conf {

std::span<const PoolKind> pool_kinds() {
  static constexpr std::array<PoolKind, 3> kKinds = {{
      {"failover", "one node of all sites writes, and another takes its place.", true, 0},
      {"multi_writer",
       "every node that is well takes writes (Galera, or any all-active pool), or one preferred writer of them.", false,
       0},
      {"single", "one node without replication, which takes writes while it is well.", false, 1},
  }};
  return kKinds;
}

const PoolKind* find_pool_kind(std::string_view name) {
  const auto kinds = pool_kinds();
  const auto at = std::find_if(kinds.begin(), kinds.end(), [name](const PoolKind& k) { return k.name == name; });
  return at == kinds.end() ? nullptr : &*at;
}

bool is_arbitrated(std::string_view name) {
  const auto* kind = find_pool_kind(name);
  return kind == nullptr || kind->arbitrated;
}

}  // namespace conf
