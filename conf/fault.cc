#include "conf/fault.h"

namespace conf {

std::string to_string(const Mark& mark) {
  std::string out = mark.file;
  if (mark.line > 0) out += ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
  return out;
}

std::string to_string(const Fault& fault) {
  return fault.mark.file.empty() ? fault.message : to_string(fault.mark) + ": " + fault.message;
}

}  // namespace conf
