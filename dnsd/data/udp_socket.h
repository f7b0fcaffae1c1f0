// One UDP socket of one worker: queries come and answers go in batches.
//
// Everything it needs is allocated when it is made; then it never allocates, locks or logs. It reads the clock at most
// once for each group of queries: for cookies, and for limits of rates.
#pragma once

#include <cstdint>
#include <memory>

#include "base/fd.h"
#include "dnsd/data/policy_slot.h"
#include "dnsd/data/respond.h"
#include "zones/snapshot/publisher.h"

namespace data {

class UdpSocket {
 public:
  static constexpr unsigned kBatch = 64;      // datagrams a system call
  static constexpr unsigned kMaxBatches = 8;  // of drain()

  // `fd`: bound; it becomes blocking. `wildcard`: bound to 0.0.0.0 or ::, with packet information switched on, so that
  // each reply leaves from the address that was asked. The references must outlive the socket.
  UdpSocket(base::Fd fd, bool v6, bool wildcard, const Identity& identity, snapshot::Publisher::Reader& reader,
            Scratch& scratch, snapshot::WorkerCounters& counters);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Waits for queries, and answers a batch of them by the newest policy. Returns the number of datagrams received; 0
  // after a signal.
  std::size_t serve(PolicySlot& news);
  // Answers what is there, up to kMaxBatches batches, without waiting.
  std::size_t drain();

 private:
  struct Buffers;
  void wait_in_calls();
  void let_fragment(bool yes);
  unsigned receive(int flags);
  base::ByteView packet(unsigned i);
  unsigned answer(unsigned received);
  unsigned answer_group(const snapshot::Snapshot* snapshot, unsigned first, unsigned end, unsigned count);
  void note_who_asks(unsigned count);
  void send(unsigned count);

  base::Fd fd_;
  const Transport transport_;
  const bool wildcard_;
  bool fragments_ = true;  // packets may be cut in pieces on their way
  const Identity& identity_;
  snapshot::Publisher::Reader& reader_;
  Scratch& scratch_;
  snapshot::WorkerCounters& counters_;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace data
