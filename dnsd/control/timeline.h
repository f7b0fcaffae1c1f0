// What the journal was told of late, for the status page: bounded, with the changes of answers kept apart, so that
// nothing else, however often it comes, pushes them out. On the control loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace control {

class Timeline {
 public:
  static constexpr std::size_t kMostDecisions = 100;
  static constexpr std::size_t kMostOthers = 60;

  // A line of the journal; what is no such line is left out.
  void add(std::string_view line);
  // In the order in which they came.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  struct Entry {
    std::uint64_t number = 0;
    std::string line;
  };
  std::uint64_t count_ = 0;
  std::deque<Entry> decisions_;
  std::deque<Entry> others_;
};

}  // namespace control
