#include "dnsd/control/told.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

namespace control {

namespace {

using Json = nlohmann::ordered_json;

Json node_json(const ecv::NodeReport& node) {
  return {{"id", node.id},
          {"state", std::string(ecv::name(node.state))},
          {"status", std::string(ecv::name(node.status))},
          {"read_only", node.read_only ? Json(*node.read_only) : Json(nullptr)},
          {"io", node.io},
          {"sql", node.sql},
          {"lag_ms", node.lag_ms ? Json(*node.lag_ms) : Json(nullptr)}};
}

std::string report_text(const decide::MemberId& member, const ecv::Report& report) {
  Json nodes = Json::array();
  for (const auto& node : report.nodes) nodes.push_back(node_json(node));
  const Json out{{"site", member.site},
                 {"pool", member.pool},
                 {"instance", report.instance},
                 {"pool_status", std::string(ecv::name(report.pool_status))},
                 {"eligible", report.eligible},
                 {"fence", std::string(ecv::name(report.fence))},
                 {"guard", report.guard},
                 {"guard_armed", report.guard_armed},
                 {"checkpoints",
                  {{"ok", report.checkpoints.ok},
                   {"total", report.checkpoints.total},
                   {"quorum", report.checkpoints.quorum},
                   {"cut", report.checkpoints.cut}}},
                 {"arbiter", report.arbiter},
                 {"target", report.target},
                 {"semi_sync", report.semi_sync},
                 {"service", report.service},
                 {"errant", report.errant},
                 {"nodes", std::move(nodes)}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Whether report_text() shows the same of both.
bool alike(const ecv::Report& a, const ecv::Report& b) {
  const auto site = [](const ecv::Report& r) {
    return std::tie(r.instance, r.pool_status, r.eligible, r.fence, r.guard, r.guard_armed, r.checkpoints.ok,
                    r.checkpoints.total, r.checkpoints.quorum, r.checkpoints.cut, r.arbiter, r.target, r.semi_sync,
                    r.service, r.errant);
  };
  const auto node = [](const ecv::NodeReport& n) {
    return std::tie(n.id, n.state, n.status, n.read_only, n.io, n.sql, n.lag_ms);
  };
  return site(a) == site(b) && std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(),
                                          [&](const auto& one, const auto& other) { return node(one) == node(other); });
}

}  // namespace

void Told::take(const decide::MemberId& member, const ecv::Report& report) {
  const auto at = members_.find(member);
  if (at == members_.end()) {
    auto& pools = pools_[member.site];
    if (pools == kMostPools) return;
    ++pools;
  }
  Entry& entry = at == members_.end() ? members_[member] : at->second;
  ecv::Report kept = report;
  if (kept.nodes.size() > kMostNodes) kept.nodes.resize(kMostNodes);
  entry.news = entry.news || !alike(entry.report, kept);
  entry.report = std::move(kept);
}

void Told::keep(const std::vector<decide::MemberId>& members) {
  const std::set<decide::MemberId> wanted(members.begin(), members.end());
  std::erase_if(members_, [&](const auto& entry) { return wanted.count(entry.first) == 0; });
  pools_.clear();
  for (const auto& [member, entry] : members_) ++pools_[member.site];
}

std::vector<std::string> Told::all() const {
  std::vector<std::string> out;
  for (const auto& [member, entry] : members_) out.push_back(report_text(member, entry.report));
  return out;
}

std::vector<std::string> Told::news() {
  std::vector<std::string> out;
  for (auto& [member, entry] : members_) {
    if (std::exchange(entry.news, false)) out.push_back(report_text(member, entry.report));
  }
  return out;
}

}  // namespace control
