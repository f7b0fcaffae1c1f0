#include "probes/http.h"

#include <algorithm>

namespace probes {

namespace {

Outcome outcome_of(io::HttpFault f) {
  switch (f) {
    case io::HttpFault::kNone: return Outcome::kOk;
    case io::HttpFault::kRefused: return Outcome::kRefused;
    case io::HttpFault::kUnreachable: return Outcome::kUnreachable;
    case io::HttpFault::kTimeout: return Outcome::kTimeout;
    case io::HttpFault::kReset: return Outcome::kReset;
    case io::HttpFault::kBadRequest: return Outcome::kMisconfigured;
    case io::HttpFault::kTooLarge:
    case io::HttpFault::kMalformed:
    case io::HttpFault::kTls:
    case io::HttpFault::kOther: return Outcome::kProtocol;
  }
  return Outcome::kProtocol;
}

}  // namespace

HttpProbe::HttpProbe(io::HttpClient& client, HttpCheck check) : client_(client), check_(std::move(check)) {}
HttpProbe::~HttpProbe() = default;

void HttpProbe::start(std::function<void(const Observation&)> on_done) {
  io::HttpRequest request;
  request.method = check_.method;
  request.url = check_.url;
  request.headers = check_.headers;
  request.body = check_.body;
  request.connect_timeout = check_.timeout;
  request.timeout = check_.timeout;
  request.max_body = check_.max_body;
  request.fresh_connection = check_.fresh_connection;
  request.verify_tls = check_.verify_tls;
  request.tls = check_.tls;
  request.connect_to = check_.connect_to;
  call_ = client_.start(std::move(request), [this, on_done = std::move(on_done)](const io::HttpReply& reply) {
    const auto observation = judge(reply);
    const auto call = on_done;  // the callback may start again, or destroy this, and with it the function that runs
    call(observation);
  });
}

void HttpProbe::cancel() { call_.reset(); }

Observation HttpProbe::judge(const io::HttpReply& reply) const {
  Observation out;
  out.outcome = outcome_of(reply.fault);
  out.sent_at = reply.sent_at;
  out.latency = reply.elapsed;
  if (!out.ok()) {
    out.detail = check_.url + ": " + reply.detail;
    return out;
  }
  // As on an F5, the disabling text wins over the receiving one.
  if (!check_.receive_disable.empty() && reply.body.find(check_.receive_disable) != std::string::npos) {
    out.outcome = Outcome::kDisabled;
    out.detail = check_.url + ": its answer holds the text to receive when disabled";
    return out;
  }
  const bool good_status = check_.statuses.empty() ||
                           std::any_of(check_.statuses.begin(), check_.statuses.end(), [&](const StatusRange& range) {
                             return reply.status >= range.first && reply.status <= range.last;
                           });
  if (!good_status) {
    out.outcome = Outcome::kMismatch;
    out.detail = check_.url + ": status " + std::to_string(reply.status);
  } else if (reply.body.find(check_.receive) == std::string::npos) {
    out.outcome = Outcome::kMismatch;
    out.detail = check_.url + ": its answer lacks the text to receive";
  }
  return out;
}

}  // namespace probes
