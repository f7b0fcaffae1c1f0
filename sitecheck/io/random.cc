#include "sitecheck/io/random.h"

#include <sys/random.h>

namespace sitecheck {

base::Result<std::uint64_t> random_number() {
  std::uint64_t out = 0;
  while (out == 0) {
    if (::getrandom(&out, sizeof out, 0) != static_cast<ssize_t>(sizeof out)) {
      return base::fail("the kernel gives no random numbers");
    }
  }
  return out;
}

}  // namespace sitecheck
