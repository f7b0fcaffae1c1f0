#include "tests/sim/dnsd_model.h"

#include "tests/sim/world.h"

namespace sim {

namespace {

base::Instant instant(Time t) { return base::Instant(base::Duration(t + kSecond)); }

}  // namespace

DnsdModel::DnsdModel(World& world, int id)
    : world_(&world),
      id_(id),
      random_(world.scenario().seed, 500 + static_cast<std::uint64_t>(id)),
      poll_(2 * world.scenario().interval()) {
  wideip_.name = "mysql.example.com";
  wideip_.pace = decide::Pace::of(base::microseconds(poll_));
  wideip_.on_none.hold = base::seconds(300);
  for (int i = 0; i < world.scenario().sites; ++i) {
    wideip_.members.push_back(
        {{site_name(i), "main"}, {base::IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(i + 1)})}});
  }
  observed_.resize(wideip_.members.size());
  reached_since_.fill(-1);
}

void DnsdModel::begin() { poll(generation_); }

void DnsdModel::crash(Time length) {
  if (!alive_) return;
  alive_ = false;
  ++generation_;
  world_->heap.after(length, [this] {
    alive_ = true;
    observed_.assign(wideip_.members.size(), {});
    reached_since_.fill(-1);
    memory_ = {};
    memory_.durable = disk_;
    answer_.reset();
    world_->checker.coverage.count(Deed::kDnsdRestart);
    begin();
  });
}

std::optional<int> DnsdModel::answers() const { return answer_; }

void DnsdModel::poll(std::uint64_t generation) {
  if (generation != generation_) return;
  for (int site = 0; site < world_->scenario().sites; ++site) ask(site);
  decide();
  check_agreement();
  if (world_->scenario().service) tell_service();
  world_->heap.after(poll_, [this, generation] { poll(generation); });
}

void DnsdModel::ask(int site) {
  const Time asked = world_->heap.now();
  const auto reached = [this, site] {
    return !has(world_->segment().dnsd_cut, site) && world_->hosts[static_cast<std::size_t>(site)]->listens();
  };
  auto& since = reached_since_[static_cast<std::size_t>(site)];
  if (!reached()) {
    since = -1;
    observed_[static_cast<std::size_t>(site)].failing = true;
    return;
  }
  if (since < 0) since = asked;
  world_->heap.after(random_.range(kMs, 20 * kMs), [this, site, asked, reached, generation = generation_] {
    if (generation != generation_) return;
    if (!reached()) {
      reached_since_[static_cast<std::size_t>(site)] = -1;
      return;
    }
    auto report = world_->hosts[static_cast<std::size_t>(site)]->report();
    if (report.state == ecv::PoolState::kActive) {
      world_->checker.lease(world_->heap.now(), site, report.lease_ms * kMs);
      world_->checker.claims(world_->heap.now(), site, report.epoch);
    }
    const Time back = random_.range(kMs, 40 * kMs);
    world_->heap.after(back,
                       [this, site, asked, generation, report = std::make_unique<ecv::Report>(std::move(report))] {
                         if (generation == generation_) hear(site, asked, *report);
                       });
  });
}

void DnsdModel::hear(int site, Time asked, const ecv::Report& report) {
  auto& o = observed_[static_cast<std::size_t>(site)];
  if (o.claim && o.claim->asked > instant(asked)) return;  // overtaken
  o.failing = false;
  o.claim = decide::Claim{instant(asked), instant(world_->heap.now()), report.state, report.epoch,
                          base::milliseconds(report.lease_ms)};
  decide();
  if (report.state == ecv::PoolState::kActive && report.lease_ms > 0 && world_->scenario().relays) relay(site);
}

void DnsdModel::decide() {
  const auto now = instant(world_->heap.now());
  auto d = decide::decide(wideip_, observed_, memory_, now);
  memory_ = d.memory;
  // In mode C the counter is the greater of a revision and what is known plus one: where revisions are small, and the
  // two sites did not hear each other, both may have the same. It is held then until the older claim's lease has ended.
  twins_ = world_->scenario().arbiter == core::ArbiterKind::kEtcd &&
           (d.reason == decide::Reason::kConflict || d.reason == decide::Reason::kConflictNone);
  if (d.persist) disk_ = memory_.durable;
  if (d.outcome != decide::Outcome::kAnswer || d.members.size() != 1) {
    if (d.members.size() > 1) world_->checker.broken_always(world_->heap.now(), "I8", "two members answered");
    return;
  }
  const int site = world_->network.party_of(d.members[0].site);
  if (d.epoch.counter() < highest_) {
    world_->checker.broken_always(world_->heap.now(), "I6", "a dnsd answers a lower counter");
  }
  highest_ = std::max(highest_, d.epoch.counter());
  if (answer_ && *answer_ != site) {
    const auto& claim = observed_[static_cast<std::size_t>(site)].claim;
    const bool fresh = claim && claim->state == ecv::PoolState::kActive && claim->lease_end() > now;
    if (!fresh) world_->checker.broken_always(world_->heap.now(), "I7", "a dnsd flips without a fresh claim");
    world_->checker.coverage.count(Deed::kDnsdFlip);
    if (world_->checker.tracing()) {
      world_->checker.say(world_->heap.now(), "ns" + std::to_string(id_ + 1) + " answers " + site_name(site));
    }
  }
  answer_ = site;
}

// I9: the sole ACTIVE, reached without a gap for two polls and a timeout, is the answer.
void DnsdModel::check_agreement() {
  const Time now = world_->heap.now();
  const int one = world_->writer();
  if (one < 0) return;
  const auto& host = *world_->hosts[static_cast<std::size_t>(one)];
  const auto reached = reached_since_[static_cast<std::size_t>(one)];
  const Time enough = 2 * poll_ + 100 * kMs;
  if (reached < 0 || now - reached < enough || now - host.state_since() < enough) return;
  if (answer_ == one || twins_ || host.standing().epoch.counter() < highest_ || host.view().lease_ms < 200) return;
  world_->checker.broken(now, "I9", "a dnsd that reaches the sole writer does not answer it");
}

// What it found when it tested each site's service address (protocol.md section 3).
void DnsdModel::tell_service() {
  for (int site = 0; site < world_->scenario().sites; ++site) {
    if (has(world_->segment().dnsd_cut, site)) continue;
    const bool ok =
        !has(world_->segment().service_cut, site) && world_->hosts[static_cast<std::size_t>(site)]->database.answers();
    ecv::Datagram d;
    d.pool = "main";
    d.from = "ns" + std::to_string(id_ + 1);
    d.to = site_name(site);
    d.boot_id = generation_;
    d.seq = ++seq_;
    d.service = ok ? ecv::ServiceView::kUp : ecv::ServiceView::kDown;
    send(site, std::move(d));
  }
}

void DnsdModel::send(int to, ecv::Datagram d) {
  world_->heap.after(random_.range(kMs, 20 * kMs),
                     [this, to, relay = std::make_unique<core::RelayDatagram>(core::RelayDatagram{std::move(d)})] {
                       world_->hosts[static_cast<std::size_t>(to)]->give(std::move(*relay));
                     });
}

void DnsdModel::relay(int about) {
  const auto& claim = *observed_[static_cast<std::size_t>(about)].claim;
  for (int to = 0; to < world_->scenario().sites; ++to) {
    if (to == about || has(world_->segment().dnsd_cut, to)) continue;
    ecv::Datagram d;
    d.pool = "main";
    d.from = "ns" + std::to_string(id_ + 1);
    d.to = site_name(to);
    d.boot_id = generation_;
    d.seq = ++seq_;
    const auto age = instant(world_->heap.now()) - claim.asked;
    d.relay =
        ecv::Relay{static_cast<std::uint8_t>(about + 1), claim.epoch, static_cast<std::uint32_t>(base::to_ms(age))};
    send(to, std::move(d));
  }
}

}  // namespace sim
