#include "dnsd/decide/explain.h"

namespace decide {

std::string_view name(Value v) {
  switch (v) {
    case Value::kUp: return "UP";
    case Value::kDown: return "DOWN";
    case Value::kSilent: return "SILENT";
    case Value::kConflict: return "CONFLICT";
  }
  return "?";
}

std::string_view name(Ground g) {
  switch (g) {
    case Ground::kNeverHeard: return "never_heard";
    case Ground::kUnheard: return "unheard";
    case Ground::kLeaseOver: return "lease_over";
    case Ground::kNotActive: return "not_active";
    case Ground::kVoid: return "void";
    case Ground::kLeap: return "leap";
    case Ground::kOutranked: return "outranked";
    case Ground::kTwin: return "twin";
    case Ground::kLive: return "live";
    case Ground::kReadable: return "readable";
    case Ground::kStandsIn: return "stands_in";
    case Ground::kNoReaders: return "no_readers";
    case Ground::kProbed: return "probed";
    case Ground::kFailed: return "failed";
    case Ground::kUnprobed: return "unprobed";
    case Ground::kUnmonitored: return "unmonitored";
    case Ground::kDrained: return "drained";
    case Ground::kUnpinned: return "unpinned";
    case Ground::kDisabled: return "disabled";
  }
  return "?";
}

std::string_view name(Outcome o) {
  switch (o) {
    case Outcome::kAnswer: return "answer";
    case Outcome::kServfail: return "servfail";
    case Outcome::kNodata: return "nodata";
    case Outcome::kRefuse: return "refuse";
  }
  return "?";
}

std::string_view name(Reason r) {
  switch (r) {
    case Reason::kClaim: return "claim";
    case Reason::kHighest: return "highest";
    case Reason::kHoldDown: return "hold_down";
    case Reason::kConflict: return "conflict";
    case Reason::kConflictNone: return "conflict_none";
    case Reason::kHeld: return "held";
    case Reason::kHoldOver: return "hold_over";
    case Reason::kNothingHeld: return "nothing_held";
    case Reason::kSelected: return "selected";
    case Reason::kPinned: return "pinned";
    case Reason::kForced: return "forced";
    case Reason::kBarred: return "barred";
  }
  return "?";
}

std::string_view name(Then t) {
  switch (t) {
    case Then::kServfail: return "servfail";
    case Then::kNodata: return "nodata";
    case Then::kRefuse: return "refuse";
    case Then::kFallback: return "fallback";
    case Then::kAll: return "all";
  }
  return "?";
}

std::string_view name(Health::Value v) {
  switch (v) {
    case Health::Value::kUp: return "UP";
    case Health::Value::kDown: return "DOWN";
    case Health::Value::kUnknown: return "SILENT";
  }
  return "?";
}

std::string_view name(MethodKind m) {
  switch (m) {
    case MethodKind::kActiveWriter: return "active_writer";
    case MethodKind::kGlobalAvailability: return "global_availability";
    case MethodKind::kRoundRobin: return "round_robin";
    case MethodKind::kRatio: return "ratio";
    case MethodKind::kStaticPersist: return "static_persist";
    case MethodKind::kAllAvailable: return "all_available";
    case MethodKind::kReaders: return "readers";
    case MethodKind::kTopology: return "topology";
  }
  return "?";
}

}  // namespace decide
