// The options of one OPT record for the data plane, for the fuzzer and the corpus runner. Aborts if a promise is
// broken: options that are not whole are FORMERR; none is given back that was not asked for, none twice, an unknown one
// never; a cookie names its client and is good for him alone (RFC 7873); a subnet comes back as it was, scope 0 (RFC
// 7871).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "tests/fuzz/packet_input.h"

namespace fuzz {

namespace options {

constexpr std::uint16_t kNsid = 3;
constexpr std::uint16_t kSubnet = 8;
constexpr std::uint16_t kCookie = 10;
constexpr std::uint16_t kKeepalive = 11;
constexpr std::uint16_t kEde = 15;

// Code and data of each, in order; nothing if one is cut short (RFC 6891 section 6.1.2).
inline std::optional<std::vector<std::pair<std::uint16_t, base::ByteView>>> split(base::ByteView rdata) {
  std::vector<std::pair<std::uint16_t, base::ByteView>> out;
  while (!rdata.empty()) {
    if (rdata.size() < 4) return std::nullopt;
    const auto code = static_cast<std::uint16_t>(rdata[0] << 8 | rdata[1]);
    const std::size_t size = static_cast<std::size_t>(rdata[2]) << 8 | rdata[3];
    if (rdata.size() - 4 < size) return std::nullopt;
    out.emplace_back(code, rdata.subspan(4, size));
    rdata = rdata.subspan(4 + size);
  }
  return out;
}

// `name`: in wire form, without the root.
inline base::Bytes query(base::ByteView rdata, const char* name = "\3www\1a") {
  base::ByteWriter out;
  for (const std::uint16_t word : std::initializer_list<std::uint16_t>{0x1234, 0, 1, 0, 0, 1}) out.u16(word);
  out.bytes(base::as_bytes(name));
  static constexpr std::uint8_t kQuestion[] = {0, 0, 1, 0, 1};
  out.bytes(kQuestion);
  static constexpr std::uint8_t kOpt[] = {0, 0, 41, 4, 208, 0, 0, 0, 0};
  out.bytes(kOpt);
  out.bytes16(rdata);
  return out.take();
}

// One responder with secrets, for clients of one address each.
class Responder {
 public:
  Responder() {
    scratch_.policy = std::make_shared<data::Policy>(data::Policy{{{1}, {2}}, nullptr});
    scratch_.now.unix_s = 1'700'000'000;
  }
  base::Bytes ask(base::ByteView packet, data::Transport transport, base::ByteView client) {
    base::Bytes out(data::is_tcp(transport) ? wire::kMaxMessage : identity_.udp_payload);
    out.resize(data::respond(identity_, &packet_zone(), packet, {transport, client}, out, scratch_, counters_));
    return out;
  }
  [[nodiscard]] std::uint64_t count(snapshot::Counter counter) const {
    snapshot::Summed sum;
    counters_.sum_into(sum);
    return sum[counter];
  }

 private:
  data::Identity identity_{"fuzz", "fuzz", "fuzz", 1232, 100};
  data::Scratch scratch_;
  snapshot::WorkerCounters counters_;
};

// What came back, against what was sent.
inline void check_options(const std::vector<std::pair<std::uint16_t, base::ByteView>>& sent,
                          const dns_test::Message& reply, bool tcp, const std::function<void(const char*)>& fail) {
  std::map<std::uint16_t, std::string> back;
  for (const auto& [code, data] : reply.options) {
    if (!back.emplace(code, data).second) fail("an option twice");
  }
  const auto first = [&](std::uint16_t code) {
    const auto at = std::find_if(sent.begin(), sent.end(), [&](const auto& each) { return each.first == code; });
    return at == sent.end() ? std::optional<base::ByteView>() : at->second;
  };
  for (const auto& [code, data] : back) {
    if (code == kEde) continue;
    if (code != kNsid && code != kSubnet && code != kCookie && code != kKeepalive) fail("an option nobody knows");
    if (!first(code)) fail("an option that was not asked for");
    if (code == kKeepalive && !tcp) fail("keepalive by UDP");
    if (code == kSubnet) {
      const auto as_sent = [&data = data](const auto& each) {
        if (each.first != kSubnet || each.second.size() < 4) return false;
        base::Bytes expected(each.second.begin(), each.second.end());
        expected[3] = 0;
        return base::to_hex(expected) == data;
      };
      if (std::none_of(sent.begin(), sent.end(), as_sent)) fail("another subnet");
    }
  }
}

// The cookie in `reply` must begin as the client's, be good for him, and for nobody else.
inline void check_cookie(Responder& responder, const dns_test::Message& reply, data::Transport transport,
                         base::ByteView client, const std::function<void(const char*)>& fail) {
  const auto at =
      std::find_if(reply.options.begin(), reply.options.end(), [](const auto& each) { return each.first == kCookie; });
  if (at == reply.options.end()) return;
  const auto octets = base::from_hex(at->second);
  if (!octets || octets->size() != wire::kClientCookie + wire::kServerCookie) return fail("a cookie of another size");
  base::ByteWriter option;
  option.u16(kCookie);
  option.bytes16(*octets);
  const auto packet = query(option.data());
  const auto good = responder.count(snapshot::Counter::kCookieGood);
  (void)responder.ask(packet, transport, client);
  if (responder.count(snapshot::Counter::kCookieGood) != good + 1) fail("its own cookie is not good");
  base::Bytes other(client.begin(), client.end());
  other.back() ^= 1;
  (void)responder.ask(packet, transport, other);
  if (responder.count(snapshot::Counter::kCookieGood) != good + 1) fail("another client's cookie is good");
}

}  // namespace options

// `input`: OPT data.
inline void try_options(base::ByteView input) {
  static options::Responder responder;
  static constexpr std::array<std::uint8_t, 16> kClient{0x20, 1, 0xd, 0xb8};
  const auto packet = options::query(input.first(std::min<std::size_t>(input.size(), 60000)));
  try_packet(packet);
  for (const char* name : {"\2dm\1a", "\2dh\1a", "\2dr\1a", "\2cm\1a"}) {
    try_packet(options::query(input.first(std::min<std::size_t>(input.size(), 60000)), name));
  }
  const auto sent =
      options::split(base::ByteView(packet).subspan(packet.size() - std::min<std::size_t>(input.size(), 60000)));
  for (const auto transport : {data::Transport::kUdp4, data::Transport::kTcp6}) {
    const auto client = data::is_tcp(transport) ? base::ByteView(kClient) : base::ByteView(kClient).first(4);
    const auto raw = responder.ask(packet, transport, client);
    const auto fail = [&](const char* why) { broken(packet, raw, why); };
    const auto reply = dns_test::decode(raw);
    if (!sent && reply.rcode != wire::kFormErr) fail("options that are not whole were taken");
    if (!sent) continue;
    options::check_options(*sent, reply, data::is_tcp(transport), fail);
    options::check_cookie(responder, reply, transport, client, fail);
  }
}

}  // namespace fuzz
