// One TCP client: frames in, answers out (RFC 7766).
//
// Answers go out in the order of the queries, as many as are ready in one write. A client that pipelines without end
// has its turn, then the others have theirs. A client that does not read stops being read; one that sends nothing whole
// for the idle timeout is closed, so drip-fed queries do not hold a connection. Belongs to one worker's loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/fd.h"
#include "base/ip.h"
#include "base/uv.h"
#include "dnsd/data/respond.h"
#include "zones/snapshot/publisher.h"

namespace data {

// What the connections of a worker share.
struct TcpContext {
  const Identity& identity;
  snapshot::Publisher::Reader& reader;
  Scratch& scratch;
  snapshot::WorkerCounters& counters;
  std::vector<std::uint8_t> read_buffer = std::vector<std::uint8_t>(65536);
  std::vector<std::uint8_t> answer_buffer = std::vector<std::uint8_t>(65535);
};

class TcpConnection {
 public:
  static constexpr unsigned kTurn = 64;  // queries answered in one turn of the loop; the rest waits for the next

  // `on_close` is called once, from a callback of the loop, when the connection is over: the owner destroys it then.
  TcpConnection(base::Loop& loop, base::Fd fd, const base::IpAddress& client, TcpContext& context,
                std::function<void(TcpConnection*)> on_close);

  [[nodiscard]] const base::IpAddress& client() const { return client_; }
  // Counts the idle timer's ticks since a whole query came or an answer could be sent; returns how many.
  int tick() { return ++idle_ticks_; }
  [[nodiscard]] int idle_ticks() const { return idle_ticks_; }
  // A whole query came.
  [[nodiscard]] bool has_asked() const { return asked_; }

 private:
  enum class Fate { kGoOn, kClose };

  void on_event(int status, int events);
  Fate receive();
  // Answers whole frames in `in_` until `out_` is full enough, or its turn is over.
  Fate process();
  // One answer into the context's buffer; its size.
  std::size_t answer(const snapshot::Snapshot* snapshot, base::ByteView packet);
  Fate flush();
  void arm();

  base::Fd fd_;
  const base::IpAddress client_;
  TcpContext& context_;
  std::function<void(TcpConnection*)> on_close_;
  std::vector<std::uint8_t> in_;   // received, not yet answered
  std::vector<std::uint8_t> out_;  // answered, not yet sent
  std::size_t sent_ = 0;           // octets of out_ already gone
  bool ended_ = false;             // the client sends no more; what it asked is still answered
  int idle_ticks_ = 0;
  bool asked_ = false;
  unsigned answered_ = 0;  // in this turn
  base::Poll poll_;
};

}  // namespace data
