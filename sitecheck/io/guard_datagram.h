// Orders and reports between sitecheck and a guard on another host: signed UDP datagrams (protocol.md section 5).
//
// Their CLOCK_BOOTTIMEs have nothing in common, so a deadline travels as time that is left, counted from the moment at
// which the guard sent the report whose nonce the order names. The guard knows that moment on its own clock; sitecheck
// counts from when that report arrived, which is later. So an order gives the guard never more than sitecheck's own
// deadline, and one that is delayed, repeated or replayed says the same moment again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/time.h"
#include "ecv/mac.h"
#include "sitecheck/io/guard_message.h"

namespace sitecheck {

struct OrderDatagram {
  std::string site;  // of the sitecheck: its guard serves no other
  std::string pool;
  std::uint64_t boot = 0;   // of the sending process
  std::uint64_t seq = 0;    // grows per boot
  std::uint64_t nonce = 0;  // of the last report heard; 0: none yet, this only asks for one
  base::Duration left{};    // of the permit, from when that report was sent; 0: none
  ecv::Epoch epoch;
  GuardWish wish = GuardWish::kRenew;
};

struct ReportDatagram {
  std::string site;
  std::string pool;
  std::uint64_t boot = 0;     // of the guard's process
  std::uint64_t index = 0;    // grows per boot
  std::uint64_t nonce = 0;    // to be named by orders
  std::uint64_t to_boot = 0;  // whom it answers: the last verified order, taken or not
  std::uint64_t to_seq = 0;
  std::uint64_t taken = 0;  // seq of the last order of that process that was taken
  base::Duration left{};    // until the deadline that the guard holds
  GuardState state = GuardState::kClosed;
  bool ready = false;
  bool cut = false;
  std::string message;
  std::uint64_t nodes = 0;  // as in GuardReport
};

[[nodiscard]] base::Bytes encode(const OrderDatagram& order, const ecv::Key& key);
[[nodiscard]] base::Bytes encode(const ReportDatagram& report, const ecv::Key& key);
// Nothing unless the MAC verifies with one of `keys`; content is not looked at before. Never throws.
[[nodiscard]] std::optional<OrderDatagram> decode_order_datagram(base::ByteView bytes, const ecv::KeyRing& keys);
[[nodiscard]] std::optional<ReportDatagram> decode_report_datagram(base::ByteView bytes, const ecv::KeyRing& keys);

}  // namespace sitecheck
