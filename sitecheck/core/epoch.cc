// Epochs: unique by construction, persisted before they are used, never going back (protocol.md section 3).
#include <algorithm>

#include "sitecheck/core/mutation.h"
#include "sitecheck/core/pool.h"

namespace core {

namespace {

// "An epoch further ahead than 2^20 is refused and alarmed."
constexpr std::uint64_t kLeap = 1U << 20U;

constexpr base::Duration kPersistLimit = base::seconds(5);

}  // namespace

bool Pool::observe(ecv::Epoch epoch, std::string_view source) {
  if (epoch.value <= max_seen_.value) return true;
  // In mode C the counter follows the revisions of etcd, which may be anywhere.
  if (epoch.counter() > std::max(max_seen_.counter(), arbiter_->least_counter()) + kLeap) {
    counters_.add(Counter::kEpochRefused);
    raise_alarm("epoch", "refused epoch " + std::to_string(epoch.counter()) + " of " + std::string(source) +
                             ": too far ahead of " + std::to_string(max_seen_.counter()));
    return false;
  }
  clear_alarm("epoch");
  max_seen_ = epoch;
  return true;
}

ecv::Epoch Pool::next_epoch() const {
  // The site's id in the low bits makes it unique: plain max+1 collides.
  const auto id = mutant(Mutation::kPlainMaxPlusOne) ? std::uint8_t{0} : site_->id;
  if (mutant(Mutation::kRevisionAlone)) return ecv::Epoch::make(arbiter_->least_counter(), id);
  return ecv::Epoch::make(std::max(max_seen_.counter() + 1, arbiter_->least_counter()), id);
}

void Pool::persist_if_changed() {
  if (persist_at_ && now_ - *persist_at_ < kPersistLimit) return;
  if (epoch_known_ && max_seen_.value > record_.max_epoch.value) record_.max_epoch = max_seen_;
  if (record_ == durable_) return;
  // A promotion writes its record as one of its steps.
  if (state_ == State::kPromoting && step_ == PromoteStep::kPersistEpoch) return;
  persist_at_ = now_;
  persist_token_ = ++token_;
  persisting_ = record_;
  emit(Persist{index_, persist_token_, record_});
}

void Pool::take(const Persisted& e) {
  if (e.token != persist_token_) return;
  if (!e.ok) {
    raise_alarm("disk", "the state cannot be written: " + e.message);
    return;  // tried again after kPersistLimit
  }
  persist_at_.reset();
  durable_ = persisting_;
  clear_alarm("disk");
  if (!bump_ || durable_.own_epoch.value < bump_->value) return;
  const auto raised = *bump_;
  bump_.reset();
  if (!claims()) return;
  epoch_ = raised;
  counters_.add(Counter::kEpochBump);
  journal(base::Level::kInfo, "pool.epoch", "epoch raised", {{"epoch", std::to_string(epoch_.counter())}});
  set_permit();
  emit(Promote{index_, *writer_, attempt_, PromoteStep::kInsertEpochRow, permit_.until().value_or(now_), epoch_, {}});
  emit(Changed{index_});
  send_now_ = true;
}

// "An ACTIVE that learns of a higher counter with no live owner bumps its own; with a live owner it fences."
void Pool::bump_if_outrun() {
  if (max_seen_.counter() <= epoch_.counter() || bump_ || live_owner()) return;
  bump_ = next_epoch();
  max_seen_ = record_.max_epoch = record_.own_epoch = *bump_;
  persist_if_changed();
}

}  // namespace core
