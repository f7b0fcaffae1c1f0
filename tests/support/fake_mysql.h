// A server that speaks MySQL's protocol and answers from result sets that a file holds, or misbehaves: for the versions
// that no test can run. One thread a connection; statements that were asked are kept.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <list>
#include <mutex>
#include <set>
#include <thread>

#include "tests/support/caching_sha2.h"
#include "tests/support/recorded_results.h"

namespace testing_support {

enum class Misbehaviour {
  kNone,
  kSilent,           // accepts, and says nothing
  kGarbage,          // greets with bytes that are no packet
  kGarbageAnswers,   // answers statements so
  kSilentAnswers,    // logs clients in, and then says nothing
  kDrips,            // everything one byte every few milliseconds
  kBreaksOffInRows,  // ends the connection in the middle of a result set
};

class FakeMysql {
 public:
  FakeMysql(RecordedServer recorded, std::string user, std::string password)
      : recorded_(std::move(recorded)), user_(std::move(user)), password_(std::move(password)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener_, 64) != 0) {
      throw std::runtime_error("the fake server cannot listen");
    }
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  FakeMysql(const FakeMysql&) = delete;
  FakeMysql& operator=(const FakeMysql&) = delete;
  ~FakeMysql() {
    stop_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    hang_up();
    for (auto& c : connections_) {
      c.thread.join();
      ::close(c.fd);
    }
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // From now on, of new connections and statements.
  void misbehave(Misbehaviour how) { how_ = how; }
  // From now on, what it answers to `sql`.
  void answer(const std::string& sql, FakeResult result) {
    const std::lock_guard hold(mutex_);
    recorded_.answers[sql] = std::move(result);
  }
  [[nodiscard]] FakeResult answer_to(const std::string& sql) const {
    const std::lock_guard hold(mutex_);
    return recorded_.answer_to(sql);
  }
  // Ends every connection.
  void hang_up() {
    const std::lock_guard hold(mutex_);
    for (auto& c : connections_) ::shutdown(c.fd, SHUT_RDWR);
  }
  [[nodiscard]] std::vector<std::string> asked() const {
    const std::lock_guard hold(mutex_);
    return asked_;
  }
  // Queries, each with one statement or several.
  [[nodiscard]] int trips() const { return trips_; }
  // Logins by the whole exchange, and by the proof that the cache checks.
  [[nodiscard]] int full_logins() const { return full_; }
  [[nodiscard]] int fast_logins() const { return fast_; }

 private:
  struct Connection {
    int fd;
    std::thread thread;
  };
  static constexpr const char* kPlugin = "caching_sha2_password";

  void accept_all() {
    while (!stop_) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      const int yes = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      const std::lock_guard hold(mutex_);
      connections_.push_back({fd, {}});
      connections_.back().thread = std::thread([this, fd] {
        serve(fd);
        ::shutdown(fd, SHUT_RDWR);
      });
    }
  }

  bool send(int fd, std::string_view bytes) const {
    const std::size_t piece = how_ == Misbehaviour::kDrips ? 1 : bytes.size();
    while (!bytes.empty()) {
      const auto n = ::send(fd, bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
      if (how_ == Misbehaviour::kDrips) std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
    return true;
  }
  bool send_packet(int fd, std::uint8_t& sequence, const std::string& body) const {
    return send(fd, mysql_wire::packet(sequence, body));
  }
  static bool read_all(int fd, char* into, std::size_t size) {
    return size == 0 || ::recv(fd, into, size, MSG_WAITALL) == static_cast<ssize_t>(size);
  }
  static std::optional<std::string> read_packet(int fd, std::uint8_t& sequence) {
    std::array<unsigned char, 4> head{};
    if (!read_all(fd, reinterpret_cast<char*>(head.data()), head.size())) return std::nullopt;
    std::string body(head[0] | static_cast<std::size_t>(head[1]) << 8U | static_cast<std::size_t>(head[2]) << 16U,
                     '\0');
    sequence = static_cast<std::uint8_t>(head[3] + 1);
    if (!read_all(fd, body.data(), body.size())) return std::nullopt;
    return body;
  }
  static void wait_for_end(int fd) {
    char byte = 0;
    while (::recv(fd, &byte, 1, 0) > 0) {
    }
  }

  void serve(int fd) {
    if (how_ == Misbehaviour::kSilent) return wait_for_end(fd);
    if (how_ == Misbehaviour::kGarbage) {
      send(fd, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      return;
    }
    if (!log_in(fd)) return;
    std::uint8_t sequence = 0;
    while (const auto command = read_packet(fd, sequence)) {
      if (command->empty() || (*command)[0] == '\x01') return;  // COM_QUIT
      if ((*command)[0] != '\x03') {                            // COM_PING and its like
        if (!send_packet(fd, sequence, mysql_wire::ok())) return;
        continue;
      }
      if (!run(fd, command->substr(1))) return;
    }
  }

  // One statement or several: after the first that fails none is run.
  std::string answer_all(std::string_view statements) {
    std::string out;
    for (std::uint8_t sequence = 1;;) {
      const auto end = statements.find("; ");
      const std::string sql(statements.substr(0, end));
      {
        const std::lock_guard hold(mutex_);
        asked_.push_back(sql);
      }
      const auto result = answer_to(sql);
      const bool last = end == std::string_view::npos || result.error != 0;
      out += mysql_wire::answer(result, sequence, !last);
      if (last) return out;
      statements.remove_prefix(end + 2);
    }
  }

  bool run(int fd, const std::string& sql) {
    ++trips_;
    const std::string bytes = answer_all(sql);
    switch (how_.load()) {
      case Misbehaviour::kSilentAnswers: wait_for_end(fd); return false;
      case Misbehaviour::kGarbageAnswers:
        return send(fd, std::string("\x05\x00\x00\x01\xfc\xff", 6) + "garbage garbage");
      case Misbehaviour::kBreaksOffInRows: send(fd, bytes.substr(0, bytes.size() / 2)); return false;
      default: return send(fd, bytes);
    }
  }

  bool log_in(int fd) {
    const std::string scramble = make_scramble();
    std::uint8_t sequence = 0;
    if (!send_packet(fd, sequence, mysql_wire::greeting(recorded_.version, ++threads_, scramble, kPlugin)))
      return false;
    const auto answer = read_packet(fd, sequence);
    if (!answer) return false;
    auto login = mysql_wire::read_login(*answer);
    if (login.plugin != kPlugin) {  // the client is told to change
      const std::string zero(1, '\0');
      if (!send_packet(fd, sequence, '\xfe' + std::string(kPlugin) + zero + scramble + zero)) return false;
      const auto proof = read_packet(fd, sequence);
      if (!proof) return false;
      login.proof = *proof;
    }
    if (authenticate(fd, sequence, login, scramble)) return send_packet(fd, sequence, mysql_wire::ok());
    send_packet(fd, sequence, mysql_wire::error(1045, "Access denied for user '" + login.user + "'"));
    return false;
  }

  bool authenticate(int fd, std::uint8_t& sequence, const mysql_wire::Login& login, const std::string& scramble) {
    {
      const std::lock_guard hold(mutex_);
      if (cached_.count(login.user) > 0 && login.proof == fast_proof(password_, scramble)) {
        ++fast_;
        return send_packet(fd, sequence, "\x01\x03");
      }
    }
    if (!send_packet(fd, sequence, "\x01\x04")) return false;  // the whole exchange
    auto next = read_packet(fd, sequence);
    if (!next || *next != "\x02") return false;  // asks for the public key
    if (!send_packet(fd, sequence, '\x01' + rsa_key().public_pem())) return false;
    next = read_packet(fd, sequence);
    if (!next || login.user != user_ || rsa_key().open(*next, scramble) != password_) return false;
    const std::lock_guard hold(mutex_);
    cached_.insert(login.user);
    ++full_;
    return true;
  }

  RecordedServer recorded_;
  std::string user_;
  std::string password_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<Misbehaviour> how_ = Misbehaviour::kNone;
  std::atomic<bool> stop_ = false;
  std::atomic<int> trips_ = 0;
  std::atomic<int> full_ = 0;
  std::atomic<int> fast_ = 0;
  std::atomic<std::uint32_t> threads_ = 0;
  mutable std::mutex mutex_;  // of what follows, and of recorded_.answers
  std::set<std::string> cached_;
  std::vector<std::string> asked_;
  std::list<Connection> connections_;
  std::thread acceptor_;
};

}  // namespace testing_support
