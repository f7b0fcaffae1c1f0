// Orders of operators within Control: given, kept over restarts, ended. What is decided by them is the engine's.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/io/json_view.h"
#include "base/log.h"
#include "dnsd/control/control_impl.h"
#include "dnsd/control/override_request.h"
#include "dnsd/decide/explain.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kAnswersTold = 10;  // of what an order changed
constexpr std::size_t kBreachesTold = 10;
constexpr const char* kTakenOver = "another process is taking over from this one: ask again";
const std::string kUnwritten = "it cannot be written down, so that nothing was changed: ";

std::string text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }
io::ControlReply refuse(int exit, std::string why) { return {exit, "{}", std::move(why)}; }

std::string in_force_text(const OrderList& list, decide::OrderKind kind) {
  std::string out;
  for (const Order& order : list) {
    if (order.what.kind == kind) out += (out.empty() ? "" : ", ") + order_text(order.what);
  }
  return out.empty() ? "none is in force" : "in force: " + out;
}

// What is answered now for the wide-IPs that the order concerns, a few of them.
Json answers_json(const Engine& engine, const decide::Override& order) {
  Json out = Json::array();
  for (const Named& named : engine.names()) {
    if (out.size() == kAnswersTold) break;
    if (!order.wideip.empty() && order.wideip != named.name) continue;
    const Standing& standing = engine.standings()[named.standing];
    const bool meant = std::any_of(standing.config.members.begin(), standing.config.members.end(),
                                   [&](const auto& m) { return decide::means(order.what, m.id); });
    if (!meant) continue;
    Json answer = Json::array();
    for (const auto& address : engine.answered(named)) answer.push_back(address.to_string());
    out.push_back({{"name", named.name},
                   {"outcome", std::string(decide::name(standing.decision.outcome))},
                   {"answer", std::move(answer)},
                   {"reason", decide::why(standing.config, standing.decision)}});
  }
  return out;
}

std::vector<std::string> rules_of(const std::vector<Breach>& broken, const SafetyPlaces& places) {
  std::vector<std::string> out;
  for (const Breach& breach : broken) {
    if (out.size() < kBreachesTold) out.push_back(breach_text(breach, places));
  }
  return out;
}

// By the first of the rules. `rules` are their texts.
io::ControlReply refused(const decide::Override& order, const std::vector<Breach>& broken,
                         const std::vector<std::string>& rules) {
  const decide::Rule rule = broken.front().refusal.rule;
  const bool ask = rule == decide::Rule::kConfirm;
  std::string why = rules.front();
  if (broken.size() > 1) why += " (and " + std::to_string(broken.size() - 1) + " more)";
  if (!ask) why += "; --break-glass does it all the same, and is told to everybody";
  return {1,
          text({{"refused_by", std::string(decide::name(rule))},
                {"wideip", broken.front().wideip},
                {"confirm", ask ? Json(confirmation(order)) : Json(nullptr)}}),
          std::move(why)};
}

io::ControlReply done(const Engine& engine, const Order& order, const std::vector<std::string>& rules,
                      const std::vector<std::string>& cautions, Now now) {
  return {0,
          text({{"override", shown_json({order}, now.boot)[0]},
                {"broken", rules},
                {"cautions", cautions},
                {"answers", answers_json(engine, order.what)}}),
          ""};
}

}  // namespace

void Control::Impl::load_orders() {
  override_file.emplace(config.server.state_dir / "overrides");
  const Now at = now();
  OrderList ended;
  overrides.list.clear();
  for (Order& order : override_file->load(at)) {
    (decide::in_force(order.what, at.boot) ? overrides.list : ended).push_back(std::move(order));
  }
  for (const Order& order : ended) events.order("expired", order, "", "", overrides.list, {}, at);
  for (const Order& order : overrides.list) {
    events.order("loaded", order, order.user, order.reason, overrides.list, {}, at);
  }
  overrides.counters.expired += ended.size();
  engine.order(orders_of(overrides.list, at.boot), at);
}

base::Result<void> Control::Impl::take_orders(OrderList list, const std::function<void()>& told) {
  auto stored = override_file->store(list);
  overrides.writable = stored.has_value();
  if (!stored) return stored;
  overrides.list = std::move(list);
  told();  // in the journal, what happened stands before what was decided on it
  const Now at = now();
  engine.order(orders_of(overrides.list, at.boot), at);
  if (live) live->changed();
  arm();
  return {};
}

void Control::Impl::expire_orders() {
  const Now at = now();
  OrderList left;
  OrderList ended;
  for (const Order& order : overrides.list) (decide::in_force(order.what, at.boot) ? left : ended).push_back(order);
  if (ended.empty()) return;
  overrides.counters.expired += ended.size();
  const auto tell = [&] {
    for (const Order& order : ended) events.order("expired", order, "", "", left, {}, at);
  };
  if (take_orders(left, tell)) return;
  // They are over, whatever is on the disk: a start finds them ended too.
  base::log(base::Level::kError, "overrides.unwritable", "the end of an order cannot be written down");
  overrides.list = left;
  tell();
  engine.order(orders_of(left, at.boot), at);
}

void Control::Impl::doubt_orders() {
  const base::Instant at = now().boot;
  for (Order& order : overrides.list) {
    order.wideips = concerned(engine, order.what);
    if (order.wideips == 0) {
      base::log(base::Level::kWarn, "override.dangling",
                "an order of an operator concerns nobody that is configured; it stays until its end",
                {{"order", order_text(order.what)}, {"user", order.user}});
      continue;
    }
    const auto others = orders_of(without(overrides.list, order.what), at);
    for (const Breach& breach : breaches(engine, order.what, others, engine.orders(), true, at)) {
      if (order.what.break_glass || breach.refusal.rule == decide::Rule::kPinUp) continue;
      base::log(base::Level::kWarn, "override.against_rules",
                "an order of an operator would be refused by the safety rules as they are now; it stays until its end",
                {{"order", order_text(order.what)}, {"why", breach_text(breach, safety_places)}});
    }
  }
}

io::ControlReply Control::Impl::give_order(decide::OrderKind kind, const io::ControlRequest& request) {
  const Now at = now();
  const auto asked =
      read_order_request(kind, Json::parse(request.args, nullptr, false), request.user, request.reason, at);
  if (!asked) return refuse(2, asked.error().message);
  if (!deciding) return refuse(1, kTakenOver);
  Order order = asked->order;
  const auto target = target_of(engine, order.what.what, order.what.wideip);
  if (!target) return refuse(1, target.error().message);
  order.what.what = *target;
  order.wideips = concerned(engine, order.what);
  const auto journal = [&](const std::string& outcome) {
    events.command(request.command, request.user, request.reason, order_text(order.what) + ": " + outcome, at);
  };
  if (const std::string why = impossible(engine, overrides.list, order.what); !why.empty()) {
    journal("not possible");
    return refuse(1, why);
  }
  OrderList list = without(overrides.list, order.what);
  list.push_back(order);
  const bool confirmed = asked->confirm == confirmation(order.what);
  const auto broken = breaches(engine, order.what, engine.orders(), orders_of(list, at.boot), confirmed, at.boot);
  const auto rules = rules_of(broken, safety_places);
  if (!broken.empty() && !order.what.break_glass) {
    ++overrides.counters.refused[std::string(decide::name(broken.front().refusal.rule))];
    journal(rules.front());
    return refused(order.what, broken, rules);
  }
  // A drain breaks a glass only where there was one; a pin is then answered whatever becomes of its member.
  if (kind == decide::OrderKind::kDrain) list.back().what.break_glass = order.what.break_glass = !broken.empty();
  const auto taken =
      take_orders(list, [&] { events.order("given", order, request.user, request.reason, list, rules, at); });
  if (!taken) {
    journal("failed: " + taken.error().message);
    return refuse(1, kUnwritten + taken.error().message);
  }
  ++overrides.counters.given[std::string(decide::name(kind))];
  overrides.counters.break_glass += broken.empty() ? 0 : 1;
  return done(engine, order, rules, cautions(engine, order.what, kBreachesTold), at);
}

io::ControlReply Control::Impl::end_order(decide::OrderKind kind, const io::ControlRequest& request) {
  const Json args = Json::parse(request.args, nullptr, false);
  const bool pin = kind == decide::OrderKind::kPin;
  decide::Override meant{kind, pin ? std::string() : io::text(args, "what"), plain_name(io::text(args, "wideip"))};
  if (pin ? meant.wideip.empty() : meant.what.empty()) {
    return refuse(2, request.command + ": nobody given to " + request.command);
  }
  if (!deciding) return refuse(1, kTakenOver);
  if (const auto target = target_of(engine, meant.what, meant.wideip)) meant.what = *target;
  const auto found = std::find_if(overrides.list.begin(), overrides.list.end(),
                                  [&](const Order& each) { return same_place(each.what, meant); });
  if (found == overrides.list.end()) {
    return refuse(1, "there is no such order: " + (pin ? "a pin of " + meant.wideip : order_text(meant)) + "; " +
                         in_force_text(overrides.list, kind));
  }
  const Order ended = *found;
  const Now at = now();
  const OrderList left = without(overrides.list, meant);
  const auto taken =
      take_orders(left, [&] { events.order("ended", ended, request.user, request.reason, left, {}, at); });
  if (!taken) return refuse(1, kUnwritten + taken.error().message);
  return done(engine, ended, {}, {}, at);
}

}  // namespace control
