#include "base/io/api_access.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/io/http_server.h"
#include "base/io/url.h"
#include "base/text.h"

namespace io {

namespace {

constexpr std::string_view kScheme = "bearer ";  // letter case ignored (RFC 9110 section 11.1)

// Every token is compared, so that the time does not tell which came near.
const ApiToken* find_token(const std::vector<ApiToken>& tokens, std::string_view secret) {
  const ApiToken* found = nullptr;
  for (const auto& token : tokens) {
    const bool same = base::equal_constant_time(base::as_bytes(token.secret), base::as_bytes(secret));
    if (same && !token.secret.empty()) found = &token;
  }
  return found;
}

Access refuse(int status, std::string why) { return {status, std::move(why), ""}; }

}  // namespace

Access judge_access(const ServerRequest& request, Right needed, const ApiAccess& access) {
  const auto& [anonymous, tokens] = access;
  const auto given = std::count_if(request.headers.begin(), request.headers.end(),
                                   [](const auto& header) { return header.first == "authorization"; });
  if (given > 1) return refuse(401, "more than one Authorization header");
  if (needed == Right::kWrite && request.header("origin") != nullptr) {
    return refuse(403, "a request with an Origin, from a web page, changes nothing here");
  }
  if (given == 0) {
    if (needed == Right::kWrite) {
      return refuse(401, tokens.empty() ? "changes need a bearer token, and none is configured (stats: tokens)"
                                        : "changes need a bearer token: Authorization: Bearer TOKEN");
    }
    const bool may = anonymous == AnonymousReaders::kEveryone ||
                     (anonymous == AnonymousReaders::kLoopback && request.from.ip.is_loopback());
    return may ? Access{} : refuse(401, "a bearer token is needed: Authorization: Bearer TOKEN");
  }
  const std::string& header = *request.header("authorization");
  if (lower_case(header.substr(0, kScheme.size())) != kScheme) {
    return refuse(401, "the Authorization is of another scheme than Bearer");
  }
  const auto* token = find_token(tokens, std::string_view(header).substr(kScheme.size()));
  if (token == nullptr) return refuse(401, "the bearer token is not known");
  if (needed == Right::kWrite && !token->write) {
    return refuse(403, "token " + token->name + " may read only (rights: write is needed)");
  }
  return {0, "", token->name};
}

}  // namespace io
