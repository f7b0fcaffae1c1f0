#include "base/io/rest_command.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace io {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostDepth = 16;  // of brackets in a body

std::string text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

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

}  // namespace

ServerResponse json_response(int status, std::string body) {
  return {status,
          std::move(body) + "\n",
          "application/json",
          {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}}};
}

bool is_json(const ServerRequest& request) {
  const auto* type = request.header("content-type");
  if (type == nullptr) return false;
  std::string plain = type->substr(0, type->find(';'));
  while (!plain.empty() && plain.back() == ' ') plain.pop_back();
  for (char& c : plain) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return plain == "application/json";
}

std::string read_command_body(const std::string& body, ControlRequest& out) {
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

ServerResponse response_of(const ControlReply& reply) {
  Json data = Json::parse(reply.data, nullptr, false);
  if (data.is_discarded()) data = Json::object();
  const int status = reply.exit == 0 ? 200 : reply.exit == 1 ? 409 : 422;
  return json_response(
      status, text({{"status", status}, {"exit", reply.exit}, {"data", std::move(data)}, {"error", reply.error}}));
}

}  // namespace io
