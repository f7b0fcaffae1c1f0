// One request as libcurl sees it: its options, what it received, and how its end is to be read. Used by http_client.cc
// only; of no meaning outside this folder.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/io/http_client.h"
#include "base/time.h"

namespace io {

class HttpTransfer {
 public:
  HttpTransfer();
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  // The CURL easy handle.
  [[nodiscard]] void* easy() const { return easy_; }
  // False if the request cannot be sent; the reply then says why.
  [[nodiscard]] bool prepare(HttpRequest request, base::Instant now);
  // `code` is libcurl's CURLcode.
  void set_result(int code);
  void set_timeout();
  // The reply as it stands; the body is dropped on a fault.
  [[nodiscard]] HttpReply take_reply(base::Instant now);

 private:
  bool reject(std::string why);
  bool check_url();
  bool set_headers();
  bool set_method();
  void set_options();
  void set_tls();
  void set_callbacks();
  bool take_header(std::string_view line);
  bool take_body(std::string_view part);
  void fault(HttpFault f, std::string detail);

  void* easy_;
  HttpRequest request_;
  HttpReply reply_;
  std::size_t header_bytes_ = 0;
  bool settled_ = false;           // the fault, or its absence, is known
  std::array<char, 256> error_{};  // libcurl's own words (CURL_ERROR_SIZE)
  struct Lists;
  std::unique_ptr<Lists> lists_;
};

}  // namespace io
