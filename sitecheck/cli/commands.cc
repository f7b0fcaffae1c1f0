#include "sitecheck/cli/commands.h"

#include <ostream>

#include "base/io/completion.h"
#include "base/io/paint.h"
#include "base/io/watch.h"
#include "base/log.h"
#include "conf/check.h"
#include "conf/load.h"
#include "sitecheck/cli/ask.h"
#include "sitecheck/cli/galera_candidate.h"
#include "sitecheck/cli/grants.h"
#include "sitecheck/cli/nagios.h"
#include "sitecheck/cli/orders.h"
#include "sitecheck/cli/recover.h"
#include "sitecheck/cli/render.h"
#include "sitecheck/cli/story.h"
#include "sitecheck/cli/switchover.h"

namespace sitecheck::cli {

namespace {

// Loads for a daemon; reports faults and gives nothing.
std::optional<conf::Sitecheck> load(const io::Call& call) {
  auto loaded = conf::load_sitecheck(call.config);
  if (!loaded.ok()) {
    conf::print_faults(loaded.faults, call.err);
    return std::nullopt;
  }
  base::configure_log(loaded.value.log.format, loaded.value.log.level);
  for (const auto& warning : loaded.warnings) base::log(base::Level::kWarn, "conf.warning", conf::to_string(warning));
  return std::move(loaded.value);
}

int serve(const io::Call& call, const Hooks& hooks) {
  const auto conf = load(call);
  if (!conf) return 2;
  return hooks.serve ? hooks.serve(*conf, {call.config, call.switches.at("bootstrap")}) : 1;
}

int guard(const io::Call& call, const Hooks& hooks) {
  const auto conf = load(call);
  if (!conf) return 2;
  const std::string& pool = call.values.at("pool");
  if (!pool.empty() && find_pool(*conf, pool) == nullptr) {
    call.err << "sitecheck: no pool \"" << pool << "\" in " << call.config << "; there are: " << pool_names(*conf)
             << "\n";
    return 2;
  }
  GuardOptions options{call.config, pool, std::nullopt, call.switches.at("remove")};
  if (const std::string& text = call.values.at("listen"); !text.empty()) {
    const auto address = base::SocketAddress::parse(text);
    if (!address) {
      call.err << "sitecheck: --listen: " << address.error().message << "; allowed: ADDRESS@PORT\n";
      return 2;
    }
    options.listen = *address;
  }
  return hooks.guard ? hooks.guard(*conf, options) : 1;
}

// A command about one node.
io::CommandSpec node_command(const std::string& name, const std::string& help, io::Reason reason) {
  return {.name = name,
          .help = help,
          .arguments = {{"NODE", "The node's name, or HOST:PORT; POOL/NODE where several pools have one"}},
          .json = true,
          .daemon = true,
          .reason = reason,
          .run = [name](const io::Call& call) {
            return ask(call, name, "{" + member("node", call.values.at("NODE")) + "}", io::render_plainly);
          }};
}

// A view of the status.
io::CommandSpec view(const std::string& name, const std::string& help, std::string (*render)(const std::string&)) {
  return {.name = name, .help = help, .json = true, .daemon = true, .run = [render](const io::Call& call) {
            return ask(call, "status", "{}", render);
          }};
}

io::CommandSpec status_command() {
  auto out = view("status", "The pools and their nodes, as a table", render_status);
  out.options = {io::watch_option()};
  out.run = [](const io::Call& call) {
    if (call.switches.at("watch")) return io::watch_daemon(call, daemon(), "status", "{}", render_status);
    return ask(call, "status", "{}",
               [&](const std::string& data) { return io::painted(render_status(data), call.out); });
  };
  return out;
}

std::vector<io::CommandSpec> local_commands(const Hooks& hooks) {
  return {
      {.name = "serve",
       .help = "Watch the pools in the foreground until told to stop; prints one line `ready` when it does",
       .options = {{.name = "bootstrap",
                    .value_name = "",
                    .help = "This site lost its state and no second source knows the epoch: start anew"}},
       .run = [hooks](const io::Call& call) { return serve(call, hooks); }},
      {.name = "guard",
       .help = "The dead-man guard: beside mysqld, closes the writer when the permit ends",
       .options = {{.name = "pool", .value_name = "POOL", .help = "This pool only"},
                   {.name = "listen",
                    .value_name = "ADDRESS@PORT",
                    .help = "Hear a sitecheck on another host here, in place of the pool's guard.address"},
                   {.name = "remove",
                    .value_name = "",
                    .help = "Take the packet filter of kind nft away, and end: its clients pass again"}},
       .run = [hooks](const io::Call& call) { return guard(call, hooks); }},
      {.name = "check",
       .help = "Report every fault of the configuration, or what it implies",
       .json = true,
       .run =
           [](const io::Call& call) {
             return conf::print_check(conf::load_sitecheck(call.config), call.json, call.out, call.err);
           }},
      {.name = "grants",
       .help = "Print the SQL that makes a pool's accounts, each with the least it needs",
       .arguments = {{"POOL", "The pool"}},
       .options = {{.name = "server",
                    .value_name = "KIND",
                    .help = "What the servers are: mariadb (10.5 and later), mariadb10.4 (and before), mysql8 (8.0 and "
                            "later) or mysql5 (5.6, 5.7)",
                    .standard = "mariadb",
                    .words = {"mariadb", "mariadb10.4", "mysql8", "mysql5"}},
                   {.name = "missing",
                    .value_name = "",
                    .help =
                        "Connect to the pool's nodes, and print only what the accounts lack there; status 1 if they "
                        "lack anything"}},
       .json = true,
       .run = print_grants},
      galera_candidate_command(),
  };
}

std::vector<io::CommandSpec> watching_commands() {
  return {
      status_command(),
      view("show", "What each pool may do and why: permit, epoch, guard, peer, addresses", render_show),
      view("checks", "The checkpoints and the quorum", render_checks),
      events_command(),
      node_command("is-active", "OK and status 0 if the node is the ACTIVE writer, else NO and status 1",
                   io::Reason::kNone),
      node_command("report", "STATUS/STATE of a node, as the classic report prints it", io::Reason::kNone),
  };
}

// For balancers and monitoring: what they run.
std::vector<io::CommandSpec> checking_commands() {
  return {
      {.name = "lvs-check",
       .help = "For keepalived and ldirectord: status 0 if the node may be used in this role, else 1",
       .arguments = {{"NODE", "The node's name, or HOST:PORT; POOL/NODE where several pools have one"}},
       .options = {{.name = "role",
                    .value_name = "ROLE",
                    .help = "rw: it is the writer, with lease left. ro: it is a STANDBY, or the ACTIVE if there is no "
                            "STANDBY left at this site",
                    .words = {"rw", "ro"},
                    .required = true}},
       .json = true,
       .daemon = true,
       .run =
           [](const io::Call& call) {
             const std::string args =
                 "{" + member("node", call.values.at("NODE")) + "," + member("role", call.values.at("role")) + "}";
             return io::ask_daemon(call, daemon(), "lvs-check", args, io::render_plainly, base::seconds(5));
           }},
      nagios_command(),
      {.name = "test-hook",
       .help = "Run the event_hook once with a harmless event, and say how it ended",
       .json = true,
       .daemon = true,
       .run =
           [](const io::Call& call) {
             return io::ask_daemon(call, daemon(), "test-hook", "{}", io::render_plainly, base::seconds(660));
           }},
  };
}

std::vector<io::CommandSpec> changing_commands() {
  return {
      node_command(
          "set-offline",
          "Take a node out: MAINT, never promoted, over restarts too. If it writes, the writer moves to another "
          "node of this site first, without losing a transaction; if none can take it, the node is fenced",
          io::Reason::kOptional),
      node_command("set-online", "Bring a node in again", io::Reason::kOptional),
      recover_command(),
      switchover_command(),
      {.name = "promote",
       .help = "Make this site the writer without the peer's grant: only when the other site surely cannot write",
       .arguments = {{"POOL", "The pool"}},
       .options = {{.name = "force", .value_name = "", .help = "Yes, without a grant", .required = true}},
       .json = true,
       .daemon = true,
       .reason = io::Reason::kRequired,
       .run =
           [](const io::Call& call) {
             return ask(call, "promote", "{" + member("pool", call.values.at("POOL")) + ",\"force\":true}",
                        io::render_plainly);
           }},
  };
}

}  // namespace

io::ProgramSpec program(const Hooks& hooks) {
  io::ProgramSpec out{.name = "sitecheck",
                      .summary = "The monitor of wideip at each site: decides, with the others, who may write",
                      .config = "/etc/wideip/sitecheck.yaml",
                      .commands = local_commands(hooks)};
  for (auto& command : watching_commands()) out.commands.push_back(std::move(command));
  for (auto& command : checking_commands()) out.commands.push_back(std::move(command));
  for (auto& command : changing_commands()) out.commands.push_back(std::move(command));
  for (auto& command : order_commands()) out.commands.push_back(std::move(command));
  out.commands.push_back(io::completion_command(out));
  return out;
}

}  // namespace sitecheck::cli
