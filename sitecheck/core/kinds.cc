#include "sitecheck/core/kinds.h"

#include <algorithm>
#include <array>

namespace core {

std::span<const Kind> builtin_kinds() {
  static const std::array<Kind, 3> kKinds = {failover_kind(), multi_writer_kind(), single_kind()};
  return kKinds;
}

const Kind* find_kind(std::span<const Kind> kinds, std::string_view name) {
  const auto at = std::find_if(kinds.begin(), kinds.end(), [name](const Kind& k) { return k.name == name; });
  return at == kinds.end() ? nullptr : &*at;
}

}  // namespace core
