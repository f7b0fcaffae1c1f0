// The REST API under /api/v1, described by conf/schema/sitecheck.openapi.json, which is served too. It reads everything
// that sitecheck shows, and changes by the very commands of the control socket.
//
// Owned by the loop's thread. Every answer is JSON; a refusal is {"status":N,"error":"…"}.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/io/api_access.h"
#include "base/io/control.h"
#include "base/io/http_server.h"
#include "conf/sitecheck.h"

namespace sitecheck {

// What is served. Called on the loop, once a request; each gives JSON text.
struct ApiProvider {
  std::function<std::string()> status;              // whole
  std::function<std::string()> site;                // the status without its pools ("pools" is empty)
  std::function<std::vector<std::string>()> pools;  // their names
  std::function<std::string(std::size_t)> pool;     // of the status, by the place of its name
  std::function<std::string()> configuration;       // ApiConfiguration of the description
  std::function<void(const io::ControlRequest&, io::ControlAnswer)> command;
  std::function<void(io::Responder)> stream = {};  // live_status.h
};

struct ApiCounters {
  std::uint64_t requests = 0;
  std::uint64_t denied = 0;    // 401 and 403
  std::uint64_t refused = 0;   // other 4xx
  std::uint64_t commands = 0;  // that reached the core or the journal
};

// A route as the description has it: "GET", "/pools/{pool}".
struct ApiRoute {
  std::string_view method;
  std::string_view path;
};

class Api {
 public:
  static constexpr std::string_view kRoot = "/api/v1";

  Api(ApiProvider provider, io::ApiAccess access) : provider_(std::move(provider)), access_(std::move(access)) {}

  // A request below kRoot; answered at once, or when its command has been.
  void handle(const io::ServerRequest& request, io::Responder responder);
  // Other tokens, from the next request on.
  void set_access(io::ApiAccess access) { access_ = std::move(access); }
  [[nodiscard]] const ApiCounters& counters() const { return counters_; }
  [[nodiscard]] static std::vector<ApiRoute> routes();

 private:
  void command(const std::string& name, const io::ServerRequest& request, const std::string& caller,
               io::Responder responder);
  void events(const io::ServerRequest& request, io::Responder responder);
  void answer(io::Responder& responder, io::ServerResponse response);

  ApiProvider provider_;
  io::ApiAccess access_;
  ApiCounters counters_;
};

// The refusals that the API gives, for the server around it: 413.
[[nodiscard]] io::ServerResponse api_refusal(int status, const std::string& why);

}  // namespace sitecheck
