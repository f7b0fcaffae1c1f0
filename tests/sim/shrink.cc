#include "tests/sim/shrink.h"

#include <algorithm>
#include <string>

namespace sim {

namespace {

class Shrinker {
 public:
  Shrinker(Scenario scenario, const Mutant& mutant, int limit)
      : best_(std::move(scenario)), mutant_(&mutant), limit_(limit), promised_(best_.promised()) {
    const auto first = run(best_, mutant);
    invariant_ = first.invariant;
    cut_short(first);
  }

  Shrunk result() && { return {std::move(best_), runs_}; }

  void run_all() {
    bool progress = true;
    while (progress && runs_ < limit_) {
      progress = false;
      progress = drop(&Scenario::incidents) || progress;
      progress = drop_segments() || progress;
      progress = simplify_world() || progress;
      progress = simplify_segments() || progress;
      progress = simplify_incidents() || progress;
    }
  }

 private:
  // True if `candidate` breaks the same invariant: it is the best one then.
  bool accept(Scenario candidate) {
    if (runs_ >= limit_) return false;
    if (promised_ && !candidate.promised()) return false;
    ++runs_;
    const auto out = run(candidate, *mutant_);
    if (out.invariant != invariant_) return false;
    best_ = std::move(candidate);
    cut_short(out);
    return true;
  }
  // Nothing after the failure matters. (The end itself stays: I15 depends on it.)
  void cut_short(const Outcome& out) {
    if (out.invariant == "I15") return;
    std::erase_if(best_.incidents, [&](const Incident& i) { return i.at > out.lasted; });
    while (best_.segments.size() > 1 && best_.segments.back().at > out.lasted) best_.segments.pop_back();
  }
  template <typename Change>
  bool try_change(Change change) {
    Scenario candidate = best_;
    change(candidate);
    return accept(std::move(candidate));
  }

  // Halves first, then quarters… down to single ones.
  template <typename T>
  bool drop(std::vector<T> Scenario::*list) {
    bool any = false;
    for (std::size_t size = std::max<std::size_t>((best_.*list).size() / 2, 1); size >= 1; size /= 2) {
      for (std::size_t at = 0; at < (best_.*list).size();) {
        const bool gone = try_change([&](Scenario& s) {
          auto& v = s.*list;
          const auto begin = v.begin() + static_cast<std::ptrdiff_t>(at);
          v.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(size, v.size() - at)));
        });
        any = any || gone;
        if (!gone) at += size;
      }
    }
    return any;
  }

  bool drop_segments() {
    bool any = false;
    for (std::size_t i = best_.segments.size(); i-- > 1;) {
      if (i >= best_.segments.size()) continue;
      any = try_change([i](Scenario& s) { s.segments.erase(s.segments.begin() + static_cast<std::ptrdiff_t>(i)); }) ||
            any;
    }
    return any;
  }

  bool simplify_world() {
    bool any = false;
    const auto set = [&](auto Scenario::*field, auto value) {
      if (best_.*field != value) any = try_change([&](Scenario& s) { s.*field = value; }) || any;
    };
    set(&Scenario::replication_lag, 0.0);
    set(&Scenario::open_lost, 0.0);
    set(&Scenario::loss, 0.0);
    set(&Scenario::duplicates, 0.0);
    set(&Scenario::tail, 0.0);
    set(&Scenario::checkpoint_loss, 0.0);
    set(&Scenario::client_writes, 0.0);
    set(&Scenario::dnsds, 0);
    set(&Scenario::relays, false);
    set(&Scenario::wire, false);
    set(&Scenario::slow_fence, false);
    set(&Scenario::semi_sync, false);
    set(&Scenario::service, false);
    set(&Scenario::max_loss, false);
    set(&Scenario::anti_flap, 0);
    set(&Scenario::fresh, false);
    set(&Scenario::checkpoints, 3);
    set(&Scenario::etcd_rate, 1.0);
    for (std::size_t i = 0; i < best_.rate.size(); ++i) {
      if (best_.rate[i] != 1) any = try_change([i](Scenario& s) { s.rate[i] = 1; }) || any;
    }
    return any;
  }

  bool simplify_segments() {
    bool any = false;
    for (std::size_t i = 0; i < best_.segments.size(); ++i) {
      const auto clear = [&](auto access) {
        auto& now = access(best_.segments[i]);
        if (now == std::remove_reference_t<decltype(now)>{}) return;
        any = try_change([&](Scenario& s) { access(s.segments[i]) = {}; }) || any;
      };
      for (std::size_t p = 0; p < kPaths; ++p) {
        for (std::size_t from = 0; from < kMaxParties; ++from) {
          clear([ p, from ](Segment & s) -> auto& { return s.cut[p][from]; });
        }
      }
      for (std::size_t site = 0; site < kMaxSites; ++site) {
        clear([site](Segment & s) -> auto& { return s.checkpoint_cut[site]; });
        clear([site](Segment & s) -> auto& { return s.etcd[site]; });
      }
      clear([](Segment & s) -> auto& { return s.dnsd_cut; });
      clear([](Segment & s) -> auto& { return s.service_cut; });
      clear([](Segment & s) -> auto& { return s.watch_blind; });
    }
    return any;
  }

  bool simplify_incidents() {
    bool any = false;
    for (std::size_t i = 0; i < best_.incidents.size(); ++i) {
      while (i < best_.incidents.size() && best_.incidents[i].length > 200 * kMs &&
             try_change([i](Scenario& s) { s.incidents[i].length /= 2; })) {
        any = true;
      }
    }
    return any;
  }

  Scenario best_;
  const Mutant* mutant_;
  int limit_;
  bool promised_;
  std::string invariant_;
  int runs_ = 0;
};

}  // namespace

Shrunk shrink(Scenario scenario, const Mutant& mutant, int limit) {
  Shrinker shrinker(std::move(scenario), mutant, limit);
  shrinker.run_all();
  return std::move(shrinker).result();
}

}  // namespace sim
