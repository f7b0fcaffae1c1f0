// Certificates that end are the commonest fault of TLS: said early, at every check, start and reload.
#pragma once

#include <optional>
#include <string>

#include "base/certificate.h"
#include "conf/reading.h"

namespace conf {

// What is worth saying of a certificate at `now`: it has ended, ends within 14 days, or has not begun.
[[nodiscard]] std::optional<std::string> lifetime_warning(const base::Certificate& certificate, base::WallTime now);

// A fault at `value` if `pem` holds no certificate; a warning where lifetime_warning() has one.
void check_certificate(Reading& reading, const Field& field, const Value& value, const std::string& pem);

}  // namespace conf
