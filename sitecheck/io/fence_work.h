// One fence of a pool: the closings of its local nodes and what its guard answers, joined into one outcome.
//
// Confirmed when every node is closed, by sitecheck's own connections or by the guard's, and, with a guard of kind nft,
// the kernel has cut the clients off too (only that holds accounts that bypass read_only). A hard fence with kind nft
// is also confirmed when the clients are cut off while mysqld itself answers nobody: nothing it may still commit is
// acknowledged to anyone. What was committed that way shows as errant transactions later.
// Owned by the loop's thread; kept alive by its callbacks.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "base/uv.h"
#include "sitecheck/core/events.h"
#include "sitecheck/io/guard_message.h"
#include "sitecheck/io/node_closer.h"

namespace sitecheck {

struct FenceTerms {
  bool hard = false;
  bool needs_cut = false;      // the guard is of kind nft
  base::Instant guard_ends{};  // its last deadline: the kernel has closed then, whoever lives
  base::Duration limit{};      // for the whole
};

class FenceWork : public std::enable_shared_from_this<FenceWork> {
 public:
  using Done = std::function<void(core::Closing, const std::string& message)>;
  FenceWork(base::Loop& loop, FenceTerms terms, Done done);

  // The outcome of one node's closing, which is to come. The last one counted, begin() starts the judging.
  [[nodiscard]] std::function<void(const Closed&)> expect(const std::string& node);
  void begin();
  void hear(const GuardReport& report);

 private:
  void judge(bool at_the_end);
  void end(core::Closing closing, const std::string& message);
  [[nodiscard]] bool cut() const;

  FenceTerms terms_;
  Done done_;
  base::Timer limit_;
  base::Timer kernel_;  // for guard_ends
  std::size_t waiting_ = 0;
  core::Closing nodes_ = core::Closing::kClosed;
  bool guard_closed_ = false;
  bool guard_cut_ = false;
  std::string message_;
  std::string guard_message_;
};

}  // namespace sitecheck
