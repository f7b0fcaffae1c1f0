#include "dnsd/control/event_log.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/log.h"
#include "dnsd/decide/explain.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

std::string text(const Json& object) { return object.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string join(const std::vector<base::IpAddress>& addresses) {
  std::string out;
  for (const auto& address : addresses) out += (out.empty() ? "" : " ") + address.to_string();
  return out;
}

}  // namespace

base::Result<void> EventLog::open(const std::filesystem::path& path) {
  path_ = path;
  auto journal = io::Journal::open(path);
  if (!journal) return base::fail(journal.error().message);
  journal_ = *std::move(journal);
  return {};
}

void EventLog::write(base::WallTime now, const std::string& object) {
  if (on_line_) on_line_(R"({"time":")" + base::format_utc(now) + R"(",)" + object.substr(1));
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

void EventLog::input(const decide::MemberId& member, const decide::Claim& claim, std::uint64_t boot_id,
                     base::WallTime now) {
  const std::string state(ecv::name(claim.state));
  write(now, text({{"event", "input"},
                   {"site", member.site},
                   {"pool", member.pool},
                   {"state", state},
                   {"epoch", claim.epoch.value},
                   {"counter", claim.epoch.counter()},
                   {"lease_ms", base::to_ms(claim.lease)},
                   {"boot_id", boot_id}}));
  base::log(
      base::Level::kInfo, "ecv.input", "a site says something else",
      {{"site", member.site}, {"pool", member.pool}, {"state", state}, {"epoch", decide::epoch_text(claim.epoch)}});
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

void EventLog::decided(const Standing& standing, const std::string& name, const std::vector<base::IpAddress>& answer,
                       std::size_t names, base::WallTime now) {
  const decide::Decision& d = standing.decision;
  Json members = Json::array();
  for (std::size_t i = 0; i < standing.config.members.size() && i < d.verdicts.size(); ++i) {
    const decide::MemberId& id = standing.config.members[i].id;
    members.push_back({{"site", id.site},
                       {"pool", id.pool},
                       {"value", std::string(decide::name(d.verdicts[i].value))},
                       {"ground", std::string(decide::name(d.verdicts[i].ground))}});
  }
  Json addresses = Json::array();
  for (const auto& address : answer) addresses.push_back(address.to_string());
  const std::string why = decide::why(standing.config, d);
  write(now, text({{"event", "decision"},
                   {"name", name},
                   {"names", names},
                   {"outcome", std::string(decide::name(d.outcome))},
                   {"answer", std::move(addresses)},
                   {"ttl", d.ttl_s},
                   {"stale", d.stale},
                   {"epoch", d.epoch.value},
                   {"counter", d.epoch.counter()},
                   {"reason", std::string(decide::name(d.reason))},
                   {"why", why},
                   {"members", std::move(members)}}));
  base::log(d.alarm()      ? base::Level::kError
            : d.accepted() ? base::Level::kInfo
                           : base::Level::kWarn,
            d.alarm() ? "wideip.alarm" : "wideip.decision", why,
            {{"name", names == 1 ? name : name + " and " + std::to_string(names - 1) + " more"},
             {"answer", d.outcome == decide::Outcome::kAnswer ? join(answer) : std::string(decide::name(d.outcome))},
             {"ttl", std::to_string(d.ttl_s)},
             {"reason", std::string(decide::name(d.reason))}});
}

void EventLog::command(const std::string& command, const std::string& user, const std::string& reason,
                       const std::string& outcome, base::WallTime now) {
  write(now,
        text({{"event", "command"}, {"command", command}, {"user", user}, {"reason", reason}, {"outcome", outcome}}));
  base::log(base::Level::kInfo, "control.command", "a command was carried out",
            {{"command", command}, {"user", user}, {"reason", reason}, {"outcome", outcome}});
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

void EventLog::started(const std::string& id, base::WallTime now) {
  write(now, text({{"event", "start"}, {"id", id}, {"version", WIDEIP_VERSION}}));
}

}  // namespace control
