// The kinds of pools as the configuration knows them: the same table as sitecheck/core/kinds.h, which this folder does
// not include as dnsd reads its configuration here too. A test holds the two together.
#pragma once

#include <span>
#include <string_view>

namespace conf {

struct PoolKind {
  std::string_view name;
  std::string_view help;     // one sentence
  bool arbitrated = false;   // one writer across the sites: it takes an admin account, a guard, limits
  int most_local_nodes = 0;  // 0: any number
};

// The default first.
[[nodiscard]] std::span<const PoolKind> pool_kinds();
// Null: there is none of that name.
[[nodiscard]] const PoolKind* find_pool_kind(std::string_view name);
// A name that is none counts as the default.
[[nodiscard]] bool is_arbitrated(std::string_view name);

}  // namespace conf
