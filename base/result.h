// Errors as values. A function that can fail returns Result<T>; it never throws past its folder.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace base {

// What went wrong, in words for an operator: what happened, to what, and where that can be known.
struct Error {
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;

// `return base::fail("...")` in any function that returns a Result.
[[nodiscard]] inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace base
