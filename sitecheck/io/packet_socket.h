// Unix sockets that keep message bounds and tell of the other end's death (SOCK_SEQPACKET): sitecheck and its guard.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"
#include "base/uv.h"

namespace sitecheck {

// One connection. Owned by the loop's thread.
class PacketStream {
 public:
  // `bytes` is valid during the call only; an empty message never comes. Either callback may destroy the stream.
  PacketStream(base::Loop& loop, base::Fd fd, std::function<void(base::ByteView)> on_message,
               std::function<void()> on_end);
  // False if the other end is gone or reads nothing: the message is dropped.
  bool send(base::ByteView bytes);
  // Reads what waits now, as at a wake-up: for who must know it before a timer of his acts (rule 8).
  void drain();

 private:
  base::Fd fd_;
  std::function<void(base::ByteView)> on_message_;
  std::function<void()> on_end_;
  std::shared_ptr<bool> alive_;  // the callbacks may end this object while drain() runs
  base::Poll poll_;              // declared after fd_: it must go first
};

// Error names the path. Does not wait.
[[nodiscard]] base::Result<base::Fd> connect_packets(const std::filesystem::path& path);

// Listens at a path of this user alone (mode 0600); a caller of another user than this one or root is turned away.
class PacketListener {
 public:
  // A stale socket file is replaced, one at which somebody answers is left alone. Error names the path.
  [[nodiscard]] static base::Result<std::unique_ptr<PacketListener>> listen(base::Loop& loop,
                                                                            const std::filesystem::path& path,
                                                                            std::function<void(base::Fd)> on_connect);
  ~PacketListener();
  PacketListener(const PacketListener&) = delete;
  PacketListener& operator=(const PacketListener&) = delete;
  // Accepts who waits now.
  void drain();

 private:
  PacketListener(base::Loop& loop, std::filesystem::path path, base::Fd fd, std::function<void(base::Fd)> on_connect);

  std::filesystem::path path_;
  base::Fd fd_;
  std::function<void(base::Fd)> on_connect_;
  base::Poll poll_;
};

}  // namespace sitecheck
