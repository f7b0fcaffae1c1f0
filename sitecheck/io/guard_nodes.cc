#include "sitecheck/io/guard_nodes.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace sitecheck {

namespace {

constexpr auto kWatch = base::seconds(1);  // between two looks at a node that is held closed

}  // namespace

GuardNodes::GuardNodes(base::Loop& loop, const std::vector<CloserOptions>& nodes, GuardNodesTerms terms,
                       GuardNodesHooks hooks)
    : terms_(std::move(terms)), hooks_(std::move(hooks)) {
  for (const auto& node : nodes) {
    nodes_.push_back(std::make_unique<Node>(Node{node.node, std::make_unique<NodeCloser>(loop, node)}));
    nodes_.back()->closer->start();
  }
}

void GuardNodes::tick(base::Instant now) {
  for (auto& node : nodes_) tick(*node, now);
}

void GuardNodes::tick_open(base::Instant now) {
  for (auto& node : nodes_) {
    if (!node->closed) tick(*node, now);
  }
}

void GuardNodes::permit_ended() {
  for (auto& node : nodes_) node->closed = node->failed_soft = node->gone = false;
}

void GuardNodes::permit_begun() {
  message_.clear();
  hard_ = false;
  for (auto& node : nodes_) node->gone = node->gone && !node->closer->ready();  // one that is back may be opened
}

void GuardNodes::close_hard(bool was_open) {
  if (std::exchange(hard_, true) && !was_open) return;  // said again
  for (auto& node : nodes_) {
    if (node->closed) continue;
    close(*node, CloseMode::kHard);
    hooks_.said(GuardState::kClosing);
  }
}

void GuardNodes::prove_silent() {
  for (auto& node : nodes_) {
    if (!node->busy && !node->gone && node->closer->silent()) close(*node, CloseMode::kSoft);
  }
}

bool GuardNodes::ready() const {
  const auto is_ready = [](const auto& node) { return node->closer->ready(); };
  return std::any_of(nodes_.begin(), nodes_.end(), is_ready) &&
         std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& node) { return is_ready(node) || node->gone; });
}

bool GuardNodes::all_closed() const {
  return std::all_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->closed; });
}

void GuardNodes::tick(Node& node, base::Instant now) {
  if (node.busy) return;
  if (node.failed_soft) return close(node, CloseMode::kHard);
  if (!node.closed) return look(node);
  if (now - node.looked_at >= kWatch) look(node);
}

void GuardNodes::look(Node& node) {
  node.busy = true;
  node.looked_at = base::read_boot_clock();
  node.closer->look(terms_.tick, [this, n = &node](std::optional<bool> read_only) { looked(*n, read_only); });
}

// A node that reads read_only=1 can commit nothing: its readers need not be killed.
void GuardNodes::looked(Node& node, std::optional<bool> read_only) {
  node.busy = false;
  if (!hooks_.expired()) return;
  if (read_only.value_or(false)) {
    node.closed = true;
    if (all_closed()) hooks_.said(GuardState::kClosed);
    return;
  }
  // What was proved closed and does not answer now was closed when it stopped answering, and boots read-only.
  if (node.closed && !read_only) {
    node.gone = node.closer->silent();
    return;
  }
  if (node.closed) {
    base::log(base::Level::kError, "guard.opened", "a node was opened without a permit: closing it",
              {{"pool", terms_.pool}, {"node", node.name}});
    node.closed = false;
    hooks_.said(GuardState::kClosing);
  }
  close(node, CloseMode::kSoft);
}

void GuardNodes::close(Node& node, CloseMode mode) {
  node.busy = true;
  if (mode == CloseMode::kSoft && hooks_.expired()) {
    base::log(base::Level::kWarn, "guard.closing", "the node is not closed although no permit runs: closing it",
              {{"pool", terms_.pool}, {"node", node.name}});
  }
  node.closer->close(mode, terms_.fence_bound / 2,
                     [this, n = &node, mode](const Closed& outcome) { closed(*n, mode, outcome); });
}

void GuardNodes::closed(Node& node, CloseMode mode, const Closed& outcome) {
  node.busy = false;
  if (outcome.closing == core::Closing::kUnknown) {
    node.failed_soft = true;
    const std::string why = node.name + ": " + outcome.message;
    if (std::exchange(message_, why) == why) return;
    base::log(base::Level::kError, "guard.not_closed", "the fence is not confirmed, it goes on",
              {{"pool", terms_.pool},
               {"node", node.name},
               {"hard", mode == CloseMode::kHard ? "yes" : "no"},
               {"why", outcome.message}});
    return hooks_.told();
  }
  node.closed = true;
  node.gone = node.closer->silent();
  node.failed_soft = hard_ = false;
  node.looked_at = base::read_boot_clock();
  base::log(base::Level::kInfo, "guard.closed", "the node is closed",
            {{"pool", terms_.pool},
             {"node", node.name},
             {"how", outcome.message},
             {"killed", outcome.killed ? "yes" : "no"}});
  if (!hooks_.expired()) return hooks_.told();  // only proved once more
  if (!all_closed()) return;
  message_.clear();
  hooks_.said(GuardState::kClosed);
}

}  // namespace sitecheck
