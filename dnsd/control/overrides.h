// Orders of operators with who gave them and why; their JSON, for the state file, the journal and what is shown.
// Values.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dnsd/control/engine.h"
#include "dnsd/decide/override.h"

namespace control {

// Orders in force at a time, at most; beyond it nobody sees what is answered.
inline constexpr std::size_t kMostOrders = 64;

struct Order {
  decide::Override what;  // its `until` is of the boot clock, which nobody sets
  std::string user;
  std::string reason;
  base::WallTime given{};
  std::optional<base::WallTime> until{};  // the same for people, and for after a reboot
  std::size_t wideips = 0;                // that it concerns in this process (concerned()); not written down
  bool operator==(const Order&) const = default;
};
using OrderList = std::vector<Order>;

struct OverrideCounters {
  std::map<std::string, std::uint64_t> given;    // by kind
  std::map<std::string, std::uint64_t> refused;  // by rule
  std::uint64_t break_glass = 0;                 // given against a rule
  std::uint64_t expired = 0;
};

// "drain site1/main", "drain site1 for www.example.com", "pin mysql.example.com to site1/main".
[[nodiscard]] std::string order_text(const decide::Override& order);

[[nodiscard]] decide::Orders orders_of(const OrderList& list, base::Instant now);
// The first that ends; nothing: none does.
[[nodiscard]] std::optional<base::Instant> next_expiry(const OrderList& list);

// Wide-IPs that an order concerns; those that are decided alike count each.
[[nodiscard]] std::size_t concerned(const Engine& engine, const decide::Override& order);

// What an order says, for the journal and for other processes: kind, what, wideip, break_glass.
[[nodiscard]] nlohmann::ordered_json to_json(const decide::Override& order);
// Nothing if it is no such JSON, or a pin for no wide-IP. Without `until`.
[[nodiscard]] std::optional<decide::Override> read_override(const nlohmann::ordered_json& json);
[[nodiscard]] nlohmann::ordered_json overrides_json(const OrderList& list);
// Those that can be read.
[[nodiscard]] std::vector<decide::Override> read_overrides(const nlohmann::ordered_json& list);

// All that people are shown of the orders in force (conf/schema/dnsd-overrides.schema.json).
[[nodiscard]] nlohmann::ordered_json shown_json(const OrderList& list, base::Instant now);

// The state file's text. `boot_id` names the running kernel, by whose clock the instants are.
[[nodiscard]] std::string encode(const OrderList& list, const std::string& boot_id);
struct DecodedOrders {
  OrderList orders;
  std::vector<std::string> faults;  // "order 3: …"; what could not be read is left out
};
// After a reboot the boot clock began anew: the wall clock then says how much is left.
[[nodiscard]] DecodedOrders decode_orders(std::string_view text, const std::string& boot_id, Now now);

}  // namespace control
