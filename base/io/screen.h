// A terminal that is drawn over and over in place: its alternate screen, without echo and line input, and given back as
// it was in every case. For the command line; one at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace io {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

// What is written to draw `text` over whatever was there: nothing is cleared first, so that nothing flickers. Lines are
// cut at the right edge, and those that do not fit are told of in the last one. `text` has no escape sequences.
[[nodiscard]] std::string frame(const std::string& text, ScreenSize size, bool colours);

class Screen {
 public:
  // Error: why nothing can be drawn: standard output is no terminal, or one that cannot move its cursor (TERM).
  [[nodiscard]] static base::Result<std::unique_ptr<Screen>> open();
  // The terminal is as it was before.
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void draw(const std::string& text);

  enum class Event { kTime, kResized, kEnd };
  // Waits so long, or until something happens. End: q, Ctrl-C, or a signal that ends programs. A stop (Ctrl-Z) gives
  // the terminal back meanwhile, and is a resize after it.
  [[nodiscard]] Event wait(base::Duration time);

 private:
  struct Impl;
  explicit Screen(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace io
