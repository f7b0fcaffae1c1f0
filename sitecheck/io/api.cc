#include "sitecheck/io/api.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/io/rest_command.h"
#include "base/log.h"
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

std::string text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    out.emplace_back(path.substr(0, path.find('/')));
    path.remove_prefix(out.back().size());
  }
  return out;
}

std::optional<std::int64_t> whole_number(const std::string& word) {
  if (word.empty() || word.size() > 15 || word.find_first_not_of("0123456789") != word.npos) return std::nullopt;
  return std::stoll(word);
}

}  // namespace

ServerResponse api_refusal(int status, const std::string& why) {
  auto out = io::json_response(status, text({{"status", status}, {"error", why}}));
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
  answer(responder, io::json_response(200, std::move(*view)));
}

void Api::command(const std::string& name, const ServerRequest& request, const std::string& caller,
                  Responder responder) {
  if (!io::is_json(request))
    return answer(responder, api_refusal(415, "the body's Content-Type must be application/json"));
  io::ControlRequest ask;
  const auto fault = request.body.empty() ? std::string() : io::read_command_body(request.body, ask);
  if (!fault.empty()) return answer(responder, api_refusal(400, fault));
  const bool blank = ask.reason.find_first_not_of(' ') == ask.reason.npos;
  if (find_command(name)->changes && blank) {
    return answer(responder, api_refusal(400, "reason: a change needs one, for the journal"));
  }
  ++counters_.commands;
  ask.command = name;
  ask.user = caller.empty() ? "api" : "api:" + caller;
  // Shared, since a command's answer is a function that may be copied.
  auto kept = std::make_shared<Responder>(std::move(responder));
  provider_.command(ask, [kept](const io::ControlReply& reply) { kept->respond(io::response_of(reply)); });
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
    kept->respond(reply.exit == 0 ? io::json_response(200, reply.data)
                                  : api_refusal(reply.exit == 2 ? 404 : 503, reply.error));
  });
}

}  // namespace sitecheck
