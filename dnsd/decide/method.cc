#include "dnsd/decide/method.h"

namespace decide {

const Method& method(MethodKind kind) {
  switch (kind) {
    case MethodKind::kActiveWriter: return active_writer();
    default: break;
  }
  return active_writer();
}

}  // namespace decide
