// The brain of one pool: what its kind makes of events and time. One interface for every kind (kinds.h has the table of
// them); `site` feeds all alike and knows none. It is pure: no clock, no socket, no terminal.
//
// Lives in its site, on the site's thread. A step is begin(), any number of hear(), act().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sitecheck/core/actions.h"
#include "sitecheck/core/checkpoints.h"
#include "sitecheck/core/config.h"
#include "sitecheck/core/counters.h"
#include "sitecheck/core/isolation.h"
#include "sitecheck/core/node.h"
#include "sitecheck/core/view.h"

namespace core {

// What a brain is made of. `site` and `checkpoints` outlive it; the others are there for its constructor only.
struct Place {
  const SiteConfig& site;
  PoolIndex index;
  const Identity& identity;
  const LoadedPool& loaded;
  const Checkpoints& checkpoints;
  std::uint64_t config_hash;
  base::Instant now;
};

class Brain {
 public:
  explicit Brain(const Place& place);
  virtual ~Brain() = default;
  Brain(const Brain&) = delete;
  Brain& operator=(const Brain&) = delete;

  // Actions are appended to `out`, which must live until act() has returned.
  virtual void begin(base::Instant now, std::vector<Action>& out);
  // An event of this pool, or one that concerns every pool (PeerUnverifiable, RelayDatagram, ModeSet). Never RoundDone:
  // its verdict comes instead. What the kind does not know it leaves alone.
  virtual void hear(const Event& event) = 0;
  virtual void hear(const Checkpoints::Verdict& /*verdict*/) {}
  // Time acts, after all inputs (protocol.md rule 8).
  virtual void act() = 0;

  // The configuration was read anew: the site's is in place already, and this pool is at `index` of it, the same kind.
  // What is known of a node that stays (is_same()) stays. After begin().
  virtual void reconfigure(PoolIndex index, std::uint64_t config_hash);
  // What stands against doing so with `next`, or, if null, against forgetting the pool; one sentence each.
  [[nodiscard]] virtual std::vector<std::string> against(const PoolConfig* /*next*/) const { return {}; }

  // This site may be writable, and would have to be fenced: from the first step of a promotion until the fence is
  // confirmed. A kind that fences nothing never is.
  [[nodiscard]] virtual bool may_write() const { return false; }
  // When act() must be called again at the latest.
  [[nodiscard]] virtual base::Instant next_deadline() const = 0;
  // From when on checkpoint rounds are to follow each other at the interval; nothing: the slow ones do.
  [[nodiscard]] virtual std::optional<base::Instant> fast_rounds_from() const { return std::nullopt; }
  [[nodiscard]] bool wants_fast_rounds(base::Instant now) const {
    const auto from = fast_rounds_from();
    return from && now >= *from;
  }

  [[nodiscard]] virtual PoolView view(base::Instant now) const = 0;
  // Of the view; a kind may give it at less cost.
  [[nodiscard]] virtual Standing standing() const;
  // All of it but instance, boot_id, seq and server_time.
  [[nodiscard]] virtual ecv::Report report(base::Instant now) const = 0;

  // Whether the other sites of the pool are heard; a kind that does not ask them has nothing to miss.
  [[nodiscard]] virtual bool hears_peers(base::Instant /*now*/) const { return true; }
  // When a dnsd was last heard to relay the peer's claim.
  [[nodiscard]] virtual std::optional<base::Instant> relay_at() const { return std::nullopt; }

 protected:
  // By node of the new configuration, which one of `before` it was; nothing: it is new. And the other way round.
  struct Moves {
    std::vector<std::optional<NodeIndex>> from;
    std::vector<std::optional<NodeIndex>> to;
    // A list by node, brought into the new order; what is new has a default value.
    template <typename T>
    void apply(std::vector<T>& by_node) const {
      std::vector<T> out(from.size());
      for (std::size_t i = 0; i < from.size(); ++i) {
        if (from[i]) out[i] = std::move(by_node[*from[i]]);
      }
      by_node = std::move(out);
    }
    void apply(std::optional<NodeIndex>& node) const {
      if (node) node = to[*node];
    }
  };
  [[nodiscard]] Moves moves(const std::vector<NodeConfig>& before) const;
  // Of nodes that are no more.
  void forget_alarms_of(const std::vector<NodeConfig>& before);

  void journal(base::Level level, std::string id, std::string message,
               std::vector<std::pair<std::string, std::string>> fields = {});
  // An alarm is journalled when it begins, when its text changes and when it ends.
  void raise_alarm(const std::string& id, std::string text);
  void clear_alarm(std::string_view id);
  // Into the view: each alarm, and the node that it is about.
  void show_alarms(PoolView& out) const;
  // By priority.
  [[nodiscard]] static std::vector<NodeView> views_of(const std::vector<Node>& nodes);
  // Into the report: the nodes, and the checkpoints.
  void report_looks(ecv::Report& out, const std::vector<Node>& nodes) const;

  // STATUS of the pool, told where it changes. An arbiter's grant is `held`: it stands in for the quorum.
  void judge_isolation(bool held);
  // Its STATE or STATUS changed.
  void tell_node(const Node& node);
  // After a poll: what is wrong with it, as an alarm.
  void alarm_of(const Node& node);
  template <typename T>
  void emit(T&& action) {
    out_->emplace_back(std::forward<T>(action));
  }
  [[nodiscard]] const ecv::Timing& timing() const { return site_->timing; }

  const SiteConfig* site_;
  const PoolConfig* config_;
  PoolIndex index_;
  const Checkpoints* checkpoints_;
  base::Instant now_;
  std::vector<Action>* out_ = nullptr;  // of the step; null before the first one
  base::Instant boot_at_;
  base::Duration stood_still_{};          // the last time for longer than the lease, though a poll is due within it
  std::optional<base::Instant> woke_at_;  // the end of that
  ecv::PoolStatus status_ = ecv::PoolStatus::kOk;
  Isolation isolation_;
  std::map<std::string, std::string, std::less<>> alarms_;
  Counters counters_;
};

}  // namespace core
