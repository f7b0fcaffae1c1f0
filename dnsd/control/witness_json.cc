#include "dnsd/control/witness_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ecv/report.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;
using io::MetricsText;

double as_number(std::uint64_t n) { return static_cast<double>(n); }

Json vote_json(const VoteStanding& vote, base::Instant now) {
  const auto& view = vote.view;
  Json refusals = Json::object();
  for (const auto& [reason, count] : vote.refusals) refusals[reason] = count;
  Json sites = Json::array();
  for (const auto& site : view.sites) {
    sites.push_back({{"site", site.site},
                     {"last_heard_ms", site.last_heard ? Json(base::to_ms(now - *site.last_heard)) : Json(nullptr)},
                     {"state", site.last_heard ? std::string(ecv::name(site.state)) : ""},
                     {"epoch", site.epoch.value},
                     {"config_match", site.config_match}});
  }
  const auto left = view.holder.empty() && !view.moratorium ? 0 : base::to_ms(view.until - now);
  return {{"pool", vote.pool},
          {"holder", view.holder},
          {"left_ms", std::max<std::int64_t>(left, 0)},
          {"moratorium", view.moratorium},
          {"granted", view.granted},
          {"refused", view.refused},
          {"refusals", std::move(refusals)},
          {"stale", view.stale},
          {"sites", std::move(sites)}};
}

void add_vote(MetricsText& out, const VoteStanding& vote) {
  const MetricsText::Labels of{{"pool", vote.pool}};
  out.gauge("wideip_dnsd_vote_moratorium", "1 while this voter grants nobody since it started.", of,
            vote.view.moratorium ? 1 : 0);
  out.counter("wideip_dnsd_vote_granted_total", "Requests for the vote, or its renewal, that were granted.", of,
              as_number(vote.view.granted));
  out.counter("wideip_dnsd_vote_stale_total", "Requests that were replayed, overtaken, or of no known site.", of,
              as_number(vote.view.stale));
  for (const auto& [reason, count] : vote.refusals) {
    out.counter("wideip_dnsd_vote_refused_total", "Requests for the vote that were refused, by reason.",
                {{"pool", vote.pool}, {"reason", reason}}, as_number(count));
  }
  for (const auto& site : vote.view.sites) {
    const MetricsText::Labels by{{"pool", vote.pool}, {"site", site.site}};
    out.gauge("wideip_dnsd_vote_held", "1 for the site that has this server's vote.", by,
              site.site == vote.view.holder ? 1 : 0);
    out.gauge("wideip_dnsd_vote_config_match", "0 for a site whose configuration differs from another's.", by,
              site.config_match ? 1 : 0);
  }
}

}  // namespace

Json votes_json(const View& view, const std::vector<std::string>* pools) {
  Json out = Json::array();
  for (const VoteStanding& vote : view.voter.standings(view.now.boot)) {
    if (pools != nullptr && std::find(pools->begin(), pools->end(), vote.pool) == pools->end()) continue;
    out.push_back(vote_json(vote, view.now.boot));
  }
  return out;
}

Json services_json(const View& view, const std::vector<decide::MemberId>* members) {
  Json out = Json::array();
  for (const ServiceStanding& each : view.services.standings()) {
    if (members != nullptr && std::find(members->begin(), members->end(), each.member) == members->end()) continue;
    out.push_back({{"site", each.member.site},
                   {"pool", each.member.pool},
                   {"address", each.address.to_string()},
                   {"state", name(each.view)},
                   {"failures", each.failures},
                   {"age_ms", each.last_tried ? Json(base::to_ms(view.now.boot - *each.last_tried)) : Json(nullptr)},
                   {"error", each.error},
                   {"note", each.note}});
  }
  return out;
}

void add_witness(MetricsText& out, const View& view) {
  const auto& counters = view.voter.counters();
  constexpr const char* kName = "wideip_dnsd_vote_datagrams_total";
  constexpr const char* kHelp = "Datagrams of sites that ask for this server's vote, and answers, by what befell them.";
  out.counter(kName, kHelp, {{"event", "received"}}, as_number(counters.received));
  out.counter(kName, kHelp, {{"event", "foreign"}}, as_number(counters.foreign));
  out.counter(kName, kHelp, {{"event", "sent"}}, as_number(counters.sent));
  out.counter(kName, kHelp, {{"event", "send_failed"}}, as_number(counters.send_failed));
  for (const VoteStanding& vote : view.voter.standings(view.now.boot)) add_vote(out, vote);
  constexpr const char* kTests = "wideip_dnsd_service_tests_total";
  constexpr const char* kTestsHelp = "Tests of service addresses that are over, by result.";
  out.counter(kTests, kTestsHelp, {{"result", "answered"}}, as_number(view.services.counters().good));
  out.counter(kTests, kTestsHelp, {{"result", "failed"}}, as_number(view.services.counters().failed));
  for (const ServiceStanding& each : view.services.standings()) {
    if (each.view == ecv::ServiceView::kUnknown) continue;
    out.gauge("wideip_dnsd_service_up", "1 while a MySQL server answers at the service address.",
              {{"site", each.member.site}, {"pool", each.member.pool}, {"address", each.address.to_string()}},
              each.view == ecv::ServiceView::kUp ? 1 : 0);
  }
}

}  // namespace control
