#include "dnsd/control/command_api.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/io/rest_command.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPath = "/api/v1/commands/";
// Those that change what is answered; a reload and forget-epoch are for those who are on the host.
constexpr std::array<std::string_view, 5> kCommands = {"drain", "undrain", "pin", "unpin", "resume"};

io::ServerResponse refusal(int status, const std::string& why) {
  const Json body{{"status", status}, {"error", why}};
  return io::json_response(status, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

bool is_command(const io::ServerRequest& request) { return request.path.starts_with(kPath); }

io::ServerResponse answer_command(const io::ServerRequest& request, const std::string& caller,
                                  const std::function<io::ControlReply(const io::ControlRequest&)>& carry_out) {
  io::ControlRequest command;
  command.command = request.path.substr(kPath.size());
  command.user = caller;
  if (std::find(kCommands.begin(), kCommands.end(), command.command) == kCommands.end()) {
    return refusal(404, "no such command; there are drain, undrain, pin, unpin and resume");
  }
  if (request.method != "POST") {
    auto out = refusal(405, "commands are given by POST");
    out.headers.emplace_back("Allow", "POST");
    return out;
  }
  if (!io::is_json(request)) return refusal(415, "the body is to be application/json");
  if (const std::string fault = io::read_command_body(request.body, command); !fault.empty()) {
    return refusal(400, fault);
  }
  return io::response_of(carry_out(command));
}

}  // namespace control
