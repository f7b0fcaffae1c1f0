// The generic ECV monitor over HTTP: send a request, look at status and text. `receive` and `receive_disable` are
// plain substrings, as in an F5 monitor's receive strings without their regular expressions.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/io/http_client.h"
#include "base/uv.h"
#include "probes/probe.h"

namespace probes {

struct StatusRange {
  int first = 200;
  int last = 399;
};

struct HttpCheck {
  std::string url;  // http or https; its host is an IP literal
  std::string method = "GET";
  io::HttpHeaders headers;
  std::string body;
  std::vector<StatusRange> statuses = {{}};  // good ones; empty: any answer is good
  std::string receive;                       // the body must contain it; empty: no look at the body
  std::string receive_disable;               // if the body contains it: kDegraded ("disabled"), whatever `receive` says
  base::Duration timeout = base::seconds(1);
  std::size_t max_body = std::size_t{64} << 10;
  bool fresh_connection = true;
  bool verify_tls = true;
};

class HttpProbe final : public Probe {
 public:
  // `client` outlives the probe.
  HttpProbe(io::HttpClient& client, HttpCheck check);
  ~HttpProbe() override;
  void start(std::function<void(const Observation&)> on_done) override;
  void cancel() override;

 private:
  Observation judge(const io::HttpReply& reply) const;

  io::HttpClient& client_;
  HttpCheck check_;
  std::unique_ptr<io::HttpCall> call_;
};

}  // namespace probes
