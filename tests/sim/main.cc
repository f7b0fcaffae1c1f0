// tests/sim/run --seeds N [--from S] [--seed S --trace] [--mutant NAME|all] [--coverage]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "sitecheck/core/mutation.h"
#include "tests/sim/world.h"

namespace {

struct Mutant {
  const char* name;
  core::Mutation rule;
  sim::Weakness weakness;
  bool guard;
};

const Mutant kMutants[] = {
    {"none", core::Mutation::kNone, {}, true},
    {"no-boot-moratorium", core::Mutation::kNoBootMoratorium, {}, true},
    {"instant-checkpoint", core::Mutation::kInstantCheckpoint, {}, true},
    {"lease-from-receipt", core::Mutation::kLeaseFromReceipt, {}, true},
    {"credit-while-speaking", core::Mutation::kCreditWhileSpeaking, {}, true},
    {"credit-at-once", core::Mutation::kCreditAtOnce, {}, true},
    {"no-gap-reset", core::Mutation::kNoGapReset, {}, true},
    {"no-guard", core::Mutation::kNone, {}, false},
    {"short-promote-wait", core::Mutation::kNone, {0.7, false}, true},
    {"short-lease", core::Mutation::kNone, {1, true}, true},
    {"kept-candidacy", core::Mutation::kKeptCandidacy, {}, true},
    {"plain-max-plus-one", core::Mutation::kPlainMaxPlusOne, {}, true},
    {"refused-peer-is-dead", core::Mutation::kRefusedPeerIsDead, {}, true},
    {"unproven-peer-is-silent", core::Mutation::kUnprovenPeerIsSilent, {}, true},
    {"permit-kept", core::Mutation::kPermitKept, {}, true},
    {"active-grants", core::Mutation::kActiveGrants, {}, true},
};

struct Outcome {
  std::string failure;
  std::uint64_t hash = 0;
  std::uint64_t breaches = 0;
  bool assumption = true;
  sim::Coverage coverage;
};

Outcome run_seed(std::uint64_t seed, const Mutant& mutant, bool trace) {
#ifdef WIDEIP_MUTANTS
  core::active_mutation = mutant.rule;
#endif
  const auto scenario = sim::draw(seed, mutant.weakness);
  sim::World world(scenario, {trace, mutant.guard, std::strcmp(mutant.name, "none") == 0,
                              trace && std::getenv("WIDEIP_SIM_DATAGRAMS") != nullptr});
  world.run();
  return {world.checker.failure(), world.checker.hash(), world.checker.breaches(), scenario.assumption,
          world.checker.coverage};
}

struct Arguments {
  std::uint64_t from = 1;
  std::uint64_t seeds = 1000;
  bool trace = false;
  bool coverage = false;
  std::string mutant = "none";
};

bool usable(const Mutant& m) {
#ifdef WIDEIP_MUTANTS
  (void)m;
  return true;
#else
  return m.rule == core::Mutation::kNone;
#endif
}

// What must have happened in a good number of seeds.
bool covered(const sim::Coverage& c) {
  static constexpr const char* kEdges[] = {
      "INIT>STANDBY",     "STANDBY>CANDIDATE",   "STANDBY>PROMOTING",   "CANDIDATE>PROMOTING", "CANDIDATE>STANDBY",
      "PROMOTING>ACTIVE", "PROMOTING>STANDBY",   "PROMOTING>FENCING",   "ACTIVE>FENCING",      "FENCING>FENCED",
      "FENCED>STANDBY",   "FENCED>QUARANTINED",  "QUARANTINED>STANDBY", "FENCED>MAINT",        "STANDBY>MAINT",
      "MAINT>STANDBY",    "STANDBY>QUARANTINED", "INIT>QUARANTINED",    "boot>ACTIVE"};
  static constexpr core::Counter kRare[] = {core::Counter::kPromotionBySelf, core::Counter::kPromotionForced,
                                            core::Counter::kRenewedBySelf, core::Counter::kEpochRefused,
                                            core::Counter::kPromotionByVotes, core::Counter::kRenewedByVotes,
                                            core::Counter::kPromotionByEtcd, core::Counter::kRenewedByEtcd};
  bool all = true;
  const auto missing = [&all](std::string_view what) {
    std::printf("  not covered: %.*s\n", static_cast<int>(what.size()), what.data());
    all = false;
  };
  for (const char* edge : kEdges) {
    if (!c.edges.contains(edge)) missing(edge);
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(core::Counter::kCount); ++i) {
    const auto counter = static_cast<core::Counter>(i);
    const bool rare = std::find(std::begin(kRare), std::end(kRare), counter) != std::end(kRare);
    if (!rare && c.counters.get(counter) == 0) missing(core::name(counter));
  }
  return all;
}

void print(const sim::Coverage& c) {
  for (const auto& [edge, n] : c.edges) std::printf("  %-28s %llu\n", edge.c_str(), static_cast<unsigned long long>(n));
  for (std::size_t i = 0; i < static_cast<std::size_t>(core::Counter::kCount); ++i) {
    const auto counter = static_cast<core::Counter>(i);
    std::printf("  %-28s %llu\n", std::string(core::name(counter)).c_str(),
                static_cast<unsigned long long>(c.counters.get(counter)));
  }
  for (const auto& [what, n] : c.world) std::printf("  %-28s %llu\n", what.c_str(), static_cast<unsigned long long>(n));
}

int run_many(const Arguments& a, const Mutant& mutant) {
  const auto begin = std::chrono::steady_clock::now();
  sim::Coverage coverage;
  std::uint64_t promised = 0;
  std::uint64_t breached = 0;
  std::uint64_t failures = 0;
  std::uint64_t first = 0;
  for (std::uint64_t seed = a.from; seed < a.from + a.seeds; ++seed) {
    const auto out = run_seed(seed, mutant, a.trace);
    promised += out.assumption ? 1 : 0;
    breached += out.breaches > 0 ? 1 : 0;
    coverage.add(out.coverage);
    if (out.failure.empty()) continue;
    ++failures;
    if (first == 0) first = seed;
    if (mutant.rule != core::Mutation::kNone || failures <= 10) {
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), out.failure.c_str());
    }
    if (std::strcmp(mutant.name, "none") != 0) break;
  }
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (std::strcmp(mutant.name, "none") != 0) {
    if (first == 0) {
      std::printf("mutant %s SURVIVED %llu seeds\n", mutant.name, static_cast<unsigned long long>(a.seeds));
      return 1;
    }
    std::printf("mutant %s killed by seed %llu (%.1f s)\n", mutant.name, static_cast<unsigned long long>(first), took);
    return 0;
  }
  std::printf(
      "%llu seeds from %llu: %llu failed; CA held in %llu; of the others %llu had two writers; %.1f s, %.0f seeds/s\n",
      static_cast<unsigned long long>(a.seeds), static_cast<unsigned long long>(a.from),
      static_cast<unsigned long long>(failures), static_cast<unsigned long long>(promised),
      static_cast<unsigned long long>(breached), took, static_cast<double>(a.seeds) / took);
  bool good = failures == 0;
  if (a.coverage) {
    print(coverage);
    good = covered(coverage) && good;
  }
  // Determinism: one seed again, the same trace.
  const auto once = run_seed(a.from, mutant, false);
  const auto twice = run_seed(a.from, mutant, false);
  if (once.hash != twice.hash) {
    std::printf("seed %llu is not deterministic\n", static_cast<unsigned long long>(a.from));
    good = false;
  }
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const auto value = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
    if (arg == "--seeds") {
      a.seeds = std::strtoull(value().c_str(), nullptr, 10);
    } else if (arg == "--from") {
      a.from = std::strtoull(value().c_str(), nullptr, 10);
    } else if (arg == "--seed") {
      a.from = std::strtoull(value().c_str(), nullptr, 10);
      a.seeds = 1;
    } else if (arg == "--trace") {
      a.trace = true;
    } else if (arg == "--coverage") {
      a.coverage = true;
    } else if (arg == "--mutant") {
      a.mutant = value();
    } else {
      std::fprintf(stderr, "usage: run [--seeds N] [--from S] [--seed S --trace] [--mutant NAME|all] [--coverage]\n");
      return 2;
    }
  }
  int status = 0;
  bool known = false;
  for (const auto& m : kMutants) {
    const bool wanted = a.mutant == m.name || (a.mutant == "all" && std::strcmp(m.name, "none") != 0);
    if (!wanted) continue;
    known = true;
    if (!usable(m)) {
      std::printf("mutant %s needs the build with rule switches\n", m.name);
      status = 2;
      continue;
    }
    status |= run_many(a, m);
  }
  if (!known) std::fprintf(stderr, "no such mutant: %s\n", a.mutant.c_str());
  return known ? status : 2;
}
