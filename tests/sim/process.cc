// The sitecheck process of a host: its clock, its life and death, its inbox, its state on disk.
#include <algorithm>
#include <cmath>

#include "tests/sim/host.h"
#include "tests/sim/host_impl.h"
#include "tests/sim/world.h"

namespace sim {

namespace {

constexpr std::size_t kSocketBuffer = 400;  // datagrams that wait for a stopped process

}  // namespace

Host::Host(World& world, int id)
    : database(id, world.heap, world.checker),
      guard(world, *this),
      world_(&world),
      id_(id),
      random_(world.scenario().seed, 200 + static_cast<std::uint64_t>(id)),
      rate_(world.scenario().rate[static_cast<std::size_t>(id)]),
      offset_((id + 1) * 1000 * kSecond) {}

base::Instant Host::local(Time t) const {
  const Time shown = frozen_ ? frozen_at_ : t;
  return base::Instant(base::Duration(offset_ + static_cast<Time>(std::floor(static_cast<double>(shown) * rate_))));
}

base::Instant Host::local_now() const { return local(world_->heap.now()); }

Time Host::true_time(base::Instant at) const {
  return static_cast<Time>(std::ceil(static_cast<double>(at.time_since_epoch().count() - offset_) / rate_));
}

void Host::begin() {
  start_sitecheck();
  poll_every();
}

void Host::seed_state(const core::Record& record) {
  slots_[0] = Slot{true, record, 1};
  world_->checker.durable(0, id_, record);
}

core::LoadedPool Host::load() const {
  core::LoadedPool out;
  const Slot* best = nullptr;
  for (const auto& slot : slots_) {
    if (slot.valid && (best == nullptr || slot.seq > best->seq)) best = &slot;
  }
  out.slots = best == nullptr ? core::LoadedPool::Slots::kMissing : core::LoadedPool::Slots::kValid;
  if (best != nullptr) out.record = best->record;  // a torn slot was never acted upon
  if (mapped_ && mapped_->kernel_boot == kernel_boot_)
    out.permit = {mapped_->deadline, mapped_->epoch, mapped_->lease_id};
  return out;
}

void Host::lose_state() {
  slots_ = {};
  world_->checker.durable_lost(id_);
}

void Host::start_sitecheck() {
  if (!up_ || site_) return;
  const Time now = world_->heap.now();
  ++generation_;
  stopped_ = false;
  inbox_.clear();
  booted_at_ = state_since_ = now;
  heard_.clear();
  rivals_.fill({now, now});
  finished = 0;
  fences = 0;
  core::Identity identity;
  identity.boot_id = boot_id_ = random_.next() | 1U;
  identity.nonce_seed = random_.next();
  const core::LoadedPool loaded = load();
  site_.emplace(world_->config(id_, other_config_), identity, std::span(&loaded, 1), local_now());
  state_ = site_->standing(0).state;
  if (state_ == core::State::kActive) {
    world_->checker.coverage.count(Deed::kResumed);
  } else {
    world_->checker.permit(now, id_, 0);
  }
  if (world_->checker.tracing()) {
    world_->checker.say(now, site_name(id_) + ": sitecheck starts as " + std::string(core::name(state_)));
  }
  outcome(kMs, core::GuardStatus{0, guard.answers(), "", guard.deadline()});
  wake_ = -1;
  step({});
}

void Host::crash_sitecheck() {
  if (!site_) return;
  world_->checker.coverage.add(site_->pool(0, local_now()).counters);
  site_.reset();
  inbox_.clear();
  ++generation_;
  if (world_->checker.tracing()) world_->checker.say(world_->heap.now(), site_name(id_) + ": sitecheck dies");
}

void Host::stop_sitecheck() { stopped_ = true; }

void Host::continue_sitecheck() {
  stopped_ = false;
  if (!site_ || frozen_) return;
  const auto waiting = std::exchange(inbox_, {});
  if (world_->options().timers_first) step({});  // against rule 8
  step(waiting);
}

void Host::command(core::Operation operation, const std::string& target) {
  core::Command c;
  c.id = static_cast<std::uint64_t>(operation) + 1;
  c.operation = operation;
  if (operation == core::Operation::kSetOffline || operation == core::Operation::kSetOnline) c.node = 0;
  c.who = "operator";
  c.reason = "simulated";
  c.target = target;
  give(c);
}

void Host::crash() {
  if (!up_) return;
  crash_sitecheck();
  database.kill();
  up_ = false;
  guard.lose_deadline();
  deadline_.reset();
  mapped_.reset();
  world_->checker.permit(world_->heap.now(), id_, 0);
  // A write under way tears its slot, which held the older record.
  if (disk_free_at_ > world_->heap.now()) slots_[slots_[0].seq <= slots_[1].seq ? 0 : 1] = Slot{};
  disk_free_at_ = 0;
}

void Host::start() {
  if (up_) return;
  up_ = true;
  ++kernel_boot_;
  database.start();
  guard.start();
  start_sitecheck();
}

void Host::freeze() {
  if (frozen_ || !up_) return;
  frozen_at_ = world_->heap.now();
  frozen_ = true;
  database.hang();
}

void Host::thaw() {
  if (!frozen_) return;
  frozen_ = false;
  offset_ -= static_cast<Time>(static_cast<double>(world_->heap.now() - frozen_at_) * rate_);  // its clock stood still
  if (!up_) return;
  database.wake();
  guard.thaw();
  if (!stopped_) continue_sitecheck();
}

void Host::guard_away(bool stop) {
  if (!guard.answers() || !up_) return;
  if (stop) {
    guard.stop();
  } else {
    guard.crash();
  }
  outcome(random_.range(kMs, 4 * world_->scenario().timing.guard_tick.count()),
          core::GuardStatus{0, false, "no answer", std::nullopt});
}

// The shell finds it again and tells it the deadline.
void Host::guard_back() {
  guard.start();
  guard.go_on();
  if (!up_) return;
  outcome(50 * kMs, core::GuardStatus{0, true, "", guard.deadline()});
  world_->heap.after(60 * kMs, [this] {
    if (site_ && !stopped_ && deadline_) guard.renew(*deadline_);
  });
}

// Null: nothing of that process was taken.
Host::Heard* Host::heard(std::uint64_t boot_id) {
  const auto found =
      std::find_if(heard_.rbegin(), heard_.rend(), [boot_id](const Heard& h) { return h.boot_id == boot_id; });
  return found == heard_.rend() ? nullptr : &*found;
}

// True if this very datagram has been taken before, by this process.
bool Host::notice_peer(const ecv::Datagram& d, int from) {
  Heard* const known = heard(d.boot_id);
  Heard& heard = known != nullptr ? *known : heard_.emplace_back(Heard{d.boot_id});
  if (d.seq <= heard.seq) {
    const auto back = heard.seq - d.seq;
    const bool again = back < 64 && (heard.before >> back & 1U) != 0;
    if (back < 64) heard.before |= std::uint64_t{1} << back;
    return again;
  }
  heard.before = d.seq - heard.seq < 64 ? heard.before << (d.seq - heard.seq) | 1U : 1U;
  heard.seq = d.seq;
  const auto& sc = world_->scenario();
  if (from < sc.sites && world_->hosts[static_cast<std::size_t>(from)]->boot_id_ != d.boot_id) return false;
  heard_at_ = world_->heap.now();
  auto& rival = rivals_[static_cast<std::size_t>(from)];
  // Rule 11: a process that has not heard this one cannot prove itself to it.
  const bool proven = from < sc.sites && world_->hosts[static_cast<std::size_t>(from)]->heard(boot_id_) != nullptr;
  if (!d.eligible || !proven || heard_at_ - rival.heard_at > sc.timing.window().count()) {
    rival.eligible_since = heard_at_;
  }
  rival.heard_at = heard_at_;
  return false;
}

void Host::give_peer(const core::Event& datagram, int from, bool replayed) {
  if (!site_) return;
  const auto& d = std::get<core::PeerDatagram>(datagram).datagram;
  if (stopped_ || frozen_) {
    // What it reads when it goes on counts as heard then; for the checks of a promotion, now is earlier and stricter.
    (void)notice_peer(d, from);
    if (inbox_.size() < kSocketBuffer) inbox_.push_back(datagram);
    return;
  }
  const bool again = notice_peer(d, from);
  // Of the copies that come late on the other path, one in 64 is read: they change nothing, and cost many steps.
  if (again && !replayed && world_->heap.now() % 64 != 0) return;
  const auto events = std::span(&datagram, 1);
  if (again) return give_replayed(events);
  step(events);
}

void Host::give_unverifiable(ecv::DatagramFault fault, int path, const std::string& party) {
  if (!site_) return;
  core::Event event = core::PeerUnverifiable{fault, static_cast<std::size_t>(path), party};
  if (stopped_ || frozen_) return give(std::move(event));
  give_replayed(std::span(&event, 1));
}

// I16: what was heard before, or proves nothing, changes no epoch, permit or grant. Copies are sampled: this costs more
// steps.
void Host::give_replayed(std::span<const core::Event> events) {
  world_->checker.coverage.count(Deed::kReplayed);
  for (int i = 0; i < 3; ++i) step({});  // what time alone brings about, first
  if (!site_) return;
  const auto before = site_->standing(0);
  step(events);
  if (!site_) return;
  // To stand as a candidate is neither: it asks, and a restarted peer that spoke at all may end a silence.
  const auto after = site_->standing(0);
  if (after.epoch == before.epoch && after.max_epoch_seen == before.max_epoch_seen && after.permit == before.permit &&
      (after.state == before.state || after.state == core::State::kCandidate)) {
    return;
  }
  world_->checker.broken_always(world_->heap.now(), "I16",
                                site_name(id_) + ": a replayed or unverifiable datagram changed something");
  world_->heap.stop();
}

void Host::give(core::Event event) {
  if (!site_) return;
  if (stopped_ || frozen_) {
    if (inbox_.size() < kSocketBuffer) inbox_.push_back(std::move(event));
    return;
  }
  step(std::span(&event, 1));
}

std::size_t Host::step(std::span<const core::Event> events) {
  const Time now = world_->heap.now();
  auto actions = std::exchange(actions_, {});
  site_->step(events, local(now), actions);
  world_->checker.note(now, static_cast<std::uint64_t>(id_), events.size() << 8U | actions.size());
  for (auto& action : actions) {
    std::visit([this](auto& a) { perform(a); }, action);
    if (!world_->checker.failed()) continue;
    world_->heap.stop();
    return 0;
  }
  const auto count = actions.size();
  actions.clear();
  actions_ = std::move(actions);
  wake_at(site_->next_deadline());
  return count;
}

void Host::wake_at(base::Instant deadline) {
  const Time now = world_->heap.now();
  const Time at = std::max(true_time(deadline), now + 1);
  if (wake_ > now && wake_ <= at) return;
  wake_ = at;
  world_->heap.at(at, [this, at, generation = generation_] {
    if (generation != generation_ || wake_ != at || !site_) return;
    if (stopped_ || frozen_) return;  // continuing steps
    const Time deadline_now = true_time(site_->next_deadline());
    wake_ = -1;
    if (deadline_now > world_->heap.now()) return wake_at(site_->next_deadline());
    step({});
  });
}

}  // namespace sim
