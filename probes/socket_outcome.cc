#include "probes/socket_outcome.h"

#include <cerrno>

namespace probes {

Outcome outcome_of_errno(int number) {
  switch (number) {
    case 0: return Outcome::kOk;
    case ECONNREFUSED: return Outcome::kRefused;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED: return Outcome::kReset;
    case ETIMEDOUT: return Outcome::kTimeout;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EAGAIN: return Outcome::kMisconfigured;
    default: return Outcome::kUnreachable;
  }
}

}  // namespace probes
