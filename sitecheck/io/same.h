// Whether two values of the configuration, or of what is made of it, are the same: member by member, whatever members
// there are. Where something stands in its file does not count, nor do functions.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "conf/fault.h"
#include "sitecheck/io/reflect.h"

namespace sitecheck {

namespace detail {

template <typename T>
struct Shape {
  static constexpr bool kOptional = false;
  static constexpr bool kVector = false;
  static constexpr bool kFunction = false;
};
template <typename T>
struct Shape<std::optional<T>> : Shape<void> {
  static constexpr bool kOptional = true;
};
template <typename T>
struct Shape<std::vector<T>> : Shape<void> {
  static constexpr bool kVector = true;
};
template <typename T>
struct Shape<std::function<T>> : Shape<void> {
  static constexpr bool kFunction = true;
};

}  // namespace detail

template <typename T>
[[nodiscard]] bool same(const T& a, const T& b) {
  using Shape = detail::Shape<T>;
  if constexpr (std::is_same_v<T, conf::Mark> || Shape::kFunction) {
    return true;
  } else if constexpr (Shape::kOptional) {
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
  } else if constexpr (Shape::kVector) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!same(a[i], b[i])) return false;
    }
    return true;
  } else if constexpr (requires { a == b; }) {
    return a == b;
  } else {
    return with_members(a, [&](const auto&... of_a) {
      return with_members(b, [&](const auto&... of_b) { return (same(of_a, of_b) && ...); });
    });
  }
}

}  // namespace sitecheck
