// Writes small MaxMind DB files (maxmind.github.io/MaxMind-DB, format 2), for tests: countries and continents of
// networks, in trees of either family and of each record size.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/ip.h"

namespace mmdb_test {

struct Entry {
  base::Prefix network;
  std::string country;    // empty: the record has none
  std::string continent;  // likewise
};

struct Options {
  int ip_version = 6;
  unsigned record_size = 28;  // 24, 28 or 32 bits
  bool aliases = true;        // of IPv4 in a tree of IPv6: ::ffff:0:0/96, 2001::/32, 2002::/16
  std::string type = "Test-Country";
  std::string key = "country";  // what the country stands under
};

class Writer {
 public:
  explicit Writer(Options options) : options_(std::move(options)), nodes_(1) {}

  std::string write(std::vector<Entry> entries) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry& a, const Entry& b) { return depth_of(a.network) < depth_of(b.network); });
    for (const Entry& entry : entries) {
      if (options_.ip_version == 6 || !entry.network.ip.is_v6()) insert(entry);
    }
    if (options_.ip_version == 6 && options_.aliases) alias_all();
    std::string out = tree();
    out.append(16, '\0');
    out += data_;
    out += "\xab\xcd\xefMaxMind.com";
    return out + metadata();
  }

 private:
  // A record: nothing, a node, or an offset in the data.
  struct Record {
    enum Kind { kEmpty, kNode, kData } kind = kEmpty;
    std::uint32_t value = 0;
  };
  using Node = std::array<Record, 2>;

  static unsigned depth_of(const base::Prefix& network) { return network.length + (network.ip.is_v6() ? 0U : 96U); }

  [[nodiscard]] std::vector<bool> path(const base::Prefix& network) const {
    std::vector<bool> out(network.ip.is_v6() || options_.ip_version == 4 ? 0 : 96, false);
    const auto bytes = network.ip.bytes();
    for (unsigned i = 0; i < network.length; ++i) out.push_back((bytes[i / 8] >> (7 - i % 8) & 1) != 0);
    return out;
  }

  // The record at the end of the path; nodes on the way are made, leaves are handed down to both sides.
  Record& at(const std::vector<bool>& bits) {
    std::size_t node = 0;
    for (std::size_t i = 0; i + 1 < bits.size(); ++i) {
      Record next = nodes_[node][bits[i]];
      if (next.kind != Record::kNode) {
        nodes_.push_back({next, next});
        next = {Record::kNode, static_cast<std::uint32_t>(nodes_.size() - 1)};
        nodes_[node][bits[i]] = next;
      }
      node = next.value;
    }
    return nodes_[node][bits.back()];
  }

  void insert(const Entry& entry) {
    const auto bits = path(entry.network);
    if (bits.empty()) {
      nodes_[0] = {record(entry), record(entry)};
    } else {
      at(bits) = record(entry);
    }
  }

  void alias_all() {
    const Record ipv4 = at(std::vector<bool>(96, false));
    for (const char* network : {"::ffff:0:0/96", "2001::/32", "2002::/16"}) {
      at(path(base::Prefix::parse(network).value())) = ipv4;
    }
  }

  static std::string text(const std::string& value) {
    return static_cast<char>(2 << 5 | static_cast<int>(value.size())) + value;
  }
  static std::string map(std::size_t pairs) { return {static_cast<char>(7 << 5 | static_cast<int>(pairs))}; }
  static std::string number(int type, std::uint64_t value, int octets) {
    std::string out = type < 8 ? std::string{static_cast<char>(type << 5 | octets)}
                               : std::string{static_cast<char>(octets), static_cast<char>(type - 7)};
    for (int i = octets; i-- > 0;) out += static_cast<char>(value >> (8 * i));
    return out;
  }

  Record record(const Entry& entry) {
    const auto known = offsets_.try_emplace({entry.country, entry.continent}, data_.size());
    if (known.second) {
      data_ += map((entry.country.empty() ? 0U : 1U) + (entry.continent.empty() ? 0U : 1U));
      if (!entry.country.empty()) data_ += text(options_.key) + map(1) + text("iso_code") + text(entry.country);
      if (!entry.continent.empty()) data_ += text("continent") + map(1) + text("code") + text(entry.continent);
    }
    return {Record::kData, static_cast<std::uint32_t>(known.first->second)};
  }

  [[nodiscard]] std::uint32_t number_of(const Record& record) const {
    const auto count = static_cast<std::uint32_t>(nodes_.size());
    if (record.kind == Record::kNode) return record.value;
    return record.kind == Record::kEmpty ? count : count + 16 + record.value;
  }

  [[nodiscard]] std::string tree() const {
    std::string out;
    const auto put = [&out](std::uint32_t value, int octets) {
      for (int i = octets; i-- > 0;) out += static_cast<char>(value >> (8 * i));
    };
    for (const Node& node : nodes_) {
      const auto left = number_of(node[0]);
      const auto right = number_of(node[1]);
      if (options_.record_size == 28) {
        put(left & 0xffffff, 3);
        put((left >> 24) << 4 | right >> 24, 1);
        put(right & 0xffffff, 3);
      } else {
        put(left, static_cast<int>(options_.record_size / 8));
        put(right, static_cast<int>(options_.record_size / 8));
      }
    }
    return out;
  }

  [[nodiscard]] std::string metadata() const {
    constexpr std::uint64_t kBuilt = 1'700'000'000;  // 2023-11-14
    std::string out = map(9);
    out += text("node_count") + number(6, nodes_.size(), 4);
    out += text("record_size") + number(5, options_.record_size, 2);
    out += text("ip_version") + number(5, static_cast<std::uint64_t>(options_.ip_version), 2);
    out += text("database_type") + text(options_.type);
    out += text("languages") + std::string{0, 4};  // an empty array: type 11
    out += text("binary_format_major_version") + number(5, 2, 2);
    out += text("binary_format_minor_version") + number(5, 0, 2);
    out += text("build_epoch") + number(9, kBuilt, 8);
    out += text("description") + map(0);
    return out;
  }

  Options options_;
  std::vector<Node> nodes_;
  std::string data_;
  std::map<std::pair<std::string, std::string>, std::size_t> offsets_;
};

inline std::string make(std::vector<Entry> entries, Options options = {}) {
  return Writer(std::move(options)).write(std::move(entries));
}

}  // namespace mmdb_test
