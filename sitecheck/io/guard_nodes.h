// The local nodes of a pool under a guard: looked at and closed while no permit runs, again and again until each is
// confirmed, and watched from then on. Owned by the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/uv.h"
#include "sitecheck/io/guard_message.h"
#include "sitecheck/io/node_closer.h"

namespace sitecheck {

struct GuardNodesTerms {
  std::string pool;       // for the log
  base::Duration tick{};  // the limit of a look
  base::Duration fence_bound{};
};

struct GuardNodesHooks {
  std::function<bool()> expired;         // no permit runs
  std::function<void(GuardState)> said;  // closing, or closed: every node is confirmed
  std::function<void()> told;            // the message is another
};

class GuardNodes {
 public:
  GuardNodes(base::Loop& loop, const std::vector<CloserOptions>& nodes, GuardNodesTerms terms, GuardNodesHooks hooks);

  // No permit runs: looks at what is not confirmed closed, closes it, and watches the rest.
  void tick(base::Instant now);
  // The same at once, for those that are not confirmed closed.
  void tick_open(base::Instant now);
  // A permit has ended: nothing counts as closed.
  void permit_ended();
  // A permit runs; said with each renewal.
  void permit_begun();
  // Closes by all means. Said again it changes nothing, unless a permit had run until now (`was_open`).
  void close_hard(bool was_open);

  // A promotion begins: what does not answer is proved closed, so that it does not stand in its way. May be said again.
  void prove_silent();

  // A closing needs no connect; but of nodes, not of all, that were proved closed and have not answered since: another
  // one will be the writer, and these boot read-only.
  [[nodiscard]] bool ready() const;
  // Why a closing is not confirmed; "" if none failed.
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  struct Node {
    std::string name;
    std::unique_ptr<NodeCloser> closer;
    bool closed = false;       // confirmed since the deadline passed
    bool busy = false;         // a closing or a look is under way
    bool failed_soft = false;  // the next closing is hard
    bool gone = false;         // it was proved closed while it did not answer
    base::Instant looked_at{};
  };
  void tick(Node& node, base::Instant now);
  void look(Node& node);
  void looked(Node& node, std::optional<bool> read_only);
  void close(Node& node, CloseMode mode);
  void closed(Node& node, CloseMode mode, const Closed& outcome);
  [[nodiscard]] bool all_closed() const;

  GuardNodesTerms terms_;
  GuardNodesHooks hooks_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::string message_;
  bool hard_ = false;  // a closing by all means was ordered, and is not confirmed yet
};

}  // namespace sitecheck
