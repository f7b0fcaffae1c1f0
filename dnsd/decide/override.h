// What operators ordered: members drained, answers pinned. Values, and whom they concern. Pure.
//
// With active_writer an order only takes away: a drained member, and one beside that which is pinned, is not answered,
// but nobody else is for that, since the writer is where the claims say it is (protocol.md section 3). The one
// exception is a pin against the safety rules (`break_glass`), which is answered whatever the claims say, as one
// member, never two.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "dnsd/decide/types.h"

namespace decide {

enum class OrderKind : std::uint8_t { kDrain, kPin };
// "drain", "pin".
[[nodiscard]] std::string_view name(OrderKind kind);

struct Override {
  OrderKind kind = OrderKind::kDrain;
  std::string what;                      // a site, a pool of a site as SITE/POOL, or a member at an address by its name
  std::string wideip{};                  // the only one that it is for; empty: every one. A pin is for one
  std::optional<base::Instant> until{};  // nothing: until it is taken back
  bool break_glass = false;              // given against the safety rules
  bool operator==(const Override&) const = default;
};

[[nodiscard]] bool in_force(const Override& order, base::Instant now);
// `what` of an order means this member.
[[nodiscard]] bool means(std::string_view what, const MemberId& id);

// What is ordered of one member of one wide-IP.
struct Ordered {
  bool drained = false;
  bool pinned = false;
  bool forced = false;  // pinned whatever is known of it
  bool operator==(const Ordered&) const = default;
};

// The orders that are in force, so that those of a member are found without looking at all of them.
class Orders {
 public:
  Orders() = default;
  Orders(std::span<const Override> orders, base::Instant now);

  [[nodiscard]] bool empty() const { return everywhere_.empty() && own_.empty(); }
  // Something is ordered for this wide-IP alone: it may not be decided together with others.
  [[nodiscard]] bool singles_out(std::string_view wideip) const { return own_.contains(wideip); }
  // Wide-IPs that singles_out() is true for.
  [[nodiscard]] std::set<std::string> singled_out() const;
  [[nodiscard]] Ordered of(std::string_view wideip, const MemberId& id) const;
  // Puts what is ordered into the observations of the members of `wideip`, which stand first in `observed`.
  void mark(const WideIp& wideip, std::span<Observation> observed) const;

 private:
  struct Own {
    std::set<std::string, std::less<>> drained;
    std::string pinned;
    bool forced = false;
  };
  std::set<std::string, std::less<>> everywhere_;  // what is drained for every wide-IP
  std::map<std::string, Own, std::less<>> own_;    // by wide-IP
};

// The member that is pinned and not drained; a drain is the stronger order.
[[nodiscard]] std::optional<std::size_t> pinned_member(const WideIp& wideip, std::span<const Observation> observed);

}  // namespace decide
