#include "sitecheck/io/orders.h"

#include <nlohmann/json.hpp>

namespace sitecheck {

namespace {

using Json = nlohmann::ordered_json;

bool read(const Json& from, const char* key, std::string& out) {
  const auto at = from.find(key);
  if (at == from.end() || !at->is_string()) return false;
  out = at->get<std::string>();
  return true;
}

std::optional<core::Downtime> read_downtime(const Json& from) {
  core::Downtime out;
  if (!from.is_object() || !read(from, "pool", out.pool) || !read(from, "node", out.node)) return std::nullopt;
  const auto until = from.find("until_ms");
  if (until == from.end() || !until->is_number_integer()) return std::nullopt;
  constexpr std::int64_t kMost = std::int64_t{1} << 43;  // as milliseconds since 1970, in the 23rd century
  if (until->get<std::int64_t>() < 0 || until->get<std::int64_t>() > kMost) return std::nullopt;
  out.until = base::WallTime(base::milliseconds(until->get<std::int64_t>()));
  if (!read(from, "who", out.who) || !read(from, "reason", out.reason)) return std::nullopt;
  return out;
}

// Older versions wrote none.
bool read_hook(const Json& from, Placed& out) {
  const auto hook = from.find("hook");
  if (hook == from.end()) return true;
  if (!hook->is_object() || !read(*hook, "kind", out.kind) || !read(*hook, "host", out.host)) return false;
  const auto port = hook->find("port");
  const auto timeout = hook->find("timeout_ms");
  const auto args = hook->find("on_demote");
  constexpr std::int64_t kLongest = std::int64_t{24} * 3600 * 1000;
  const auto within = [&](auto at, std::int64_t most) {
    return at != hook->end() && at->is_number_unsigned() &&
           at->template get<std::uint64_t>() <= static_cast<std::uint64_t>(most);
  };
  if (!within(port, 65535) || !within(timeout, kLongest) || args == hook->end() || !args->is_array()) return false;
  out.port = port->get<std::uint16_t>();
  out.hook_timeout = base::milliseconds(timeout->get<std::int64_t>());
  for (const auto& word : *args) {
    if (!word.is_string()) return false;
    out.on_demote.push_back(word.get<std::string>());
  }
  return true;
}

std::optional<Placed> read_placed(const Json& from) {
  Placed out;
  const bool whole = from.is_object() && read(from, "pool", out.pool) && read(from, "role", out.role) &&
                     read(from, "address", out.address) && read(from, "node", out.node) &&
                     read(from, "pinned", out.pinned);
  if (whole) out.owed = from.contains("owed");
  return whole && read_hook(from, out) ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

std::string encode(const Orders& orders) {
  Json downtimes = Json::array();
  for (const auto& d : orders.downtimes.all()) {
    downtimes.push_back({{"pool", d.pool},
                         {"node", d.node},
                         {"until_ms", base::to_ms(d.until.time_since_epoch())},
                         {"who", d.who},
                         {"reason", d.reason}});
  }
  Json placed = Json::array();
  for (const auto& p : orders.placed) {
    Json one{{"pool", p.pool}, {"role", p.role}, {"address", p.address}, {"node", p.node}, {"pinned", p.pinned}};
    one["hook"] = Json{{"kind", p.kind},
                       {"host", p.host},
                       {"port", p.port},
                       {"timeout_ms", base::to_ms(p.hook_timeout)},
                       {"on_demote", Json(p.on_demote)}};
    if (p.owed) one["owed"] = true;
    placed.push_back(std::move(one));
  }
  const Json out{{"mode", core::name(orders.mode)}, {"downtimes", downtimes}, {"placed", placed}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Orders> decode_orders(std::string_view text) {
  const auto from = Json::parse(text, nullptr, false);
  std::string mode;
  if (!from.is_object() || !read(from, "mode", mode) || !core::parse_mode(mode)) return std::nullopt;
  const auto downtimes = from.find("downtimes");
  const auto placed = from.find("placed");
  if (downtimes == from.end() || !downtimes->is_array() || placed == from.end() || !placed->is_array()) {
    return std::nullopt;
  }
  Orders out;
  out.mode = *core::parse_mode(mode);
  for (const auto& each : *downtimes) {
    auto one = read_downtime(each);
    if (!one) return std::nullopt;
    out.downtimes.set(std::move(*one));
  }
  for (const auto& each : *placed) {
    auto one = read_placed(each);
    if (!one) return std::nullopt;
    out.placed.push_back(std::move(*one));
  }
  return out;
}

}  // namespace sitecheck
