// From a decision to what the data plane serves. Pure.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "dnsd/control/topology.h"
#include "dnsd/decide/decide.h"
#include "zones/snapshot/choice.h"
#include "zones/snapshot/dynamic.h"

namespace control {

// Where clients are: their addresses to regions, and the numbers of these by name.
struct Regions {
  std::shared_ptr<const snapshot::ClientMap> map;  // null: nobody is in a region
  std::map<std::string, snapshot::Region> numbers;
};
[[nodiscard]] Regions regions_of(const Topology& topology);

// Stale answers carry EDE 3, those without a reachable site EDE 22 (RFC 8914). What differs by client or from query to
// query is a choice of prebuilt answers; what does not is a plain one, and costs no more than that.
//
// Shares are exact as long as the round of a rotation is at most 1,024 steps. Where the two families have different
// members, an answer for one goes with one for the other so that in each family every member keeps its share.
[[nodiscard]] snapshot::DynamicAnswer to_answer(const decide::WideIp& wideip, const decide::Decision& decision,
                                                const Regions& regions);

}  // namespace control
