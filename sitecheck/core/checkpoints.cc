#include "sitecheck/core/checkpoints.h"

#include <algorithm>
#include <utility>

namespace core {

namespace {

constexpr base::Duration kSlowRound = base::seconds(10);  // protocol.md rule 9

}  // namespace

Checkpoints::Checkpoints(const SiteConfig& config, base::Instant /*now*/)
    : interval_(config.timing.interval), limit_(config.timing.window() + config.timing.timeout) {
  take_over(config);
}

void Checkpoints::take_over(const SiteConfig& config) {
  const auto before = std::exchange(view_.items, {});
  const auto targets = std::exchange(targets_, {});
  view_.ok = view_.total = 0;
  for (const auto& c : config.checkpoints) {
    CheckpointView item{c.id, c.scope, false, 0, std::nullopt, "not checked yet"};
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i].id == c.id && targets[i] == c.target) item = before[i];
    }
    item.scope = c.scope;
    if (c.scope == Scope::kExternal) {
      ++view_.total;
      view_.ok += item.ok ? 1 : 0;
    }
    view_.items.push_back(std::move(item));
    targets_.push_back(c.target);
  }
  view_.quorum = view_.total == 0 ? 0 : view_.total / 2 + 1;  // rule 9
}

void Checkpoints::reconfigure(const SiteConfig& config) {
  take_over(config);
  begun_.reset();
  last_begun_.reset();
}

std::optional<Checkpoints::Verdict> Checkpoints::done(const RoundDone& event, base::Instant now) {
  if (!begun_ || event.round != round_) return std::nullopt;
  const auto begun_at = *begun_;
  begun_.reset();
  take(event, now);
  return Verdict{begun_at, *quorum_ && !none()};
}

std::optional<Checkpoints::Verdict> Checkpoints::overdue(base::Instant now) {
  if (!begun_ || now - *begun_ <= limit_) return std::nullopt;
  RoundDone lost;
  lost.round = round_;
  lost.items.assign(view_.items.size(), {false, "the round did not end in time"});
  return done(lost, now);
}

void Checkpoints::take(const RoundDone& event, base::Instant now) {
  view_.ok = 0;
  for (std::size_t i = 0; i < view_.items.size(); ++i) {
    auto& item = view_.items[i];
    item.ok = i < event.items.size() && event.items[i].ok;
    item.req = item.ok ? 0 : item.req + 1;
    item.time = now;
    const std::string_view message = i < event.items.size() ? std::string_view(event.items[i].message) : "no result";
    if (item.message != message) item.message = message;
    if (item.ok && item.scope == Scope::kExternal) ++view_.ok;
  }
  quorum_ = view_.ok >= view_.quorum;
  if (!*quorum_) {
    good_since_.reset();
  } else if (!good_since_) {
    good_since_ = now;
  }
  view_.cut = *quorum_ ? "" : cut();
}

std::string Checkpoints::cut() const {
  const auto lost = [this](Scope scope) {
    bool any = false;
    for (const auto& item : view_.items) {
      if (item.scope != scope) continue;
      if (item.ok) return false;
      any = true;
    }
    return any;
  };
  if (lost(Scope::kInternal)) return "LAN";
  if (lost(Scope::kEdge)) return "WAN";
  return "GLOBAL";
}

void Checkpoints::act(bool fast, base::Instant now, std::vector<Action>& actions) {
  if (begun_ || now < next(fast)) return;
  begun_ = last_begun_ = now;
  actions.emplace_back(StartRound{++round_});
}

base::Instant Checkpoints::next(bool fast) const {
  if (!last_begun_) return base::Instant::min();
  return *last_begun_ + (fast ? interval_ : kSlowRound);
}

}  // namespace core
