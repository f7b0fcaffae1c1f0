// What an order may not do to a wide-IP: its safety rules, checked by deciding with the order and without. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dnsd/decide/decide.h"
#include "dnsd/decide/override.h"

namespace decide {

enum class Rule : std::uint8_t {
  kPinUp,      // what is pinned must be up; with active_writer: hold the writer. Always in force
  kAtLeast,    // so many members stay in service
  kNeverBoth,  // of a group somebody stays in service
  kConfirm,    // the order must be confirmed
};
// As in the configuration: "at_least"; "pin_up" stands nowhere in it.
[[nodiscard]] std::string_view name(Rule rule);

struct Refusal {
  Rule rule = Rule::kAtLeast;
  std::string why;  // one sentence: what would become of it
};

// A decision and what it was made on.
struct Outlook {
  std::span<const Observation> observed;
  const Decision& decision;
};

// How many members can be answered: with active_writer the one that is, else those that are up and not drained, or the
// one that is pinned.
[[nodiscard]] std::size_t in_service(const WideIp& wideip, const Outlook& at);

// The first rule that the step from `before` to `after` breaks. What was broken before and is made no worse refuses
// nothing. `kind`: of the order that makes the step. kConfirm is not looked at: it does not depend on what is up.
[[nodiscard]] std::optional<Refusal> breach(const WideIp& wideip, OrderKind kind, const Outlook& before,
                                            const Outlook& after);

}  // namespace decide
