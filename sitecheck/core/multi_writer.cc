// Kind multi_writer: Galera, or any pool in which every node takes writes. Each node that is well is ACTIVE; or, with
// `preferred_writer`, one of them is: the first by priority, which stays so until it is not well any more (no
// failback), and the others are STANDBY.
#include <algorithm>

#include "sitecheck/core/kinds.h"
#include "sitecheck/core/watched.h"

namespace core {

namespace {

class MultiWriter : public Watched {
 public:
  explicit MultiWriter(const Place& place) : Watched(place) {}

  [[nodiscard]] std::vector<std::string> against(const PoolConfig* next) const override;

 protected:
  [[nodiscard]] std::vector<NodeIndex> choose() override;
  void moved(const Moves& moves) override { moves.apply(writer_); }

 private:
  [[nodiscard]] std::vector<NodeIndex> all_fit() const;
  [[nodiscard]] std::optional<NodeIndex> next_writer() const;

  std::optional<NodeIndex> writer_;  // with preferred_writer
};

std::vector<NodeIndex> MultiWriter::all_fit() const {
  std::vector<NodeIndex> out;
  for (NodeIndex i = 0; i < nodes().size(); ++i) {
    if (fit(i)) out.push_back(i);
  }
  return out;
}

// The one that was it before a restart, else the first by priority. Only of this site: what another site prefers is its
// own business.
std::optional<NodeIndex> MultiWriter::next_writer() const {
  std::optional<NodeIndex> best;
  for (NodeIndex i = 0; i < nodes().size(); ++i) {
    const auto& config = nodes()[i].config();
    if (!config.local || !fit(i)) continue;
    if (!writer_ && config.name == remembered_writer()) return i;
    if (!best || config.priority < nodes()[*best].config().priority) best = i;
  }
  return best;
}

// Whoever hands the writers to the preferred one would lose them without a successor.
std::vector<std::string> MultiWriter::against(const PoolConfig* next) const {
  if (!config_->preferred_writer || !writer_ || !fit(*writer_)) return {};
  const auto& writer = nodes()[*writer_].config();
  const bool stays = next != nullptr && std::any_of(next->nodes.begin(), next->nodes.end(),
                                                    [&](const NodeConfig& n) { return is_same(n, writer); });
  if (stays) return {};
  return {"node " + writer.name + " of pool " + config_->name +
          " is the preferred writer; sitecheck set-offline it first, so that another one is"};
}

std::vector<NodeIndex> MultiWriter::choose() {
  if (!config_->preferred_writer) return all_fit();
  if (writer_ && fit(*writer_)) return {*writer_};
  // After a start the first one that answers is not yet the first by priority.
  if (!writer_ && !looked_at_all()) return {};
  const auto next = next_writer();
  if (!next) return {};
  const std::string from = writer_ ? nodes()[*writer_].config().name : remembered_writer();
  const auto& to = nodes()[*next].config().name;
  writer_ = next;
  if (from != to) {
    ++promotions_;
    journal(base::Level::kInfo, "pool.writer", to + " is the preferred writer", {{"from", from}, {"to", to}});
    remember_writer(to);
  }
  return {*next};
}

}  // namespace

Kind multi_writer_kind() {
  return {"multi_writer",
          "every node that is well takes writes (Galera, or any all-active pool), or one preferred writer of them.",
          false, 0, [](const Place& place) -> std::unique_ptr<Brain> { return std::make_unique<MultiWriter>(place); }};
}

}  // namespace core
