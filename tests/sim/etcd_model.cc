#include "tests/sim/etcd_model.h"

#include <algorithm>
#include <memory>

#include "tests/sim/world.h"

namespace sim {

namespace {

constexpr const char* kGone = "the lease is gone";

core::EtcdDone unknown(core::PoolIndex pool, std::uint64_t token) {
  core::EtcdDone done;
  done.pool = pool;
  done.token = token;
  done.message = "no answer";
  return done;
}

}  // namespace

EtcdModel::EtcdModel(World& world) : world_(&world), random_(world.scenario().seed, 400) {}

void EtcdModel::begin() { watch_all(); }

Time EtcdModel::ttl() {
  return static_cast<Time>(static_cast<double>(world_->scenario().timing.etcd_ttl.count()) /
                           world_->scenario().etcd_rate);
}

std::int64_t EtcdModel::grant() {
  const auto id = ++next_lease_;
  leases_[id] = world_->heap.now() + ttl();
  world_->heap.at(leases_[id], [this, id] { expire(id); });
  return id;
}

void EtcdModel::expire(std::int64_t lease) {
  const auto at = leases_.find(lease);
  if (at == leases_.end()) return;
  if (at->second > world_->heap.now() || !up_) {
    world_->heap.at(std::max(at->second, world_->heap.now() + 10 * kMs), [this, lease] { expire(lease); });
    return;
  }
  world_->checker.coverage.count(Deed::kEtcdExpired);
  drop(lease);
}

void EtcdModel::drop(std::int64_t lease) {
  leases_.erase(lease);
  if (!key_ || key_->lease != lease) return;
  key_.reset();
  ++revision_;
  if (world_->checker.tracing()) world_->checker.say(world_->heap.now(), "etcd: the key is gone");
  changed();
}

core::EtcdOwner EtcdModel::owner() const {
  return key_ ? core::EtcdOwner{site_name(key_->site), key_->create_revision} : core::EtcdOwner{};
}

template <typename Effect>
void EtcdModel::call(Host& host, base::Duration limit, core::EtcdDone nothing, Effect effect) {
  const auto sight = world_->segment().etcd[static_cast<std::size_t>(host.id())];
  const Time slow = sight == EtcdSight::kSlow ? random_.range(0, 2 * limit.count()) : 0;
  const Time there = random_.range(kMs, 10 * kMs) + slow / 2;
  const Time back = random_.range(kMs, 10 * kMs) + slow / 2;
  const Time deadline = world_->heap.now() + limit.count();
  auto done = std::make_shared<core::EtcdDone>(std::move(nothing));
  if (sight != EtcdSight::kCut) {
    world_->heap.after(
        there, [this, &host, done, effect, sight, back, deadline, generation = host.generation()]() mutable {
          if (!up_) return;
          core::EtcdDone real = *done;
          effect(real);
          const auto now_sight = world_->segment().etcd[static_cast<std::size_t>(host.id())];
          if (sight == EtcdSight::kGarbage) return world_->checker.coverage.count(Deed::kEtcdGarbage);
          if (sight == EtcdSight::kDeaf || now_sight == EtcdSight::kCut || world_->heap.now() + back > deadline) {
            return world_->checker.coverage.count(Deed::kEtcdAnswerLost);
          }
          *done = std::move(real);
          world_->heap.after(back, [this, &host, done, generation] {
            if (done->token == 0) return;
            core::EtcdDone event = *done;
            done->token = 0;
            const bool told = generation == host.generation() && host.listens();  // not a process before this one
            if (event.message == kGone && told && event.lease_id == newest(host)) watch_closing(host);
            host.give_to(generation, std::move(event));
          });
        });
  }
  // What has not come by then is unknown, whatever became of it.
  world_->heap.at(deadline, [&host, done, generation = host.generation()] {
    if (done->token == 0) return;
    auto silence = unknown(done->pool, std::exchange(done->token, 0));
    host.give_to(generation, std::move(silence));
  });
}

void EtcdModel::campaign(Host& host, const core::EtcdCampaign& a) {
  call(host, a.limit, unknown(a.pool, a.token), [this, site = host.id()](core::EtcdDone& done) {
    if (key_) {
      done.result = core::EtcdResult::kLost;
      done.owner = owner();
      done.lease_id = ++next_lease_;  // granted, and revoked again
      return;
    }
    done.result = core::EtcdResult::kDone;
    done.lease_id = grant();
    key_ = Key{site, done.lease_id, ++revision_};
    newest_[static_cast<std::size_t>(site)] = done.lease_id;
    done.create_revision = key_->create_revision;
    if (world_->checker.tracing())
      world_->checker.say(world_->heap.now(), "etcd: the key is " + site_name(site) + "'s");
    changed();
  });
}

void EtcdModel::keep_alive(Host& host, const core::EtcdKeepAlive& a) {
  call(host, a.limit, unknown(a.pool, a.token), [this, lease = a.lease_id](core::EtcdDone& done) {
    const auto at = leases_.find(lease);
    done.lease_id = lease;
    const bool lives = at != leases_.end() || world_->options().dead_lease_renewed;
    done.result = lives ? core::EtcdResult::kDone : core::EtcdResult::kLost;
    if (at == leases_.end()) {
      done.message = kGone;
    } else {
      at->second = std::max(at->second, world_->heap.now() + ttl());
    }
  });
}

void EtcdModel::release(Host& host, const core::EtcdRelease& a) {
  call(host, world_->scenario().timing.etcd_ttl, unknown(a.pool, a.token),
       [this, lease = a.lease_id](core::EtcdDone& done) {
         done.lease_id = lease;
         done.result = core::EtcdResult::kDone;
         drop(lease);
       });
}

std::int64_t EtcdModel::newest(const Host& host) const { return newest_[static_cast<std::size_t>(host.id())]; }

// I11: who has been told that its lease is gone is closed soon, whatever its permit says.
void EtcdModel::watch_closing(const Host& host) {
  if (host.state() != core::State::kActive || world_->scenario().fence_beyond) return;
  const auto& timing = world_->scenario().timing;
  const Time enough = (timing.fence_bound + 2 * timing.interval).count();
  world_->heap.after(enough, [this, &host, generation = host.generation(), since = host.state_since()] {
    const bool same = generation == host.generation() && host.state() == core::State::kActive &&
                      host.state_since() == since && host.database.writable() && host.listens();
    if (!same) return;
    world_->checker.broken_always(world_->heap.now(), "I11",
                                  site_name(host.id()) + " takes writes long after etcd said that its lease is gone");
    world_->heap.stop();
  });
}

void EtcdModel::revoke() {
  if (!up_ || !key_) return;
  if (world_->checker.tracing()) world_->checker.say(world_->heap.now(), "a person revokes the lease");
  world_->checker.coverage.count(Deed::kEtcdRevoked);
  drop(key_->lease);
}

void EtcdModel::go_down(Time length, bool rebuilt) {
  up_ = false;
  if (rebuilt) {
    leases_.clear();
    key_.reset();
    revision_ = 1;
    world_->checker.coverage.count(Deed::kEtcdRebuilt);
  }
  if (world_->checker.tracing())
    world_->checker.say(world_->heap.now(), rebuilt ? "etcd is rebuilt" : "etcd goes down");
  back_at_ = std::max(back_at_, world_->heap.now() + length);
  world_->heap.after(length, [this] {
    if (world_->heap.now() < back_at_ || up_) return;
    up_ = true;
    // A new leader gives every lease its whole time again.
    if (random_.chance(0.5)) {
      for (auto& [id, until] : leases_) until = std::max(until, world_->heap.now() + ttl());
    }
    if (world_->checker.tracing()) world_->checker.say(world_->heap.now(), "etcd is back");
    changed();
  });
}

void EtcdModel::changed() {
  for (int site = 0; site < world_->scenario().sites; ++site) {
    world_->heap.after(random_.range(kMs, 30 * kMs), [this, site] { tell_watch(site); });
  }
}

// A watch that a site cannot see says so after a while: looked at every interval.
void EtcdModel::watch_all() {
  for (int site = 0; site < world_->scenario().sites; ++site) tell_watch(site);
  world_->heap.after(world_->scenario().interval(), [this] { watch_all(); });
}

void EtcdModel::tell_watch(int site) {
  auto& host = *world_->hosts[static_cast<std::size_t>(site)];
  if (!host.runs()) {
    told_[static_cast<std::size_t>(site)] = 0;
    return;
  }
  core::EtcdWatched event;
  event.known = up_ && !has(world_->segment().watch_blind, site);
  if (event.known) event.owner = owner();
  const int now = !event.known ? 1 : key_ ? static_cast<int>(key_->create_revision) * kMaxSites + key_->site + 3 : 2;
  const int told = static_cast<int>(host.generation() % 64) << 24 | now;
  if (std::exchange(told_[static_cast<std::size_t>(site)], told) == told) return;
  host.give(event);
}

}  // namespace sim
