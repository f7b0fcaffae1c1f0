// The poll of the node, replication, and the tests of other sites' service addresses.
#include "tests/sim/host_impl.h"

namespace sim {

// Where this database replicates from, if it can be reached. Without a source of its own: from whom writes, else from
// whom holds most, as a chain of replicas would.
Database* Host::source() const {
  const auto reach = [this](int i) -> Database* {
    auto& other = world_->hosts[static_cast<std::size_t>(i)]->database;
    return i != id_ && other.answers() && world_->network.connected(id_, i) ? &other : nullptr;
  };
  if (database.source >= 0) return reach(database.source);
  Database* best = nullptr;
  for (int i = 0; i < world_->scenario().sites; ++i) {
    Database* const one = reach(i);
    if (one == nullptr) continue;
    if (best == nullptr || one->writable() || (!best->writable() && one->holds(best->transactions()))) best = one;
  }
  return best;
}

void Host::look(core::NodePolled& p) const {
  p.result = core::PollResult::kOk;
  p.message.clear();
  p.read_only = database.read_only();
  p.write = database.read_only()   ? core::WriteProbe::kNotTried
            : database.disk_full() ? core::WriteProbe::kFailed
                                   : core::WriteProbe::kOk;
  p.io = p.sql = "";
  p.io_errno = 0;
  if (database.replica) {
    p.io = !database.io_running ? "No" : source() != nullptr ? "Yes" : "Connecting";
    p.sql = database.io_running ? "Yes" : "No";
    p.io_errno = p.io == "Connecting" ? 2003 : 0;
  }
  p.gtid = database.position();
  p.epoch_row = database.row;
  p.epoch_row_read = true;
  if (!world_->scenario().semi_sync || database.read_only()) return;
  p.semi_sync_replicas = 0;
  for (const auto& other : world_->hosts) {
    if (other->id_ != id_ && other->database.answers() && world_->network.connected(id_, other->id_)) {
      ++p.semi_sync_replicas;
    }
  }
  p.semi_sync = p.semi_sync_replicas > 0 ? core::SemiSync::kOn : core::SemiSync::kDegraded;
}

void Host::poll() {
  if (!site_ || frozen_ || stopped_) return;
  if (!database.answers()) {
    core::NodePolled p;
    p.result = database.alive() ? core::PollResult::kUnreachable : core::PollResult::kRefused;
    p.message = database.alive() ? "timed out" : "connection refused";
    outcome(database.alive() ? world_->scenario().timing.timeout.count() : kMs, std::move(p));
    return;
  }
  if (random_.chance(world_->scenario().client_writes)) database.client_write();
  const double lag = world_->scenario().replication_lag;
  if (database.replica && database.io_running && !(lag > 0 && random_.chance(lag))) {
    if (const Database* from = source()) database.replicate_from(*from);
  }
  look(std::get<core::NodePolled>(poll_event_));
  step(std::span(&poll_event_, 1));
}

void Host::poll_every() {
  poll();
  if (database.writable() && !frozen_) world_->checker.still_writable(world_->heap.now(), id_);
  if (world_->scenario().service && ++service_round_ % 2 == 0) poll_service();
  world_->heap.after(world_->scenario().interval(), [this] { poll_every(); });
}

void Host::poll_service() {
  for (int i = 0; i < world_->scenario().sites; ++i) {
    if (i == id_) continue;
    const auto& other = *world_->hosts[static_cast<std::size_t>(i)];
    const bool ok =
        !has(world_->segment().service_cut, i) && other.database.answers() && world_->network.connected(id_, i);
    if (!ok) world_->checker.coverage.count(Deed::kServiceDown);
    outcome(ok ? 5 * kMs : world_->scenario().timing.timeout.count(),
            core::ServiceTested{0, site_name(i), ok, ok ? "" : "no handshake"});
  }
}

}  // namespace sim
