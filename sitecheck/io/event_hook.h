// Runs a person's program for what the journal tells: mail, a pager. Beside the loop and one at a time, in the order of
// the events; nothing that the program does or leaves undone holds the site up.
//
// The program gets one JSON object on its standard input: time (UTC), site, event, level, message, and the event's own
// fields under "fields"; and the same as WIDEIP_TIME, WIDEIP_SITE, WIDEIP_EVENT, WIDEIP_LEVEL, WIDEIP_MESSAGE and
// WIDEIP_POOL. What the rate held back is told by one run with the event "hook.held_back", whose fields count the
// events by name. A run that fails, and what finds no place in the queue, is written to the log whole
// (event_hook.failed, event_hook.dropped): nothing is lost without a word.
//
// Owned by the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "base/uv.h"
#include "conf/sitecheck.h"
#include "sitecheck/core/actions.h"

namespace sitecheck {

struct EventHookCounters {
  std::uint64_t runs = 0;       // begun
  std::uint64_t failed = 0;     // of them: another exit status than 0, or none in time
  std::uint64_t held_back = 0;  // by the rate
  std::uint64_t dropped = 0;    // for want of room behind a slow program
};

class EventHook {
 public:
  EventHook(base::Loop& loop, const conf::EventHook& conf, std::string site);
  ~EventHook();
  EventHook(const EventHook&) = delete;
  EventHook& operator=(const EventHook&) = delete;

  // What the journal was told. Of no interest to the hook: passed over.
  void tell(const core::Journal& entry);
  // Runs the program once for an event "hook.test", outside of the rate and of the queue. `done(ok, message)` comes
  // once, from the loop; not after this object is gone.
  void test(std::function<void(bool, const std::string&)> done);
  [[nodiscard]] const EventHookCounters& counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
