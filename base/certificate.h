// What a certificate says of itself (X.509, RFC 5280), for warnings in time.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace base {

struct Certificate {
  std::string subject;  // "CN = stats.example.com", as OpenSSL prints it
  WallTime not_before;
  WallTime not_after;
};

// The first certificate in PEM text: a server's own, before the chain of its authorities. Error: there is none.
[[nodiscard]] Result<Certificate> read_certificate(std::string_view pem);

// Whole days from `now` until `then`, rounded down: 0 on the last day, negative once it is over.
[[nodiscard]] int days_until(WallTime then, WallTime now);

}  // namespace base
