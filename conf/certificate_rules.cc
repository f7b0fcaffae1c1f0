#include "conf/certificate_rules.h"

namespace conf {

namespace {

constexpr int kSoon = 14;  // days: an authority that renews by itself does so earlier

}  // namespace

std::optional<std::string> lifetime_warning(const base::Certificate& certificate, base::WallTime now) {
  const std::string which = "certificate \"" + certificate.subject + "\" ";
  if (now < certificate.not_before) {
    return which + "is valid from " + base::format_utc(certificate.not_before) + " on only: nobody trusts it before";
  }
  if (now >= certificate.not_after) {
    return which + "has ended " + base::format_utc(certificate.not_after) + ": nobody trusts it; renew it and reload";
  }
  const int left = base::days_until(certificate.not_after, now);
  if (left >= kSoon) return std::nullopt;
  return which + "ends " + base::format_utc(certificate.not_after) + ", in " + std::to_string(left) +
         (left == 1 ? " day" : " days") + "; renew it and reload";
}

void check_certificate(Reading& reading, const Field& field, const Value& value, const std::string& pem) {
  const auto certificate = base::read_certificate(pem);
  if (!certificate) return reading.fault(value.mark(), std::string(field.key) + ": " + certificate.error().message);
  if (auto warning = lifetime_warning(*certificate, base::read_wall_clock())) {
    reading.warn(value.mark(), std::string(field.key) + ": " + *warning);
  }
}

}  // namespace conf
