// The sitecheck process of a host: its clock, its life and death, its inbox, its state on disk.
#include <cmath>

#include "tests/sim/host.h"
#include "tests/sim/world.h"

namespace sim {

namespace {

constexpr std::size_t kSocketBuffer = 400;  // datagrams that wait for a stopped process

}  // namespace

Host::Host(World& world, int id)
    : database(id, world.heap, world.checker),
      world_(&world),
      id_(id),
      rate_(world.scenario().rate[static_cast<std::size_t>(id)]),
      offset_((id + 1) * 1000 * kSecond) {}

base::Instant Host::local(Time t) const {
  const Time shown = frozen_ ? frozen_at_ : t;
  return base::Instant(base::Duration(offset_ + static_cast<Time>(std::floor(static_cast<double>(shown) * rate_))));
}

Time Host::true_time(base::Instant at) const {
  return static_cast<Time>(std::ceil(static_cast<double>(at.time_since_epoch().count() - offset_) / rate_));
}

void Host::begin() {
  start_sitecheck();
  poll_every(0);
}

void Host::seed_state(const core::Record& record) {
  slots_[0] = Slot{true, false, record, 1};
  world_->checker.durable(0, id_, record);
}

core::LoadedPool Host::load() const {
  core::LoadedPool out;
  const Slot* best = nullptr;
  bool corrupt = false;
  for (const auto& slot : slots_) {
    corrupt = corrupt || slot.corrupt;
    if (slot.valid && (best == nullptr || slot.seq > best->seq)) best = &slot;
  }
  if (best != nullptr) {
    out.slots = core::LoadedPool::Slots::kValid;  // a torn slot was never acted upon
    out.record = best->record;
  } else {
    out.slots = corrupt ? core::LoadedPool::Slots::kCorrupt : core::LoadedPool::Slots::kMissing;
  }
  if (mapped_ && mapped_->kernel_boot == kernel_boot_) out.permit = {mapped_->deadline, mapped_->epoch};
  return out;
}

void Host::lose_state() {
  slots_ = {};
  world_->checker.durable_lost(id_);
}

void Host::start_sitecheck() {
  if (!up_ || site_) return;
  ++generation_;
  stopped_ = false;
  inbox_.clear();
  round_.reset();
  state_ = core::State::kInit;
  booted_at_ = world_->heap.now();
  heard_seq_.clear();
  fences_ = 0;
  core::Identity identity;
  identity.boot_id = boot_id_ = world_->local.next() | 1U;
  identity.nonce_seed = world_->local.next();
  const core::LoadedPool loaded = load();
  site_.emplace(world_->config(id_, other_config_), identity, std::span(&loaded, 1), local(world_->heap.now()));
  const auto view = site_->pool(0, local(world_->heap.now()));
  state_ = view.state;
  if (state_ != core::State::kActive) world_->checker.permit(world_->heap.now(), id_, 0);
  world_->checker.say(world_->heap.now(),
                      "site " + std::to_string(id_) + " sitecheck starts as " + std::string(core::name(state_)));
  if (state_ == core::State::kActive) ++world_->checker.coverage.edges["boot>ACTIVE"];
  outcome(kMs, core::GuardStatus{0, true, ""});
  wake_ = -1;
  step({});
}

void Host::crash_sitecheck() {
  if (!site_) return;
  const auto view = site_->pool(0, local(world_->heap.now()));
  Coverage life;
  life.counters = view.counters;
  world_->checker.coverage.add(life);
  site_.reset();
  inbox_.clear();
  ++generation_;
  world_->checker.say(world_->heap.now(), "site " + std::to_string(id_) + " sitecheck dies");
}

void Host::stop_sitecheck() { stopped_ = true; }

void Host::continue_sitecheck() {
  stopped_ = false;
  if (!site_ || frozen_) return;
  const auto waiting = std::exchange(inbox_, {});
  step(waiting);
}

core::PoolView Host::view() const { return site_->pool(0, local(world_->heap.now())); }

ecv::Report Host::report() const { return site_->report(0, local(world_->heap.now())); }

void Host::command(core::Operation operation) {
  core::Command c;
  c.operation = operation;
  if (operation == core::Operation::kSetOffline || operation == core::Operation::kSetOnline) c.node = 0;
  c.who = "operator";
  c.reason = "simulated";
  give(c);
}

void Host::crash() {
  if (!up_) return;
  crash_sitecheck();
  database.kill();
  up_ = false;
  guard_deadline_.reset();
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
  guard_look_ = -1;
  if (guard_deadline_) renew_guard(*guard_deadline_);
  if (!stopped_) continue_sitecheck();
}

void Host::notice_peer(const ecv::Datagram& d) {
  if (!site_) return;
  auto& seq = heard_seq_[d.boot_id];
  if (d.seq <= seq) return;
  seq = d.seq;
  if (world_->hosts[static_cast<std::size_t>(1 - id_)]->boot_id_ == d.boot_id) heard_at_ = world_->heap.now();
}

void Host::give(core::Event event) {
  if (!site_) return;
  if (stopped_ || frozen_) {
    if (inbox_.size() < kSocketBuffer) inbox_.push_back(std::move(event));
    return;
  }
  step(std::span(&event, 1));
}

void Host::step(std::span<const core::Event> events) {
  const Time now = world_->heap.now();
  auto actions = std::exchange(actions_, {});
  actions.clear();
  site_->step(events, local(now), actions);
  world_->checker.note(now, static_cast<std::uint64_t>(id_), events.size() << 8U | actions.size());
  for (const auto& action : actions) {
    std::visit([this](const auto& a) { perform(a); }, action);
    if (world_->checker.failed()) return world_->heap.stop();
  }
  actions_ = std::move(actions);
  wake_at(site_->next_deadline());
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

void Host::outcome(Time delay, core::Event event) {
  world_->heap.after(delay, [this, generation = generation_, event = std::move(event)]() mutable {
    if (generation == generation_) give(std::move(event));
  });
}

}  // namespace sim
