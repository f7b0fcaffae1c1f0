// What an errno of a socket says of the target behind it.
#pragma once

#include "probes/probe.h"

namespace probes {

// 0: kOk. A shortage of this host (descriptors, memory, local ports) is kMisconfigured: it says nothing of the target.
[[nodiscard]] Outcome outcome_of_errno(int number);

}  // namespace probes
