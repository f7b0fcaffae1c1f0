#include "dnsd/control/override_check.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "dnsd/decide/explain.h"

namespace control {

namespace {

bool concerns(const decide::Override& order, const decide::WideIp& wideip) {
  if (!order.wideip.empty() && order.wideip != wideip.name) return false;
  return std::any_of(wideip.members.begin(), wideip.members.end(),
                     [&](const decide::Member& m) { return decide::means(order.what, m.id); });
}

// What the engine would decide of a wide-IP under these orders.
struct Imagined {
  std::vector<decide::Observation> observed;
  decide::Decision decision;

  Imagined(const Engine& engine, const decide::WideIp& wideip, const Standing& standing, const decide::Orders& orders,
           base::Instant now)
      : observed(engine.observe(wideip)) {
    orders.mark(wideip, observed);
    decide::Memory memory = standing.memory;
    memory.durable = engine.ledger().recall(wideip);
    decision = decide::decide(wideip, observed, memory, now);
  }
  [[nodiscard]] decide::Outlook outlook() const { return {observed, decision}; }
};

bool names_any(const Engine& engine, const std::string& wideip, const std::string& what) {
  return concerned(engine, {decide::OrderKind::kDrain, what, wideip}) > 0;
}

// Who could be meant.
std::set<std::string> known_targets(const Engine& engine, const std::string& wideip) {
  std::set<std::string> out;
  for (const Standing& standing : engine.standings()) {
    if (!wideip.empty() && &standing != engine.find(wideip)) continue;
    for (const decide::Member& member : standing.config.members) {
      out.insert(decide::member_text(member.id));
      if (!member.id.site.empty()) out.insert(member.id.site);
    }
  }
  return out;
}

std::string near(const std::string& word, const std::set<std::string>& known) {
  const std::vector<std::string_view> words(known.begin(), known.end());
  const auto found = base::nearest(word, words);
  return found ? "; did you mean \"" + *found + "\"?" : "";
}

}  // namespace

base::Result<std::string> target_of(const Engine& engine, const std::string& what, const std::string& wideip) {
  const auto address = base::IpAddress::parse(what);
  if (!address) return what;
  if (!wideip.empty() && engine.find_name(wideip) == nullptr) return what;  // impossible() tells of that name
  std::set<std::string> found;
  for (const Named& named : engine.names()) {
    if (!wideip.empty() && named.name != wideip) continue;
    const auto& members = engine.standings()[named.standing].config.members;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto& own = (*named.addresses)[i];
      if (std::find(own.begin(), own.end(), *address) != own.end()) found.insert(decide::member_text(members[i].id));
    }
  }
  if (found.size() == 1) return *found.begin();
  const std::string where = wideip.empty() ? "" : " of " + wideip;
  if (found.empty()) return base::fail("no member" + where + " has the address " + what);
  std::string all;
  for (const std::string& each : found) all += (all.empty() ? "" : ", ") + each;
  return base::fail(what + " is the address of several members" + where + ": " + all + "; name one");
}

bool same_place(const decide::Override& a, const decide::Override& b) {
  return a.kind == b.kind && a.wideip == b.wideip && (a.kind == decide::OrderKind::kPin || a.what == b.what);
}

OrderList without(OrderList list, const decide::Override& order) {
  std::erase_if(list, [&](const Order& each) { return same_place(each.what, order); });
  return list;
}

std::string impossible(const Engine& engine, const OrderList& list, const decide::Override& order) {
  if (!order.wideip.empty() && engine.find_name(order.wideip) == nullptr) {
    std::set<std::string> known;
    for (const Named& named : engine.names()) known.insert(named.name);
    return "no wide-IP \"" + order.wideip + "\" is configured" + near(order.wideip, known);
  }
  if (!names_any(engine, order.wideip, order.what)) {
    return "no site, pool or member \"" + order.what + "\" is " +
           (order.wideip.empty() ? "configured" : "in " + order.wideip) +
           near(order.what, known_targets(engine, order.wideip));
  }
  // One who is drained and pinned at once is neither.
  for (const Order& each : list) {
    const decide::Override& pin = each.what.kind == decide::OrderKind::kPin ? each.what : order;
    const decide::Override& drain = each.what.kind == decide::OrderKind::kPin ? order : each.what;
    if (pin.kind == drain.kind || (!drain.wideip.empty() && drain.wideip != pin.wideip)) continue;
    const Standing* standing = engine.find(pin.wideip);
    if (standing == nullptr) continue;
    const bool both = std::any_of(
        standing->config.members.begin(), standing->config.members.end(),
        [&](const decide::Member& m) { return decide::means(pin.what, m.id) && decide::means(drain.what, m.id); });
    if (both) return "it contradicts another order: " + order_text(each.what) + "; take that one back first";
  }
  if (order.kind == decide::OrderKind::kPin) {
    const Standing* standing = engine.find(order.wideip);
    const auto meant = std::count_if(standing->config.members.begin(), standing->config.members.end(),
                                     [&](const decide::Member& m) { return decide::means(order.what, m.id); });
    if (meant > 1) return "\"" + order.what + "\" is several members of " + order.wideip + "; name one, as SITE/POOL";
  }
  if (without(list, order).size() >= kMostOrders) {
    return std::to_string(kMostOrders) + " orders are in force, and that is the most; take back those not needed";
  }
  return "";
}

void SafetyPlaces::configure(const std::vector<conf::WideIp>& wideips) {
  places_.clear();
  for (const conf::WideIp& wideip : wideips) {
    const conf::Spot& at = wideip.safety.at;
    if (at.line > 0) places_[wideip.name] = conf::to_string(conf::Mark{wideip.mark.file, at.line, at.column});
  }
}

std::string SafetyPlaces::of(const std::string& wideip) const {
  const auto at = places_.find(wideip);
  return at == places_.end() ? "" : at->second;
}

std::vector<Breach> breaches(const Engine& engine, const decide::Override& order, const decide::Orders& without,
                             const decide::Orders& with, bool confirmed, base::Instant now) {
  std::vector<Breach> out;
  const auto look = [&](const decide::WideIp& wideip, const Standing& standing) {
    if (!concerns(order, wideip)) return;
    const Imagined before(engine, wideip, standing, without, now);
    const Imagined after(engine, wideip, standing, with, now);
    if (auto refusal = decide::breach(wideip, order.kind, before.outlook(), after.outlook())) {
      out.push_back({wideip.name, *std::move(refusal)});
    }
    const bool drain = order.kind == decide::OrderKind::kDrain;
    if (!confirmed && (drain ? wideip.safety.confirm_drain : wideip.safety.confirm_pin)) {
      out.push_back({wideip.name,
                     {decide::Rule::kConfirm, "it is to be confirmed: --yes, or `confirm` with the value " +
                                                  confirmation(order) + " in a request"}});
    }
  };
  if (!order.wideip.empty()) {
    if (const Named* named = engine.find_name(order.wideip)) {
      look(engine.wideip(*named), engine.standings()[named->standing]);
    }
    return out;
  }
  for (const Standing& standing : engine.standings()) look(standing.config, standing);
  // What has to be confirmed is asked last: a rule that refuses it anyhow stands before it.
  std::stable_partition(out.begin(), out.end(),
                        [](const Breach& b) { return b.refusal.rule != decide::Rule::kConfirm; });
  return out;
}

std::vector<std::string> cautions(const Engine& engine, const decide::Override& order, std::size_t most) {
  std::vector<std::string> out;
  for (const Standing& standing : engine.standings()) {
    const decide::WideIp& wideip = standing.config;
    if (wideip.method != decide::MethodKind::kActiveWriter || !concerns(order, wideip)) continue;
    if (out.size() == most) break;
    const std::size_t more = standing.names.size() - 1;
    const std::string names = wideip.name + (more == 0 ? "" : " and " + std::to_string(more) + " more");
    if (order.kind == decide::OrderKind::kPin) {
      if (order.break_glass) continue;  // told as a rule that is broken
      out.push_back(names + (more == 0 ? " follows" : " follow") +
                    " no failover while it is in force: if another site becomes the writer, nobody is answered until "
                    "`dnsd unpin " +
                    order.wideip + "`");
      continue;
    }
    std::string who;
    for (const decide::Member& member : wideip.members) {
      const auto& answered = standing.decision.members;
      if (!decide::means(order.what, member.id)) continue;
      if (std::find(answered.begin(), answered.end(), member.id) != answered.end()) continue;
      who += (who.empty() ? "" : ", ") + decide::member_text(member.id);
    }
    if (who.empty()) continue;
    out.push_back(names + (more == 0 ? " does" : " do") + " not follow a failover to " + who +
                  " while it is in force: nobody is answered then until `dnsd undrain " + order.what +
                  (order.wideip.empty() ? "" : " --wideip " + order.wideip) + "`");
  }
  return out;
}

const std::string& confirmation(const decide::Override& order) {
  return order.kind == decide::OrderKind::kPin ? order.wideip : order.what;
}

std::string breach_text(const Breach& breach, const SafetyPlaces& places) {
  const std::string place = places.of(breach.wideip);
  const bool written = breach.refusal.rule != decide::Rule::kPinUp;  // a rule that is always in force
  const std::string where = !written        ? ""
                            : place.empty() ? " (the default; `safety` of the wide-IP changes it)"
                                            : " (" + place + ")";
  return "refused by " + std::string(decide::name(breach.refusal.rule)) + " of " + breach.wideip + where + ": " +
         breach.refusal.why;
}

}  // namespace control
