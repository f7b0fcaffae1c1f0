#include "tests/sim/dnsd_model.h"

#include "tests/sim/world.h"

namespace sim {

namespace {

constexpr Time kPoll = 500 * kMs;

base::Instant instant(Time t) { return base::Instant(base::Duration(t + kSecond)); }

}  // namespace

DnsdModel::DnsdModel(World& world, int id) : world_(&world), id_(id) {
  wideip_.name = "mysql.example.com";
  wideip_.pace = decide::Pace::of(base::microseconds(kPoll));
  wideip_.on_none.hold = base::seconds(300);
  for (std::uint8_t i = 1; i <= 2; ++i) {
    wideip_.members.push_back({{"site" + std::to_string(i), "main"}, {base::IpAddress::v4({192, 0, 2, i})}});
  }
  observed_.resize(2);
}

void DnsdModel::begin() { poll(generation_); }

void DnsdModel::crash(Time length) {
  if (!alive_) return;
  alive_ = false;
  ++generation_;
  world_->heap.after(length, [this] {
    alive_ = true;
    observed_.assign(2, {});
    memory_ = {};
    memory_.durable = disk_;
    answer_.reset();
    ++world_->checker.coverage.world["dnsd restarts"];
    begin();
  });
}

std::optional<int> DnsdModel::answers() const { return answer_; }

void DnsdModel::poll(std::uint64_t generation) {
  if (generation != generation_) return;
  for (int site = 0; site < 2; ++site) ask(site);
  decide();
  world_->heap.after(kPoll, [this, generation] { poll(generation); });
}

void DnsdModel::ask(int site) {
  const Time asked = world_->heap.now();
  const auto reached = [this, site] {
    return !world_->segment().dnsd_cut[site] && world_->hosts[static_cast<std::size_t>(site)]->listens();
  };
  if (!reached()) {
    observed_[static_cast<std::size_t>(site)].failing = true;
    return;
  }
  world_->heap.after(world_->network.range(kMs, 20 * kMs), [this, site, asked, reached, generation = generation_] {
    if (generation != generation_ || !reached()) return;
    auto report = world_->hosts[static_cast<std::size_t>(site)]->report();
    if (report.state == ecv::PoolState::kActive) {
      world_->checker.lease(world_->heap.now(), site, report.lease_ms * kMs);
      world_->checker.claims(world_->heap.now(), site, report.epoch);
    }
    world_->heap.after(world_->network.range(kMs, 40 * kMs), [this, site, asked, report, generation] {
      if (generation == generation_) hear(site, asked, report);
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
  if (d.persist) disk_ = memory_.durable;
  if (d.outcome != decide::Outcome::kAnswer || d.members.size() != 1) {
    if (d.members.size() > 1) world_->checker.broken_always(world_->heap.now(), "I8", "two members answered");
    return;
  }
  const int site = d.members[0].site == "site1" ? 0 : 1;
  if (d.epoch.counter() < highest_) {
    world_->checker.broken_always(world_->heap.now(), "I6", "a dnsd answers a lower counter");
  }
  highest_ = std::max(highest_, d.epoch.counter());
  if (answer_ && *answer_ != site) {
    const auto& claim = observed_[static_cast<std::size_t>(site)].claim;
    const bool fresh = claim && claim->state == ecv::PoolState::kActive && claim->lease_end() > now;
    if (!fresh) world_->checker.broken_always(world_->heap.now(), "I7", "a dnsd flips without a fresh claim");
    ++world_->checker.coverage.world["dnsd flips"];
  }
  answer_ = site;
}

void DnsdModel::relay(int about) {
  const int to = 1 - about;
  if (world_->segment().dnsd_cut[to]) return;
  const auto& claim = *observed_[static_cast<std::size_t>(about)].claim;
  ecv::Datagram d;
  d.pool = "main";
  d.from = "ns" + std::to_string(id_ + 1);
  d.to = "site" + std::to_string(to + 1);
  d.boot_id = generation_;
  d.seq = ++seq_;
  const auto age = instant(world_->heap.now()) - claim.asked;
  d.relay = ecv::Relay{static_cast<std::uint8_t>(about + 1), claim.epoch, static_cast<std::uint32_t>(base::to_ms(age))};
  world_->heap.after(world_->network.range(kMs, 20 * kMs),
                     [this, to, d] { world_->hosts[static_cast<std::size_t>(to)]->give(core::RelayDatagram{d}); });
}

}  // namespace sim
