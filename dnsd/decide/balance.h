// The frame of every method but active_writer: which members count, what is answered when none does, anti-flap, TTL.
// Nothing of it is durable: after a restart the members' monitors and sites tell anew.
#pragma once

#include <span>

#include "dnsd/decide/decide.h"

namespace decide {

// As decide(), for a wide-IP with pools and another method than active_writer.
[[nodiscard]] Decision balance(const WideIp& wideip, std::span<const Observation> observed, const Memory& memory,
                               base::Instant now);

}  // namespace decide
