// How much a site does by itself (spec.md section 3): MMM's three modes. None of them weakens a rule of protocol.md: a
// site that writes is fenced in every mode.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace core {

enum class Mode : std::uint8_t {
  kActive,   // acts
  kManual,   // roles stay where they are and nothing is promoted but by a person; fences, grants, follows a writer
  kPassive,  // watches, and grants as long as its nodes stay closed; touches no node. A site that writes cannot be it
};
[[nodiscard]] std::string_view name(Mode m);  // "active", "manual", "passive"
[[nodiscard]] std::optional<Mode> parse_mode(std::string_view word);

}  // namespace core
