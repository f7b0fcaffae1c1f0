#include "sitecheck/cli/render.h"

#include <algorithm>

#include "base/io/json_view.h"
#include "base/text_table.h"

namespace sitecheck::cli {

namespace {

using base::for_terminal;
using io::Json;

std::string word(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

std::string good(const Json& checkpoint) { return io::flag(checkpoint, "ok") ? "OK" : "FAIL"; }

bool is_local(const Json& status, const Json& node) {
  const std::string site = io::text(node, "site");
  return site.empty() || site == io::text(status, "site");
}

std::vector<const Json*> by_priority(const Json& pool) {
  std::vector<const Json*> out;
  for (const auto& node : io::items(pool, "nodes")) out.push_back(&node);
  std::stable_sort(out.begin(), out.end(), [](const Json* a, const Json* b) {
    return io::number(*a, "priority") < io::number(*b, "priority");
  });
  return out;
}

// "C" stands two further in than the nodes' column, and so narrows the cell beside it by two.
constexpr std::size_t kIndent = 2;

void add_checkpoint(const Json& checkpoint, base::TextTable& table) {
  table.add_indented(kIndent, {"C", good(checkpoint), io::text(checkpoint, "req"), io::text(checkpoint, "time"),
                               io::text(checkpoint, "id")});
}

void add_pool(const Json& status, const Json& pool, base::TextTable& table) {
  table.add_line("*  [ " + io::text(pool, "name") + " ] status=" + io::text(pool, "status"));
  for (const Json* node : by_priority(pool)) {
    table.add({io::text(*node, "role"), io::text(*node, "name"), io::text(*node, "req"), io::text(*node, "time"),
               io::text(*node, "status"), io::text(*node, "state"), io::text(*node, "message")});
    if (!is_local(status, *node)) continue;
    for (const auto& checkpoint : io::items(io::member(status, "checkpoints"), "items")) {
      add_checkpoint(checkpoint, table);
    }
  }
}

// A pool whose nodes are only watched has no permit, epoch or guard to speak of.
bool arbitrated(const Json& pool) {
  return !io::member(pool, "arbitrated").is_boolean() || io::flag(pool, "arbitrated");
}

std::string guard_of(const Json& pool) {
  const Json& guard = io::member(pool, "guard");
  std::string out = io::text(guard, "kind");
  if (out == "none") return "none: nothing closes the writer if sitecheck hangs";
  out += io::flag(guard, "armed") ? " armed, closes in " + io::duration(guard, "deadline_ms") : " not armed";
  return out + ", heard " + io::age(guard, "last_heard_ms");
}

std::string permit_of(const Json& pool) {
  const std::int64_t lease = io::number(pool, "lease_ms");
  if (!arbitrated(pool)) {
    return io::text(pool, "state") + (lease > 0 ? ", claimed for " + io::duration(pool, "lease_ms") : ", no claim");
  }
  return io::text(pool, "state") + ", epoch " + io::text(pool, "counter") +
         (lease > 0 ? ", lease " + io::duration(pool, "lease_ms") : ", no lease");
}

// What the tests of the service address found, here and elsewhere.
std::string service_of(const Json& pool) {
  const Json& service = io::member(pool, "service");
  if (!service.is_object()) return "";
  std::string views;
  for (const auto& view : io::items(service, "views")) {
    views += (views.empty() ? "" : ", ") + io::text(view, "from") + (io::flag(view, "up") ? " up" : " DOWN");
  }
  std::string out = io::text(service, "own");
  if (!views.empty()) out += (out.empty() ? "seen by " : "; seen by ") + views;
  for (const auto& other : io::items(service, "others")) {
    const std::string note = io::text(other, "note");
    if (!note.empty()) out += (out.empty() ? "" : "; ") + ("that of " + io::text(other, "site") + ": " + note);
  }
  return out;
}

// Whether an acknowledged commit is at a replica too; nothing where that was not asked for.
std::string semi_sync_of(const Json& pool) {
  const Json& semi_sync = io::member(pool, "semi_sync");
  const std::string state = io::text(semi_sync, "state");
  if (state == "degraded") return "DEGRADED: acknowledged commits are not protected";
  if (state != "on") return "";
  return "on: acknowledged commits are protected, replicas " + io::text(semi_sync, "replicas");
}

std::string switchover_of(const Json& pool) {
  const Json& switchover = io::member(pool, "switchover");
  if (!switchover.is_object()) return "";
  return "to " + io::text(switchover, "target") + ", " + io::text(switchover, "step") + " for " +
         io::duration(switchover, "since_ms");
}

// A list, or one text.
std::vector<std::string> errant_list(const Json& pool) {
  std::vector<std::string> out;
  for (const auto& each : io::items(pool, "errant")) out.push_back(io::text(each));
  const Json& one = io::member(pool, "errant");
  if (one.is_string() && !io::text(one).empty()) out.push_back(io::text(one));
  return out;
}

// "reader (balanced): 192.0.2.21 at db2, 192.0.2.22 goes to db3 by hand".
std::string role_of(const Json& role) {
  std::string out = io::text(role, "name") + " (" + io::text(role, "kind") + "):";
  for (const auto& each : io::items(role, "addresses")) {
    const std::string address = io::text(each, "address");
    const std::string node = io::text(each, "node");
    const std::string at = io::text(each, "at");
    out += out.ends_with(':') ? "" : ",";
    if (!address.empty()) out += " " + address;
    out += at.empty() ? " nowhere" : " at " + at;
    if (node != at && !node.empty()) out += ", goes to " + node;
    if (!io::text(each, "pinned").empty()) out += " (put to " + io::text(each, "pinned") + " by hand)";
  }
  const std::string running = io::text(role, "running");
  return out + (running.empty() ? "" : "; " + running + " runs");
}

std::string downtime_of(const Json& node) {
  const Json& downtime = io::member(node, "downtime");
  if (!downtime.is_object()) return "";
  return io::text(node, "name") + " until " + io::text(downtime, "until") + " by " + io::text(downtime, "who") + ": " +
         io::text(downtime, "reason");
}

// Below a pool's line, what most pools do not have.
std::string further_lines(const Json& pool) {
  std::string out;
  const auto add = [&](const std::string& label, const std::string& what) {
    if (!what.empty()) out += for_terminal("  " + label + ": " + what) + "\n";
  };
  add("switchover", switchover_of(pool));
  add("service", service_of(pool));
  add("semi-sync", semi_sync_of(pool));
  for (const auto& role : io::items(pool, "roles")) add("role", role_of(role));
  for (const auto& node : io::items(pool, "nodes")) add("downtime", downtime_of(node));
  const auto errant = errant_list(pool);
  for (const auto& each : errant) add("errant transactions, not at the writer", each);
  if (!errant.empty()) {
    out += for_terminal("  sitecheck recover " + io::text(pool, "name") + " --accept-errant gives them up") + "\n";
  }
  return out;
}

std::string alarms(const Json& pool) {
  std::string out;
  if (io::flag(pool, "accept_unfenced")) {
    out += for_terminal("! " + io::text(pool, "name") +
                        ": accept_unfenced: it takes the place of a silent peer that has no guard; split-brain is "
                        "possible") +
           "\n";
  }
  for (const auto& alarm : io::items(pool, "alarms")) {
    out += for_terminal("! " + io::text(pool, "name") + ": " + io::text(alarm)) + "\n";
  }
  return out;
}

// Who votes, and what was last heard of each; or where etcd is asked.
std::string arbiter_lines(const Json& arbiter) {
  std::string out;
  const Json& voters = io::items(arbiter, "voters");
  if (!voters.empty()) {
    out += for_terminal("voters " + std::to_string(voters.size()) + ", a writer needs " + io::text(arbiter, "quorum")) +
           "\n";
  }
  for (const auto& voter : voters) {
    const std::string last = io::text(voter, "last_vote");
    out += for_terminal("voter " + io::text(voter, "id") + "  " + (last.empty() ? "no answer" : last) +
                        (last.empty() ? "" : ", " + io::age(voter, "age_ms"))) +
           "\n";
  }
  const Json& etcd = io::member(arbiter, "etcd");
  if (etcd.is_object()) {
    const std::string owner = io::text(etcd, "owner");
    out += for_terminal("etcd " + io::text(etcd, "endpoint") + "  owner " + (owner.empty() ? "nobody" : owner) +
                        (io::number(etcd, "lease_ms") > 0 ? ", lease " + io::duration(etcd, "lease_ms") : "")) +
           "\n";
  }
  return out;
}

std::string site_line(const Json& status) {
  const Json& arbiter = io::member(status, "arbiter");
  const std::string mode = io::text(arbiter, "mode");
  std::string out = "site " + io::text(status, "site") + " (id " + io::text(status, "site_id") + ")  arbiter " + mode;
  if (const std::string how = io::text(status, "mode"); !how.empty())
    out = out.insert(out.find("  arbiter"), "  mode " + how);
  out += ", on_silence " + io::text(arbiter, "on_silence") + ", preset " + io::text(arbiter, "preset");
  // Only there the links must be trusted (protocol.md section 6).
  if (mode == "checkpoints") {
    const std::string detail = io::text(arbiter, "ca_detail");
    out += "  CA " + io::text(arbiter, "ca") + (detail.empty() ? "" : " (" + detail + ")");
  }
  return for_terminal(out) + "\n" + arbiter_lines(arbiter);
}

std::string peer_lines(const Json& status) {
  std::string out;
  for (const auto& peer : io::items(status, "peers")) {
    std::string line = "peer " + io::text(peer, "site") + "  heard " + io::age(peer, "last_heard_ms") +
                       (io::flag(peer, "config_match") ? "" : ", CONFIGURATION DIFFERS") + "; paths";
    std::string_view between = " ";
    for (const auto& path : io::items(peer, "paths")) {
      line += std::string(between) + io::text(path, "addr") + " " + io::age(path, "last_heard_ms");
      between = ", ";
    }
    out += for_terminal(line) + "\n";
  }
  return out;
}

// Datagrams that were not believed, by reason, and since when they are counted.
std::string refused_lines(const Json& status) {
  std::string out;
  for (const auto& refused : io::items(status, "refused")) {
    if (io::number(refused, "count") == 0) continue;
    std::string line = "! refused from " + io::text(refused, "from") + ": " + io::text(refused, "reason") + ", " +
                       io::text(refused, "count") + " times";
    if (const auto since = io::text(refused, "since"); !since.empty()) line += " since " + since;
    out += for_terminal(line) + "\n";
  }
  return out;
}

std::string quorum_line(const Json& status) {
  const Json& checkpoints = io::member(status, "checkpoints");
  const std::string cut = io::text(checkpoints, "cut");
  return for_terminal("checkpoints " + io::text(checkpoints, "ok") + " of " + io::text(checkpoints, "total") +
                      " external, quorum " + io::text(checkpoints, "quorum") + (cut.empty() ? "" : ", cut: " + cut)) +
         "\n";
}

std::string node_lines(const Json& pool) {
  base::TextTable table(
      {{"NODE"}, {"ADDRESS"}, {"SITE"}, {"STATE"}, {"READ_ONLY"}, {"IO"}, {"SQL"}, {"LAG"}, {"BY"}, {"GTID"}});
  for (const Json* node : by_priority(pool)) {
    table.add({io::text(*node, "name"), io::text(*node, "host") + "@" + io::text(*node, "port"),
               io::text(*node, "site"), io::text(*node, "state"), io::text(*node, "read_only"), io::text(*node, "io"),
               io::text(*node, "sql"), io::duration(*node, "lag_ms"), io::text(*node, "lag_by"),
               io::text(*node, "gtid")});
  }
  std::string out = table.to_string();
  for (const Json* node : by_priority(pool)) {
    const std::string gaps = io::text(*node, "gtid_gaps");
    const std::string missing = io::text(*node, "gtid_missing");
    if (!gaps.empty()) out += for_terminal(io::text(*node, "name") + " has gaps in what it executed: " + gaps) + "\n";
    if (!missing.empty()) out += for_terminal(io::text(*node, "name") + " lacks of the writer's: " + missing) + "\n";
  }
  return out;
}

std::string show_pool(const Json& pool) {
  const Json& peer = io::member(pool, "peer");
  std::string out =
      for_terminal("pool " + io::text(pool, "name") + " (" + io::text(pool, "kind") + ", " + io::text(pool, "status") +
                   "): " + permit_of(pool) + ", since " + io::text(pool, "since")) +
      "\n";
  if (!arbitrated(pool)) {
    const std::string reason = io::text(pool, "reason");
    if (!reason.empty()) out += for_terminal(reason) + "\n";
    out += for_terminal("nodes are watched only: nothing is fenced, promoted or handed over") + "\n";
    return out + alarms(pool) + node_lines(pool);
  }
  out += for_terminal(std::string("eligible: ") + (io::flag(pool, "eligible") ? "yes" : "no") +
                      (io::text(pool, "reason").empty() ? "" : "; " + io::text(pool, "reason"))) +
         "\n";
  const std::int64_t seen = io::number(pool, "max_epoch_seen");
  out += for_terminal("highest epoch seen: " + std::to_string(seen >> 8)) + "\n";
  out += for_terminal("guard: " + guard_of(pool)) + "\n";
  if (peer.is_object()) {
    out +=
        for_terminal("peer: " + io::text(peer, "state") + ", epoch " + std::to_string(io::number(peer, "epoch") >> 8) +
                     (io::flag(peer, "eligible") ? ", eligible" : ", not eligible") + ", position " +
                     io::text(peer, "position")) +
        "\n";
  }
  return out + further_lines(pool) + alarms(pool) + node_lines(pool);
}

}  // namespace

std::string render_table(const std::string& data) {
  const Json status = Json::parse(data, nullptr, false);
  base::TextTable table({{"T", 1},
                         {"Server Name", 30},
                         {"req", 3},
                         {"Time of Last Request", 20},
                         {"Status", 7},
                         {"State", 17},
                         {"Last Status Message"}});
  for (const auto& pool : io::items(status, "pools")) add_pool(status, pool, table);
  return table.to_string();
}

std::string render_status(const std::string& data) {
  const Json status = Json::parse(data, nullptr, false);
  if (!status.is_object()) return "";
  std::string out =
      render_table(data) + "\n" + site_line(status) + quorum_line(status) + peer_lines(status) + refused_lines(status);
  for (const auto& pool : io::items(status, "pools")) {
    const std::string held =
        arbitrated(pool) ? "; guard " + guard_of(pool) : "; " + io::text(pool, "kind") + ", watched only";
    out += for_terminal("pool " + io::text(pool, "name") + "  " + permit_of(pool) + held) + "\n";
    out += further_lines(pool) + alarms(pool);
  }
  return out;
}

std::string render_show(const std::string& data) {
  const Json status = Json::parse(data, nullptr, false);
  std::string out;
  for (const auto& pool : io::items(status, "pools")) out += (out.empty() ? "" : "\n") + show_pool(pool);
  return out;
}

std::string render_checks(const std::string& data) {
  const Json status = Json::parse(data, nullptr, false);
  base::TextTable table({{"CHECKPOINT"}, {"SCOPE"}, {"OK"}, {"REQ"}, {"TIME"}, {"MESSAGE"}});
  for (const auto& item : io::items(io::member(status, "checkpoints"), "items")) {
    table.add({io::text(item, "id"), io::text(item, "scope"), good(item), io::text(item, "req"), io::text(item, "time"),
               io::text(item, "message")});
  }
  return (table.empty() ? std::string() : table.to_string()) + quorum_line(status);
}

std::string render_reload(const std::string& data) {
  const Json reload = Json::parse(data, nullptr, false);
  if (!reload.is_object()) return "";
  const bool dry_run = io::flag(reload, "dry_run");
  std::string out = dry_run ? "would be reloaded" : io::flag(reload, "done") ? "reloaded" : "not reloaded";
  const auto& changes = io::items(reload, "changes");
  out += changes.empty() ? "; nothing is changed\n" : "\n";
  for (const auto& change : changes) out += "  " + base::for_terminal(word(change)) + "\n";
  for (const auto& note : io::items(reload, "notes")) out += base::for_terminal("note: " + word(note)) + "\n";
  for (const auto& warning : io::items(reload, "warnings")) {
    out += base::for_terminal("warning: " + io::text(warning, "file") + ":" + io::text(warning, "line") + ":" +
                              io::text(warning, "column") + ": " + io::text(warning, "message")) +
           "\n";
  }
  return out;
}

}  // namespace sitecheck::cli
