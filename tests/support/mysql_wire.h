// MySQL's client/server protocol as a server speaks it: packets, the greeting, result sets (handshake v10, protocol
// 4.1). For fake_mysql.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace testing_support {

struct FakeResult {
  unsigned error = 0;  // 0: none
  std::string text;    // of the error
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
  unsigned affected = 0;  // by a statement without columns; below 251
};

namespace mysql_wire {

inline std::string little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

inline std::string counted(std::string_view text) {
  std::string out;
  if (text.size() < 251) {
    out = little(text.size(), 1);
  } else if (text.size() < 1U << 16U) {
    out = '\xfc' + little(text.size(), 2);
  } else {
    out = '\xfd' + little(text.size(), 3);
  }
  return out.append(text);
}

// One packet; bodies stay below 16 MB.
inline std::string packet(std::uint8_t& sequence, std::string_view body) {
  return little(body.size(), 3) + static_cast<char>(sequence++) + std::string(body);
}

inline constexpr std::uint32_t kPluginAuth = 1U << 19U;
inline constexpr std::uint32_t kPluginAuthCounted = 1U << 21U;
inline constexpr std::uint32_t kConnectWithDatabase = 1U << 3U;

// CLIENT_MYSQL, FOUND_ROWS, LONG_FLAG, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, MULTI_STATEMENTS,
// MULTI_RESULTS, PLUGIN_AUTH, CONNECT_ATTRS, PLUGIN_AUTH_LENENC_CLIENT_DATA.
inline constexpr std::uint32_t kCapabilities =
    0x0f | 0x200 | 0x2000 | 0x8000 | 0x10000 | 0x20000 | kPluginAuth | 1U << 20U | kPluginAuthCounted;

inline std::string greeting(const std::string& version, std::uint32_t thread, const std::string& scramble,
                            const std::string& plugin) {
  const std::string zero(1, '\0');
  return '\x0a' + version + zero + little(thread, 4) + scramble.substr(0, 8) + zero +
         little(kCapabilities & 0xFFFF, 2) + '\xff' + little(2, 2) + little(kCapabilities >> 16U, 2) + little(21, 1) +
         std::string(10, '\0') + scramble.substr(8) + zero + plugin + zero;
}

// SERVER_STATUS_AUTOCOMMIT, and where the results of further statements follow SERVER_MORE_RESULTS_EXISTS.
inline std::string status(bool more) { return little(more ? 0x0a : 0x02, 2); }
inline std::string ok(bool more = false, unsigned affected = 0) {
  return std::string(1, '\0') + little(affected, 1) + std::string(1, '\0') + status(more) + std::string(2, '\0');
}
inline std::string end_of(bool more) { return std::string("\xfe\0\0", 3) + status(more); }
inline std::string error(unsigned code, const std::string& text) { return '\xff' + little(code, 2) + "#HY000" + text; }

inline std::string column(const std::string& name) {
  return counted("def") + counted("") + counted("") + counted("") + counted(name) + counted(name) + '\x0c' +
         little(255, 2) + little(1024, 4) + '\xfd' + little(0, 2) + '\0' + little(0, 2);
}

// All packets of an answer to a statement; `more`: those of another follow.
inline std::string answer(const FakeResult& r, std::uint8_t& sequence, bool more) {
  if (r.error != 0) return packet(sequence, error(r.error, r.text));
  if (r.columns.empty()) return packet(sequence, ok(more, r.affected));
  std::string out = packet(sequence, little(r.columns.size(), 1));
  for (const auto& name : r.columns) out += packet(sequence, column(name));
  out += packet(sequence, end_of(more));
  for (const auto& row : r.rows) {
    std::string body;
    for (const auto& cell : row) body += cell ? counted(*cell) : std::string(1, '\xfb');
    out += packet(sequence, body);
  }
  return out + packet(sequence, end_of(more));
}

// What a client answers to the greeting.
struct Login {
  std::string user;
  std::string proof;
  std::string plugin;
};

inline std::string take_text(std::string_view& rest) {
  const auto end = std::min(rest.find('\0'), rest.size());
  std::string out(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return out;
}

inline Login read_login(std::string_view rest) {
  Login out;
  if (rest.size() < 34) return out;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(rest[i])); };
  const std::uint32_t flags = byte(0) | byte(1) << 8U | byte(2) << 16U | byte(3) << 24U;
  rest.remove_prefix(32);
  out.user = take_text(rest);
  if (rest.empty()) return out;
  const auto size = std::min<std::size_t>(static_cast<unsigned char>(rest[0]), rest.size() - 1);
  out.proof = rest.substr(1, size);
  rest.remove_prefix(1 + size);
  if ((flags & kConnectWithDatabase) != 0) take_text(rest);
  if ((flags & kPluginAuth) != 0) out.plugin = take_text(rest);
  return out;
}

}  // namespace mysql_wire
}  // namespace testing_support
