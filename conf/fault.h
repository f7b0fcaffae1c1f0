// A fault in a configuration file, and where it stands.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace conf {

// Line and column count from 1; 0 means "the file as a whole".
struct Mark {
  std::string file;
  int line = 0;
  int column = 0;
};

struct Fault {
  Mark mark;
  std::string message;  // what was found, what is allowed, the nearest valid key
};

// "dnsd.yaml:12:5", or "dnsd.yaml" for the file as a whole.
[[nodiscard]] std::string to_string(const Mark& mark);
// "dnsd.yaml:12:5: unknown key "membres" (did you mean "members"?); allowed here: …"
[[nodiscard]] std::string to_string(const Fault& fault);

// What a check found beside the loaders: of zones, say.
struct Findings {
  std::vector<Fault> faults;
  std::vector<Fault> warnings;
};

template <typename T>
struct Loaded {
  T value;
  std::vector<Fault> faults;    // empty: `value` is good
  std::vector<Fault> warnings;  // legal, but an operator should know
  [[nodiscard]] bool ok() const { return faults.empty(); }
};

}  // namespace conf
