// What sitecheck and its guard say to each other (protocol.md section 5). On one host: one message each way over a Unix
// SOCK_SEQPACKET socket of the pool, in the fixed binary layout below; both ends are the same program. Between hosts
// the same content travels in signed datagrams (guard_datagram.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/time.h"
#include "conf/sitecheck.h"
#include "ecv/report.h"

namespace sitecheck {

enum class GuardWish : std::uint8_t {
  kRenew,  // hold this deadline, and let clients in. One below that which the guard holds changes nothing
  kCut,    // the permit has ended: close, softly first
  kClose,  // close now and hard, whatever the deadline was
  kArm,    // hold this deadline and let no client in yet: kind nft keeps, or makes, the port closed
};

// Sent at every renewal and once an interval.
struct GuardOrder {
  std::string kernel;  // boot id: CLOCK_BOOTTIME of another boot means nothing here
  std::uint64_t seq = 0;
  base::Instant deadline;  // of the permit; the epoch of the clock: none
  ecv::Epoch epoch;
  GuardWish wish = GuardWish::kRenew;
};

enum class GuardState : std::uint8_t {
  kOpen,     // the deadline lies ahead: it lets writers write
  kClosing,  // the deadline has passed: it fences until that is confirmed
  kClosed,   // confirmed closed, and watched
};
[[nodiscard]] std::string_view name(GuardState s);

// The answer to each order, and a message of its own at each change.
struct GuardReport {
  std::uint64_t seq = 0;   // of the last order taken
  base::Instant deadline;  // that it holds
  GuardState state = GuardState::kClosed;
  bool ready = false;  // its admin connections stand, and kind nft has its table: it can fence
  bool cut = false;    // kind nft: the kernel lets no client through now
  std::string message;
  std::uint64_t nodes = 0;  // which it watches: nodes_hash() of guard.h
};

[[nodiscard]] base::Bytes encode(const GuardOrder& order);
[[nodiscard]] base::Bytes encode(const GuardReport& report);
[[nodiscard]] std::optional<GuardOrder> decode_order(base::ByteView bytes);
[[nodiscard]] std::optional<GuardReport> decode_report(base::ByteView bytes);
inline constexpr std::size_t kMaxGuardMessage = 1024;

// Where the guard of `pool` listens.
[[nodiscard]] std::filesystem::path guard_socket_of(const conf::Sitecheck& conf, const conf::Pool& pool);
// Where the permit of `pool` is mapped.
[[nodiscard]] std::filesystem::path permit_file_of(const conf::Sitecheck& conf, const conf::Pool& pool);

}  // namespace sitecheck
