// The data plane's policy from the configuration: cookies and limits of rates.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "conf/dnsd.h"
#include "dnsd/data/policy.h"

namespace dnsd {

// How often a server without a file of secrets takes a new one (RFC 9018 section 5 advises against long use). A cookie
// is good for an hour, so the last secret is kept until the next one.
inline constexpr base::Duration kSecretLife = std::chrono::hours(24);

// Makes policies; keeps what outlives one: the secrets that this server made itself.
class PolicyMaker {
 public:
  // The policy of `config`. Limits start anew if they changed: who was over his has one second's worth again.
  [[nodiscard]] std::shared_ptr<const data::Policy> make(const conf::Dnsd& config);
  // Those that this server made itself, in hexadecimal; and the same taken over from another process, so that cookies
  // of its clients stay good. What is no secret is left out.
  [[nodiscard]] std::vector<std::string> secrets() const;
  void take_secrets(const std::vector<std::string>& from);
  // A new secret; the one before stays accepted, the one before that does not.
  void renew_secret();

 private:
  std::array<data::CookieSecret, 2> own_ = {random(), random()};
  static data::CookieSecret random();
  conf::Dnsd::RateLimit limit_;
  std::shared_ptr<data::RateLimiter> limiter_;  // of limit_
};

}  // namespace dnsd
