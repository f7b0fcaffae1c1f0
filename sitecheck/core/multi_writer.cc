// Kind multi_writer: Galera, or any pool in which every node takes writes. Each node that is well is ACTIVE; or, with
// `preferred_writer`, one of them is: the first by priority, which stays so until it is not well any more (no
// failback) or a person prefers another, and the others are STANDBY.
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
  [[nodiscard]] std::optional<std::string> order(const Command& e, bool& ok) override;

 private:
  [[nodiscard]] std::string move_writer(const Command& e, bool& ok);
  [[nodiscard]] std::string against_move(std::optional<NodeIndex> to) const;
  void prefer(NodeIndex node);
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
  prefer(*next);
  return {*next};
}

void MultiWriter::prefer(NodeIndex node) {
  const std::string from = writer_ ? nodes()[*writer_].config().name : remembered_writer();
  const auto& to = nodes()[node].config().name;
  writer_ = node;
  if (from == to) return;
  ++promotions_;
  journal(base::Level::kInfo, "pool.writer", to + " is the preferred writer", {{"from", from}, {"to", to}});
  remember_writer(to);
}

std::optional<std::string> MultiWriter::order(const Command& e, bool& ok) {
  if (e.operation == Operation::kMoveWriter) return move_writer(e, ok);
  if (e.operation != Operation::kPromoteForce) return std::nullopt;
  return "a pool of kind multi_writer has nobody to promote: its nodes take writes by themselves while they are well" +
         std::string(config_->preferred_writer
                         ? ", and move-role POOL NODE --role writer says which of them is preferred"
                         : "") +
         "; of a Galera cluster that is down, galera-candidate names the node to start it from";
}

// Nothing is asked of the nodes: all of them take writes as it is, so the one that is preferred from this turn on needs
// to catch up with nothing that the cluster would not hold its commits up for.
std::string MultiWriter::move_writer(const Command& e, bool& ok) {
  if (auto why = against_move(e.node); !why.empty()) return why;
  const auto& to = nodes()[*e.node].config().name;
  const std::string from = writer_ ? nodes()[*writer_].config().name : "";
  const std::string rest =
      from.empty() ? "" : "; " + from + " is STANDBY: what is connected to it may write there until it connects anew";
  ok = true;
  if (e.dry_run) return to + " would be the preferred writer at once" + rest;
  prefer(*e.node);
  return to + " is the preferred writer" + rest;
}

std::string MultiWriter::against_move(std::optional<NodeIndex> to) const {
  if (!config_->preferred_writer) {
    return "pool " + config_->name +
           " has no one writer that could be moved: every node that is well is ACTIVE (kind multi_writer without "
           "preferred_writer); set-offline takes a node out";
  }
  if (!to || *to >= nodes().size()) return "no such node";
  const Node& node = nodes()[*to];
  const auto& name = node.config().name;
  if (!node.config().local) return name + " belongs to another site, which prefers a writer of its own";
  if (cut_off()) return "the quorum of the checkpoints is lost: no node is ACTIVE";
  if (!fit(*to)) {
    const auto& why = node.aside().empty() ? node.message() : node.aside();
    return name + " is " + std::string(ecv::name(node.state())) + (why.empty() ? "" : ": " + why);
  }
  if (writer_ == to) return name + " is the preferred writer already";
  return "";
}

}  // namespace

Kind multi_writer_kind() {
  return {"multi_writer",
          "every node that is well takes writes (Galera, or any all-active pool), or one preferred writer of them.",
          false, 0, [](const Place& place) -> std::unique_ptr<Brain> { return std::make_unique<MultiWriter>(place); }};
}

}  // namespace core
