#include "dnsd/control/ecv_path.h"

#include <utility>

#include "dnsd/control/random.h"

namespace control {

namespace {

// What follows scheme and authority.
std::string path_of(const std::string& url) {
  const auto authority = url.find("://");
  const auto slash = authority == std::string::npos ? std::string::npos : url.find('/', authority + 3);
  return slash == std::string::npos ? std::string() : url.substr(slash);
}

// A site holds a request for our poll interval at most, and the way there and back may be long. A slow answer harms
// nothing: ages count from the send, and min_ttl begins without waiting for a failure.
base::Duration total_timeout(base::Duration poll) { return poll * 2 + base::milliseconds(2500); }

}  // namespace

EcvPath::EcvPath(const EcvContext& context, decide::MemberId member, std::string url, io::HttpTls tls,
                 OnPolled on_polled)
    : context_(context),
      member_(std::move(member)),
      url_(std::move(url)),
      base_path_(path_of(url_)),
      tls_(std::move(tls)),
      on_polled_(std::move(on_polled)),
      pace_(context.poll),
      timer_(context.loop, [this] { ask(); }) {
  timer_.start(base::Duration::zero());
}

void EcvPath::ask() {
  Asked asked{member_.site, member_.pool, {}, random_nonce()};
  asked.target = report_target(base_path_, member_.pool, asked.nonce, context_.from, context_.max_epoch(member_), wait_,
                               context_.poll);
  io::HttpRequest request;
  request.url = url_.substr(0, url_.size() - base_path_.size()) + asked.target;
  request.connect_timeout = context_.poll + base::milliseconds(500);
  request.timeout = total_timeout(context_.poll);
  request.max_body = kMaxReport;
  request.tls = tls_;
  call_ = context_.http.start(std::move(request),
                              [this, asked = std::move(asked)](const io::HttpReply& reply) { take(reply, asked); });
}

void EcvPath::take(const io::HttpReply& reply, const Asked& asked) {
  Polled polled{member_, url_, ingest(reply, context_.keys, asked), reply.sent_at, reply.sent_at + reply.elapsed};
  const Fault verdict = on_polled_(polled);
  if (verdict != Fault::kNone) {
    wait_ = 0;
    timer_.start(pace_.after_failure(reply.elapsed));
    return;
  }
  const ecv::Report& report = polled.result.report;
  const bool changed = report.boot_id != boot_id_ || report.state != state_ || report.epoch != epoch_;
  boot_id_ = report.boot_id;
  state_ = report.state;
  epoch_ = report.epoch;
  wait_ = report.seq;
  timer_.start(pace_.after_answer(changed, reply.elapsed));
}

}  // namespace control
