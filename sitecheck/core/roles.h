// Where the addresses of a pool's roles belong, and what to do next so that they come there. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sitecheck/core/config.h"
#include "sitecheck/core/view.h"

namespace core {

// Who has an address; nothing: nobody.
using Holder = std::optional<NodeIndex>;
using Holders = std::vector<Holder>;  // by address

// A balanced role. Every address is given to an able node, or to nobody if there is none. An address whose `pinned`
// node is able goes there; the numbers of addresses of able nodes differ by at most one but for what pins force. As few
// as possible leave the place that they had `before`; ties go to the lower index, so the same input gives the same
// result. Nodes of indices beyond `able` are not able. `before` and `pinned` have one entry per address.
[[nodiscard]] Holders balance(const Holders& before, const Holders& pinned, const std::vector<bool>& able);

// By node of `config`: whether it may have an address of a balanced role. Local STANDBY nodes do (and ACTIVE ones,
// where every node writes) that are not in `without` and not further behind than the pool's max_lag; one that was not
// able `before` must be within half of it. Where there is none, the writer.
[[nodiscard]] std::vector<bool> readers(const PoolConfig& config, const PoolView& view,
                                        const std::set<std::string>& without, const std::vector<bool>& before);

// An exclusive role: every address is at `writer`, or nowhere.
[[nodiscard]] Holders follow(std::size_t addresses, Holder writer);

// One thing to do: take an address from the node that has it, or give it to one.
struct RoleStep {
  bool promote = false;
  std::size_t address = 0;
  NodeIndex node = 0;
};
// The first that must be done so that `actual` becomes `wanted`; nothing if they are equal. Addresses are taken away
// before any is given, so that two nodes never have the same one.
[[nodiscard]] std::optional<RoleStep> next_step(const Holders& actual, const Holders& wanted);

}  // namespace core
