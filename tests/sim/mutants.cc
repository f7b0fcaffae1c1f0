#include "tests/sim/mutants.h"

#include <cstdlib>

namespace sim {

namespace {

using core::ArbiterKind;
using core::Mutation;

constexpr auto kA = ArbiterKind::kCheckpoints;
constexpr auto kB = ArbiterKind::kWitness;
constexpr auto kC = ArbiterKind::kEtcd;

constexpr Mutant kMutants[] = {
    {"none", kA},
    {"no-boot-moratorium", kA, Mutation::kNoBootMoratorium},
    {"instant-checkpoint", kA, Mutation::kInstantCheckpoint},
    {"lease-from-receipt", kA, Mutation::kLeaseFromReceipt},
    {.name = "credit-while-speaking", .arbiter = kA, .rule = Mutation::kCreditWhileSpeaking, .times = 4},
    {.name = "credit-at-once", .arbiter = kA, .rule = Mutation::kCreditAtOnce, .times = 4},
    {.name = "no-gap-reset", .arbiter = kA, .rule = Mutation::kNoGapReset, .times = 4},
    {"no-guard", kA, Mutation::kNone, Mutation::kNone, {}, false},
    {"short-promote-wait", kA, Mutation::kNone, Mutation::kNone, {.promote = 0.7}},
    {"short-lease", kA, Mutation::kNone, Mutation::kNone, {.lease = true}},
    {"kept-candidacy", kA, Mutation::kKeptCandidacy},
    {"plain-max-plus-one", kA, Mutation::kPlainMaxPlusOne},
    {"refused-peer-is-dead", kA, Mutation::kRefusedPeerIsDead},
    {.name = "unproven-peer-is-silent", .arbiter = kA, .rule = Mutation::kUnprovenPeerIsSilent, .times = 4},
    {"permit-kept", kA, Mutation::kPermitKept},
    {.name = "active-grants", .arbiter = kA, .rule = Mutation::kActiveGrants, .times = 4},
    {.name = "timers-before-inputs", .arbiter = kA, .timers_first = true, .restated = true, .hidden = true},
    {.name = "draining-grants", .arbiter = kA, .rule = Mutation::kDrainingGrants, .hidden = true},
    {.name = "late-release", .arbiter = kA, .rule = Mutation::kLateRelease, .hidden = true},
    // Each with the defence that hides it off as well, and that defence alone: nothing may come of that.
    {"late-release+stale-release", kA, Mutation::kLateRelease, Mutation::kStaleRelease},
    {.name = "stale-release", .arbiter = kA, .rule = Mutation::kStaleRelease, .control = true},
    {"draining-grants+deaf-candidate", kA, Mutation::kDrainingGrants, Mutation::kDeafCandidate},
    {.name = "deaf-candidate", .arbiter = kA, .rule = Mutation::kDeafCandidate, .control = true},
    // In a world of short stops around the return of a writer.
    {.name = "timers-before-inputs+short-stops",
     .arbiter = kA,
     .weakness = {.short_stops = true},
     .timers_first = true,
     .restated = true},
    {.name = "short-stops", .arbiter = kA, .weakness = {.short_stops = true}, .restated = true, .control = true},

    {.name = "no-boot-moratorium", .arbiter = kB, .rule = Mutation::kNoBootMoratorium, .times = 4},
    {.name = "no-witness-moratorium", .arbiter = kB, .witness_moratorium = false, .times = 4},
    {"fickle-voter", kB, Mutation::kFickleVoter},
    {"lease-from-receipt", kB, Mutation::kLeaseFromReceipt},
    {"short-grant-wait", kB, Mutation::kNone, Mutation::kNone, {.grant = 0.7}},
    {"no-guard", kB, Mutation::kNone, Mutation::kNone, {}, false},
    {"kept-candidacy", kB, Mutation::kKeptCandidacy},
    {"plain-max-plus-one", kB, Mutation::kPlainMaxPlusOne},
    {"permit-kept", kB, Mutation::kPermitKept},
    {.name = "active-grants", .arbiter = kB, .rule = Mutation::kActiveGrants, .hidden = true},
    {"active-grants+deaf-candidate", kB, Mutation::kActiveGrants, Mutation::kDeafCandidate},
    {.name = "deaf-candidate", .arbiter = kB, .rule = Mutation::kDeafCandidate, .control = true},
    {.name = "draining-grants", .arbiter = kB, .rule = Mutation::kDrainingGrants, .times = 8},

    {"lease-from-receipt", kC, Mutation::kLeaseFromReceipt},
    {"long-hold", kC, Mutation::kNone, Mutation::kNone, {.etcd_hold = 1.4}},
    {.name = "dead-lease-renewed", .arbiter = kC, .dead_lease_renewed = true, .hidden = true},
    // In a world where a person revokes the lease of the writer.
    {.name = "dead-lease-renewed+lease-revoked",
     .arbiter = kC,
     .weakness = {.revoked = true},
     .dead_lease_renewed = true},
    {.name = "lease-revoked", .arbiter = kC, .weakness = {.revoked = true}, .restated = true, .control = true},
    {"revision-alone", kC, Mutation::kRevisionAlone},
    {"no-guard", kC, Mutation::kNone, Mutation::kNone, {}, false},
    {"plain-max-plus-one", kC, Mutation::kPlainMaxPlusOne},
    {"permit-kept", kC, Mutation::kPermitKept},
};

}  // namespace

std::span<const Mutant> mutants() { return kMutants; }

bool usable(const Mutant& m) {
#ifdef WIDEIP_MUTANTS
  (void)m;
  return true;
#else
  return m.rule == Mutation::kNone && m.defence == Mutation::kNone;
#endif
}

Outcome run(const Scenario& scenario, const Mutant& mutant, bool trace) {
#ifdef WIDEIP_MUTANTS
  core::active_mutation = mutant.rule;
  core::second_mutation = mutant.defence;
#endif
  Options options;
  options.trace = trace;
  options.datagrams = trace && std::getenv("WIDEIP_SIM_DATAGRAMS") != nullptr;
  options.guard = mutant.guard;
  options.restated = real(mutant) || mutant.restated;
  options.timers_first = mutant.timers_first;
  options.witness_moratorium = mutant.witness_moratorium;
  options.dead_lease_renewed = mutant.dead_lease_renewed;
  World world(scenario, options);
  world.run();
  Outcome out;
  out.failure = world.checker.failure();
  out.invariant = world.checker.invariant();
  out.hash = world.checker.hash();
  out.breaches = world.checker.breaches();
  out.promised = world.checker.promised();
  out.lasted = world.heap.now();
  out.coverage = world.checker.coverage;
  return out;
}

}  // namespace sim
