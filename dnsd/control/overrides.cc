#include "dnsd/control/overrides.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/io/json_view.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kFormat = 1;
// What is read leaves room for arithmetic: 36,000 years to both sides.
constexpr std::int64_t kMostUs = std::int64_t{1} << 60;

std::int64_t us(base::Instant at) { return at.time_since_epoch().count(); }
std::int64_t us(base::WallTime at) { return at.time_since_epoch().count(); }

std::optional<std::int64_t> read_us(const Json& object, const char* key) {
  const Json& value = io::member(object, key);
  if (!value.is_number_integer()) return std::nullopt;
  return std::clamp(value.get<std::int64_t>(), -kMostUs, kMostUs);
}

// Nothing, and why.
std::optional<Order> read_order(const Json& json, bool same_boot, Now now, std::string& why) {
  const auto what = read_override(json);
  if (!what) {
    why = "no kind, or nobody that it is for";
    return std::nullopt;
  }
  Order out{*what, io::text(json, "user"), io::text(json, "reason"), {}, {}};
  out.given = base::WallTime(base::Duration(read_us(json, "given_us").value_or(0)));
  if (io::member(json, "until_us").is_null() && json.contains("until_us")) return out;
  const auto boot = read_us(json, "until_boot_us");
  const auto wall = read_us(json, "until_us");
  if (!boot || !wall) {
    why = "no end, nor that it has none";
    return std::nullopt;
  }
  out.until = base::WallTime(base::Duration(*wall));
  out.what.until = same_boot ? base::Instant(base::Duration(*boot)) : now.boot + (*out.until - now.wall);
  return out;
}

}  // namespace

std::string order_text(const decide::Override& order) {
  if (order.kind == decide::OrderKind::kPin) return "pin " + order.wideip + " to " + order.what;
  return "drain " + order.what + (order.wideip.empty() ? "" : " for " + order.wideip);
}

decide::Orders orders_of(const OrderList& list, base::Instant now) {
  std::vector<decide::Override> all;
  for (const Order& order : list) all.push_back(order.what);
  return {all, now};
}

std::optional<base::Instant> next_expiry(const OrderList& list) {
  std::optional<base::Instant> out;
  for (const Order& order : list) {
    if (order.what.until && (!out || *order.what.until < *out)) out = order.what.until;
  }
  return out;
}

std::size_t concerned(const Engine& engine, const decide::Override& order) {
  const auto has = [&](const decide::WideIp& wideip) {
    return std::any_of(wideip.members.begin(), wideip.members.end(),
                       [&](const decide::Member& m) { return decide::means(order.what, m.id); });
  };
  if (!order.wideip.empty()) {
    const Standing* standing = engine.find(order.wideip);
    return standing != nullptr && has(standing->config) ? 1 : 0;
  }
  std::size_t out = 0;
  for (const Standing& standing : engine.standings()) out += has(standing.config) ? standing.names.size() : 0;
  return out;
}

Json to_json(const decide::Override& order) {
  return {{"kind", std::string(decide::name(order.kind))},
          {"what", order.what},
          {"wideip", order.wideip.empty() ? Json(nullptr) : Json(order.wideip)},
          {"break_glass", order.break_glass}};
}

std::optional<decide::Override> read_override(const Json& json) {
  decide::Override out;
  const std::string kind = io::text(json, "kind");
  if (kind != "drain" && kind != "pin") return std::nullopt;
  out.kind = kind == "pin" ? decide::OrderKind::kPin : decide::OrderKind::kDrain;
  out.what = io::text(json, "what");
  out.wideip = io::text(json, "wideip");
  out.break_glass = io::flag(json, "break_glass");
  if (out.what.empty() || (out.kind == decide::OrderKind::kPin && out.wideip.empty())) return std::nullopt;
  return out;
}

Json overrides_json(const OrderList& list) {
  Json out = Json::array();
  for (const Order& order : list) out.push_back(to_json(order.what));
  return out;
}

std::vector<decide::Override> read_overrides(const Json& list) {
  std::vector<decide::Override> out;
  for (const Json& each : list) {
    if (auto order = read_override(each)) out.push_back(*std::move(order));
  }
  return out;
}

Json shown_json(const OrderList& list, base::Instant now) {
  Json out = Json::array();
  for (const Order& order : list) {
    Json one = to_json(order.what);
    one["user"] = order.user;
    one["reason"] = order.reason;
    one["given"] = base::format_utc(order.given);
    one["until"] = order.until ? Json(base::format_utc(*order.until)) : Json(nullptr);
    const auto ends = order.what.until;
    one["left_ms"] = ends ? Json(std::max<std::int64_t>(base::to_ms(*ends - now), 0)) : Json(nullptr);
    one["wideips"] = order.wideips;
    out.push_back(std::move(one));
  }
  return out;
}

std::string encode(const OrderList& list, const std::string& boot_id) {
  Json orders = Json::array();
  for (const Order& order : list) {
    Json one = to_json(order.what);
    one["user"] = order.user;
    one["reason"] = order.reason;
    one["given_us"] = us(order.given);
    one["until_us"] = order.until ? Json(us(*order.until)) : Json(nullptr);
    if (order.what.until) one["until_boot_us"] = us(*order.what.until);
    orders.push_back(std::move(one));
  }
  return Json{{"v", kFormat}, {"boot_id", boot_id}, {"orders", std::move(orders)}}.dump(-1, ' ', false,
                                                                                        Json::error_handler_t::replace);
}

DecodedOrders decode_orders(std::string_view text, const std::string& boot_id, Now now) {
  DecodedOrders out;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !io::member(json, "orders").is_array()) {
    out.faults.emplace_back("no JSON object with orders");
    return out;
  }
  if (const auto v = io::number(json, "v"); v != kFormat) {
    out.faults.push_back("format " + std::to_string(v) + "; this version reads " + std::to_string(kFormat));
    return out;
  }
  const bool same_boot = !boot_id.empty() && io::text(json, "boot_id") == boot_id;
  std::size_t number = 0;
  for (const Json& each : io::items(json, "orders")) {
    std::string why;
    ++number;
    if (auto order = read_order(each, same_boot, now, why)) {
      out.orders.push_back(*std::move(order));
    } else {
      out.faults.push_back("order " + std::to_string(number) + ": " + why);
    }
  }
  return out;
}

}  // namespace control
