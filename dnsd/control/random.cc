#include "dnsd/control/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/text.h"

namespace control {

namespace {

// getrandom(2) of so few bytes fails only on a kernel without it, or before it was seeded (then it waits).
void fill(void* to, std::size_t size) {
  for (;;) {
    const ssize_t got = ::getrandom(to, size, 0);
    if (got == static_cast<ssize_t>(size)) return;
    if (got < 0 && errno != EINTR) {
      std::perror("dnsd: getrandom");
      std::abort();
    }
  }
}

}  // namespace

std::uint64_t random_u64() {
  std::uint64_t out = 0;
  fill(&out, sizeof out);
  return out;
}

std::string random_nonce() {
  std::array<std::uint8_t, 16> bytes{};
  fill(bytes.data(), bytes.size());
  return base::to_hex(bytes);
}

}  // namespace control
