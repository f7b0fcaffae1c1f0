// One question to whichever endpoint of etcd answers it properly within a limit: failover, authentication, counting.
// Of etcd_client.cc and etcd_watch.cc alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/io/etcd_client.h"
#include "base/io/etcd_message.h"
#include "base/io/http_client.h"
#include "base/result.h"
#include "base/time.h"
#include "base/uv.h"

namespace io::etcd {

struct Question {
  std::string path;  // "/v3/kv/range"
  std::string body;
  // Takes the body of a 200. An error says why it cannot be understood; another endpoint is asked then.
  std::function<base::Result<void>(std::string_view body)> accept;
  // True if that refusal is an answer too. May be empty: none is.
  std::function<bool(const Refusal& refusal)> settles;
};

struct Answered {
  bool ok = false;
  base::Instant sent_at;  // of the request that was answered; of the question if none was
  std::string message;    // if not ok: endpoint and reason, of each
  bool garbage = false;
};

class Exchange {
 public:
  Exchange(base::Loop& loop, EtcdOptions options);
  // Questions under way stay silent.
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // `on_answered` runs once, from the loop, by `end` (give or take a turn of the loop). It may destroy the exchange.
  void ask(Question question, base::Instant end, std::function<void(const Answered&)> on_answered);
  // A stream from the endpoint asked first, with the token that holds now.
  [[nodiscard]] std::unique_ptr<HttpCall> stream(std::string_view path, std::string body,
                                                 std::function<bool(int status, std::string_view part)> on_part,
                                                 std::function<void(const HttpReply&)> on_end);
  // The token is fetched anew with the next question.
  void forget_token();

  [[nodiscard]] base::Loop& loop() { return loop_; }
  [[nodiscard]] const EtcdOptions& options() const { return options_; }
  [[nodiscard]] const std::string& endpoint() const;
  EtcdCounters counters;

 private:
  class Ask;
  friend class Ask;
  struct SignIn {
    std::size_t endpoint;
    HttpReply reply;
    std::string why;  // not
    bool garbage;
  };
  void sign_in();
  void take_token(SignIn& out);
  void tell(const SignIn& outcome);
  [[nodiscard]] bool token_missing() const { return !options_.user.empty() && token_.empty() && !auth_off_; }
  [[nodiscard]] HttpRequest request(std::size_t endpoint, std::string_view path, std::string body) const;
  void answered_by(std::size_t endpoint);

  base::Loop& loop_;
  EtcdOptions options_;
  HttpClient http_;
  std::size_t first_ = 0;  // the endpoint that answered last
  std::string token_;
  std::size_t sign_in_at_ = 0;  // the endpoint, modulo their number
  std::unique_ptr<HttpCall> signing_in_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  bool auth_off_ = false;  // etcd says that it wants no authentication
  std::uint64_t next_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Ask>> asks_;
};

}  // namespace io::etcd
