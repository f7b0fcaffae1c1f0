#include "dnsd/control/command_api.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

namespace control {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPath = "/api/v1/commands/";
// Those that change what is answered; a reload and forget-epoch are for those who are on the host.
constexpr std::array<std::string_view, 5> kCommands = {"drain", "undrain", "pin", "unpin", "resume"};
constexpr std::size_t kMostDepth = 16;  // of brackets in a body
constexpr std::size_t kMostReason = 500;

std::string text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

io::ServerResponse json(int status, const Json& body) {
  return {status,
          text(body) + "\n",
          "application/json",
          {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}}};
}
io::ServerResponse refusal(int status, const std::string& why) {
  return json(status, {{"status", status}, {"error", why}});
}

// The media type without its parameters, letter case ignored (RFC 9110 section 8.3.1).
bool is_json(const io::ServerRequest& request) {
  const auto* type = request.header("content-type");
  if (type == nullptr) return false;
  std::string plain = type->substr(0, type->find(';'));
  while (!plain.empty() && plain.back() == ' ') plain.pop_back();
  for (char& c : plain) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return plain == "application/json";
}

// Parsing recurses with each bracket, so their depth is bounded first; those inside of strings count too, to no harm.
bool too_deep(std::string_view body) {
  std::size_t depth = 0;
  std::size_t most = 0;
  for (const char c : body) {
    if (c == '{' || c == '[') most = std::max(most, ++depth);
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  return most > kMostDepth;
}

// Fills args and reason. What is wrong with the body; empty: nothing.
std::string read_body(const std::string& body, io::ControlRequest& out) {
  const Json parsed = too_deep(body) ? Json(Json::value_t::discarded) : Json::parse(body, nullptr, false);
  if (!parsed.is_object()) return "the body is no JSON object; allowed: {\"args\": {…}, \"reason\": \"…\"}";
  for (const auto& [key, value] : parsed.items()) {
    if (key == "args" && value.is_object()) {
      out.args = text(value);
    } else if (key == "reason" && value.is_string()) {
      out.reason = value.get<std::string>();
    } else {
      return "\"" + key.substr(0, 64) + "\": allowed: args, an object; reason, a string";
    }
  }
  // It goes into the log and the journal, a line each.
  const bool control = std::any_of(out.reason.begin(), out.reason.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (out.reason.size() <= kMostReason && !control) return "";
  return "reason: allowed: one line of at most " + std::to_string(kMostReason) + " bytes";
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
  if (!is_json(request)) return refusal(415, "the body is to be application/json");
  if (const std::string fault = read_body(request.body, command); !fault.empty()) return refusal(400, fault);
  const io::ControlReply reply = carry_out(command);
  Json data = Json::parse(reply.data, nullptr, false);
  if (data.is_discarded()) data = Json::object();
  const int status = reply.exit == 0 ? 200 : reply.exit == 1 ? 409 : 422;
  return json(status, {{"status", status}, {"exit", reply.exit}, {"data", std::move(data)}, {"error", reply.error}});
}

}  // namespace control
