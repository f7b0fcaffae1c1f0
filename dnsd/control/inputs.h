// What decisions stand on, as JSON: what a member's site said, what a monitor found, what a wide-IP remembers. The
// running server tells of it (running.h), the journal keeps it (event_log.h), and what is told is decided on again.
// Instants are microseconds of the boot clock, so that nothing is lost by rounding. Readers take any JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "dnsd/control/engine.h"
#include "dnsd/control/health.h"

namespace control {

// One member with a site.
struct MemberInput {
  decide::MemberId id;
  std::optional<decide::Claim> claim;  // nothing: never heard
  bool failing = false;
};
[[nodiscard]] MemberInput input_of(const decide::MemberId& id, const MemberHealth& health);
[[nodiscard]] nlohmann::ordered_json to_json(const MemberInput& input);
// Nothing if it is no such JSON.
[[nodiscard]] std::optional<MemberInput> read_member_input(const nlohmann::ordered_json& json);

// An address with a monitor.
struct ProbeInput {
  decide::Watch watch;
  decide::Health health;
};
[[nodiscard]] nlohmann::ordered_json to_json(const ProbeInput& input);
[[nodiscard]] std::optional<ProbeInput> read_probe_input(const nlohmann::ordered_json& json);

// All that a decision saw of one member, or of one requirement.
[[nodiscard]] nlohmann::ordered_json to_json(const decide::Observation& observed);
// What is missing or of another type was not seen.
[[nodiscard]] decide::Observation read_observation(const nlohmann::ordered_json& json);

[[nodiscard]] nlohmann::ordered_json to_json(const decide::Memory& memory);
// What is missing or of another type is empty.
[[nodiscard]] decide::Memory read_memory(const nlohmann::ordered_json& json);

// A list of texts.
[[nodiscard]] nlohmann::ordered_json to_json(const std::vector<base::IpAddress>& addresses);

// The instant that a member of that name tells; the beginning of the clock if it is none.
[[nodiscard]] base::Instant read_instant(const nlohmann::ordered_json& object, const char* key);

// The path over which an input comes into a health table that polls nobody.
inline constexpr const char* kToldPath = "told";
// Members that are told of, none of whom was heard yet.
[[nodiscard]] std::vector<Target> told_targets(const std::vector<Target>& polled);
// Puts what is told of a member into `health`, which was configured with told_targets().
Effect tell(HealthTable& health, const MemberInput& input);

}  // namespace control
