// What a person changed between two readings of a configuration: by what is written, not by what follows from it. The
// content of secret files does not appear.
#pragma once

#include <string>
#include <vector>

#include "conf/document.h"
#include "conf/setting.h"

namespace conf {

// Every scalar that is written, and every item of a list of mappings with an empty value; sorted by path. `root` is the
// whole configuration, included files joined.
[[nodiscard]] std::vector<Setting> settings_of(const Value& root);

// One line each, in the order of the paths: "+ node db4 in pool main", "- role readers in pool main",
// "~ warn_lag of pool main: 10s -> 30s", "~ address of node db2 in pool main: 10.0.0.2 -> 10.0.0.3". Empty: the same is
// written. Both sorted.
[[nodiscard]] std::vector<std::string> changes(const std::vector<Setting>& before, const std::vector<Setting>& after);

}  // namespace conf
