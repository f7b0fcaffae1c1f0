#include "sitecheck/io/guard_datagram.h"

#include <algorithm>

#include "base/text.h"

namespace sitecheck {

namespace {

// Never the version octet of a peer datagram, so neither can be taken for the other.
constexpr std::string_view kOrderMark = "WGO1";
constexpr std::string_view kReportMark = "WGR1";
constexpr std::size_t kMacSize = 32;
constexpr std::size_t kMaxText = 200;
constexpr auto kMaxLeft = base::seconds(3600);

base::ByteWriter begin(std::string_view mark, const ecv::Key& key) {
  base::ByteWriter w;
  w.bytes(base::as_bytes(mark));
  w.bytes8(base::as_bytes(key.id));
  return w;
}

base::Bytes sign(base::ByteWriter w, const ecv::Key& key) {
  w.bytes(ecv::hmac_sha256(key.secret, w.data()));
  return w.take();
}

// A reader of the verified content, behind mark and key id.
std::optional<base::ByteReader> verify(base::ByteView bytes, std::string_view mark, const ecv::KeyRing& keys) {
  if (bytes.size() < mark.size() + 1 + kMacSize || bytes.size() > kMaxGuardMessage) return std::nullopt;
  const auto content = bytes.first(bytes.size() - kMacSize);
  base::ByteReader r(content);
  if (base::as_text(r.bytes(mark.size())) != mark) return std::nullopt;
  const auto key_id = base::as_text(r.bytes8());
  const ecv::Key* key = r.ok() ? keys.find(key_id) : nullptr;
  if (key == nullptr) return std::nullopt;
  if (!base::equal_constant_time(ecv::hmac_sha256(key->secret, content), bytes.last(kMacSize))) return std::nullopt;
  return r;
}

std::string text(base::ByteReader& r) { return std::string(base::as_text(r.bytes8())); }
std::string_view shortened(std::string_view s) { return s.substr(0, kMaxText); }
void write_left(base::ByteWriter& w, base::Duration left) {
  w.u64(static_cast<std::uint64_t>(std::clamp<base::Duration>(left, base::Duration::zero(), kMaxLeft).count()));
}
// False if it is longer than any permit.
bool read_left(base::ByteReader& r, base::Duration& out) {
  const std::uint64_t us = r.u64();
  if (us > static_cast<std::uint64_t>(base::Duration(kMaxLeft).count())) return false;
  out = base::Duration(static_cast<std::int64_t>(us));
  return true;
}

}  // namespace

base::Bytes encode(const OrderDatagram& order, const ecv::Key& key) {
  auto w = begin(kOrderMark, key);
  w.bytes8(base::as_bytes(order.site));
  w.bytes8(base::as_bytes(order.pool));
  w.u64(order.boot);
  w.u64(order.seq);
  w.u64(order.nonce);
  write_left(w, order.left);
  w.u64(order.epoch.value);
  w.u8(static_cast<std::uint8_t>(order.wish));
  return sign(std::move(w), key);
}

base::Bytes encode(const ReportDatagram& report, const ecv::Key& key) {
  auto w = begin(kReportMark, key);
  w.bytes8(base::as_bytes(report.site));
  w.bytes8(base::as_bytes(report.pool));
  w.u64(report.boot);
  w.u64(report.index);
  w.u64(report.nonce);
  w.u64(report.to_boot);
  w.u64(report.to_seq);
  w.u64(report.taken);
  write_left(w, report.left);
  w.u8(static_cast<std::uint8_t>(report.state));
  w.u8(static_cast<std::uint8_t>((report.ready ? 1U : 0U) | (report.cut ? 2U : 0U)));
  w.bytes8(base::as_bytes(shortened(report.message)));
  w.u64(report.nodes);
  return sign(std::move(w), key);
}

std::optional<OrderDatagram> decode_order_datagram(base::ByteView bytes, const ecv::KeyRing& keys) {
  auto r = verify(bytes, kOrderMark, keys);
  if (!r) return std::nullopt;
  OrderDatagram out;
  out.site = text(*r);
  out.pool = text(*r);
  out.boot = r->u64();
  out.seq = r->u64();
  out.nonce = r->u64();
  if (!read_left(*r, out.left)) return std::nullopt;
  out.epoch.value = r->u64();
  const std::uint8_t wish = r->u8();
  if (!r->ok() || r->left() != 0 || wish > static_cast<std::uint8_t>(GuardWish::kArm)) return std::nullopt;
  out.wish = static_cast<GuardWish>(wish);
  return out;
}

std::optional<ReportDatagram> decode_report_datagram(base::ByteView bytes, const ecv::KeyRing& keys) {
  auto r = verify(bytes, kReportMark, keys);
  if (!r) return std::nullopt;
  ReportDatagram out;
  out.site = text(*r);
  out.pool = text(*r);
  out.boot = r->u64();
  out.index = r->u64();
  out.nonce = r->u64();
  out.to_boot = r->u64();
  out.to_seq = r->u64();
  out.taken = r->u64();
  if (!read_left(*r, out.left)) return std::nullopt;
  const std::uint8_t state = r->u8();
  const std::uint8_t flags = r->u8();
  out.message = text(*r);
  out.nodes = r->u64();
  if (!r->ok() || r->left() != 0 || state > static_cast<std::uint8_t>(GuardState::kClosed) || flags > 3) {
    return std::nullopt;
  }
  out.state = static_cast<GuardState>(state);
  out.ready = (flags & 1U) != 0;
  out.cut = (flags & 2U) != 0;
  return out;
}

}  // namespace sitecheck
