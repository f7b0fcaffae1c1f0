#include "dnsd/control/simulate.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "dnsd/control/change_json.h"
#include "dnsd/control/override_check.h"
#include "dnsd/control/override_request.h"
#include "dnsd/control/simulation.h"
#include "dnsd/control/told_monitors.h"
#include "dnsd/decide/explain.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

// Any instant that leaves room before it.
constexpr base::Instant kBeginning{std::chrono::hours(1)};
constexpr base::Instant kNever = base::Instant::max();

class Scenario {
 public:
  Scenario(const conf::Dnsd& config, const conf::Timeline& timeline, std::vector<conf::Fault>& faults)
      : config_(config), faults_(faults), monitors_(config), simulation_(config, Ledger{}, [this](AnswerChange change) {
          Json out{{"at_ms", base::to_ms(change.at - kBeginning)}};
          out.update(change_json(change));
          changes_.push_back(std::move(out));
        }) {
    places_.configure(config.wideips);
    simulation_.start(kBeginning);
    base::Instant now = kBeginning;
    for (const conf::TimelineStep& step : timeline.steps) {
      if (kBeginning + step.at > now) {
        simulation_.settle(now);
        now = kBeginning + step.at;
        simulation_.run_to(now);
      }
      if (step.order) {
        order(step, now);
      } else {
        step.site.empty() ? monitor(step, now) : site(step, now);
      }
    }
    simulation_.settle(now);
    simulation_.run_to(kBeginning + timeline.until);
  }
  [[nodiscard]] Json changes() { return std::move(changes_); }

 private:
  // As a protocol's epoch has it: the site's own number, here its place.
  [[nodiscard]] std::uint8_t number_of(const std::string& site) const {
    const auto at = std::find_if(config_.sites.begin(), config_.sites.end(),
                                 [&](const conf::EcvSite& each) { return each.name == site; });
    return static_cast<std::uint8_t>(at - config_.sites.begin() + 1);
  }

  void site(const conf::TimelineStep& step, base::Instant now) {
    bool any = false;
    for (const Target& target : simulation_.members()) {
      if (target.id.site != step.site || (!step.pool.empty() && target.id.pool != step.pool)) continue;
      any = true;
      Said& said = said_[target.id];
      MemberInput input{target.id, said.claim, !step.claim};
      if (step.claim) {
        input.claim = decide::Claim{now,
                                    now,
                                    step.claim->state,
                                    ecv::Epoch::make(step.claim->epoch, number_of(step.site)),
                                    step.claim->lease,
                                    false,
                                    step.claim->readers};
      } else if (input.claim && !said.silent) {  // heard up to now
        input.claim->asked = input.claim->heard = now;
      }
      said = {input.claim, input.failing};
      simulation_.tell(now, input, kNever);
    }
    if (!any) unknown(step);
  }

  void unknown(const conf::TimelineStep& step) {
    std::vector<std::string> texts;
    for (const Target& target : simulation_.members()) texts.push_back(decide::member_text(target.id));
    const std::string wanted = step.site + (step.pool.empty() ? "" : "/" + step.pool);
    std::string message = "no wide-IP has a member " + wanted;
    if (const auto near = base::nearest(wanted, std::vector<std::string_view>(texts.begin(), texts.end()))) {
      message += " (did you mean \"" + *near + "\"?)";
    }
    faults_.push_back({step.mark, std::move(message)});
  }

  void monitor(const conf::TimelineStep& step, base::Instant now) {
    const auto value = step.health == conf::TimelineHealth::kUp         ? MonitorValue::kUp
                       : step.health == conf::TimelineHealth::kDown     ? MonitorValue::kDown
                       : step.health == conf::TimelineHealth::kDisabled ? MonitorValue::kDisabled
                                                                        : MonitorValue::kUnknown;
    const auto news = monitors_.tell(step.monitor, step.where, value, now);
    if (!news) return faults_.push_back({step.mark, news.error().message});
    for (const ProbeInput& input : *news) simulation_.probe(now, input);
  }

  // As the server takes it, or refuses it.
  void order(const conf::TimelineStep& step, base::Instant now) {
    const conf::TimelineOrder& told = *step.order;
    const auto kind = told.pin ? decide::OrderKind::kPin : decide::OrderKind::kDrain;
    const Engine& engine = simulation_.engine();
    decide::Override asked{kind, told.what, plain_name(told.wideip), std::nullopt, told.break_glass};
    const auto target = target_of(engine, asked.what, asked.wideip);
    if (!target) return faults_.push_back({step.mark, target.error().message});
    asked.what = *target;
    OrderList list = without(orders_, asked);
    if (told.ends) {
      if (list.size() == orders_.size()) return faults_.push_back({step.mark, "there is no such order to take back"});
    } else if (auto why = impossible(engine, orders_, asked); !why.empty()) {
      return faults_.push_back({step.mark, std::move(why)});
    } else {
      Order made;
      made.what = asked;
      list.push_back(std::move(made));
      const auto broken = breaches(engine, asked, engine.orders(), orders_of(list, now), true, now);
      if (!broken.empty() && !told.break_glass) {
        return faults_.push_back({step.mark, breach_text(broken.front(), places_)});
      }
    }
    orders_ = std::move(list);
    std::vector<decide::Override> in_force;
    for (const Order& each : orders_) in_force.push_back(each.what);
    simulation_.order(now, in_force);
  }

  const conf::Dnsd& config_;
  std::vector<conf::Fault>& faults_;
  Json changes_ = Json::array();
  struct Said {
    std::optional<decide::Claim> claim;
    bool silent = true;
  };
  std::map<decide::MemberId, Said> said_;
  ToldMonitors monitors_;
  SafetyPlaces places_;
  OrderList orders_;
  Simulation simulation_;
};

}  // namespace

conf::Loaded<std::string> simulate(const conf::Dnsd& config, const conf::Timeline& timeline) {
  conf::Loaded<std::string> out;
  const Json all{{"of", "timeline"},
                 {"until_ms", base::to_ms(timeline.until)},
                 {"changes", Scenario(config, timeline, out.faults).changes()}};
  out.value = all.dump(-1, ' ', false, Json::error_handler_t::replace);
  return out;
}

}  // namespace control
