#include "dnsd/policy.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "dnsd/control/random.h"

namespace dnsd {

namespace {

std::shared_ptr<data::RateLimiter> make_limiter(const conf::Dnsd::RateLimit& from, const data::SipKey& key) {
  data::RateOptions out;
  out.responses = from.responses;
  out.nxdomains = from.nxdomains.value_or(from.responses);
  out.errors = from.errors.value_or(from.responses);
  out.window = from.window;
  out.slip = from.slip;
  out.ipv4_prefix = from.ipv4_prefix;
  out.ipv6_prefix = from.ipv6_prefix;
  out.exempt = from.exempt;
  out.accounts = from.accounts;
  if (out.responses == 0 && out.nxdomains == 0 && out.errors == 0) return nullptr;
  return std::make_shared<data::RateLimiter>(out, key);
}

}  // namespace

data::CookieSecret PolicyMaker::random() {
  data::CookieSecret out;
  const std::uint64_t words[] = {control::random_u64(), control::random_u64()};
  static_assert(sizeof words == out.size());
  std::memcpy(out.data(), words, sizeof words);
  return out;
}

std::shared_ptr<const data::Policy> PolicyMaker::make(const conf::Dnsd& config) {
  auto out = std::make_shared<data::Policy>();
  const auto& given = config.server.cookie_secrets;
  if (given.empty()) {
    out->cookie_secrets.assign(own_.begin(), own_.end());
  } else {
    out->cookie_secrets = given;
  }
  if (config.rate_limit != limit_) {
    limit_ = config.rate_limit;
    limiter_ = make_limiter(limit_, random());
  }
  out->rates = limiter_;
  return out;
}

std::vector<std::string> PolicyMaker::secrets() const {
  std::vector<std::string> out;
  for (const auto& secret : own_) out.push_back(base::to_hex(secret));
  return out;
}

void PolicyMaker::take_secrets(const std::vector<std::string>& from) {
  for (std::size_t i = 0; i < std::min(from.size(), own_.size()); ++i) {
    const auto bytes = base::from_hex(from[i]);
    if (bytes && bytes->size() == own_[i].size()) std::copy(bytes->begin(), bytes->end(), own_[i].begin());
  }
}

void PolicyMaker::renew_secret() {
  own_[1] = own_[0];
  own_[0] = random();
}

}  // namespace dnsd
