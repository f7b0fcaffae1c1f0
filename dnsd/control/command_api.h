// POST /api/v1/commands/COMMAND: orders of operators over HTTP. Asked and answered as on the control socket, in the
// shape of sitecheck's API: {"args": {…}, "reason": "…"} → {"status", "exit", "data", "error"}. Who may ask is judged
// before.
#pragma once

#include <functional>
#include <string>

#include "base/io/control.h"
#include "base/io/http_server.h"

namespace control {

[[nodiscard]] bool is_command(const io::ServerRequest& request);

// 200: done; 409: no; 422: it makes no sense; 400: no JSON object of that shape; 404: no such command; 405: another
// method than POST; 415: another media type than application/json. `caller` becomes the user of the command.
[[nodiscard]] io::ServerResponse answer_command(
    const io::ServerRequest& request, const std::string& caller,
    const std::function<io::ControlReply(const io::ControlRequest&)>& carry_out);

}  // namespace control
