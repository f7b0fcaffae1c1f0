#include "tests/sim/coverage.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace sim {

using core::ArbiterKind;
using core::Counter;
using core::State;

const char* name(Deed d) {
  static constexpr const char* kNames[] = {"ends with one writer", "ends without one, excused",
                                           "resumed as ACTIVE",    "replayed datagrams",
                                           "forged datagrams",     "datagrams through the codec",
                                           "closed by the guard",  "guard away",
                                           "switchovers done",     "switchovers not done",
                                           "promotions forced",    "dnsd restarts",
                                           "dnsd flips",           "witness restarts",
                                           "witness grants",       "witness refusals",
                                           "etcd answers lost",    "etcd garbage",
                                           "etcd leases expired",  "etcd rebuilt",
                                           "etcd leases revoked",  "service addresses down"};
  static_assert(std::size(kNames) == static_cast<std::size_t>(Deed::kCount));
  return kNames[static_cast<std::size_t>(d)];
}

void Coverage::add(const core::Counters& other) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(Counter::kCount); ++i) {
    const auto c = static_cast<Counter>(i);
    counters.add(c, other.get(c));
  }
}

void Coverage::add(const Coverage& other) {
  for (std::size_t from = 0; from < kStates; ++from) {
    for (std::size_t to = 0; to < kStates; ++to) edges[from][to] += other.edges[from][to];
  }
  for (std::size_t i = 0; i < deeds.size(); ++i) deeds[i] += other.deeds[i];
  add(other.counters);
}

void print(const Coverage& c) {
  const auto line = [](const std::string& what, std::uint64_t n) {
    std::printf("  %-28s %llu\n", what.c_str(), static_cast<unsigned long long>(n));
  };
  for (std::size_t from = 0; from < Coverage::kStates; ++from) {
    for (std::size_t to = 0; to < Coverage::kStates; ++to) {
      if (c.edges[from][to] == 0) continue;
      line(std::string(core::name(static_cast<State>(from))) + ">" + std::string(core::name(static_cast<State>(to))),
           c.edges[from][to]);
    }
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(Counter::kCount); ++i) {
    const auto counter = static_cast<Counter>(i);
    line(std::string(core::name(counter)), c.counters.get(counter));
  }
  for (std::size_t i = 0; i < c.deeds.size(); ++i) line(name(static_cast<Deed>(i)), c.deeds[i]);
}

namespace {

using Edge = std::pair<State, State>;

std::vector<Edge> needed_edges() {
  return {{State::kInit, State::kStandby},        {State::kStandby, State::kCandidate},
          {State::kStandby, State::kPromoting},   {State::kCandidate, State::kPromoting},
          {State::kCandidate, State::kStandby},   {State::kPromoting, State::kActive},
          {State::kPromoting, State::kStandby},   {State::kPromoting, State::kFencing},
          {State::kActive, State::kFencing},      {State::kFencing, State::kFenced},
          {State::kFenced, State::kStandby},      {State::kFenced, State::kQuarantined},
          {State::kActive, State::kDraining},     {State::kDraining, State::kStandby},
          {State::kDraining, State::kActive},     {State::kDraining, State::kFencing},
          {State::kQuarantined, State::kStandby}, {State::kFenced, State::kMaint},
          {State::kStandby, State::kMaint},       {State::kMaint, State::kStandby},
          {State::kStandby, State::kQuarantined}, {State::kInit, State::kQuarantined}};
}

// Counters that this arbiter, or a simulated world of several sites, cannot raise.
bool exempt(Counter c, ArbiterKind arbiter) {
  switch (c) {
    case Counter::kPromotionBySelf:
    case Counter::kRenewedBySelf:
    case Counter::kRepointed:  // one node at each site
    case Counter::kNodeErrant:
    case Counter::kEpochRefused: return true;
    case Counter::kPromotionByVotes:
    case Counter::kRenewedByVotes:
    case Counter::kVoteGivenBack: return arbiter != ArbiterKind::kWitness;
    case Counter::kPromotionByEtcd:
    case Counter::kRenewedByEtcd: return arbiter != ArbiterKind::kEtcd;
    case Counter::kMoratorium:
    case Counter::kRefused:
    case Counter::kElectionRefusal:
    case Counter::kDiverged: return arbiter == ArbiterKind::kEtcd;  // nobody is asked but etcd
    case Counter::kPromotionForced:
    case Counter::kPromotionByGrant:
    case Counter::kPromotionBySubstitution:
    case Counter::kPromotionByRelease:
    case Counter::kRenewedByGrant:
    case Counter::kRenewedByCheckpoints:
    case Counter::kCreditCancelled:
    case Counter::kGapReset:
    case Counter::kSilenceReset:
    case Counter::kYielded:
    case Counter::kGranted:
    case Counter::kBadPeerInhibit:
    case Counter::kConfigInhibit:
    case Counter::kUnguardedInhibit:
    case Counter::kHoldInhibit:
    case Counter::kRelayInhibit:
    case Counter::kEpochBump: return arbiter != ArbiterKind::kCheckpoints;
    default: return false;
  }
}

}  // namespace

bool complete(const Coverage& c, ArbiterKind arbiter) {
  bool all = true;
  const auto missing = [&all](const std::string& what) {
    std::printf("  not covered: %s\n", what.c_str());
    all = false;
  };
  for (const auto& [from, to] : needed_edges()) {
    // Without a candidacy: by substitution, or as a person wishes.
    const bool alone = from == State::kStandby && to == State::kPromoting;
    if (alone && arbiter != ArbiterKind::kCheckpoints) continue;
    if (c.edges[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)] == 0) {
      missing(std::string(core::name(from)) + ">" + std::string(core::name(to)));
    }
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(Counter::kCount); ++i) {
    const auto counter = static_cast<Counter>(i);
    if (!exempt(counter, arbiter) && c.counters.get(counter) == 0) missing(std::string(core::name(counter)));
  }
  const std::vector<Deed> elsewhere =
      arbiter == ArbiterKind::kWitness
          ? std::vector<Deed>{Deed::kForced,      Deed::kEtcdAnswerLost, Deed::kEtcdGarbage,
                              Deed::kEtcdExpired, Deed::kEtcdRebuilt,    Deed::kEtcdRevoked}
      : arbiter == ArbiterKind::kEtcd
          ? std::vector<Deed>{Deed::kForced, Deed::kWitnessRestart, Deed::kWitnessGrant, Deed::kWitnessRefusal}
          : std::vector<Deed>{Deed::kEtcdAnswerLost, Deed::kEtcdGarbage,    Deed::kEtcdExpired,  Deed::kEtcdRebuilt,
                              Deed::kEtcdRevoked,    Deed::kWitnessRestart, Deed::kWitnessGrant, Deed::kWitnessRefusal};
  for (std::size_t i = 0; i < c.deeds.size(); ++i) {
    const auto deed = static_cast<Deed>(i);
    const bool other = std::find(elsewhere.begin(), elsewhere.end(), deed) != elsewhere.end();
    if (!other && c.deeds[i] == 0) missing(name(deed));
  }
  return all;
}

}  // namespace sim
