// What the kinds without arbitration share (multi_writer, single): each node stands for itself. It is watched and
// reported, and never fenced, promoted or changed in any way; no other site is asked. The kind says only which of the
// nodes that are fit serve writers. Internal to this folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sitecheck/core/brain.h"

namespace core {

class Watched : public Brain {
 public:
  explicit Watched(const Place& place);

  void hear(const Event& event) override;
  void act() override;
  void reconfigure(PoolIndex index, std::uint64_t config_hash) override;
  [[nodiscard]] base::Instant next_deadline() const override;
  [[nodiscard]] std::optional<base::Instant> fast_rounds_from() const override;
  [[nodiscard]] PoolView view(base::Instant now) const override;
  [[nodiscard]] ecv::Report report(base::Instant now) const override;

 protected:
  // Which of the nodes are ACTIVE: only such for which fit() holds. Asked each turn, not while the pool is FAIL.
  [[nodiscard]] virtual std::vector<NodeIndex> choose() = 0;
  // The nodes have new indices.
  virtual void moved(const Moves& /*moves*/) {}
  // A person's order that this kind knows besides set-offline, set-online and recover; nothing: it does not know it.
  virtual std::optional<std::string> order(const Command& /*e*/, bool& /*ok*/) { return std::nullopt; }

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  // It is well, and takes writes.
  [[nodiscard]] bool fit(NodeIndex node) const;
  // FAIL: no node is ACTIVE, whatever choose() says.
  [[nodiscard]] bool cut_off() const { return isolation_.failed(); }
  // Every local node was looked at since the start: who is missing is known to be missing.
  [[nodiscard]] bool looked_at_all() const;
  [[nodiscard]] const std::string& remembered_writer() const { return record_.writer; }
  // Survives a restart.
  void remember_writer(const std::string& node) { record_.writer = node; }

  std::uint64_t promotions_ = 0;  // changes of the writer within the pool, where there is one

 private:
  void take(const NodePolled& e);
  void take(const Persisted& e);
  void take(const Command& e);
  void take(const ModeSet& e);
  [[nodiscard]] std::string set_offline(const Command& e, bool& ok);
  [[nodiscard]] std::string set_online(const Command& e, bool& ok);
  void recover(const Command& e);
  void appoint();
  void settle();
  void go(State to, std::string reason);
  void persist_if_changed();
  [[nodiscard]] std::string why_none() const;
  // Until when what was last seen of the nodes counts.
  [[nodiscard]] base::Instant seen_until() const;
  [[nodiscard]] std::int64_t lease_ms(base::Instant now) const;
  // Of this site; nothing if there is none or more than one.
  [[nodiscard]] std::optional<NodeIndex> only_writer() const;

  std::vector<Node> nodes_;
  std::vector<std::optional<base::Instant>> good_at_;  // per node: its last poll that spoke for it
  State state_ = State::kInit;
  base::Instant since_;
  std::string reason_;
  // Of every claim alike: no site gives way to another here. It is no lower than what a pool of kind failover of the
  // same name left behind.
  ecv::Epoch epoch_;
  Record record_;
  std::optional<Record> durable_ = Record{};  // as it is on disk; nothing: the last try failed
  std::optional<base::Instant> persist_at_;
  std::uint64_t token_ = 0;
};

}  // namespace core
