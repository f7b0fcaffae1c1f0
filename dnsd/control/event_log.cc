#include "dnsd/control/event_log.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/log.h"
#include "dnsd/control/name_list.h"
#include "dnsd/control/wideip_settings.h"
#include "dnsd/decide/explain.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

std::string text(const Json& object) { return object.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::int64_t to_us(base::Instant at) { return at.time_since_epoch().count(); }

// All that was seen of a member; of one with a monitor, by its addresses.
Json seen_json(const decide::Member& member, const decide::Observation& observed) {
  Json out = to_json(observed);
  if (!member.cname.empty()) out["cname"] = member.cname + ".";
  if (member.monitor.empty()) return out;
  out["monitor"] = member.monitor;
  for (std::size_t i = 0; i < observed.health.size() && i < member.addresses.size(); ++i) {
    out["health"][i]["address"] = member.addresses[i].to_string();
  }
  return out;
}

// Each member, what was seen of it, and what that came to.
Json members_json(const Standing& standing, const std::vector<decide::Observation>& observed) {
  Json out = Json::array();
  const auto& verdicts = standing.decision.verdicts;
  for (std::size_t i = 0; i < standing.config.members.size() && i < verdicts.size(); ++i) {
    const decide::Member& member = standing.config.members[i];
    const decide::MemberId& id = member.id;
    out.push_back({{"site", id.site},
                   {"pool", id.pool},
                   {"value", std::string(decide::name(verdicts[i].value))},
                   {"ground", std::string(decide::name(verdicts[i].ground))}});
    if (i < observed.size()) out.back().update(seen_json(member, observed[i]));
  }
  return out;
}

// The places, in the order of the wide-IP, of the members whose addresses are answered, name by name its own; of an
// answer that is the same for all names, none.
Json from_json(const decide::WideIp& wideip, const decide::Decision& decision) {
  Json out = Json::array();
  if (wideip.method != decide::MethodKind::kActiveWriter) return out;
  for (const decide::MemberId& id : decision.members) {
    const auto at = std::find_if(wideip.members.begin(), wideip.members.end(),
                                 [&](const decide::Member& member) { return member.id == id; });
    if (at != wideip.members.end()) out.push_back(at - wideip.members.begin());
  }
  return out;
}

std::string join(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : " ") + text;
  return out;
}

}  // namespace

base::Result<void> EventLog::open(const std::filesystem::path& path, io::JournalOptions options) {
  path_ = path;
  auto journal = io::Journal::open(path, options);
  if (!journal) return base::fail(journal.error().message);
  journal_ = *std::move(journal);
  return {};
}

void EventLog::write(base::WallTime now, const std::string& object, Show show) {
  if (on_line_ && show == Show::kYes) on_line_(R"({"time":")" + base::format_utc(now) + R"(",)" + object.substr(1));
  if (!journal_) return;
  if (auto done = journal_->append(now, object); !done) {
    if (!std::exchange(broken_, true)) {
      base::log(base::Level::kError, "journal.unwritable", "events are not written down",
                {{"why", done.error().message}});
    }
    return;
  }
  if (std::exchange(broken_, false)) base::log(base::Level::kInfo, "journal.writable", "events are written down again");
}

void EventLog::input(const MemberInput& input, std::uint64_t boot_id, bool otherwise, Now now) {
  Json event{{"event", "input"}};
  event.update(to_json(input));
  event["boot_id"] = boot_id;
  event["at_us"] = to_us(now.boot);
  write(now.wall, text(event));
  if (!otherwise || !input.claim) return;
  base::log(base::Level::kInfo, "ecv.input", "a site says something else",
            {{"site", input.id.site},
             {"pool", input.id.pool},
             {"state", std::string(ecv::name(input.claim->state))},
             {"epoch", decide::epoch_text(input.claim->epoch)}});
}

// For a replay; monitor() and decided() tell people.
void EventLog::probe(const ProbeInput& input, Now now) {
  Json event{{"event", "probe"}};
  event.update(to_json(input));
  event["at_us"] = to_us(now.boot);
  write(now.wall, text(event), Show::kNo);
}

void EventLog::path_changed(const Polled& polled, Fault verdict, const std::string& error, base::WallTime now) {
  write(now, text({{"event", "path"},
                   {"site", polled.member.site},
                   {"pool", polled.member.pool},
                   {"url", polled.url},
                   {"fault", std::string(name(verdict))},
                   {"detail", error}}));
  if (verdict == Fault::kNone) {
    base::log(base::Level::kInfo, "ecv.path_ok", "a path brings reports",
              {{"site", polled.member.site}, {"pool", polled.member.pool}, {"url", polled.url}});
    return;
  }
  base::log(suspicious(verdict) ? base::Level::kError : base::Level::kWarn, "ecv.path_" + std::string(name(verdict)),
            suspicious(verdict) ? "an answer was refused" : "a path brings no reports",
            {{"site", polled.member.site}, {"pool", polled.member.pool}, {"url", polled.url}, {"why", error}});
}

// The names of a standing stand in the file of the journal that its decision is written to.
void EventLog::write_names(const Engine& engine, const Standing& standing, std::size_t with, base::WallTime now) {
  if (!journal_) return;
  if (std::exchange(arrangement_, engine.arrangement()) != engine.arrangement()) lists_stand_.clear();
  const std::string& first = engine.names()[standing.names.front()].name;
  const auto stands = lists_stand_.find(first);
  journal_->make_room(with);
  if (stands != lists_stand_.end() && stands->second == journal_->file()) return;
  const auto lines = name_list_lines(engine, standing);
  for (const std::string& line : lines) with += line.size() + io::Journal::kTimeBytes;
  journal_->make_room(with);
  for (const std::string& line : lines) write(now, line, Show::kNo);
  lists_stand_[first] = journal_->file();
}

void EventLog::decided(const Engine& engine, const Standing& standing, const std::vector<decide::Observation>& observed,
                       base::WallTime now) {
  const decide::Decision& d = standing.decision;
  const std::string why = decide::why(standing.config, d);
  const bool at_once = standing.names.size() > kNamesToldOf;
  const std::size_t names = at_once ? standing.names.size() : 1;
  for (std::size_t i = 0; i < standing.names.size() / names; ++i) {
    const Named& named = engine.names()[standing.names[i]];
    const std::vector<std::string> answer = engine.answer_texts(named);
    const decide::WideIp wideip = engine.wideip(named);
    Json event{{"event", "decision"},
               {"name", named.name},
               {"names", names},
               {"outcome", std::string(decide::name(d.outcome))},
               {"answer", answer},
               {"ttl", d.ttl_s},
               {"stale", d.stale},
               {"epoch", d.epoch.value},
               {"counter", d.epoch.counter()},
               {"reason", std::string(decide::name(d.reason))},
               {"why", why},
               {"members", members_json(standing, observed)}};
    for (std::size_t m = standing.config.members.size(); m < observed.size(); ++m) {
      event["required"].push_back(to_json(observed[m]));
    }
    event["memory"] = to_json(standing.before);
    event["settings"] = digest_of(wideip);
    if (at_once) {
      event["alike"] = digest_of_alike(wideip);
      event["from"] = from_json(wideip, d);
    }
    event["at_us"] = to_us(standing.decided_at);
    const std::string line = text(event);
    if (at_once) write_names(engine, standing, line.size() + io::Journal::kTimeBytes, now);
    write(now, line);
    base::log(d.alarm()      ? base::Level::kError
              : d.accepted() ? base::Level::kInfo
                             : base::Level::kWarn,
              d.alarm() ? "wideip.alarm" : "wideip.decision", why,
              {{"name", at_once ? named.name + " and " + std::to_string(names - 1) + " more" : named.name},
               {"answer", d.outcome == decide::Outcome::kAnswer ? join(answer) : std::string(decide::name(d.outcome))},
               {"ttl", std::to_string(d.ttl_s)},
               {"reason", std::string(decide::name(d.reason))}});
  }
}

void EventLog::command(const std::string& command, const std::string& user, const std::string& reason,
                       const std::string& outcome, Now now, const std::string& forgotten) {
  Json event{{"event", "command"}, {"command", command}, {"user", user}, {"reason", reason}, {"outcome", outcome}};
  if (!forgotten.empty()) event["forgotten"] = forgotten;
  event["at_us"] = to_us(now.boot);
  write(now.wall, text(event));
  base::log(base::Level::kInfo, "control.command", "a command was carried out",
            {{"command", command}, {"user", user}, {"reason", reason}, {"outcome", outcome}});
}

void EventLog::order(const std::string& action, const Order& order, const std::string& user, const std::string& reason,
                     const OrderList& in_force, const std::vector<std::string>& broken, Now now) {
  const std::string until = order.until ? base::format_utc(*order.until) : "";
  Json event{{"event", "override"}, {"action", action}, {"order", order_text(order.what)}};
  event.update(to_json(order.what));
  event["user"] = user;
  event["reason"] = reason;
  event["until"] = until.empty() ? Json(nullptr) : Json(until);
  event["broken"] = broken;
  event["in_force"] = overrides_json(in_force);
  event["at_us"] = to_us(now.boot);
  write(now.wall, text(event));
  std::string rules;
  for (const std::string& rule : broken) rules += (rules.empty() ? "" : "; ") + rule;
  const bool loud = action == "given" && (order.what.break_glass || !broken.empty());
  base::log(loud ? base::Level::kError : base::Level::kWarn, loud ? "override.break_glass" : "override." + action,
            loud ? "an order was given against the safety rules" : "an order of an operator was " + action,
            {{"order", order_text(order.what)},
             {"user", user},
             {"reason", reason},
             {"until", until.empty() ? "it is taken back" : until},
             {"broken", rules}});
}

void EventLog::vote(const std::string& pool, const std::string& before, const std::string& holder, base::WallTime now) {
  write(now, text({{"event", "vote"}, {"pool", pool}, {"holder", holder}, {"before", before}}));
  base::log(base::Level::kInfo, "vote.holder", holder.empty() ? "nobody has this server's vote" : "the vote is given",
            {{"pool", pool}, {"holder", holder}, {"before", before}});
}

void EventLog::service(const ServiceStanding& standing, base::WallTime now) {
  const std::string state(name(standing.view));
  write(now, text({{"event", "service"},
                   {"site", standing.member.site},
                   {"pool", standing.member.pool},
                   {"address", standing.address.to_string()},
                   {"state", state},
                   {"detail", standing.error}}));
  base::log(standing.view == ecv::ServiceView::kDown ? base::Level::kWarn : base::Level::kInfo, "service." + state,
            "a service address is " + state,
            {{"site", standing.member.site},
             {"pool", standing.member.pool},
             {"address", standing.address.to_string()},
             {"why", standing.error}});
}

void EventLog::monitor(const MonitorStanding& standing, MonitorValue before, base::WallTime now) {
  const std::string state(name(standing.state.value));
  const std::string address = standing.watch.address ? standing.watch.address->to_string() : "";
  write(now, text({{"event", "monitor"},
                   {"monitor", standing.watch.monitor},
                   {"address", address},
                   {"state", state},
                   {"before", std::string(name(before))},
                   {"detail", standing.text}}));
  const bool good = standing.state.value == MonitorValue::kUp;
  if (good && before == MonitorValue::kUnknown) return;  // a start, or a member that is new
  base::log(good ? base::Level::kInfo : base::Level::kWarn, "monitor." + state, "a monitor finds a member " + state,
            {{"monitor", standing.watch.monitor},
             {"address", address},
             {"before", std::string(name(before))},
             {"why", standing.text}});
}

void EventLog::started(const std::string& id, Now now) {
  write(now.wall, text({{"event", "start"}, {"id", id}, {"version", WIDEIP_VERSION}, {"at_us", to_us(now.boot)}}));
}

}  // namespace control
