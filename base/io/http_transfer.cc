#include "base/io/http_transfer.h"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/io/url.h"

namespace io {

namespace {

constexpr std::size_t kMostHeaderBytes = std::size_t{64} << 10;

struct SlistFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Slist = std::unique_ptr<curl_slist, SlistFree>;

struct UrlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

void append(Slist& list, const std::string& text) {
  if (auto* grown = curl_slist_append(list.get(), text.c_str()); grown != nullptr) {
    (void)list.release();
    list.reset(grown);
  }
}

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK || text == nullptr) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

HttpFault fault_of_errno(long number) {
  switch (number) {
    case ECONNREFUSED: return HttpFault::kRefused;
    case ECONNRESET:
    case EPIPE: return HttpFault::kReset;
    case ETIMEDOUT: return HttpFault::kTimeout;
    default: return HttpFault::kUnreachable;
  }
}

HttpFault fault_of(CURLcode code, long number) {
  switch (code) {
    case CURLE_OK: return HttpFault::kNone;
    case CURLE_COULDNT_CONNECT: return fault_of_errno(number);
    case CURLE_OPERATION_TIMEDOUT: return HttpFault::kTimeout;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE: return HttpFault::kReset;
    case CURLE_OUT_OF_MEMORY:  // a header line above libcurl's own limit
    case CURLE_FILESIZE_EXCEEDED: return HttpFault::kTooLarge;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // what came is no HTTP/1.x (an "HTTP/0.9" answer is refused)
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_RANGE_ERROR: return HttpFault::kMalformed;
    case CURLE_URL_MALFORMAT: return HttpFault::kBadRequest;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER: return HttpFault::kTls;
    default: return HttpFault::kOther;
  }
}

bool has_line_break(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos; }

long in_ms(base::Duration d) {
  return static_cast<long>(std::max<std::int64_t>(1, std::chrono::ceil<base::milliseconds>(d).count()));
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

std::string_view name(HttpFault f) {
  switch (f) {
    case HttpFault::kNone: return "none";
    case HttpFault::kBadRequest: return "bad request";
    case HttpFault::kRefused: return "refused";
    case HttpFault::kUnreachable: return "unreachable";
    case HttpFault::kTimeout: return "timeout";
    case HttpFault::kReset: return "reset";
    case HttpFault::kTooLarge: return "too large";
    case HttpFault::kMalformed: return "malformed";
    case HttpFault::kTls: return "tls";
    case HttpFault::kOther: return "other";
  }
  return "other";
}

// libcurl borrows these until the transfer ends.
struct HttpTransfer::Lists {
  Slist headers;
  Slist connect_to;
};

HttpTransfer::HttpTransfer() : easy_(curl_easy_init()), lists_(std::make_unique<Lists>()) {}
HttpTransfer::~HttpTransfer() { curl_easy_cleanup(easy_); }

bool HttpTransfer::prepare(HttpRequest request, base::Instant now) {
  request_ = std::move(request);
  reply_.sent_at = now;
  if (easy_ == nullptr) return reject("out of memory");
  if (!check_url() || !set_headers() || !set_method()) return false;
  set_options();
  set_callbacks();
  return true;
}

bool HttpTransfer::reject(std::string why) {
  fault(HttpFault::kBadRequest, std::move(why));
  return false;
}

bool HttpTransfer::check_url() {
  const std::unique_ptr<CURLU, UrlFree> url(curl_url());
  if (has_line_break(request_.url) || curl_url_set(url.get(), CURLUPART_URL, request_.url.c_str(), 0) != CURLUE_OK) {
    return reject("not an http or https URL: " + request_.url);
  }
  const auto scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return reject("not an http or https URL: " + request_.url);
  if (!url_part(url.get(), CURLUPART_USER).empty() || !url_part(url.get(), CURLUPART_PASSWORD).empty()) {
    return reject("the URL carries a user name");  // not printed: it may hold a password
  }
  auto host = url_part(url.get(), CURLUPART_HOST);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  if (!request_.connect_to && (!base::IpAddress::parse(host) || !url_part(url.get(), CURLUPART_ZONEID).empty())) {
    return reject("the URL's host is no IP address: " + request_.url);
  }
  curl_easy_setopt(easy_, CURLOPT_URL, request_.url.c_str());
  return true;
}

bool HttpTransfer::set_headers() {
  for (const auto& [key, value] : request_.headers) {
    if (key.empty() || has_line_break(key) || has_line_break(value)) return reject("header " + key + " is malformed");
    append(lists_->headers, value.empty() ? key + ";" : key + ": " + value);
  }
  append(lists_->headers, "Expect:");  // no waiting for 100-continue
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, lists_->headers.get());
  if (request_.connect_to) {
    const auto& to = *request_.connect_to;
    const auto host = to.ip.is_v6() ? "[" + to.ip.to_string() + "]" : to.ip.to_string();
    append(lists_->connect_to, "::" + host + ":" + std::to_string(to.port));
    curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, lists_->connect_to.get());
  }
  return true;
}

bool HttpTransfer::set_method() {
  if (request_.method == "GET") {
    curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
  } else if (request_.method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else if (request_.method == "POST") {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request_.body.data());
  } else {
    return reject("method " + request_.method + " is none of GET, HEAD, POST");
  }
  return true;
}

void HttpTransfer::set_options() {
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);  // a signature covers the target as it was written
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, "wideip/" WIDEIP_VERSION);
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, in_ms(std::min(request_.connect_timeout, request_.timeout)));
  curl_easy_setopt(easy_, CURLOPT_TCP_NODELAY, 1L);
  if (request_.fresh_connection) {
    curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, 1L);
  }
  set_tls();
}

void HttpTransfer::set_tls() {
  if (!request_.verify_tls) {
    curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  const auto& tls = request_.tls;
  if (!tls.ca_file.empty()) {
    curl_easy_setopt(easy_, CURLOPT_CAINFO, tls.ca_file.c_str());
    curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy_, CURLOPT_CA_CACHE_TIMEOUT, 0L);  // a renewed file counts from the next connection
  }
  if (!tls.cert_file.empty()) curl_easy_setopt(easy_, CURLOPT_SSLCERT, tls.cert_file.c_str());
  if (!tls.key_file.empty()) curl_easy_setopt(easy_, CURLOPT_SSLKEY, tls.key_file.c_str());
}

void HttpTransfer::set_callbacks() {
  static_assert(std::tuple_size_v<decltype(error_)> >= CURL_ERROR_SIZE);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(
      easy_, CURLOPT_HEADERFUNCTION, +[](char* at, size_t one, size_t size, void* self) -> size_t {
        return static_cast<HttpTransfer*>(self)->take_header({at, one * size}) ? one * size : 0;
      });
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(
      easy_, CURLOPT_WRITEFUNCTION, +[](char* at, size_t one, size_t size, void* self) -> size_t {
        return static_cast<HttpTransfer*>(self)->take_body({at, one * size}) ? one * size : 0;
      });
}

bool HttpTransfer::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMostHeaderBytes) {
    fault(HttpFault::kTooLarge, "more than " + std::to_string(kMostHeaderBytes) + " bytes of headers");
    return false;
  }
  const auto colon = line.find(':');
  if (line.substr(0, 5) == "HTTP/") {
    reply_.headers.clear();  // those of an interim answer (RFC 9110 section 15.2)
  } else if (colon != line.npos) {
    reply_.headers.emplace_back(lower_case(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
  }
  return true;
}

bool HttpTransfer::take_body(std::string_view part) {
  if (request_.on_part) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    if (request_.on_part(static_cast<int>(status), part)) return true;
    fault(HttpFault::kTooLarge, "the stream was not taken further");
    return false;
  }
  if (part.size() > request_.max_body - std::min(request_.max_body, reply_.body.size())) {
    fault(HttpFault::kTooLarge, "a body of more than " + std::to_string(request_.max_body) + " bytes");
    return false;
  }
  reply_.body.append(part);
  return true;
}

void HttpTransfer::fault(HttpFault f, std::string detail) {
  if (settled_) return;
  settled_ = true;
  reply_.fault = f;
  reply_.detail = std::move(detail);
}

void HttpTransfer::set_result(int code) {
  long number = 0;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &number);
  const auto result = static_cast<CURLcode>(code);
  const auto f = fault_of(result, number);
  std::string detail;
  if (f != HttpFault::kNone) {
    detail = curl_easy_strerror(result);
    if (result == CURLE_COULDNT_CONNECT && number != 0)
      detail += std::string(": ") + std::strerror(static_cast<int>(number));
    // Which certificate's what: "certificate has expired", "no alternative certificate subject name matches …".
    const bool told = f == HttpFault::kTls || f == HttpFault::kReset;
    if (told && error_.front() != '\0') detail = error_.data();
  }
  fault(f, std::move(detail));
}

void HttpTransfer::set_timeout() {
  fault(HttpFault::kTimeout, "no whole answer within " + base::format_duration(request_.timeout));
}

HttpReply HttpTransfer::take_reply(base::Instant now) {
  long status = 0;
  if (easy_ != nullptr) curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  reply_.status = static_cast<int>(status);
  reply_.elapsed = now - reply_.sent_at;
  if (reply_.fault != HttpFault::kNone) reply_.body.clear();
  return std::move(reply_);
}

}  // namespace io
