// A private etcd for tests: one member, its own data directory, loopback, free ports; killed and removed with its
// object. With TLS: certificates of a CA of its own. With authentication: user `site`, password `s3cret`, may do what
// it likes below /wideip/.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/free_port.h"

namespace testing_support {

class EtcdServer {
 public:
  enum class Tls { kOff, kServer, kMutual };
  explicit EtcdServer(Tls tls = Tls::kOff) : tls_(tls), client_(free_port()), peer_(free_port()), health_(free_port()) {
    std::string pattern = std::filesystem::temp_directory_path() / "wideip-etcd-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = pattern;
    if (tls_ != Tls::kOff) make_certificates();
    start();
  }
  EtcdServer(const EtcdServer&) = delete;
  EtcdServer& operator=(const EtcdServer&) = delete;
  ~EtcdServer() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  // Returns when it has a leader.
  void start() {
    const std::string url = this->url();
    const std::string peer = "http://127.0.0.1:" + std::to_string(peer_);
    std::vector<std::string> args = {"etcd",
                                     "--name=t",
                                     "--data-dir=" + (folder_ / "data").string(),
                                     "--listen-client-urls=" + url,
                                     "--advertise-client-urls=" + url,
                                     "--listen-peer-urls=" + peer,
                                     "--initial-advertise-peer-urls=" + peer,
                                     "--initial-cluster=t=" + peer,
                                     "--heartbeat-interval=10",
                                     "--election-timeout=50",
                                     "--listen-metrics-urls=http://127.0.0.1:" + std::to_string(health_)};
    if (tls_ != Tls::kOff) {
      args.insert(args.end(), {"--cert-file=" + file("server.pem"), "--key-file=" + file("server.key")});
    }
    if (tls_ == Tls::kMutual) {
      args.insert(args.end(), {"--client-cert-auth", "--trusted-ca-file=" + file("ca.pem")});
    }
    pid_ = spawn(args);
    for (int i = 0; i < 2000; ++i) {
      if (http_get(health_, "/health").find("\"true\"") != std::string::npos) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("etcd does not start; see " + file("log"));
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void freeze() const {
    ::kill(pid_, SIGSTOP);
    ::waitpid(pid_, nullptr, WUNTRACED);
  }
  void thaw() const { ::kill(pid_, SIGCONT); }
  // As after a disaster: an etcd without memory under the same address.
  void rebuild() {
    kill();
    std::filesystem::remove_all(folder_ / "data");
    start();
  }
  void enable_auth() const {
    ctl("user add root:r");
    ctl("user grant-role root root", "role add root");
    ctl("user add site:s3cret");
    ctl("role grant-permission wideip --prefix=true readwrite /wideip/", "role add wideip");
    ctl("user grant-role site wideip");
    ctl("auth enable");
  }
  // etcdctl against this server (without TLS only).
  void ctl(const std::string& command, const std::string& before = "") const {
    const std::string ctl = "ETCDCTL_API=3 etcdctl --endpoints=" + url() + " ";
    const std::string out = " >>" + file("ctl.log") + " 2>&1";
    if (!before.empty()) (void)!std::system((ctl + before + out).c_str());
    if (std::system((ctl + command + out).c_str()) != 0) throw std::runtime_error("etcdctl " + command);
  }

  [[nodiscard]] std::string url() const {
    return (tls_ == Tls::kOff ? "http" : "https") + ("://127.0.0.1:" + std::to_string(client_));
  }
  // ca.pem; client.pem and client.key of that CA; other.pem, a CA that signed nothing here.
  [[nodiscard]] std::string file(const std::string& name) const { return (folder_ / name).string(); }

 private:
  static std::string http_get(std::uint16_t port, const std::string& path) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string out;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0) {
      const std::string ask = "GET " + path + " HTTP/1.0\r\n\r\n";
      (void)!::send(fd, ask.data(), ask.size(), MSG_NOSIGNAL);
      char part[4096];
      for (ssize_t n = 0; (n = ::recv(fd, part, sizeof part, 0)) > 0;) out.append(part, static_cast<std::size_t>(n));
    }
    ::close(fd);
    return out;
  }

  pid_t spawn(const std::vector<std::string>& args) const {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    const int fd = ::open(file("log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(fd, 1);
    ::dup2(fd, 2);
    std::vector<char*> argv;
    for (const auto& a : args) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }

  void make_certificates() const {
    std::ofstream(file("san")) << "subjectAltName=IP:127.0.0.1\n";
    const std::string key = " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ";
    std::string script = "cd " + folder_.string() + " && exec >>log 2>&1";
    for (const std::string ca : {"ca", "other"}) {
      script += " && openssl req -x509 -days 2 -subj /CN=" + ca + key + "-keyout " + ca + ".key -out " + ca + ".pem";
    }
    for (const std::string who : {"server", "client"}) {
      script += " && openssl req -subj /CN=" + who + key + "-keyout " + who + ".key -out " + who + ".csr" +
                " && openssl x509 -req -days 2 -CA ca.pem -CAkey ca.key -CAcreateserial -extfile san -in " + who +
                ".csr -out " + who + ".pem";
    }
    if (std::system(script.c_str()) != 0) throw std::runtime_error("openssl; see " + file("log"));
  }

  Tls tls_;
  std::filesystem::path folder_;
  std::uint16_t client_;
  std::uint16_t peer_;
  std::uint16_t health_;
  pid_t pid_ = -1;
};

}  // namespace testing_support
