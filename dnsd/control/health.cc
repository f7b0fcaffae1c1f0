#include "dnsd/control/health.h"

#include <algorithm>
#include <utility>

namespace control {

namespace {

constexpr std::size_t kDeadBoots = 16;

// A lease beyond an hour is no lease of this protocol; clamping keeps the arithmetic of instants in range.
constexpr std::int64_t kMaxLeaseMs = 3'600'000;

decide::Claim to_claim(const ecv::Report& report, base::Instant asked, base::Instant heard) {
  const std::int64_t lease = std::clamp<std::int64_t>(report.lease_ms, 0, kMaxLeaseMs);
  const auto readers = std::count_if(report.nodes.begin(), report.nodes.end(), [](const ecv::NodeReport& node) {
    return node.state == ecv::NodeState::kStandby && node.status != ecv::NodeStatus::kFail;
  });
  return {asked,
          heard,
          report.state,
          report.epoch,
          base::milliseconds(lease),
          report.arbiter == "etcd",
          static_cast<std::uint32_t>(readers)};
}

}  // namespace

decide::Observation MemberHealth::observation() const {
  const bool failing = !paths.empty() && std::all_of(paths.begin(), paths.end(), [](const PathHealth& p) {
    return p.polled && p.fault != Fault::kNone;
  });
  return {claim, failing, {}, false};
}

bool MemberHealth::known() const {
  return claim.has_value() || std::all_of(paths.begin(), paths.end(), [](const PathHealth& p) { return p.polled; });
}

void HealthTable::configure(const std::vector<Target>& targets) {
  std::map<decide::MemberId, MemberHealth> next;
  for (const Target& target : targets) {
    const auto known = members_.find(target.id);
    MemberHealth member = known == members_.end() ? MemberHealth{} : std::move(known->second);
    std::vector<PathHealth> paths;
    for (const std::string& url : target.urls) {
      const auto path =
          std::find_if(member.paths.begin(), member.paths.end(), [&](const PathHealth& p) { return p.url == url; });
      if (path != member.paths.end()) {
        paths.push_back(std::move(*path));
      } else {
        paths.push_back({});
        paths.back().url = url;
      }
    }
    member.paths = std::move(paths);
    next.emplace(target.id, std::move(member));
  }
  members_ = std::move(next);
}

HealthTable::Place HealthTable::place(const decide::MemberId& id, const std::string& url) {
  const auto member = members_.find(id);
  if (member == members_.end()) return {};
  auto& paths = member->second.paths;
  const auto path = std::find_if(paths.begin(), paths.end(), [&](const PathHealth& p) { return p.url == url; });
  if (path == paths.end()) return {};
  return {&member->second, &*path};
}

Effect HealthTable::report(const decide::MemberId& id, const std::string& url, const ecv::Report& report,
                           base::Instant asked, base::Instant heard) {
  const Place at = place(id, url);
  if (at.path == nullptr) return {};
  MemberHealth& member = *at.member;
  PathHealth& path = *at.path;
  if (std::find(member.dead_boots.begin(), member.dead_boots.end(), report.boot_id) != member.dead_boots.end()) {
    return fail(at, Fault::kDeadBoot, "from a process that was succeeded by another");
  }
  if (path.claim && report.boot_id == path.boot_id && report.seq <= path.seq) {
    return fail(at, Fault::kReplayed, "seq " + std::to_string(report.seq) + " after " + std::to_string(path.seq));
  }

  Effect effect;
  const bool was_failing = member.observation().failing;
  effect.path_changed = path.fault != Fault::kNone || !path.polled;
  path.polled = true;
  path.fault = Fault::kNone;
  path.error.clear();
  path.last_ok = heard;
  path.claim = to_claim(report, asked, heard);
  path.boot_id = report.boot_id;
  path.seq = report.seq;

  const bool other_process = !member.claim || report.boot_id != member.boot_id;
  effect.newer = other_process || report.seq > member.seq;
  effect.changed = was_failing;
  if (!effect.newer) return effect;
  if (other_process && member.claim) {
    member.dead_boots.push_back(member.boot_id);
    if (member.dead_boots.size() > kDeadBoots) member.dead_boots.pop_front();
  }
  const decide::Claim& now = *path.claim;
  effect.said_otherwise = !member.claim || member.claim->state != now.state || member.claim->epoch != now.epoch;
  effect.changed |= effect.said_otherwise || member.claim->readers != now.readers;
  member.claim = now;
  member.boot_id = report.boot_id;
  member.seq = report.seq;
  return effect;
}

Effect HealthTable::failure(const decide::MemberId& id, const std::string& url, Fault fault, const std::string& error) {
  const Place at = place(id, url);
  return at.path == nullptr ? Effect{} : fail(at, fault, error);
}

Effect HealthTable::fail(Place at, Fault fault, const std::string& error) {
  Effect effect;
  effect.verdict = fault;
  effect.error = error;
  const bool was_failing = at.member->observation().failing;
  effect.path_changed = at.path->fault != fault || !at.path->polled;
  at.path->polled = true;
  at.path->fault = fault;
  at.path->error = error;
  effect.changed = at.member->observation().failing != was_failing;
  return effect;
}

const MemberHealth* HealthTable::find(const decide::MemberId& id) const {
  const auto at = members_.find(id);
  return at == members_.end() ? nullptr : &at->second;
}

bool HealthTable::all_known() const {
  return std::all_of(members_.begin(), members_.end(), [](const auto& m) { return m.second.known(); });
}

}  // namespace control
