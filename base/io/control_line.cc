#include "base/io/control_line.h"

#include <nlohmann/json.hpp>

namespace io {

namespace {

using json = nlohmann::ordered_json;  // replies keep the order in which the daemon wrote them

// Far beyond what any command nests; printing nested JSON recurses, so a line of brackets could exhaust the stack.
constexpr int kDeepest = 64;

bool too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepest) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

// Discarded if the text is no JSON.
json parse(std::string_view text) {
  if (too_deep(text)) return json(json::value_t::discarded);
  return json::parse(text, nullptr, false);
}

std::string print(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

base::Result<ControlRequest> parse_request(std::string_view line) {
  const auto in = parse(line);
  if (!in.is_object()) return base::fail("the request is not one line of a JSON object");
  const auto command = in.find("command");
  if (command == in.end() || !command->is_string()) return base::fail("\"command\" is missing or no string");
  ControlRequest out;
  out.command = command->get<std::string>();
  if (const auto args = in.find("args"); args != in.end()) {
    if (!args->is_object()) return base::fail("\"args\" is no object");
    out.args = print(*args);
  }
  if (const auto reason = in.find("reason"); reason != in.end()) {
    if (!reason->is_string()) return base::fail("\"reason\" is no string");
    out.reason = reason->get<std::string>();
  }
  return out;
}

std::string format_reply(const ControlReply& reply) {
  json out = {{"exit", reply.exit}, {"error", reply.error}};
  out["data"] = parse(reply.data);
  if (out["data"].is_discarded()) out["data"] = json::object();
  return print(out) + "\n";
}

base::Result<std::string> format_request(std::string_view command, std::string_view args, std::string_view reason) {
  json out = {{"command", command}, {"reason", reason}};
  out["args"] = parse(args);
  if (!out["args"].is_object()) return base::fail("the arguments are no JSON object");
  return print(out) + "\n";
}

base::Result<ControlReply> parse_reply(std::string_view line) {
  const auto in = parse(line);
  if (!in.is_object()) return base::fail("the reply is not one line of a JSON object");
  const auto exit = in.find("exit");
  if (exit == in.end() || !exit->is_number_integer()) return base::fail("the reply has no exit status");
  ControlReply out;
  out.exit = exit->get<int>();
  if (const auto data = in.find("data"); data != in.end()) out.data = print(*data);
  if (const auto error = in.find("error"); error != in.end() && error->is_string())
    out.error = error->get<std::string>();
  return out;
}

}  // namespace io
