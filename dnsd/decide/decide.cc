#include "dnsd/decide/decide.h"

#include <algorithm>

#include "dnsd/decide/balance.h"
#include "dnsd/decide/override.h"
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
  return reason == Reason::kConflict || reason == Reason::kConflictNone || reason == Reason::kForced ||
         reason == Reason::kBarred ||
         std::any_of(verdicts.begin(), verdicts.end(), [](const Verdict& v) { return v.ground == Ground::kLeap; });
}

bool Decision::accepted() const {
  return reason == Reason::kClaim || reason == Reason::kHighest || reason == Reason::kSelected ||
         reason == Reason::kPinned;
}

bool Decision::steady() const { return accepted() && !memory.troubled_at; }

namespace {

// The one question at hand, and the decision as it grows.
struct Case {
  const WideIp& wideip;
  std::span<const Observation> observed;
  const Memory& before;
  base::Instant now;
  std::optional<std::size_t> pinned;  // by an operator
  Decision out;

  // An operator's order keeps this member out of the answer.
  [[nodiscard]] bool barred(std::size_t i) const { return observed[i].drained || (pinned && *pinned != i); }
  // Names an instant at which the decision may become another one by itself.
  void wake_at(base::Instant at) {
    if (at > now && (!out.next || at < *out.next)) out.next = at;
  }
};

std::optional<std::size_t> find(const WideIp& wideip, const MemberId& id) {
  const auto at =
      std::find_if(wideip.members.begin(), wideip.members.end(), [&](const Member& m) { return m.id == id; });
  if (at == wideip.members.end()) return std::nullopt;
  return static_cast<std::size_t>(at - wideip.members.begin());
}

// Answers with these members at their present addresses; those no longer configured are left out.
void answer_with(Case& c, const std::vector<MemberId>& members) {
  for (const MemberId& id : members) {
    const auto at = find(c.wideip, id);
    if (!at) continue;
    const auto& addresses = c.wideip.members[*at].addresses;
    c.out.members.push_back(id);
    c.out.addresses.insert(c.out.addresses.end(), addresses.begin(), addresses.end());
  }
  c.out.outcome = Outcome::kAnswer;
}

// True if the last accepted answer can still be given.
bool has_last(const Case& c) {
  const auto& answered = c.before.durable.answered;
  return answered && std::any_of(answered->members.begin(), answered->members.end(), [&](const MemberId& id) {
           const auto at = find(c.wideip, id);
           return at && !c.barred(*at);
         });
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

// Pinned by break-glass, though no claim says so: one member, and nothing is learnt from it.
void force(Case& c, std::size_t i) {
  c.out.reason = Reason::kForced;
  c.out.stale = true;
  answer_with(c, {c.wideip.members[i].id});
}

// Members that an order keeps out are told as such, but for what is an alarm by itself.
void mark_barred(Case& c, Judgement& judgement) {
  for (std::size_t i = 0; i < c.wideip.members.size(); ++i) {
    Verdict& verdict = judgement.verdicts[i];
    const bool alarms = verdict.ground == Ground::kTwin || verdict.ground == Ground::kLeap;
    const bool writer = verdict.value == Value::kUp;
    if (alarms || !c.barred(i) || !(writer || c.observed[i].drained)) continue;
    verdict = {Value::kDown, c.observed[i].drained ? Ground::kDrained : Ground::kUnpinned,
               writer ? verdict.lease_left : base::Duration{}};
  }
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
  Case c{wideip, observed, memory, now, pinned_member(wideip, observed), {}};
  c.out.memory = memory;
  // All claims are judged, whatever was ordered: the claim of a drained site voids a lower one as any other does.
  Judgement judgement = judge_writer(wideip, observed, memory.durable, now);
  std::vector<MemberId> wanted;
  for (const std::size_t i : judgement.chosen) wanted.push_back(wideip.members[i].id);

  if (c.pinned && observed[*c.pinned].forced && judgement.chosen != std::vector{*c.pinned}) {
    force(c, *c.pinned);
  } else if (judgement.conflict) {
    has_last(c) ? keep_last(c, Reason::kConflict, true) : apply_then(c, Reason::kConflictNone);
  } else if (wanted.empty()) {
    apply_on_none(c);
  } else if (c.barred(judgement.chosen.front())) {
    // The writer is there and nowhere else, so there is nothing to hold either.
    apply_then(c, Reason::kBarred);
  } else if (held_down(c, wanted)) {
    keep_last(c, Reason::kHoldDown, true);
    c.wake_at(*memory.flipped_at + wideip.hold_down);
  } else {
    accept(c, judgement, std::move(wanted));
  }
  choose_ttl(c, judgement);
  wake_for_verdicts(c);
  mark_barred(c, judgement);
  c.out.verdicts = std::move(judgement.verdicts);
  c.out.persist = c.out.memory.durable != memory.durable;
  return std::move(c.out);
}

}  // namespace decide
