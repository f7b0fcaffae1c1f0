#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace base {

namespace {

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

Result<unsigned> parse_number(std::string_view text, unsigned max) {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size() || text.empty() || value > max) {
    return fail(quoted(text) + " is not a number from 0 to " + std::to_string(max));
  }
  return value;
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string z(text);
  if (z.find('\0') == std::string::npos) {
    std::array<std::uint8_t, 4> four{};
    if (inet_pton(AF_INET, z.c_str(), four.data()) == 1) return v4(four);
    std::array<std::uint8_t, 16> sixteen{};
    if (inet_pton(AF_INET6, z.c_str(), sixteen.data()) == 1) return v6(sixteen);
  }
  return fail(quoted(text) + " is not an IPv4 or IPv6 address");
}

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> bytes) {
  IpAddress out;
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  return out;
}

IpAddress IpAddress::v6(std::array<std::uint8_t, 16> bytes) {
  IpAddress out;
  out.v6_ = true;
  out.bytes_ = bytes;
  return out;
}

bool IpAddress::is_unspecified() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_loopback() const {
  if (!v6_) return bytes_[0] == 127;
  return bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t b) { return b == 0; });
}

IpAddress IpAddress::unmapped() const {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!v6_ || !std::equal(kMapped.begin(), kMapped.end(), bytes_.begin())) return *this;
  return v4({bytes_[12], bytes_[13], bytes_[14], bytes_[15]});
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), out.data(), out.size());
  return out.data();
}

Result<SocketAddress> SocketAddress::parse(std::string_view text, int default_port) {
  std::string_view host = text;
  std::string_view port;
  const auto at = text.rfind('@');
  if (at != std::string_view::npos) {
    host = text.substr(0, at);
    port = text.substr(at + 1);
  } else if (default_port < 0) {
    return fail(quoted(text) + " has no port; write ADDRESS@PORT");
  }
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return fail(quoted(text) + " has brackets around no IPv6 address");
  }
  auto ip = IpAddress::parse(host);
  if (!ip) return fail(ip.error().message + (host == text ? "" : " (in " + quoted(text) + ")"));
  SocketAddress out{*ip, static_cast<std::uint16_t>(default_port < 0 ? 0 : default_port)};
  if (at != std::string_view::npos) {
    auto number = parse_number(port, 65535);
    if (!number) return fail("port " + number.error().message + " (in " + quoted(text) + ")");
    out.port = static_cast<std::uint16_t>(*number);
  }
  return out;
}

SocketAddress SocketAddress::from_sockaddr(const sockaddr_storage& from) {
  SocketAddress out;
  if (from.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &from, sizeof in);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    out.ip = IpAddress::v6(bytes);
    out.port = ntohs(in.sin6_port);
  } else {
    sockaddr_in in{};
    std::memcpy(&in, &from, sizeof in);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    out.ip = IpAddress::v4(bytes);
    out.port = ntohs(in.sin_port);
  }
  return out;
}

socklen_t SocketAddress::to_sockaddr(sockaddr_storage& out) const {
  out = {};
  if (ip.is_v6()) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    std::memcpy(&in.sin6_addr, ip.bytes().data(), 16);
    std::memcpy(&out, &in, sizeof in);
    return sizeof in;
  }
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  std::memcpy(&in.sin_addr, ip.bytes().data(), 4);
  std::memcpy(&out, &in, sizeof in);
  return sizeof in;
}

std::string SocketAddress::to_string() const {
  const std::string host = ip.is_v6() ? "[" + ip.to_string() + "]" : ip.to_string();
  return host + "@" + std::to_string(port);
}

Result<Prefix> Prefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  auto ip = IpAddress::parse(text.substr(0, slash));
  if (!ip) return tl::unexpected(ip.error());
  const unsigned width = ip->is_v6() ? 128 : 32;
  Prefix out{*ip, static_cast<std::uint8_t>(width)};
  if (slash == std::string_view::npos) return out;
  auto length = parse_number(text.substr(slash + 1), width);
  if (!length) return fail("prefix length " + length.error().message + " (in " + quoted(text) + ")");
  out.length = static_cast<std::uint8_t>(*length);
  const auto bytes = ip->bytes();
  for (unsigned bit = *length; bit < width; ++bit) {
    if ((bytes[bit / 8] >> (7 - bit % 8)) & 1) return fail(quoted(text) + " has bits set beyond its prefix length");
  }
  return out;
}

bool Prefix::contains(const IpAddress& other) const {
  if (other.is_v6() != ip.is_v6()) return false;
  const auto a = ip.bytes();
  const auto b = other.bytes();
  for (unsigned bit = 0; bit < length; ++bit) {
    if (((a[bit / 8] ^ b[bit / 8]) >> (7 - bit % 8)) & 1) return false;
  }
  return true;
}

std::string Prefix::to_string() const { return ip.to_string() + "/" + std::to_string(length); }

}  // namespace base
