// The names of the report's enumerations, in one table each.
#include <array>
#include <utility>

#include "ecv/report.h"

namespace ecv {

namespace {

template <typename E, std::size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

constexpr Names<PoolState, 9> kPoolStates{{{PoolState::kInit, "INIT"},
                                           {PoolState::kStandby, "STANDBY"},
                                           {PoolState::kPromoting, "PROMOTING"},
                                           {PoolState::kActive, "ACTIVE"},
                                           {PoolState::kDraining, "DRAINING"},
                                           {PoolState::kFencing, "FENCING"},
                                           {PoolState::kFenced, "FENCED"},
                                           {PoolState::kQuarantined, "QUARANTINED"},
                                           {PoolState::kMaint, "MAINT"}}};
constexpr Names<PoolStatus, 3> kPoolStatuses{
    {{PoolStatus::kOk, "OK"}, {PoolStatus::kWarn, "WARN"}, {PoolStatus::kFail, "FAIL"}}};
constexpr Names<FenceKind, 4> kFenceKinds{{{FenceKind::kNone, "none"},
                                           {FenceKind::kSoft, "soft"},
                                           {FenceKind::kHard, "hard"},
                                           {FenceKind::kFailed, "failed"}}};
constexpr Names<NodeState, 8> kNodeStates{{{NodeState::kUnknown, "UNKNOWN"},
                                           {NodeState::kActive, "ACTIVE"},
                                           {NodeState::kStandby, "STANDBY"},
                                           {NodeState::kFailedOnline, "FAILED_ONLINE"},
                                           {NodeState::kFailedOffline, "FAILED_OFFLINE"},
                                           {NodeState::kMaint, "MAINT"},
                                           {NodeState::kFenced, "FENCED"},
                                           {NodeState::kAwaitingRecovery, "AWAITING_RECOVERY"}}};
constexpr Names<NodeStatus, 5> kNodeStatuses{{{NodeStatus::kOk, "OK"},
                                              {NodeStatus::kOkInfo, "OK_INFO"},
                                              {NodeStatus::kOkWarn, "OK_WARN"},
                                              {NodeStatus::kOkCritical, "OK_CRITICAL"},
                                              {NodeStatus::kFail, "FAIL"}}};

template <typename E, std::size_t N>
std::string_view name_in(const Names<E, N>& names, E value) {
  for (const auto& [known, text] : names) {
    if (known == value) return text;
  }
  return "?";
}

template <typename E, std::size_t N>
std::optional<E> value_in(const Names<E, N>& names, std::string_view text) {
  for (const auto& [known, its_name] : names) {
    if (its_name == text) return known;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(PoolState s) { return name_in(kPoolStates, s); }
std::string_view name(PoolStatus s) { return name_in(kPoolStatuses, s); }
std::string_view name(FenceKind s) { return name_in(kFenceKinds, s); }
std::string_view name(NodeState s) { return name_in(kNodeStates, s); }
std::string_view name(NodeStatus s) { return name_in(kNodeStatuses, s); }

std::optional<PoolState> parse_pool_state(std::string_view text) { return value_in(kPoolStates, text); }
std::optional<PoolStatus> parse_pool_status(std::string_view text) { return value_in(kPoolStatuses, text); }
std::optional<FenceKind> parse_fence_kind(std::string_view text) { return value_in(kFenceKinds, text); }
std::optional<NodeState> parse_node_state(std::string_view text) { return value_in(kNodeStates, text); }
std::optional<NodeStatus> parse_node_status(std::string_view text) { return value_in(kNodeStatuses, text); }

}  // namespace ecv
