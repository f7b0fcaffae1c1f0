// A site's ECV endpoint on loopback, as real as HTTP and signatures go: it signs what it is told to say, holds long
// polls, and can misbehave in each way that the gate must notice.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/io/http_server.h"
#include "base/uv.h"
#include "ecv/mac.h"
#include "ecv/report.h"

namespace control::test {

inline ecv::Key key(std::string id = "d1", std::uint8_t fill = 7) {
  ecv::Key out;
  out.id = std::move(id);
  out.secret.fill(fill);
  return out;
}

inline ecv::Report report_of(std::string site, ecv::PoolState state, ecv::Epoch epoch, std::int64_t lease_ms) {
  ecv::Report out;
  out.pool = "main";
  out.site = std::move(site);
  out.instance = "host:1";
  out.boot_id = 1;
  out.seq = 1;
  out.epoch = epoch;
  out.max_epoch_seen = epoch;
  out.state = state;
  out.lease_ms = lease_ms;
  out.guard = "process";
  out.arbiter = "checkpoints";
  out.config_hash = "00";
  out.server_time = "2026-11-22T00:00:00.000Z";
  return out;
}

// Runs the loop until `done`, or fails after five seconds.
inline bool run_until(base::Loop& loop, const std::function<bool()>& done) {
  bool over = false;
  base::Timer limit(loop, [&] { over = true; });
  limit.start(base::seconds(5));
  while (!done() && !over) loop.run_once(true);
  return done();
}

// Runs the loop for a time; for what must not happen within it.
inline void run_for(base::Loop& loop, base::Duration time) {
  bool over = false;
  base::Timer limit(loop, [&] { over = true; });
  limit.start(time);
  while (!over) loop.run_once(true);
}

class SignedSite {
 public:
  // What is done to an answer after it was made and before it is sent.
  using Spoil = std::function<void(const io::ServerRequest&, io::ServerResponse&)>;

  SignedSite(base::Loop& loop, std::string site)
      : site_(std::move(site)),
        report_(report_of(site_, ecv::PoolState::kStandby, {}, 0)),
        release_(loop, [this] { release(); }) {
    auto server = io::HttpServer::listen(
        loop, {*base::IpAddress::parse("127.0.0.1"), 0}, {},
        [this](const io::ServerRequest& request, io::Responder responder) { answer(request, std::move(responder)); });
    if (!server) throw std::runtime_error(server.error().message);
    server_ = *std::move(server);
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->address().port); }
  [[nodiscard]] const std::string& name() const { return site_; }
  [[nodiscard]] std::size_t requests() const { return targets_.size(); }
  [[nodiscard]] const std::vector<std::string>& targets() const { return targets_; }

  // Says this from now on, and to all whom it kept waiting.
  void say(ecv::PoolState state, ecv::Epoch epoch, std::int64_t lease_ms = 2000) {
    report_.state = state;
    report_.epoch = epoch;
    report_.lease_ms = lease_ms;
    changed_at_ = report_.seq + 1;
    release();
  }
  void active(std::uint64_t counter, std::uint8_t id) { say(ecv::PoolState::kActive, ecv::Epoch::make(counter, id)); }
  void standby() { say(ecv::PoolState::kStandby, {}, 0); }
  // As a new sitecheck process.
  void restart() {
    ++report_.boot_id;
    report_.seq = 0;
    changed_at_ = 0;
    release();
  }

  ecv::Key signing = key();
  Spoil spoil;
  std::function<void(ecv::Report&)> edit;  // of each report before it is signed
  bool holds = true;                       // long polls
  bool mute = false;                       // takes requests, answers none

 private:
  struct Held {
    io::ServerRequest request;
    io::Responder responder;
  };

  void answer(const io::ServerRequest& request, io::Responder responder) {
    targets_.push_back(request.target);
    const std::string* wait = request.argument("wait");
    const bool hold = mute || (holds && wait != nullptr && std::stoull(*wait) >= changed_at_);
    held_.push_back({request, std::move(responder)});
    if (!hold) return send_last();
    const std::string* limit = request.argument("hold");
    release_.start(base::milliseconds(limit == nullptr ? 250 : std::stoi(*limit)));
  }

  void send_last() {
    Held held = std::move(held_.back());
    held_.pop_back();
    send(held.request, std::move(held.responder));
  }

  void release() {
    if (mute) return;
    while (!held_.empty()) send_last();
  }

  void send(const io::ServerRequest& request, io::Responder responder) {
    ++report_.seq;
    ecv::Report said = report_;
    if (edit) edit(said);
    io::ServerResponse out;
    out.status = said.state == ecv::PoolState::kActive ? 200 : 503;
    out.content_type = "application/json";
    out.body = ecv::encode(said);
    const std::string* nonce = request.argument("nonce");
    out.headers.emplace_back("Wideip-MAC",
                             ecv::sign_http(signing, request.method, request.target, nonce ? *nonce : "", out.body));
    if (spoil) spoil(request, out);
    responder.respond(std::move(out));
  }

  std::string site_;
  ecv::Report report_;
  std::uint64_t changed_at_ = 0;
  std::vector<std::string> targets_;
  std::vector<Held> held_;
  base::Timer release_;
  std::unique_ptr<io::HttpServer> server_;
};

}  // namespace control::test
