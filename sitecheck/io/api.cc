#include "sitecheck/io/api.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/text.h"
#include "sitecheck/io/api_views.h"
#include "sitecheck/io/commands.h"

namespace sitecheck {

namespace {

using Json = nlohmann::ordered_json;
using io::Responder;
using io::ServerRequest;
using io::ServerResponse;

constexpr std::string_view kCommandPath = "/commands/{command}";
constexpr std::string_view kEventsPath = "/events";
constexpr std::string_view kStreamPath = "/stream";
constexpr std::size_t kMostDepth = 16;  // of brackets in a body

std::string text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

ServerResponse json(int status, std::string body) {
  return {status,
          std::move(body) + "\n",
          "application/json",
          {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}}};
}

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    out.emplace_back(path.substr(0, path.find('/')));
    path.remove_prefix(out.back().size());
  }
  return out;
}

// The media type without its parameters, letter case ignored (RFC 9110 section 8.3.1).
bool is_json(const ServerRequest& request) {
  const auto* type = request.header("content-type");
  if (type == nullptr) return false;
  std::string plain = type->substr(0, type->find(';'));
  while (!plain.empty() && plain.back() == ' ') plain.pop_back();
  std::transform(plain.begin(), plain.end(), plain.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
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

struct Body {
  std::string args = "{}";
  std::string reason;
  std::string fault;  // empty: good
};

Body read_body(const std::string& from) {
  Body out;
  if (from.empty()) return out;
  const auto parsed = too_deep(from) ? Json(Json::value_t::discarded) : Json::parse(from, nullptr, false);
  if (!parsed.is_object()) {
    out.fault = "the body is no JSON object; allowed: {\"args\": {…}, \"reason\": \"…\"}";
    return out;
  }
  for (const auto& [key, value] : parsed.items()) {
    if (key == "args" && value.is_object()) {
      out.args = text(value);
    } else if (key == "reason" && value.is_string()) {
      out.reason = value.get<std::string>();
    } else {
      out.fault = "\"" + key.substr(0, 64) + "\": allowed: args, an object; reason, a string";
    }
  }
  // It goes into the log and the journal, a line each.
  const bool control = std::any_of(out.reason.begin(), out.reason.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (out.reason.size() > Api::kMostReason || control) {
    out.fault = "reason: allowed: one line of at most " + std::to_string(Api::kMostReason) + " bytes";
  }
  return out;
}

// 0 yes or done, 1 no, 2 the request makes no sense.
int status_of(int exit) { return exit == 0 ? 200 : exit == 1 ? 409 : 422; }

ServerResponse reply_of(const io::ControlReply& reply) {
  auto data = Json::parse(reply.data, nullptr, false);
  if (data.is_discarded()) data = Json::object();
  const int status = status_of(reply.exit);
  return json(status, text({{"status", status}, {"exit", reply.exit}, {"data", data}, {"error", reply.error}}));
}

std::optional<std::int64_t> whole_number(const std::string& word) {
  if (word.empty() || word.size() > 15 || word.find_first_not_of("0123456789") != word.npos) return std::nullopt;
  return std::stoll(word);
}

}  // namespace

ServerResponse api_refusal(int status, const std::string& why) {
  auto out = json(status, text({{"status", status}, {"error", why}}));
  if (status == 401) out.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"wideip\"");
  return out;
}

std::vector<ApiRoute> Api::routes() {
  std::vector<ApiRoute> out;
  for (const auto path : api_view_paths()) out.push_back({"GET", path});
  out.push_back({"GET", kEventsPath});
  out.push_back({"GET", kStreamPath});
  out.push_back({"POST", kCommandPath});
  return out;
}

void Api::answer(Responder& responder, ServerResponse response) {
  if (response.status == 401 || response.status == 403) {
    ++counters_.denied;
  } else if (response.status >= 400) {
    ++counters_.refused;
  }
  responder.respond(std::move(response));
}

void Api::handle(const ServerRequest& request, Responder responder) {
  ++counters_.requests;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const auto path = segments(std::string_view(request.path).substr(kRoot.size()));
  const auto* rule = path.size() == 2 && path[0] == "commands" ? find_command(path[1]) : nullptr;
  // What is no known command and no reading is judged as a change: without the right nobody learns what there is.
  const auto right = reads || (rule != nullptr && !rule->changes) ? io::Right::kRead : io::Right::kWrite;
  const auto access = io::judge_access(request, right, access_);
  if (access.refused != 0) {
    base::log(base::Level::kInfo, "api.denied", access.why,
              {{"from", request.from.to_string()}, {"path", request.path}});
    return answer(responder, api_refusal(access.refused, access.why));
  }
  const auto not_allowed = [&](const char* allowed) {
    auto out = api_refusal(405, request.method + " is not for this path; allowed: " + allowed);
    out.headers.emplace_back("Allow", allowed);
    answer(responder, std::move(out));
  };
  if (path.size() == 2 && path[0] == "commands") {
    if (rule == nullptr)
      return answer(responder, api_refusal(404, "no command of that name; see " + std::string(kRoot) + "/commands"));
    if (request.method != "POST") return not_allowed("POST");
    return command(path[1], request, access.caller, std::move(responder));
  }
  if (path.size() == 1 && path[0] == "events") {
    return reads ? events(request, std::move(responder)) : not_allowed("GET, HEAD");
  }
  if (path.size() == 1 && path[0] == "stream" && provider_.stream) {
    return reads ? provider_.stream(std::move(responder)) : not_allowed("GET, HEAD");
  }
  std::string_view known;
  auto view = api_view(provider_, path, known);
  if (known.empty())
    return answer(responder, api_refusal(404, "no such path; see " + std::string(kRoot) + "/openapi.json"));
  if (!reads) return not_allowed("GET, HEAD");
  if (!view)
    return answer(
        responder,
        api_refusal(404, "there is none of that name, or more than one; /pools/POOL/nodes/NODE tells nodes apart"));
  answer(responder, json(200, std::move(*view)));
}

void Api::command(const std::string& name, const ServerRequest& request, const std::string& caller,
                  Responder responder) {
  if (!is_json(request)) return answer(responder, api_refusal(415, "the body's Content-Type must be application/json"));
  auto body = read_body(request.body);
  if (!body.fault.empty()) return answer(responder, api_refusal(400, body.fault));
  const bool blank = body.reason.find_first_not_of(' ') == body.reason.npos;
  if (find_command(name)->changes && blank) {
    return answer(responder, api_refusal(400, "reason: a change needs one, for the journal"));
  }
  ++counters_.commands;
  io::ControlRequest ask;
  ask.command = name;
  ask.args = std::move(body.args);
  ask.reason = std::move(body.reason);
  ask.user = caller.empty() ? "api" : "api:" + caller;
  // Shared, since a command's answer is a function that may be copied.
  auto kept = std::make_shared<Responder>(std::move(responder));
  provider_.command(ask, [kept](const io::ControlReply& reply) { kept->respond(reply_of(reply)); });
}

void Api::events(const ServerRequest& request, Responder responder) {
  Json args = Json::object();
  for (const auto& [key, value] : request.query) {
    if (key == "pool") {
      args["pool"] = value;
      continue;
    }
    const auto number = whole_number(value);
    if ((key != "last" && key != "since_ms") || !number) {
      return answer(responder, api_refusal(400, "allowed: last=N, since_ms=N, pool=NAME"));
    }
    args[key] = *number;
  }
  io::ControlRequest ask;
  ask.command = "events";
  ask.args = text(args);
  auto kept = std::make_shared<Responder>(std::move(responder));
  provider_.command(ask, [kept](const io::ControlReply& reply) {
    kept->respond(reply.exit == 0 ? json(200, reply.data) : api_refusal(reply.exit == 2 ? 404 : 503, reply.error));
  });
}

}  // namespace sitecheck
