// One written value of a configuration, and where it stands.
#pragma once

#include <string>

namespace conf {

struct Setting {
  std::string path;   // "pools[main].nodes[db4].address"
  std::string value;  // as written; of a list of scalars joined by commas
  bool operator==(const Setting&) const = default;
};

}  // namespace conf
