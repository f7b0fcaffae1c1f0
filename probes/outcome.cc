#include "probes/probe.h"

namespace probes {

std::string_view name(Outcome o) {
  switch (o) {
    case Outcome::kOk: return "ok";
    case Outcome::kRefused: return "refused";
    case Outcome::kUnreachable: return "unreachable";
    case Outcome::kTimeout: return "timeout";
    case Outcome::kReset: return "reset";
    case Outcome::kProtocol: return "protocol";
    case Outcome::kMismatch: return "mismatch";
    case Outcome::kMisconfigured: return "misconfigured";
    case Outcome::kDegraded: return "degraded";
    case Outcome::kDisabled: return "disabled";
  }
  return "protocol";
}

}  // namespace probes
