// A sample of who asks for dynamic names: the newest few of each worker, for people. One thread writes without locks,
// allocation or read-modify-write; any other thread reads at any time, and leaves out what is being written over.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/ip.h"
#include "zones/wire/name.h"

namespace snapshot {

// A query for a dynamic name that was answered.
struct SeenQuery {
  base::IpAddress client;
  wire::Name name;          // as asked
  std::uint32_t ttl_s = 0;  // of the first record given; 0: none was
};

class SeenQueries {
 public:
  static constexpr std::size_t kKept = 64;
  static constexpr std::size_t kMostName = 128;  // octets; queries for longer names are not kept

  // Where a reader is.
  struct Mark {
    std::uint64_t next = 0;
  };

  // The worker's own thread. `client`: 4 or 16 octets; `name`: one uncompressed name.
  void record(base::ByteView client, base::ByteView name, std::uint32_t ttl_s);
  // Adds those that came since `from`, as far as they are kept, and moves it on. Any thread.
  void read(Mark& from, std::vector<SeenQuery>& into) const;

 private:
  // Client and name as whole words, after one that tells their sizes and the TTL.
  static constexpr std::size_t kWords = 1 + (16 + kMostName) / 8;
  struct Slot {
    std::atomic<std::uint64_t> turn{0};  // 2n + 1 while the n-th is being written, 2n + 2 when it is whole
    std::array<std::atomic<std::uint64_t>, kWords> words{};
  };
  std::atomic<std::uint64_t> count_{0};
  std::array<Slot, kKept> slots_{};
};

}  // namespace snapshot
