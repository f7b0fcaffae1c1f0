// The generic ECV monitor over HTTP: send a request, look at status and text. `receive` and `receive_disable` are
// plain substrings, as in an F5 monitor's receive strings without their regular expressions. What does not fit into
// max_body is cut off and a failure: nobody knows what else would have come.
#pragma once

#include <memory>
#include <optional>
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
  std::string url;  // http or https; its host is an IP literal, or a name if connect_to says where that is
  std::optional<base::SocketAddress> connect_to;
  std::string method = "GET";
  io::HttpHeaders headers;
  std::string body;
  std::vector<StatusRange> statuses = {{}};  // good ones; empty: any answer is good
  std::string receive;                       // the body must contain it; empty: no look at the body
  std::string receive_disable;               // if the body contains it: kDisabled, whatever status and `receive` say
  base::Duration timeout = base::seconds(1);
  std::size_t max_body = std::size_t{64} << 10;
  bool fresh_connection = true;
  bool verify_tls = true;  // the certificate is good, and is for the URL's host
  io::HttpTls tls;
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
