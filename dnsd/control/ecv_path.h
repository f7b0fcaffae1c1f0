// The long poll of one member over one path: asks, waits, verifies, asks again, for as long as it lives.
//
// Each request has a nonce of its own, so an answer is fresh by construction: it was made after the request was sent.
// On the control loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/io/http_client.h"
#include "base/uv.h"
#include "dnsd/control/ingest.h"
#include "dnsd/control/poll_pace.h"
#include "dnsd/decide/types.h"

namespace control {

// What all paths share. The owner outlives them.
struct EcvContext {
  base::Loop& loop;
  io::HttpClient& http;
  const ecv::KeyRing& keys;  // read at each answer: may be replaced by a reload
  std::string from;          // our id
  base::Duration poll;       // the longest that a site is expected to hold a request
  std::function<ecv::Epoch(const decide::MemberId&)> max_epoch;  // the highest epoch accepted for the member
};

// The outcome of one poll.
struct Polled {
  const decide::MemberId& member;
  const std::string& url;  // the path
  Ingested result;
  base::Instant asked;  // when the request was sent
  base::Instant heard;  // when its outcome was known
};

class EcvPath {
 public:
  // `on_polled` gives its verdict back: kNone, or why the report was not believed after all (a replay). It must not
  // destroy the path. Polling begins on the next turn of the loop.
  using OnPolled = std::function<Fault(const Polled&)>;
  EcvPath(const EcvContext& context, decide::MemberId member, std::string url, io::HttpTls tls, OnPolled on_polled);
  EcvPath(const EcvPath&) = delete;
  EcvPath& operator=(const EcvPath&) = delete;

  [[nodiscard]] const decide::MemberId& member() const { return member_; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const io::HttpTls& tls() const { return tls_; }

 private:
  void ask();
  void take(const io::HttpReply& reply, const Asked& asked);

  const EcvContext& context_;
  decide::MemberId member_;
  std::string url_;
  std::string base_path_;  // of url_: "" or "/prefix"
  io::HttpTls tls_;
  OnPolled on_polled_;
  PollPace pace_;
  std::uint64_t wait_ = 0;  // seq of the last answer; 0 after a failure, since a new process may count from 1
  // What the last answer said, to tell news from a renewal.
  std::uint64_t boot_id_ = 0;
  ecv::PoolState state_ = ecv::PoolState::kInit;
  ecv::Epoch epoch_;
  base::Timer timer_;
  std::unique_ptr<io::HttpCall> call_;
};

}  // namespace control
