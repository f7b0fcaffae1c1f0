#include "sitecheck/cli/orders.h"

#include <ostream>

#include "base/io/control.h"
#include "base/text_table.h"
#include "conf/scalar.h"
#include "sitecheck/cli/ask.h"
#include "sitecheck/cli/render.h"

namespace sitecheck::cli {

namespace {

// The pool's switchover_limit may be as long as a day; the answer comes when the writer has moved.
constexpr base::Duration kLongestMove = base::seconds(2 * 86'400);
constexpr std::int64_t kLongest = std::int64_t{365} * 86'400'000;  // ms

int mode(const io::Call& call) {
  return ask(call, "mode", "{" + member("mode", call.values.at("MODE")) + "}", io::render_plainly);
}

int downtime(const io::Call& call) {
  const std::string& text = call.values.at("for");
  const bool end = call.switches.at("end");
  const std::string node = "{" + member("node", call.values.at("NODE"));
  if (end == !text.empty()) {
    call.err << "sitecheck downtime: --for TIME is needed, or --end\n";
    return 2;
  }
  if (end) return ask(call, "downtime", node + ",\"end\":true}", io::render_plainly);
  std::int64_t ms = 0;
  if (const auto fault = conf::parse_duration(text, ms); fault || ms < 1000 || ms > kLongest) {
    call.err << "sitecheck downtime: --for: found \"" << base::for_terminal(text)
             << "\"; allowed: a whole number with a unit (ms, s, m, h, d), 1s to 365d\n";
    return 2;
  }
  if (call.reason.empty()) {
    call.err << "sitecheck downtime: --reason TEXT is needed: others read it in status\n";
    return 2;
  }
  return ask(call, "downtime", node + ",\"for_ms\":" + std::to_string(ms) + "}", io::render_plainly);
}

int reload(const io::Call& call) {
  const bool dry_run = call.switches.at("dry-run");
  return ask(call, "reload", dry_run ? "{\"dry_run\":true}" : "{}", render_reload);
}

int move_role(const io::Call& call) {
  const auto control = io::find_control(call, daemon());
  if (!control) return 2;
  const std::string args = "{" + member("pool", call.values.at("POOL")) + "," + member("node", call.values.at("NODE")) +
                           "," + member("role", call.values.at("role")) + "," +
                           member("address", call.values.at("address")) +
                           ",\"dry_run\":" + (call.switches.at("dry-run") ? "true" : "false") + "}";
  const auto reply = io::ask_control(*control, "move-role", args, call.reason, kLongestMove);
  return io::print_reply("sitecheck", reply, call.json, io::render_plainly, call.out, call.err);
}

}  // namespace

std::vector<io::CommandSpec> order_commands() {
  return {
      {.name = "mode",
       .help = "How much this site does by itself, until it is told otherwise, over restarts too. active: everything. "
               "manual: roles stay where they are and nothing is promoted unless a person says so; it still fences, "
               "grants and follows a writer. passive: it watches and touches no node; refused to a site that writes",
       .arguments = {{"MODE", "active, manual or passive", {"active", "manual", "passive"}}},
       .json = true,
       .daemon = true,
       .reason = io::Reason::kOptional,
       .run = mode},
      {.name = "reload",
       .help = "Take over the configuration as it is now: whole, or not at all. States, epoch and permit, what people "
               "ordered, and the connections of what stays the same are kept. Status 2 if it has faults; 1 if it needs "
               "a restart, or if it would take away the active writer",
       .options = {{.name = "dry-run",
                    .value_name = "",
                    .help = "Only say what would change, and what stands against it"}},
       .json = true,
       .daemon = true,
       .reason = io::Reason::kOptional,
       .run = reload},
      {.name = "downtime",
       .help = "Announce that a node is being worked on: until then its alarms are muted and it is read by nobody. It "
               "may still become the writer: set-offline prevents that",
       .arguments = {{"NODE", "The node's name, or HOST:PORT; POOL/NODE where several pools have one"}},
       .options = {{.name = "for", .value_name = "TIME", .help = "For how long, as 30m; then a --reason is needed"},
                   {.name = "end", .value_name = "", .help = "It is over already"}},
       .json = true,
       .daemon = true,
       .reason = io::Reason::kOptional,
       .run = downtime},
      {.name = "move-role",
       .help = "Put an address of a balanced role to a node, where it stays while the node may be read. With the "
               "exclusive role (or --role writer), make another node of this site the writer without losing a "
               "transaction: stop the writes, wait until that node holds all of them, open it with a new epoch; "
               "returns when it is over. In a pool of kind multi_writer with preferred_writer, that node is preferred "
               "from now on, and nothing is done at either",
       .arguments = {{"POOL", "The pool"}, {"NODE", "The node's name; auto: where the balance puts it"}},
       .options = {{.name = "role",
                    .value_name = "NAME",
                    .help = "Which role, if several are balanced; writer: the writer"},
                   {.name = "address", .value_name = "ADDRESS", .help = "Which of its addresses, if it has several"},
                   {.name = "dry-run",
                    .value_name = "",
                    .help = "For the writer: say what would be done and what stands against it; status 1 if anything "
                            "does"}},
       .json = true,
       .daemon = true,
       .reason = io::Reason::kOptional,
       .run = move_role},
  };
}

}  // namespace sitecheck::cli
