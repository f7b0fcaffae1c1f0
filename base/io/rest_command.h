// A command that comes over a REST API instead of the control socket: its body, and its reply as an HTTP response.
#pragma once

#include <cstddef>
#include <string>

#include "base/io/control.h"
#include "base/io/http_server.h"

namespace io {

inline constexpr std::size_t kMostReason = 500;  // bytes

// JSON that is kept nowhere; `body` is its text without a newline at the end.
[[nodiscard]] ServerResponse json_response(int status, std::string body);
// The body is application/json, whatever its parameters (RFC 9110 section 8.3.1).
[[nodiscard]] bool is_json(const ServerRequest& request);
// Reads {"args": {…}, "reason": "…"}, both optional, into `out`. What is wrong with it, for people; empty: nothing.
[[nodiscard]] std::string read_command_body(const std::string& body, ControlRequest& out);
// {"status","exit","data","error"}: 200 for exit 0, 409 for 1 (no), 422 for 2 (it makes no sense).
[[nodiscard]] ServerResponse response_of(const ControlReply& reply);

}  // namespace io
