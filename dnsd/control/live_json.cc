#include "dnsd/control/live_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "dnsd/control/status_parts.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

std::string text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

// Two digits behind the point are enough for a page.
double rounded(double rate) { return std::round(rate * 100) / 100; }

Json claim_json(const View& view, const decide::MemberId& id, const MemberHealth& member) {
  Json out{{"site", id.site}, {"pool", id.pool}};
  const auto& claim = member.claim;
  const bool active = claim && claim->state == ecv::PoolState::kActive;
  const auto left = active ? base::to_ms(claim->lease_end() - view.now.boot) : 0;
  out["state"] = claim ? std::string(ecv::name(claim->state)) : "";
  out["epoch"] = claim ? claim->epoch.value : 0;
  out["counter"] = claim ? claim->epoch.counter() : 0;
  out["lease_ms"] = std::max<std::int64_t>(left, 0);
  out["lease_whole_ms"] = active ? base::to_ms(claim->lease) : 0;
  out["last_heard_ms"] = claim ? Json(base::to_ms(view.now.boot - claim->heard)) : Json(nullptr);
  out["failing"] = member.observation().failing;
  return out;
}

Json load_json(const QueryLoad::Sample& sample) {
  Json rcodes = Json::object();
  for (const auto& [name, rate] : sample.rcodes) rcodes[name] = rounded(rate);
  return {{"queries", rounded(sample.queries)}, {"dropped", rounded(sample.dropped)}, {"rcodes", std::move(rcodes)}};
}

}  // namespace

LiveRow live_row(const View& view, std::size_t index) {
  Json row = wideip_json(view, index);
  LiveRow out{text(row), ""};
  row.erase("since_ms");
  for (auto& member : row["members"]) {
    for (const char* passing : {"lease_ms", "last_heard_ms", "detail"}) member.erase(passing);
  }
  out.lasting = text(row);
  return out;
}

std::string live_server(const View& view) {
  Json out = server_json(view);
  for (const char* long_list : {"wideips", "monitors"}) out.erase(long_list);
  return text(out);
}

std::string live_listing(const Listing& listing, const Listed& listed, const std::vector<std::string>& names) {
  return text({{"search", listing.search},
               {"from", listing.from},
               {"limit", listing.limit},
               {"matched", listed.matched},
               {"names", names}});
}

std::string live_claims(const View& view, const std::vector<std::size_t>& wideips) {
  std::set<decide::MemberId> shown;
  for (const std::size_t index : wideips) {
    const auto& standing = view.engine.standings()[view.engine.names()[index].standing];
    for (const auto& member : standing.config.members) shown.insert(member.id);
  }
  Json out = Json::array();
  const auto& members = view.health.members();
  for (const auto& id : shown) {
    const auto at = members.find(id);
    if (at != members.end()) out.push_back(claim_json(view, id, at->second));
  }
  return text(out);
}

std::string live_load(const QueryLoad::Sample& sample) { return text(load_json(sample)); }

std::string live_loads(const std::deque<QueryLoad::Sample>& samples) {
  Json out = Json::array();
  for (const auto& sample : samples) out.push_back(load_json(sample));
  return text(out);
}

std::string live_clients(const Askers& askers, base::Instant now) {
  Json out = Json::array();
  for (const Asker& asker : askers.newest()) {
    out.push_back({{"client", asker.client.to_string()},
                   {"name", asker.name},
                   {"asked_ms", base::to_ms(now - asker.asked)},
                   {"expires_ms", std::max<std::int64_t>(base::to_ms(asker.expires - now), 0)}});
  }
  return text(out);
}

std::string live_array(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& each : texts) out += (out.size() == 1 ? "" : ",") + each;
  return out + "]";
}

}  // namespace control
