#include "sitecheck/io/guard_message.h"

namespace sitecheck {

namespace {

constexpr std::uint8_t kVersion = 3;
constexpr std::uint8_t kOrder = 1;
constexpr std::uint8_t kReport = 2;

std::uint64_t to_wire(base::Instant t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()); }
base::Instant from_wire(std::uint64_t v) { return base::Instant(base::Duration(static_cast<std::int64_t>(v))); }

}  // namespace

std::string_view name(GuardState s) {
  switch (s) {
    case GuardState::kOpen: return "open";
    case GuardState::kClosing: return "closing";
    case GuardState::kClosed: return "closed";
  }
  return "closed";
}

base::Bytes encode(const GuardOrder& order) {
  base::ByteWriter w;
  w.u8(kVersion);
  w.u8(kOrder);
  w.bytes8(base::as_bytes(order.kernel));
  w.u64(order.seq);
  w.u64(to_wire(order.deadline));
  w.u64(order.epoch.value);
  w.u8(static_cast<std::uint8_t>(order.wish));
  return w.take();
}

base::Bytes encode(const GuardReport& report) {
  base::ByteWriter w;
  w.u8(kVersion);
  w.u8(kReport);
  w.u64(report.seq);
  w.u64(to_wire(report.deadline));
  w.u8(static_cast<std::uint8_t>(report.state));
  w.u8(report.ready ? 1 : 0);
  w.u8(report.cut ? 1 : 0);
  w.bytes8(base::as_bytes(report.message));
  w.u64(report.nodes);
  return w.take();
}

std::optional<GuardOrder> decode_order(base::ByteView bytes) {
  base::ByteReader r(bytes);
  if (r.u8() != kVersion || r.u8() != kOrder) return std::nullopt;
  GuardOrder out;
  out.kernel = base::as_text(r.bytes8());
  out.seq = r.u64();
  out.deadline = from_wire(r.u64());
  out.epoch.value = r.u64();
  const std::uint8_t wish = r.u8();
  if (wish > static_cast<std::uint8_t>(GuardWish::kArm)) return std::nullopt;
  out.wish = static_cast<GuardWish>(wish);
  if (!r.ok() || r.left() != 0) return std::nullopt;
  return out;
}

std::optional<GuardReport> decode_report(base::ByteView bytes) {
  base::ByteReader r(bytes);
  if (r.u8() != kVersion || r.u8() != kReport) return std::nullopt;
  GuardReport out;
  out.seq = r.u64();
  out.deadline = from_wire(r.u64());
  const std::uint8_t state = r.u8();
  if (state > static_cast<std::uint8_t>(GuardState::kClosed)) return std::nullopt;
  out.state = static_cast<GuardState>(state);
  out.ready = r.u8() != 0;
  out.cut = r.u8() != 0;
  out.message = base::as_text(r.bytes8());
  out.nodes = r.u64();
  if (!r.ok() || r.left() != 0) return std::nullopt;
  return out;
}

std::filesystem::path guard_socket_of(const conf::Sitecheck& conf, const conf::Pool& pool) {
  return pool.guard_socket.empty() ? conf.state_dir / ("guard-" + pool.name + ".sock") : pool.guard_socket;
}

std::filesystem::path permit_file_of(const conf::Sitecheck& conf, const conf::Pool& pool) {
  return conf.state_dir / ("permit-" + pool.name);
}

}  // namespace sitecheck
