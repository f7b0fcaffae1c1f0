#include "ecv/datagram.h"

#include <algorithm>

#include "base/text.h"

namespace ecv {

namespace {

// Version octet, key id, content, MAC over all before it. Strings carry their length.
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMacSize = 32;
constexpr std::size_t kMaxAnswers = 8;
constexpr std::size_t kMaxReason = 64;

std::string text(base::ByteView bytes) { return std::string(base::as_text(bytes)); }

void write(base::ByteWriter& out, const Answer& a) {
  out.u64(a.nonce);
  out.u8(static_cast<std::uint8_t>(a.kind));
  out.bytes8(base::as_bytes(std::string_view(a.reason).substr(0, kMaxReason)));
  out.u64(a.epoch.value);
}

// False if a value is none of its type's.
bool read(base::ByteReader& in, Answer& a) {
  a.nonce = in.u64();
  const auto kind = in.u8();
  a.reason = text(in.bytes8());
  a.epoch.value = in.u64();
  if (kind > static_cast<std::uint8_t>(AnswerKind::kRelease) || a.reason.size() > kMaxReason) return false;
  a.kind = static_cast<AnswerKind>(kind);
  return in.ok();
}

bool read_content(base::ByteReader& in, Datagram& d) {
  d.pool = text(in.bytes8());
  d.from = text(in.bytes8());
  d.to = text(in.bytes8());
  d.boot_id = in.u64();
  d.seq = in.u64();
  d.nonce = in.u64();
  d.echo = in.u64();
  const auto state = in.u8();
  d.epoch.value = in.u64();
  d.max_epoch_seen.value = in.u64();
  const auto eligible = in.u8();
  d.position = text(in.bytes16());
  d.config_hash = in.u64();
  d.guard = text(in.bytes8());
  const auto service = in.u8();
  d.service_at = text(in.bytes8());
  d.target = text(in.bytes8());
  d.grant_wait_ms = in.u32();
  const auto want = in.u8();
  const auto answers = in.u8();
  if (!in.ok() || state > static_cast<std::uint8_t>(PoolState::kMaint) || eligible > 1 ||
      want > static_cast<std::uint8_t>(Want::kRelease) || service > static_cast<std::uint8_t>(ServiceView::kDown) ||
      answers > kMaxAnswers) {
    return false;
  }
  d.state = static_cast<PoolState>(state);
  d.eligible = eligible == 1;
  d.service = static_cast<ServiceView>(service);
  d.want = static_cast<Want>(want);
  d.answers.resize(answers);
  for (auto& a : d.answers) {
    if (!read(in, a)) return false;
  }
  const auto has_relay = in.u8();
  if (has_relay > 1) return false;
  if (has_relay == 1) {
    Relay& r = d.relay.emplace();
    r.site = in.u8();
    r.epoch.value = in.u64();
    r.age_ms = in.u32();
  }
  return in.ok() && in.left() == 0;
}

}  // namespace

base::Result<base::Bytes> encode(const Datagram& d, const Key& key) {
  for (const auto* field : {&d.pool, &d.from, &d.to, &d.guard, &d.service_at, &d.target, &key.id}) {
    if (field->size() > 255) return base::fail("a name in the datagram is longer than 255 bytes");
  }
  if (d.answers.size() > kMaxAnswers) return base::fail("more than 8 answers in one datagram");
  if (d.position.size() > kMaxDatagram) return base::fail("the position does not fit into a datagram");
  base::ByteWriter out;
  out.u8(d.version);
  out.bytes8(base::as_bytes(key.id));
  out.bytes8(base::as_bytes(d.pool));
  out.bytes8(base::as_bytes(d.from));
  out.bytes8(base::as_bytes(d.to));
  out.u64(d.boot_id);
  out.u64(d.seq);
  out.u64(d.nonce);
  out.u64(d.echo);
  out.u8(static_cast<std::uint8_t>(d.state));
  out.u64(d.epoch.value);
  out.u64(d.max_epoch_seen.value);
  out.u8(d.eligible ? 1 : 0);
  out.bytes16(base::as_bytes(d.position));
  out.u64(d.config_hash);
  out.bytes8(base::as_bytes(d.guard));
  out.u8(static_cast<std::uint8_t>(d.service));
  out.bytes8(base::as_bytes(d.service_at));
  out.bytes8(base::as_bytes(d.target));
  out.u32(d.grant_wait_ms);
  out.u8(static_cast<std::uint8_t>(d.want));
  out.u8(static_cast<std::uint8_t>(d.answers.size()));
  for (const auto& a : d.answers) write(out, a);
  out.u8(d.relay ? 1 : 0);
  if (d.relay) {
    out.u8(d.relay->site);
    out.u64(d.relay->epoch.value);
    out.u32(d.relay->age_ms);
  }
  out.bytes(hmac_sha256(key.secret, out.data()));
  if (out.data().size() > kMaxDatagram) {
    return base::fail("the datagram has " + std::to_string(out.data().size()) + " bytes, more than " +
                      std::to_string(kMaxDatagram));
  }
  return out.take();
}

Decoded decode(base::ByteView bytes, const KeyRing& keys) {
  Decoded out;
  const auto fail = [&out](DatagramFault fault) {
    out.fault = fault;
    out.datagram = Datagram{};
    return std::move(out);
  };
  if (bytes.size() > kMaxDatagram) return fail(DatagramFault::kMalformed);
  if (bytes.size() < 2 + kMacSize) return fail(DatagramFault::kTruncated);
  base::ByteReader in(bytes.first(bytes.size() - kMacSize));
  const auto version = in.u8();
  const auto key_id = base::as_text(in.bytes8());
  if (version != kVersion) return fail(DatagramFault::kVersion);
  if (!in.ok()) return fail(DatagramFault::kTruncated);
  const Key* key = keys.find(key_id);
  if (key == nullptr) return fail(DatagramFault::kUnknownKey);
  const auto mac = hmac_sha256(key->secret, bytes.first(bytes.size() - kMacSize));
  if (!base::equal_constant_time(mac, bytes.last(kMacSize))) return fail(DatagramFault::kMismatch);
  out.datagram.version = version;
  if (!read_content(in, out.datagram)) return fail(DatagramFault::kMalformed);
  return out;
}

std::string_view name(DatagramFault f) {
  switch (f) {
    case DatagramFault::kNone: return "none";
    case DatagramFault::kTruncated: return "truncated";
    case DatagramFault::kMalformed: return "malformed";
    case DatagramFault::kVersion: return "version";
    case DatagramFault::kUnknownKey: return "unknown-key";
    case DatagramFault::kMismatch: return "mac-mismatch";
  }
  return "?";
}

}  // namespace ecv
