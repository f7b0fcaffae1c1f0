#include "dnsd/decide/decide.h"

#include <algorithm>

#include "dnsd/decide/balance.h"
#include "dnsd/decide/writer.h"

namespace decide {

Pace Pace::of(base::Duration poll) {
  return {poll * 5 / 2, std::max<base::Duration>(poll * 4, base::seconds(1)),
          std::max<base::Duration>(poll * 8, base::seconds(2))};
}

Memory forget_epoch(Memory memory) {
  memory.durable.highest = {};
  if (memory.durable.answered) memory.durable.answered->epoch = {};
  return memory;
}

bool Decision::alarm() const {
  return reason == Reason::kConflict || reason == Reason::kConflictNone ||
         std::any_of(verdicts.begin(), verdicts.end(), [](const Verdict& v) { return v.ground == Ground::kLeap; });
}

bool Decision::accepted() const {
  return reason == Reason::kClaim || reason == Reason::kHighest || reason == Reason::kSelected;
}

bool Decision::steady() const { return accepted() && !memory.troubled_at; }

namespace {

// The one question at hand, and the decision as it grows.
struct Case {
  const WideIp& wideip;
  std::span<const Observation> observed;
  const Memory& before;
  base::Instant now;
  Decision out;

  // Names an instant at which the decision may become another one by itself.
  void wake_at(base::Instant at) {
    if (at > now && (!out.next || at < *out.next)) out.next = at;
  }
};

const Member* find(const WideIp& wideip, const MemberId& id) {
  const auto at =
      std::find_if(wideip.members.begin(), wideip.members.end(), [&](const Member& m) { return m.id == id; });
  return at == wideip.members.end() ? nullptr : &*at;
}

// Answers with these members at their present addresses; those no longer configured are left out.
void answer_with(Case& c, const std::vector<MemberId>& members) {
  for (const MemberId& id : members) {
    const Member* member = find(c.wideip, id);
    if (member == nullptr) continue;
    c.out.members.push_back(id);
    c.out.addresses.insert(c.out.addresses.end(), member->addresses.begin(), member->addresses.end());
  }
  c.out.outcome = Outcome::kAnswer;
}

// True if the last accepted answer can still be given.
bool has_last(const Case& c) {
  const auto& answered = c.before.durable.answered;
  return answered && std::any_of(answered->members.begin(), answered->members.end(),
                                 [&](const MemberId& id) { return find(c.wideip, id) != nullptr; });
}

void keep_last(Case& c, Reason reason, bool stale) {
  c.out.reason = reason;
  c.out.stale = stale;
  c.out.epoch = c.before.durable.answered->epoch;
  answer_with(c, c.before.durable.answered->members);
}

void apply_then(Case& c, Reason reason) {
  c.out.reason = reason;
  switch (c.wideip.on_none.then) {
    case Then::kAll:  // never with active_writer: it would name two writers
    case Then::kServfail: c.out.outcome = Outcome::kServfail; break;
    case Then::kNodata: c.out.outcome = Outcome::kNodata; break;
    case Then::kRefuse: c.out.outcome = Outcome::kRefuse; break;
    case Then::kFallback:
      c.out.outcome = Outcome::kAnswer;
      c.out.addresses = c.wideip.on_none.fallback;
      break;
  }
}

// No member is up. The hold counts from here, or from the moment that this began.
void apply_on_none(Case& c) {
  const base::Duration hold = c.wideip.on_none.hold;
  if (!has_last(c) || hold <= base::Duration::zero()) return apply_then(c, Reason::kNothingHeld);
  const base::Instant since = c.before.held_since.value_or(c.now);
  c.out.memory.held_since = since;
  if (c.now >= since + hold) return apply_then(c, Reason::kHoldOver);
  keep_last(c, Reason::kHeld, true);
  c.wake_at(since + hold);
}

bool held_down(const Case& c, const std::vector<MemberId>& wanted) {
  if (!has_last(c) || c.before.durable.answered->members == wanted || !c.before.flipped_at) return false;
  return c.now < *c.before.flipped_at + c.wideip.hold_down;
}

// The chosen members are believed: the answer is theirs, and their epoch is the least that will be believed next.
void accept(Case& c, const Judgement& judgement, std::vector<MemberId> wanted) {
  Durable& durable = c.out.memory.durable;
  c.out.reason = judgement.outranked ? Reason::kHighest : Reason::kClaim;
  c.out.epoch = judgement.epoch;
  c.out.flipped = durable.answered && durable.answered->members != wanted;
  if (c.out.flipped) c.out.memory.flipped_at = c.now;
  c.out.memory.held_since.reset();
  answer_with(c, wanted);
  if (judgement.epoch.counter() > durable.highest.counter() || durable.highest.value == 0)
    durable.highest = judgement.epoch;
  durable.answered = Answered{std::move(wanted), judgement.epoch};
}

// Whether the claim behind the answer is renewed in time and no poll of it failed.
bool renewed(Case& c, const Judgement& judgement) {
  for (const std::size_t i : judgement.chosen) {
    const Observation& observed = c.observed[i];
    if (observed.failing || !observed.claim) return false;
    const base::Instant late = observed.claim->heard + c.wideip.pace.late_after;
    if (c.now >= late) return false;
    c.wake_at(late);
  }
  return true;
}

// Two values only, and the full one comes back only after a calm time, so that a lossy path is not a republish a
// second.
void choose_ttl(Case& c, const Judgement& judgement) {
  c.out.ttl_s = c.wideip.min_ttl_s;
  if (!c.out.accepted()) return;
  if (!renewed(c, judgement)) {
    c.out.memory.troubled_at = c.now;
    return;
  }
  const auto troubled = c.before.troubled_at;
  if (troubled && c.now < *troubled + c.wideip.pace.calm_after) {
    c.wake_at(*troubled + c.wideip.pace.calm_after);
    return;
  }
  c.out.memory.troubled_at.reset();
  c.out.ttl_s = c.wideip.ttl_s;
}

// A verdict that time alone will change.
void wake_for_verdicts(Case& c) {
  for (std::size_t i = 0; i < c.observed.size(); ++i) {
    const auto& claim = c.observed[i].claim;
    if (!claim) continue;
    c.wake_at(claim->state == ecv::PoolState::kActive ? claim->lease_end() : claim->heard + c.wideip.pace.silent_after);
  }
}

}  // namespace

Decision decide(const WideIp& wideip, std::span<const Observation> observed, const Memory& memory, base::Instant now) {
  if (wideip.method != MethodKind::kActiveWriter) return balance(wideip, observed, memory, now);
  Case c{wideip, observed, memory, now, {}};
  c.out.memory = memory;
  Judgement judgement = judge_writer(wideip, observed, memory.durable, now);
  std::vector<MemberId> wanted;
  for (const std::size_t i : judgement.chosen) wanted.push_back(wideip.members[i].id);

  if (judgement.conflict) {
    has_last(c) ? keep_last(c, Reason::kConflict, true) : apply_then(c, Reason::kConflictNone);
  } else if (wanted.empty()) {
    apply_on_none(c);
  } else if (held_down(c, wanted)) {
    keep_last(c, Reason::kHoldDown, true);
    c.wake_at(*memory.flipped_at + wideip.hold_down);
  } else {
    accept(c, judgement, std::move(wanted));
  }
  choose_ttl(c, judgement);
  wake_for_verdicts(c);
  c.out.verdicts = std::move(judgement.verdicts);
  c.out.persist = c.out.memory.durable != memory.durable;
  return std::move(c.out);
}

}  // namespace decide
