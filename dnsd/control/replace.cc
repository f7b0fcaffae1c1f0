// One process takes over from another: which of the two decides, and what it may touch meanwhile (dnsd/predecessor.h).
#include <utility>

#include "base/log.h"
#include "dnsd/control/control_impl.h"

namespace control {

void Control::Impl::pause_sockets() {
  if (relay_socket) relay_socket->pause();
  if (stats_server) stats_server->http().pause();
  if (control_server) control_server->pause();
}

// Not that of the relays: a vote that one process has promised must not be given away by another (begin_relays()).
void Control::Impl::resume_sockets() {
  if (stats_server) stats_server->http().resume();
  if (control_server) control_server->resume();
}

void Control::Impl::begin_relays() {
  if (!relay_socket) return;
  relay_socket->resume();
  relay_timer.start(config.poll, config.poll);
}

void Control::Impl::listen_first(std::function<void()> on_change) {
  listened = true;
  on_poll = std::move(on_change);
  pause_sockets();
  members = targets(config);
  health.configure(members);
  load_latched();
  take_monitors();
  open_paths();
}

// The polls go on, so that a resume() finds the claims as they are; what they bring decides nothing. The memory on the
// disk is whole: each store has returned.
void Control::Impl::pause() {
  deciding = false;
  deadline.stop();
  relay_timer.stop();
  first_round.stop();
  watch.reset();
  pause_sockets();
  events.close();
  ledger_file.reset();
}

void Control::Impl::resume() {
  if (auto opened = events.open(config.server.state_dir / "events.jsonl"); !opened) {
    base::log(base::Level::kWarn, "journal.unwritable", "events are not written down",
              {{"why", opened.error().message}});
  }
  // The other process may have accepted a claim and written it down before it failed.
  if (auto loaded = load_ledger(); !loaded) {
    base::log(base::Level::kError, "ledger.unreadable", "the memory cannot be read: answers stay as they are",
              {{"why", loaded.error().message}});
  }
  deciding = true;
  load_orders();
  resume_sockets();
  begin_relays();
  tell_monitors();
  engine.decide_all(now());
  doubt_orders();
  watch_files();
  check_first_round();
  arm();
}

void Control::listen_first(std::function<void()> on_change) { impl_->listen_first(std::move(on_change)); }
void Control::succeed() { impl_->begin_relays(); }
void Control::pause() { impl_->pause(); }
void Control::resume() { impl_->resume(); }

std::set<std::string> Control::heard() const {
  std::set<std::string> out;
  for (const auto& [id, member] : impl_->health.members()) {
    const auto seen = member.observation();
    if (seen.claim && !seen.failing) out.insert(id.site + "/" + id.pool);
  }
  for (const MonitorStanding& each : impl_->monitors.standings()) {
    if (each.state.value != MonitorValue::kUnknown) out.insert(watch_text(each.watch));
  }
  return out;
}

std::set<std::string> Control::members() const {
  std::set<std::string> out;
  for (const auto& [id, member] : impl_->health.members()) out.insert(id.site + "/" + id.pool);
  for (const MonitorStanding& each : impl_->monitors.standings()) out.insert(watch_text(each.watch));
  return out;
}

std::vector<int> Control::sockets() const {
  std::vector<int> out;
  if (impl_->relay_socket) out.push_back(impl_->relay_socket->descriptor());
  if (impl_->stats_server) out.push_back(impl_->stats_server->http().descriptor());
  if (impl_->control_server) out.push_back(impl_->control_server->descriptor());
  return out;
}

void Control::give_away() {
  if (impl_->control_server) impl_->control_server->give_away();
}

}  // namespace control
