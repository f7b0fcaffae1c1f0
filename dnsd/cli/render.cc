#include "dnsd/cli/render.h"

#include <algorithm>

#include "base/io/json_view.h"
#include "base/text_table.h"

namespace dnsd::cli {

namespace {

using base::for_terminal;
using io::Json;

// A number that is zero means "none known".
std::string known(const Json& object, std::string_view key) {
  return io::number(object, key) == 0 ? "" : io::text(object, key);
}

std::string on_one_line(std::string text) {
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) text.replace(at, 1, "; ");
  return text;
}

std::string lease(const Json& object) {
  return io::number(object, "lease_ms") == 0 ? "" : io::duration(object, "lease_ms");
}

bool has_up_member(const Json& wideip) {
  const Json& members = io::items(wideip, "members");
  return std::any_of(members.begin(), members.end(), [](const Json& m) { return io::text(m, "value") == "UP"; });
}

std::string head(const Json& status) {
  std::string out =
      for_terminal(io::text(status, "id") + "  dnsd " + io::text(status, "version") + ", up " +
                   io::duration(status, "uptime_ms") + ", pid " + io::text(status, "pid") + ", generation " +
                   io::text(status, "generation") + (io::flag(status, "ready") ? ", ready" : ", NOT READY")) +
      "\n";
  const std::string listen = io::joined(io::member(status, "listen"));
  if (!listen.empty()) out += for_terminal("listening on " + listen) + "\n";
  return out;
}

std::string answer_of(const Json& object) {
  const std::string answer = io::joined(io::member(object, "answer"));
  return answer.empty() ? "(none)" : answer;
}

std::string member_name(const Json& member) {
  const std::string name = io::text(member, "name");
  return name.empty() ? io::text(member, "site") + "/" + io::text(member, "pool") : name;
}

// Addresses, or the name that it is an alias of.
std::string place_of(const Json& member) {
  const std::string cname = io::text(member, "cname");
  return cname.empty() ? io::joined(io::member(member, "addresses")) : cname;
}

void add_wideip(const Json& wideip, base::TextTable& names, base::TextTable& members) {
  names.add({io::text(wideip, "name"), answer_of(wideip), io::text(wideip, "ttl"), known(wideip, "counter"),
             io::text(wideip, "policy"), io::text(wideip, "since"), io::text(wideip, "reason")});
  for (const auto& member : io::items(wideip, "members")) {
    const std::int64_t epoch = io::number(member, "epoch");
    members.add({member_name(member), io::text(member, "value"), io::text(member, "state"),
                 epoch == 0 ? "" : std::to_string(epoch >> 8), lease(member), io::age(member, "last_heard_ms"),
                 place_of(member), io::text(member, "detail")});
  }
}

std::string wideips(const Json& status, bool all) {
  base::TextTable names({{"WIDE-IP"}, {"ANSWER"}, {"TTL"}, {"EPOCH"}, {"POLICY"}, {"SINCE"}, {"REASON"}});
  base::TextTable members({{"MEMBER"}, {"VALUE"}, {"STATE"}, {"EPOCH"}, {"LEASE"}, {"HEARD"}, {"ADDRESS"}, {"DETAIL"}});
  const Json& list = io::items(status, "wideips");
  const bool everything = all || list.size() <= kShownWideIps;
  std::size_t hidden = 0;
  std::size_t shown = 0;
  for (const auto& wideip : list) {
    if (everything || (!has_up_member(wideip) && shown < kShownWideIps)) {
      add_wideip(wideip, names, members);
      ++shown;
    } else {
      ++hidden;
    }
  }
  std::string out;
  if (!names.empty()) out += "\n" + names.to_string();
  if (!members.empty()) out += "\n" + members.to_string();
  auto total = list.size();
  auto troubled = static_cast<std::size_t>(
      std::count_if(list.begin(), list.end(), [](const Json& w) { return !has_up_member(w); }));
  // A daemon of very many tells of a part of them, those in trouble first.
  if (const auto of = static_cast<std::size_t>(std::max<std::int64_t>(io::number(status, "wideips_total"), 0));
      of > total) {
    hidden += of - total;
    total = of;
    troubled =
        std::max(troubled, static_cast<std::size_t>(std::max<std::int64_t>(io::number(status, "wideips_troubled"), 0)));
  }
  if (hidden > 0) {
    out += "\n" + std::to_string(hidden) + " of " + std::to_string(total) + " wide-IPs are not shown (--all), " +
           std::to_string(troubled - std::min(shown, troubled)) + " of these without an UP member\n";
  }
  return out;
}

std::string sites(const Json& status) {
  base::TextTable table({{"SITE"}, {"PATH"}, {"LAST GOOD REPORT"}, {"ERROR"}});
  for (const auto& site : io::items(status, "sites")) {
    for (const auto& path : io::items(site, "paths")) {
      table.add({io::text(site, "name"), io::text(path, "url"), io::age(path, "last_ok_ms"), io::text(path, "error")});
    }
  }
  return table.empty() ? "" : "\n" + table.to_string();
}

std::string zones(const Json& status) {
  base::TextTable table({{"ZONE"}, {"SERIAL"}, {"LOADED"}, {"FILE"}, {"ERROR"}});
  for (const auto& zone : io::items(status, "zones")) {
    table.add({io::text(zone, "origin"), io::text(zone, "serial"), io::text(zone, "loaded"), io::text(zone, "file"),
               on_one_line(io::text(zone, "error"))});
  }
  return table.empty() ? "" : "\n" + table.to_string();
}

// The votes of this server (mode witness); of `object`, a status or an explanation.
std::string votes(const Json& object) {
  base::TextTable table({{"VOTE"}, {"HELD BY"}, {"FOR"}, {"GRANTED"}, {"REFUSED"}, {"STALE"}, {"SITES"}});
  for (const auto& vote : io::items(object, "votes")) {
    std::string refused = io::text(vote, "refused");
    const Json& refusals = io::member(vote, "refusals");
    if (refusals.is_object()) {
      for (const auto& [reason, count] : refusals.items()) refused += ", " + reason + " " + io::text(count);
    }
    std::string heard;
    for (const auto& site : io::items(vote, "sites")) {
      heard += (heard.empty() ? "" : ", ") + io::text(site, "site") + " " + io::age(site, "last_heard_ms");
      if (!io::flag(site, "config_match")) heard += " CONFIGURATION DIFFERS";
    }
    const std::string holder = io::text(vote, "holder");
    table.add({io::text(vote, "pool"),
               !holder.empty()                ? holder
               : io::flag(vote, "moratorium") ? "(nobody yet: just started)"
                                              : "(nobody)",
               io::number(vote, "left_ms") == 0 ? "" : io::duration(vote, "left_ms"), io::text(vote, "granted"),
               refused, io::text(vote, "stale"), heard});
  }
  return table.empty() ? "" : "\n" + table.to_string();
}

std::string services(const Json& object) {
  std::string notes;
  base::TextTable table({{"SERVICE"}, {"ADDRESS"}, {"STATE"}, {"TESTED"}, {"FAILED"}, {"ERROR"}});
  for (const auto& each : io::items(object, "services")) {
    table.add({io::text(each, "site") + "/" + io::text(each, "pool"), io::text(each, "address"),
               io::text(each, "state"), io::age(each, "age_ms"), io::text(each, "failures"), io::text(each, "error")});
    if (const auto note = io::text(each, "note"); !note.empty()) {
      notes += for_terminal(io::text(each, "address") + ": " + note) + "\n";
    }
  }
  return table.empty() ? "" : "\n" + table.to_string() + notes;
}

// Where clients are: the regions, and whether their database is the one that is there now.
std::string topology(const Json& status) {
  const Json& topology = io::member(status, "topology");
  if (io::items(topology, "regions").empty()) return "";
  std::string names;
  for (const auto& region : io::items(topology, "regions")) {
    if (region.is_string()) names += (names.empty() ? "" : ", ") + region.get<std::string>();
  }
  std::string line = "topology: " + names + "; " + io::text(topology, "ranges_v4") + " IPv4 and " +
                     io::text(topology, "ranges_v6") + " IPv6 ranges";
  if (const auto database = io::text(topology, "database"); !database.empty()) line += "; database " + database;
  std::string out = "\n" + for_terminal(line) + "\n";
  if (const auto error = io::text(topology, "error"); !error.empty()) {
    out += for_terminal("! its database cannot be used: " + error) + "\n";
  }
  return out;
}

// Of the latest look.
std::string took(const Json& monitor) {
  const Json& ms = io::member(monitor, "latency_ms");
  return ms.is_number() ? base::format_duration(base::Duration(static_cast<std::int64_t>(ms.get<double>() * 1000)))
                        : "";
}

std::string monitors(const Json& status, bool all) {
  base::TextTable table({{"MONITOR"}, {"ADDRESS"}, {"STATE"}, {"SINCE"}, {"LOOKED"}, {"TOOK"}, {"FOUND"}});
  const Json& list = io::items(status, "monitors");
  const bool everything = all || list.size() <= kShownWideIps;
  std::size_t hidden = 0;
  std::size_t shown = 0;
  for (const auto& each : list) {
    if (!everything && (io::text(each, "state") == "up" || shown >= kShownWideIps)) {
      ++hidden;
      continue;
    }
    ++shown;
    const std::string waits = io::text(each, "waits");
    std::string found = io::text(each, "text");
    if (!waits.empty()) found += (found.empty() ? "" : "; ") + waits;
    table.add({io::text(each, "monitor"), io::text(each, "address"), io::text(each, "state"),
               io::duration(each, "since_ms"), io::age(each, "age_ms"), took(each), on_one_line(found)});
  }
  std::string out = table.empty() ? "" : "\n" + table.to_string();
  if (io::flag(status, "isolated")) {
    out += "\n! no checkpoint of this server answers: looks at members that fail count for nothing\n";
  }
  if (hidden > 0) {
    out += "\n" + std::to_string(hidden) + " of " + io::text(status, "monitors_total") +
           " monitored addresses are not shown (--all)\n";
  }
  return out;
}

// What came in and was not believed, by reason.
std::string refused(const Json& status) {
  std::string out;
  for (const auto& each : io::items(status, "refused")) {
    out += for_terminal("! refused " + io::text(each, "what") + "s: " + io::text(each, "reason") + ", " +
                        io::text(each, "count") + " times") +
           "\n";
  }
  return out.empty() ? "" : "\n" + out;
}

std::string inputs(const Json& explain) {
  base::TextTable table({{"SITE"}, {"PATH"}, {"AGE"}, {"STATE"}, {"EPOCH"}, {"LEASE"}, {"VERDICT"}});
  for (const auto& input : io::items(explain, "inputs")) {
    const std::int64_t epoch = io::number(input, "epoch");
    table.add({io::text(input, "site"), io::text(input, "path"), io::duration(input, "age_ms", "never"),
               io::text(input, "state"), epoch == 0 ? "" : std::to_string(epoch >> 8), lease(input),
               io::text(input, "verdict")});
  }
  return table.empty() ? "\nno input\n" : "\n" + table.to_string();
}

}  // namespace

std::string render_status(const std::string& data, bool all) {
  const Json status = Json::parse(data, nullptr, false);
  if (!status.is_object()) return "";
  const bool everything = all || io::items(status, "services").size() <= 2 * kShownWideIps;
  const std::string orders = overrides_table(status);
  return head(status) + wideips(status, all) + (orders.empty() ? "" : "\n" + orders) + sites(status) + votes(status) +
         (everything ? services(status) : std::string()) + monitors(status, all) + zones(status) + topology(status) +
         refused(status);
}

std::string render_explain(const std::string& data) {
  const Json explain = Json::parse(data, nullptr, false);
  if (!explain.is_object()) return "";
  std::string out = for_terminal(io::text(explain, "name") + " is answered with " + answer_of(explain) + ", ttl " +
                                 io::text(explain, "ttl") + ": " + io::text(explain, "reason")) +
                    "\n\n";
  std::size_t number = 0;
  for (const auto& step : io::items(explain, "steps")) {
    out += std::to_string(++number) + ". " + for_terminal(io::text(step)) + "\n";
  }
  out += inputs(explain);
  const Json& memory = io::member(explain, "memory");
  if (memory.is_object()) {
    const std::int64_t epoch = io::number(memory, "epoch");
    out += "\nremembered: " + (epoch == 0 ? std::string("no epoch") : "epoch " + std::to_string(epoch >> 8)) +
           for_terminal(", answer " + answer_of(memory) + ", " + io::age(memory, "age_ms")) + "\n";
  }
  std::string policy;
  for (const auto& [key, value] : io::member(explain, "policy").items()) {
    if (key == "hold_ms" || key == "then") continue;  // on_none says both in words
    policy += (policy.empty() ? "" : ", ") + key + " " + io::text(value);
  }
  if (!policy.empty()) out += "policy: " + for_terminal(policy) + "\n";
  const std::string orders = overrides_table(explain);
  return out + (orders.empty() ? "" : "\n" + orders) + votes(explain) + services(explain);
}

std::string render_reload(const std::string& data) {
  const Json reload = Json::parse(data, nullptr, false);
  if (!reload.is_object()) return "";
  std::string out = io::flag(reload, "done") ? "reloaded" : "not reloaded";
  out += ", generation " + for_terminal(io::text(reload, "generation")) + "\n";
  for (const auto& warning : io::items(reload, "warnings")) {
    out += for_terminal("warning: " + io::text(warning, "file") + ":" + io::text(warning, "line") + ":" +
                        io::text(warning, "column") + ": " + io::text(warning, "message")) +
           "\n";
  }
  return out;
}

}  // namespace dnsd::cli
