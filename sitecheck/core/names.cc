#include "sitecheck/core/config.h"
#include "sitecheck/core/events.h"
#include "sitecheck/core/view.h"

namespace core {

std::string_view name(PromoteStep s) {
  switch (s) {
    case PromoteStep::kArmGuard: return "arm-guard";
    case PromoteStep::kPersistEpoch: return "persist-epoch";
    case PromoteStep::kStopReplication: return "stop-replication";
    case PromoteStep::kApplyReceived: return "apply-received";
    case PromoteStep::kOpenSuper: return "open-super";
    case PromoteStep::kInsertEpochRow: return "insert-epoch-row";
    case PromoteStep::kOpenWrites: return "open-writes";
  }
  return "?";
}

std::string_view name(Operation o) {
  switch (o) {
    case Operation::kRecover: return "recover";
    case Operation::kRecoverAcceptErrant: return "recover --accept-errant";
    case Operation::kSetOffline: return "set-offline";
    case Operation::kSetOnline: return "set-online";
    case Operation::kPromoteForce: return "promote --force";
    case Operation::kSwitchover: return "switchover";
    case Operation::kAbortSwitchover: return "switchover --abort";
    case Operation::kMoveWriter: return "move-role";
  }
  return "?";
}

std::string_view name(Mode m) {
  switch (m) {
    case Mode::kActive: return "active";
    case Mode::kManual: return "manual";
    case Mode::kPassive: return "passive";
  }
  return "?";
}

std::optional<Mode> parse_mode(std::string_view word) {
  for (const Mode m : {Mode::kActive, Mode::kManual, Mode::kPassive}) {
    if (name(m) == word) return m;
  }
  return std::nullopt;
}

std::string_view name(LagSource s) {
  switch (s) {
    case LagSource::kNone: return "";
    case LagSource::kSecondsBehind: return "seconds_behind";
    case LagSource::kHeartbeat: return "heartbeat";
  }
  return "";
}

std::string_view name(SemiSync s) {
  switch (s) {
    case SemiSync::kUnknown: return "unknown";
    case SemiSync::kOff: return "off";
    case SemiSync::kOn: return "on";
    case SemiSync::kDegraded: return "degraded";
  }
  return "?";
}

std::string_view name(ecv::ServiceView v) {
  switch (v) {
    case ecv::ServiceView::kUnknown: return "unknown";
    case ecv::ServiceView::kUp: return "up";
    case ecv::ServiceView::kDown: return "down";
  }
  return "?";
}

std::string_view name(SwitchoverStep s) {
  switch (s) {
    case SwitchoverStep::kClosing: return "closing";
    case SwitchoverStep::kReading: return "reading";
    case SwitchoverStep::kCatchingUp: return "catching-up";
    case SwitchoverStep::kReopening: return "reopening";
    case SwitchoverStep::kReleased: return "released";
    case SwitchoverStep::kOpening: return "opening";
  }
  return "?";
}

std::string_view name(State s) {
  if (s == State::kCandidate) return "CANDIDATE";
  return ecv::name(reported(s));
}

ecv::PoolState reported(State s) {
  switch (s) {
    case State::kInit: return ecv::PoolState::kInit;
    case State::kStandby:
    case State::kCandidate: return ecv::PoolState::kStandby;
    case State::kPromoting: return ecv::PoolState::kPromoting;
    case State::kActive: return ecv::PoolState::kActive;
    case State::kDraining: return ecv::PoolState::kDraining;
    case State::kFencing: return ecv::PoolState::kFencing;
    case State::kFenced: return ecv::PoolState::kFenced;
    case State::kQuarantined: return ecv::PoolState::kQuarantined;
    case State::kMaint: return ecv::PoolState::kMaint;
  }
  return ecv::PoolState::kInit;
}

std::string_view name(ArbiterKind a) {
  switch (a) {
    case ArbiterKind::kCheckpoints: return "checkpoints";
    case ArbiterKind::kWitness: return "witness";
    case ArbiterKind::kEtcd: return "etcd";
  }
  return "?";
}

}  // namespace core
