// Who may do what over the REST API: bearer tokens (RFC 6750), constant in time, and no cookies, so that a page in
// somebody's browser can do nothing by the mere fact that they are logged in elsewhere.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/io/http_server.h"
#include "conf/sitecheck.h"

namespace sitecheck {

enum class Right { kRead, kWrite };

struct Access {
  int refused = 0;     // the status to answer with; 0: granted
  std::string why;     // for people
  std::string caller;  // the token's name; empty: nobody in particular
};

// 401: no token where one is needed, or one that is not known (whatever the request would be allowed without).
// 403: a known token without the right, or a change asked for by a web page (the request has an Origin).
[[nodiscard]] Access judge_access(const io::ServerRequest& request, Right needed, conf::AnonymousReaders anonymous,
                                  const std::vector<conf::ApiToken>& tokens);

}  // namespace sitecheck
