// Whether there can be an order, and which safety rules of which wide-IPs it would break, found by deciding with it and
// without. Pure.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "conf/wideip.h"
#include "dnsd/control/engine.h"
#include "dnsd/control/overrides.h"
#include "dnsd/decide/safety.h"

namespace control {

// Whom an order means: `what` itself, or if that is an address the member that has it, in `wideip` or anywhere ("").
// Error: nobody has it, or several have. A wide-IP that is not configured is left to impossible().
[[nodiscard]] base::Result<std::string> target_of(const Engine& engine, const std::string& what,
                                                  const std::string& wideip);

// Of the same kind for the same wide-IP, and if it drains of the same: the newer one takes the other's place.
[[nodiscard]] bool same_place(const decide::Override& a, const decide::Override& b);
[[nodiscard]] OrderList without(OrderList list, const decide::Override& order);
// Why there can be no such order beside those of `list`, whatever the safety rules say. Empty: there can.
[[nodiscard]] std::string impossible(const Engine& engine, const OrderList& list, const decide::Override& order);

// Where the safety rules of wide-IPs stand, of those that have some written.
class SafetyPlaces {
 public:
  void configure(const std::vector<conf::WideIp>& wideips);
  // "dnsd.yaml:14:13"; empty: its rules are the default.
  [[nodiscard]] std::string of(const std::string& wideip) const;

 private:
  std::unordered_map<std::string, std::string> places_;
};

struct Breach {
  std::string wideip;  // of several that are decided alike the first
  decide::Refusal refusal;
};

// `now` and `then`: all orders without the one at hand, and with it. `confirmed`: somebody repeated its name.
[[nodiscard]] std::vector<Breach> breaches(const Engine& engine, const decide::Override& order,
                                           const decide::Orders& without, const decide::Orders& with, bool confirmed,
                                           base::Instant now);

// What must be repeated to confirm an order: the wide-IP of a pin, what a drain takes out.
[[nodiscard]] const std::string& confirmation(const decide::Override& order);

// "refused by at_least of mysql.example.com (dnsd.yaml:14:13): it would …".
[[nodiscard]] std::string breach_text(const Breach& breach, const SafetyPlaces& places);

// What an order that no rule refuses takes away while it is in force, and whoever gave it may not have thought of: an
// active_writer does not follow a failover to who is drained, nor away from who is pinned. A sentence for each kind of
// wide-IP that it concerns, at most `most`.
[[nodiscard]] std::vector<std::string> cautions(const Engine& engine, const decide::Override& order, std::size_t most);

}  // namespace control
