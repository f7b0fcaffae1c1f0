// Sockets that this process did not open itself: a service manager bound them (sd_listen_fds(3)), or the process that
// this one replaces hands them over. Who wants a socket asks for it by its address, and opens one only if none is here.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/ip.h"
#include "base/result.h"

namespace base {

class SocketBag {
 public:
  // What a service manager passed to this process: LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES; empty if nothing was.
  // The variables are taken out of the environment, so that no child takes the sockets for its own. Call once.
  // Error: a descriptor that add() refuses, or variables that make no sense.
  [[nodiscard]] static Result<SocketBag> from_environment();

  // Puts one in; it becomes close-on-exec, and non-blocking if it listens. `name` is for messages. Error: neither a
  // bound UDP socket nor a listening TCP or Unix stream socket (with Accept=yes systemd hands over connections).
  [[nodiscard]] Result<void> add(Fd fd, std::string name = {});

  // All of `type` (SOCK_DGRAM, SOCK_STREAM) that are bound to exactly this address.
  [[nodiscard]] std::vector<Fd> take(int type, const SocketAddress& address);
  // Of 0.0.0.0 and a port: what is bound to [::] and that port takes IPv4 as well (systemd's default).
  [[nodiscard]] bool covers(int type, const SocketAddress& address) const;
  // The listening Unix socket at `path`; empty if there is none.
  [[nodiscard]] Fd take(const std::filesystem::path& path);

  [[nodiscard]] bool empty() const { return sockets_.empty(); }
  // What nobody took, for people: "udp 192.0.2.1@53 (dns)".
  [[nodiscard]] std::vector<std::string> left() const;

 private:
  struct Entry {
    Fd fd;
    int type = 0;
    SocketAddress address;
    std::filesystem::path path;  // of a Unix socket
    bool dual = false;           // IPv6 that takes IPv4 as well
    std::string name;
  };
  std::vector<Entry> sockets_;
};

}  // namespace base
