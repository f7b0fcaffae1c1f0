// What a running sitecheck tells of its own accord, as configured: the agent check for balancers, the event hook for
// people. Beside the ECV server and the stats port, which answer for themselves.
//
// Owned by the loop's thread.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/uv.h"
#include "conf/sitecheck.h"
#include "sitecheck/core/actions.h"
#include "sitecheck/io/agent.h"
#include "sitecheck/io/event_hook.h"
#include "sitecheck/io/runner.h"

namespace sitecheck {

class Outlets {
 public:
  // `runner` must outlive it. Error names the address that cannot be bound.
  [[nodiscard]] static base::Result<std::unique_ptr<Outlets>> open(base::Loop& loop, const conf::Sitecheck& conf,
                                                                   const Runner& runner);
  // The agent's ports as `next` has them, whole or not at all. Error names the address that cannot be bound.
  [[nodiscard]] base::Result<void> take_agent(const conf::Sitecheck& next);
  // The event hook as it is configured now.
  void take_hook(const conf::Sitecheck& before, const conf::Sitecheck& now);
  // What the journal was told.
  void tell(const core::Journal& entry);
  // Null without event_hook.
  [[nodiscard]] EventHook* hook() { return hook_.get(); }
  // For the `ready` line: " agent=ADDRESS,…", or nothing.
  [[nodiscard]] std::string ready() const;
  // Prometheus text; empty where nothing is configured.
  [[nodiscard]] std::string metrics() const;

 private:
  Outlets() = default;
  base::Loop* loop_ = nullptr;
  const Runner* runner_ = nullptr;
  std::unique_ptr<AgentServer> agent_;
  std::unique_ptr<EventHook> hook_;
};

}  // namespace sitecheck
