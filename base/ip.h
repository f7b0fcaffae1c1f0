// IP addresses, socket addresses and prefixes, as values.
#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace base {

// An IPv4 or IPv6 address. Bytes are in network order; an IPv4 address uses the first four, the rest are zero.
class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0

  // Accepts dotted quads and RFC 4291 text without zone index or brackets. Error: names the text.
  [[nodiscard]] static Result<IpAddress> parse(std::string_view text);
  [[nodiscard]] static IpAddress v4(std::array<std::uint8_t, 4> bytes);
  [[nodiscard]] static IpAddress v6(std::array<std::uint8_t, 16> bytes);

  [[nodiscard]] bool is_v6() const { return v6_; }
  [[nodiscard]] bool is_unspecified() const;
  [[nodiscard]] bool is_loopback() const;
  // The IPv4 address in ::ffff:a.b.c.d, as which an IPv4 client appears at a socket of both families (RFC 4291 section
  // 2.5.5.2); every other address is itself.
  [[nodiscard]] IpAddress unmapped() const;
  // 4 or 16 bytes in network order.
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.data(), v6_ ? 16U : 4U}; }
  [[nodiscard]] std::string to_string() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  bool v6_ = false;
  std::array<std::uint8_t, 16> bytes_{};
};

// Address and port. Text form: "192.0.2.1@53", "[2001:db8::1]@53"; "2001:db8::1@53" is accepted too.
struct SocketAddress {
  IpAddress ip;
  std::uint16_t port = 0;

  // `default_port` < 0 makes the port mandatory. Port 0 is accepted: "any free port". Error: names the text.
  [[nodiscard]] static Result<SocketAddress> parse(std::string_view text, int default_port = -1);
  [[nodiscard]] static SocketAddress from_sockaddr(const sockaddr_storage& from);
  // Fills `out`, returns the length that bind(2), connect(2) and sendto(2) want.
  socklen_t to_sockaddr(sockaddr_storage& out) const;
  [[nodiscard]] std::string to_string() const;

  auto operator<=>(const SocketAddress&) const = default;
};

// A CIDR prefix, "192.0.2.0/24". A bare address is a /32 or /128. Host bits must be zero.
struct Prefix {
  IpAddress ip;
  std::uint8_t length = 0;  // 0..32 or 0..128

  [[nodiscard]] static Result<Prefix> parse(std::string_view text);
  // False when the families differ.
  [[nodiscard]] bool contains(const IpAddress& other) const;
  [[nodiscard]] std::string to_string() const;

  auto operator<=>(const Prefix&) const = default;
};

}  // namespace base
