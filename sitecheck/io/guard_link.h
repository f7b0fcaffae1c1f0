// sitecheck's end of its guard: renews the deadline, asks for a closing, and knows whether a guard stands there.
// Reconnects by itself: either end may start first and restart at any time.
// Owned by the loop's thread. No callback runs from within a call.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "base/uv.h"
#include "sitecheck/io/guard_channel.h"
#include "sitecheck/io/guard_message.h"

namespace sitecheck {

struct GuardLinkSettings {
  std::filesystem::path socket;          // of a guard on this host
  std::optional<RemoteGuard> remote;     // else
  std::string kernel;                    // boot id
  base::Duration interval;               // between two orders
  base::Duration patience;               // without a report for so long: the guard counts as dead
  std::optional<std::uint64_t> nodes{};  // a guard that watches others counts as dead; nothing: whichever it watches
};

class GuardLink {
 public:
  // `on_change(alive, message)`: at each change, and once when it is first known.
  GuardLink(base::Loop& loop, GuardLinkSettings settings, std::function<void(bool, const std::string&)> on_change);
  ~GuardLink();
  GuardLink(const GuardLink&) = delete;
  GuardLink& operator=(const GuardLink&) = delete;

  void start();
  // Which nodes the guard is to watch (nodes_hash() of guard.h) has changed.
  void expect(std::uint64_t nodes);
  // Renews the deadline.
  void renew(base::Instant deadline, ecv::Epoch epoch);
  // A promotion begins: renews, and tells once the guard holds the deadline and can fence; a failure after `limit`. A
  // newer call ends an older one as failed. From now on a guard of kind nft lets no client in, until admit().
  void arm(base::Instant deadline, ecv::Epoch epoch, base::Duration limit,
           std::function<void(bool ok, const std::string& message)> done);
  // Read_only=0 comes next: clients may come in, from now on until close() or arm(). A process that takes up a permit
  // of the one before it finds them admitted.
  void admit();
  // The permit has ended: close (`hard`: at once and by all means). Said again until the guard answers, for `patience`.
  // From its answer on `on_answer` hears every report, until the next call of renew(), arm() or close(). A guard that
  // does not hear it closes when its deadline passes.
  void close(bool hard, std::function<void(const GuardReport&)> on_answer);

  [[nodiscard]] bool alive() const;
  [[nodiscard]] const std::optional<GuardReport>& last() const;
  [[nodiscard]] std::optional<base::Instant> heard_at() const;
  // The latest deadline that was ever ordered: from then on the guard has closed, heard or not.
  [[nodiscard]] base::Instant latest_deadline() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
