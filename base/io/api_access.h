// Who may do what over the REST API: bearer tokens (RFC 6750), constant in time, and no cookies, so that a page in
// somebody's browser can do nothing by the mere fact that they are logged in elsewhere.
#pragma once

#include <string>
#include <vector>

namespace io {

struct ServerRequest;  // http_server.h

enum class Right { kRead, kWrite };

// Who may read without a token. Nobody may change anything without one.
enum class AnonymousReaders { kLoopback, kEveryone, kNobody };

struct ApiToken {
  std::string name;  // who comes with it
  bool write = false;
  std::string secret;
};

struct ApiAccess {
  AnonymousReaders anonymous = AnonymousReaders::kLoopback;
  std::vector<ApiToken> tokens;
};

struct Access {
  int refused = 0;     // the status to answer with; 0: granted
  std::string why;     // for people
  std::string caller;  // the token's name; empty: nobody in particular
};

// 401: no token where one is needed, or one that is not known (whatever the request would be allowed without).
// 403: a known token without the right, or a change asked for by a web page (the request has an Origin).
[[nodiscard]] Access judge_access(const ServerRequest& request, Right needed, const ApiAccess& access);

}  // namespace io
