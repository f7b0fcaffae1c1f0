// A program run beside the loop: its standard input given at once, the beginning of its output kept, a limit of time,
// and its end told to the loop. For hooks and pagers: what hangs there holds nothing up here.
//
// One thread owns a Subprocess: that of its loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "base/uv.h"

namespace io {

struct SubprocessOptions {
  // The program, and its arguments. Without a slash it is looked up in the usual places, sbin among them.
  std::vector<std::string> argv;
  // All that the child's environment holds besides PATH, HOME and LANG. That of this process is not passed on: it may
  // hold secrets.
  std::vector<std::pair<std::string, std::string>> environment{};
  std::string input{};                             // its standard input, whole
  base::Duration timeout = base::seconds(10);      // then it is killed, with all that it started
  std::size_t max_output = std::size_t{4} * 1024;  // bytes of standard output and error together that are kept
};

struct SubprocessEnd {
  std::string error{};      // it could not be started, and why
  std::optional<int> exit;  // its exit status
  int signal = 0;           // what killed it, if it did not exit
  bool timed_out = false;   // we killed it
  std::string output{};     // the beginning of what it printed, as it came
  base::Duration took{};

  [[nodiscard]] bool ok() const { return exit == 0; }
  // For people: "exit status 3: no such table", "not ended within 10s". The last line that it printed stands at the
  // end.
  [[nodiscard]] std::string describe() const;
};

class Subprocess {
 public:
  using Done = std::function<void(const SubprocessEnd&)>;
  // `done` comes once, from the loop, never from within this call, also if the program cannot be started. It may
  // destroy this object. What the child left running behind it is left alone, unless the limit passed.
  Subprocess(base::Loop& loop, SubprocessOptions options, Done done);
  // Kills the child, with all that it started, if it still runs; `done` does not come any more.
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace io
