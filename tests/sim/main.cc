// The command: see kUsage, and README.md beside this file.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/sim/replay.h"
#include "tests/sim/shrink.h"
#include "tests/sim/soak.h"

namespace {

constexpr const char* kUsage =
    R"(usage: tests/sim/run [options]     Does the protocol hold? One seed is one world, one set of faults, one run.

  --arbiter NAME    checkpoints (default), witness, etcd, or all
  --seeds N         how many seeds (default 1000); 1000000 is the soak
  --from S          the first one (default 1); progress lines say how to go on after an interruption
  --jobs J          threads (default: one per core)
  --coverage        print what the runs covered, and fail if something that must occur did not
  --seed S          this one seed
  --trace           tell the story of the run; WIDEIP_SIM_DATAGRAMS=1 tells every datagram too
  --scenario FILE   a scenario as a failure left it, instead of a seed
  --write FILE      with --seed: write its scenario there, to edit and replay
  --mutant NAME     break a rule, and see whether it is noticed: a name, all, or list
  --count           with --mutant: run every seed, and say how many notice it
  --calm DAYS       that many virtual days of 5% loss and 300 ms jitter in the wan preset: nothing may happen
  --replay FILE     a recording of a real site (flight-NNNNNN.rec in its state_dir), lived again and told
  --no-shrink       leave a failure as large as it is

Exit status: 0 all is well, 1 an invariant broke (or a mutant survived, or coverage is missing), 2 usage.
)";

struct Arguments {
  std::vector<core::ArbiterKind> arbiters{core::ArbiterKind::kCheckpoints};
  bool arbiter_given = false;
  std::uint64_t from = 1;
  std::uint64_t seeds = 1000;
  unsigned jobs = std::thread::hardware_concurrency();
  bool single = false;
  bool trace = false;
  bool coverage = false;
  bool count = false;
  bool shrink = true;
  double calm = 0;
  std::string mutant = "none";
  std::string scenario;
  std::string write;
  std::string replay;
};

constexpr const char* kArbiterNames[] = {"checkpoints", "witness", "etcd"};

const char* arbiter_name(core::ArbiterKind a) { return kArbiterNames[static_cast<int>(a)]; }

unsigned long long number(std::uint64_t n) { return n; }

int show(const sim::Scenario& scenario, const sim::Mutant& mutant, bool trace) {
  const auto out = sim::run(scenario, mutant, trace);
  std::printf("%s after %.1f virtual s, hash %016llx%s\n", out.failure.empty() ? "all held" : out.failure.c_str(),
              static_cast<double>(out.lasted) / sim::kSecond, number(out.hash),
              out.promised ? "" : " (nothing promised)");
  return out.failure.empty() ? 0 : 1;
}

// The least scenario that still fails, in a file, and its story.
void explain(const sim::Scenario& scenario, const sim::Mutant& mutant) {
  const auto shrunk = sim::shrink(scenario, mutant, 3000);
  const std::string file =
      "sim-" + std::string(arbiter_name(scenario.arbiter)) + "-" + std::to_string(scenario.seed) + ".scenario";
  std::ofstream(file) << sim::write(shrunk.scenario);
  std::printf("\nshrunk in %d runs to %zu incidents and %zu changes of the network: %s\n%s\n", shrunk.runs,
              shrunk.scenario.incidents.size(), shrunk.scenario.segments.size() - 1, file.c_str(),
              sim::write(shrunk.scenario).c_str());
  (void)show(shrunk.scenario, mutant, true);
}

// Determinism: one seed again, the same trace.
bool repeats(const Arguments& a, core::ArbiterKind arbiter, const sim::Mutant& mutant) {
  const auto scenario = sim::draw(a.from, arbiter, mutant.weakness);
  if (sim::run(scenario, mutant).hash == sim::run(scenario, mutant).hash) return true;
  std::printf("seed %llu is not deterministic\n", number(a.from));
  return false;
}

int run_seeds(const Arguments& a, core::ArbiterKind arbiter) {
  const auto& mutant = sim::mutants().front();
  const auto tally = sim::soak({arbiter, a.from, a.seeds, a.jobs, true}, mutant);
  std::printf(
      "%s: %llu seeds from %llu: %llu failed; one writer promised in %llu; of the others %llu had two; %.1f s, %.1f "
      "s of CPU, %.0f seeds per CPU second, %.0f virtual s each\n",
      arbiter_name(arbiter), number(tally.seeds), number(a.from), number(tally.failed), number(tally.promised),
      number(tally.breached), tally.took, tally.cpu, static_cast<double>(tally.seeds) / tally.cpu,
      static_cast<double>(tally.lasted) / static_cast<double>(tally.seeds) / sim::kSecond);
  bool good = tally.failed == 0;
  if (a.coverage) {
    sim::print(tally.coverage);
    good = sim::complete(tally.coverage, arbiter) && good;
  }
  good = repeats(a, arbiter, mutant) && good;
  if (tally.first && a.shrink) explain(sim::draw(*tally.first, arbiter, {}), mutant);
  return good ? 0 : 1;
}

int run_mutant(const Arguments& a, const sim::Mutant& m) {
  const auto tally = sim::soak({m.arbiter, a.from, a.seeds * m.times, a.jobs, false, a.count}, m);
  if (m.control) {
    std::printf("control %s (%s): %llu of %llu seeds failed\n", m.name, arbiter_name(m.arbiter), number(tally.failed),
                number(tally.seeds));
    if (tally.first && !a.count && a.mutant != "all" && a.shrink) {
      explain(sim::draw(*tally.first, m.arbiter, m.weakness), m);
    }
    return tally.first ? 1 : 0;
  }
  if (!tally.first) {
    std::printf("mutant %s (%s) SURVIVED %llu seeds\n", m.name, arbiter_name(m.arbiter), number(tally.seeds));
    return 1;
  }
  if (a.count) {
    std::printf("mutant %s (%s) killed by %llu of %llu seeds, %.1f s of a core, %.1f kills a second\n", m.name,
                arbiter_name(m.arbiter), number(tally.failed), number(tally.seeds), tally.cpu,
                static_cast<double>(tally.failed) / tally.cpu);
    return 0;
  }
  std::printf("mutant %s (%s) killed by seed %llu, %.1f s\n", m.name, arbiter_name(m.arbiter), number(*tally.first),
              tally.took);
  if (a.mutant != "all" && a.shrink) explain(sim::draw(*tally.first, m.arbiter, m.weakness), m);
  return 0;
}

int run_mutants(const Arguments& a) {
  int status = 0;
  int run = 0;
  for (const auto& m : sim::mutants().subspan(1)) {
    const bool listed = std::find(a.arbiters.begin(), a.arbiters.end(), m.arbiter) != a.arbiters.end();
    if (a.mutant == "list") std::printf("%-32s %s\n", m.name, arbiter_name(m.arbiter));
    if (a.mutant == "list" || (a.mutant == "all" ? m.hidden : a.mutant != m.name) || (a.arbiter_given && !listed))
      continue;
    ++run;
    if (!sim::usable(m)) {
      std::printf("mutant %s needs the build with rule switches\n", m.name);
      return 2;
    }
    status |= run_mutant(a, m);
  }
  if (a.mutant == "list") return 0;
  if (run == 0) std::fprintf(stderr, "no such mutant: %s\n", a.mutant.c_str());
  if (run > 1) std::printf("%d mutants, %s\n", run, status == 0 ? "all killed" : "NOT all killed");
  return run == 0 ? 2 : status;
}

int run_file(const Arguments& a) {
  std::ifstream file(a.scenario);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) {
    std::fprintf(stderr, "cannot read %s\n", a.scenario.c_str());
    return 2;
  }
  const auto scenario = sim::read(text.str());
  if (!scenario) {
    std::fprintf(stderr, "%s: %s\n", a.scenario.c_str(), scenario.error().message.c_str());
    return 2;
  }
  for (const auto& m : sim::mutants()) {
    if (a.mutant == m.name) return show(*scenario, m, a.trace);
  }
  return 2;
}

int run_calm(const Arguments& a) {
  int status = 0;
  for (const auto arbiter : a.arbiters) {
    std::printf("%s, %.1f virtual days: ", arbiter_name(arbiter), a.calm);
    status |= show(sim::draw_calm(a.from, arbiter, a.calm), sim::mutants().front(), a.trace);
  }
  return status;
}

bool set_arbiter(Arguments& a, const std::string& name) {
  a.arbiter_given = true;
  a.arbiters.clear();
  for (int i = 0; i < 3; ++i) {
    if (name == kArbiterNames[i] || name == "all") a.arbiters.push_back(static_cast<core::ArbiterKind>(i));
  }
  return !a.arbiters.empty();
}

// False if an option is unknown or lacks its value.
bool parse(int argc, char** argv, Arguments& a) {
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--trace" || arg == "--coverage" || arg == "--count" || arg == "--no-shrink") {
      a.trace = a.trace || arg == "--trace";
      a.coverage = a.coverage || arg == "--coverage";
      a.count = a.count || arg == "--count";
      a.shrink = a.shrink && arg != "--no-shrink";
      continue;
    }
    if (i + 1 == argc) return false;
    const std::string value = argv[++i];
    if (arg == "--arbiter") {
      if (!set_arbiter(a, value)) return false;
    } else if (arg == "--seeds") {
      a.seeds = std::strtoull(value.c_str(), nullptr, 10);
    } else if (arg == "--from" || arg == "--seed") {
      a.from = std::strtoull(value.c_str(), nullptr, 10);
      a.single = arg == "--seed";
    } else if (arg == "--jobs") {
      a.jobs = static_cast<unsigned>(std::strtoul(value.c_str(), nullptr, 10));
    } else if (arg == "--mutant") {
      a.mutant = value;
    } else if (arg == "--scenario") {
      a.scenario = value;
    } else if (arg == "--write") {
      a.write = value;
    } else if (arg == "--replay") {
      a.replay = value;
    } else if (arg == "--calm") {
      a.calm = std::strtod(value.c_str(), nullptr);
    } else {
      return false;
    }
  }
  return true;
}

int run_one(const Arguments& a) {
  int status = 0;
  for (const auto& m : sim::mutants()) {
    if (a.mutant != m.name) continue;
    for (const auto arbiter : a.arbiters) {
      const auto scenario = sim::draw(a.from, real(m) ? arbiter : m.arbiter, m.weakness);
      if (!a.write.empty()) std::ofstream(a.write) << sim::write(scenario);
      if (a.trace) std::fputs(sim::write(scenario).c_str(), stdout);
      status |= show(scenario, m, a.trace);
    }
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "--help" || first == "-h") {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (!parse(argc, argv, a)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (!a.replay.empty()) return sim::replay_file(a.replay);
  if (!a.scenario.empty()) return run_file(a);
  if (a.calm > 0) return run_calm(a);
  if (a.single) return run_one(a);
  if (a.mutant != "none") return run_mutants(a);
  int status = 0;
  for (const auto arbiter : a.arbiters) status |= run_seeds(a, arbiter);
  return status;
}
