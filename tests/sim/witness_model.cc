#include "tests/sim/witness_model.h"

#include "tests/sim/world.h"

namespace sim {

WitnessModel::WitnessModel(World& world, int number)
    : world_(&world),
      number_(number),
      party_(world.scenario().sites + number),
      random_(world.scenario().seed, 300 + static_cast<std::uint64_t>(number)) {
  start();
}

base::Instant WitnessModel::local_now() const {
  const double rate = world_->scenario().rate[static_cast<std::size_t>(party_)];
  const auto shown = static_cast<Time>(static_cast<double>(world_->heap.now()) * rate);
  return base::Instant(base::Duration(shown + (party_ + 1) * 1000 * kSecond));
}

void WitnessModel::start() {
  const auto& sc = world_->scenario();
  ecv::WitnessSettings s;
  s.id = world_->network.party_name(party_);
  s.pool = "main";
  for (int i = 0; i < sc.sites; ++i) s.sites.push_back({site_name(i), static_cast<std::uint8_t>(i + 1), kPaths});
  s.boot_id = random_.next() | 1U;
  s.nonce_seed = random_.next();
  // Without its moratorium it would have booted long ago.
  const auto booted = world_->options().witness_moratorium ? local_now() : local_now() - base::seconds(100);
  witness_.emplace(std::move(s), booted);
}

void WitnessModel::give(const ecv::Datagram& d, int path) {
  if (!witness_) return;
  if (!stopped_) return take(d, path);
  if (inbox_.size() < 400) inbox_.emplace_back(d, path);
}

void WitnessModel::take(const ecv::Datagram& d, int path) {
  auto answer = witness_->take(d, static_cast<std::size_t>(path), local_now());
  if (!answer) return;
  for (const auto& a : answer->answers) {
    world_->checker.coverage.count(a.kind == ecv::AnswerKind::kGrant ? Deed::kWitnessGrant : Deed::kWitnessRefusal);
  }
  world_->network.transmit(party_, std::move(*answer));
}

void WitnessModel::crash(Time length) {
  if (!witness_) return;
  witness_.reset();
  inbox_.clear();
  stopped_ = false;
  world_->checker.coverage.count(Deed::kWitnessRestart);
  world_->heap.after(length, [this, generation = ++generation_] {
    if (generation == generation_) start();
  });
}

void WitnessModel::stop(Time length) {
  if (!witness_ || stopped_) return;
  stopped_ = true;
  world_->heap.after(length, [this, generation = generation_] {
    if (generation != generation_ || !stopped_) return;
    stopped_ = false;
    for (const auto& [d, path] : std::exchange(inbox_, {})) take(d, path);
  });
}

}  // namespace sim
