// The control socket: commands of local people and scripts to a running daemon, over a Unix stream socket. One JSON
// line each way: {"command":"status","args":{…},"reason":"…"} → {"exit":0,"data":{…},"error":"…"}.
// Who asks comes from the kernel (SO_PEERCRED), never from the line. JSON travels here as text; both ends parse it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "base/socket_bag.h"
#include "base/time.h"
#include "base/uv.h"

namespace io {

struct ControlRequest {
  std::string command;
  std::string args = "{}";  // text of a JSON object
  std::string reason;       // why, as the person says
  std::uint32_t uid = 0;    // the caller, from the kernel
  std::int32_t pid = 0;
  std::string user;  // name of `uid`, or its number
  // Gives the connection away, to a handler that has more to say than one answer: then it must not answer. Once, within
  // the handler's call.
  std::function<base::Fd()> take = {};
};

// exit is the command's exit status: 0 yes or done, 1 no, 2 usage or bad configuration.
struct ControlReply {
  int exit = 0;
  std::string data = "{}";  // text of a JSON value
  std::string error;
};

// Answers one request, at once or later, once. After the client or the server is gone it does nothing.
using ControlAnswer = std::function<void(ControlReply)>;
using ControlHandler = std::function<void(const ControlRequest&, ControlAnswer)>;

struct ControlOptions {
  unsigned mode = 0660;                             // of the socket file
  std::size_t max_request = std::size_t{64} << 10;  // bytes of a line; more is answered and closed
  std::size_t max_clients = 64;
  base::Duration line_timeout = base::seconds(5);  // for a client to send its whole line
};

class ControlServer {
 public:
  // A stale socket file is replaced; one at which a daemon answers is left alone. Error names the path: a daemon
  // answers there, it is no socket, its folder is missing or not writable, or it is too long (107 bytes).
  // A socket in `given` that listens there is used as it is. `handler` runs on the loop. Malformed requests never reach
  // it: they are answered with exit 2.
  [[nodiscard]] static base::Result<std::unique_ptr<ControlServer>> listen(base::Loop& loop,
                                                                           const std::filesystem::path& path,
                                                                           ControlHandler handler,
                                                                           ControlOptions options = {},
                                                                           base::SocketBag* given = nullptr);
  // Closes the clients and removes the socket file.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // Of the listening socket.
  [[nodiscard]] int descriptor() const;
  // Between them nobody is accepted: who connects waits in the kernel, for another process that has the socket too.
  void pause();
  void resume();
  // The socket file is another process's from now on: it is not removed at the end.
  void give_away();

 private:
  struct Impl;
  explicit ControlServer(std::shared_ptr<Impl> impl);
  // Shared with answers that are still to come: they may outlive the server.
  std::shared_ptr<Impl> impl_;
};

// Asks a daemon and waits for its reply; blocks, so it is for the command line. `args` is the text of a JSON object.
// Error: nobody answers at `path`, no permission, no whole reply within `timeout`, or a reply that is none.
[[nodiscard]] base::Result<ControlReply> ask_control(const std::filesystem::path& path, std::string_view command,
                                                     std::string_view args, std::string_view reason,
                                                     base::Duration timeout);

}  // namespace io
