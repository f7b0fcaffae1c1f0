#include "dnsd/cli/commands.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <ostream>
#include <thread>

#include "base/io/completion.h"
#include "base/io/control.h"
#include "base/io/journal.h"
#include "base/io/json_view.h"
#include "base/io/paint.h"
#include "base/io/watch.h"
#include "base/log.h"
#include "base/text.h"
#include "base/text_table.h"
#include "conf/check.h"
#include "conf/load.h"
#include "dnsd/cli/override_commands.h"
#include "dnsd/cli/render.h"

namespace dnsd::cli {

namespace {

std::string quoted(const std::string& text) { return "\"" + base::escape_json(text) + "\""; }

// With several cores: nobody is served by this process yet. More than four wait for the one that takes what they read.
conf::Loaded<conf::Dnsd> load(const std::filesystem::path& path) {
  const unsigned cores = std::min(std::thread::hardware_concurrency(), 4U);
  return conf::load_dnsd(path, conf::real_outside(cores > 1 ? cores : 0));
}

int serve(const io::Call& call, const Hooks& hooks) {
  auto loaded = load(call.config);
  if (!loaded.ok()) {
    conf::print_faults(loaded.faults, call.err);
    return 2;
  }
  base::configure_log(loaded.value.log.format, loaded.value.log.level);
  for (const auto& warning : loaded.warnings) base::log(base::Level::kWarn, "conf.warning", conf::to_string(warning));
  return hooks.serve ? hooks.serve(std::move(loaded.value), {call.config, call.switches.at("replace")}) : 1;
}

// By its name, or by its beginning: an object that tells its time, as YAML that a person writes does not.
bool is_journal(const std::string& file, std::istream& in) {
  constexpr std::string_view kBeginning = "{\"time\":";
  std::array<char, kBeginning.size()> beginning{};
  in.read(beginning.data(), beginning.size());
  const auto name = std::filesystem::path(file).filename().string();
  return name.find(".jsonl") != name.npos || std::string_view(beginning.data(), beginning.size()) == kBeginning;
}

int print_simulation(const io::Call& call, const std::string& told) {
  call.out << (call.json ? told + "\n" : render_simulation(told));
  return differences(told) == 0 ? 0 : 1;
}

int simulate_timeline(const io::Call& call, const Hooks& hooks, const conf::Dnsd& config, const std::string& file) {
  const auto timeline = conf::load_timeline(file);
  if (!timeline.ok()) {
    conf::print_faults(timeline.faults, call.err);
    return 2;
  }
  const auto told = hooks.simulate(config, timeline.value);
  if (!told.ok()) {
    conf::print_faults(told.faults, call.err);
    return 2;
  }
  return print_simulation(call, told.value);
}

int simulate_journal(const io::Call& call, const Hooks& hooks, const conf::Dnsd& config, const std::string& file) {
  const auto journal = io::read_journal_text(file);
  if (journal) {
    for (const auto& skip : journal->skips) call.err << "dnsd: " << base::for_terminal(skip.to_string()) << "\n";
    if (journal->skipped > journal->skips.size()) {
      call.err << "dnsd: " << file << ": " << journal->skipped << " lines are skipped, the newest are told\n";
    }
  }
  const auto told = !journal       ? base::Result<std::string>(tl::unexpected(journal.error()))
                    : hooks.replay ? hooks.replay(config, journal->lines)
                                   : base::fail("no replay");
  if (!told) {
    call.err << "dnsd: " << file << ": " << told.error().message << "\n";
    return 2;
  }
  return print_simulation(call, *told);
}

int simulate(const io::Call& call, const Hooks& hooks) {
  const std::string& file = call.values.at("FILE");
  const auto loaded = load(call.config);
  if (!loaded.ok()) {
    conf::print_faults(loaded.faults, call.err);
    return 2;
  }
  std::ifstream in(file);
  const bool journal = is_journal(file, in);
  if (!in && !in.eof()) {
    call.err << "dnsd: " << file << ": cannot be read: " << std::strerror(errno)
             << "; a journal is events.jsonl in server.state_dir\n";
    return 2;
  }
  if (journal) return simulate_journal(call, hooks, loaded.value, file);
  return hooks.simulate ? simulate_timeline(call, hooks, loaded.value, file) : 2;
}

const io::Daemon& daemon() {
  static const io::Daemon daemon{"dnsd",
                                 [](const std::filesystem::path& config) { return conf::dnsd_control(config); }};
  return daemon;
}

constexpr base::Duration kTimeout = base::seconds(30);

// All parts of what the daemon tells of itself. Nothing: it does not answer, and why was printed.
std::optional<std::vector<std::string>> ask_running(const io::Call& call) {
  const auto control = io::find_control(call, daemon());
  if (!control) return std::nullopt;
  std::vector<std::string> out;
  for (std::size_t told = 0, total = 1; told < total;) {
    const auto part = io::ask_control(*control, "running", "{\"from\":" + std::to_string(told) + "}", "", kTimeout);
    if (!part || part->exit != 0) {
      (void)io::print_reply("dnsd", part, false, {}, call.out, call.err);
      return std::nullopt;
    }
    const io::Json json = io::Json::parse(part->data, nullptr, false);
    const std::size_t listed = io::items(json, "wideips").size();
    out.push_back(part->data);
    told += listed;
    total = listed == 0 ? told : static_cast<std::size_t>(std::max<std::int64_t>(io::number(json, "wideips_total"), 0));
  }
  return out;
}

// 1 means "there are changes", so what keeps from telling is 2.
int check_against_running(const io::Call& call, const Hooks& hooks, const conf::Loaded<conf::Dnsd>& loaded) {
  if (!loaded.ok() || !hooks.compare) return conf::print_check(loaded, call.json, call.out, call.err);
  const auto running = ask_running(call);
  if (!running) return 2;
  const auto told = hooks.compare(loaded.value, *running);
  if (!told) {
    call.err << "dnsd: " << told.error().message << "\n";
    return 2;
  }
  if (call.json) {
    (void)conf::print_check(loaded, true, call.out, call.err, *told);
  } else {
    for (const auto& warning : loaded.warnings) call.out << "warning: " << conf::to_string(warning) << "\n";
    call.out << render_against(*told);
  }
  return differs(*told) ? 1 : 0;
}

int check(const io::Call& call, const Hooks& hooks) {
  auto loaded = load(call.config);
  if (loaded.ok()) {
    const auto add = [&](conf::Findings found) {
      std::move(found.faults.begin(), found.faults.end(), std::back_inserter(loaded.faults));
      std::move(found.warnings.begin(), found.warnings.end(), std::back_inserter(loaded.warnings));
    };
    if (hooks.check_zones) add(hooks.check_zones(loaded.value));
    if (hooks.check_topology) add(hooks.check_topology(loaded.value.topology));
  }
  if (!call.values.at("against").empty()) return check_against_running(call, hooks, loaded);
  return conf::print_check(loaded, call.json, call.out, call.err);
}

int ask(const io::Call& call, const std::string& command, const std::string& args, const io::Renderer& render) {
  return io::ask_daemon(call, daemon(), command, args, render);
}

// A daemon of many wide-IPs tells of them a part at a time.
int status_of_all(const io::Call& call) {
  const auto control = io::find_control(call, daemon());
  if (!control) return 2;
  auto reply = io::ask_control(*control, "status", "{\"from\":0}", "", kTimeout);
  io::Json all = reply ? io::Json::parse(reply->data, nullptr, false) : io::Json();
  for (auto part = all; part.is_object() && part.contains("wideips") && !part["wideips"].empty();) {
    const std::string from = std::to_string(all["wideips"].size());
    if (io::number(all, "wideips_total") <= static_cast<std::int64_t>(all["wideips"].size())) break;
    const auto next = io::ask_control(*control, "status", "{\"from\":" + from + "}", "", kTimeout);
    if (!next) return io::print_reply("dnsd", next, call.json, {}, call.out, call.err);
    part = io::Json::parse(next->data, nullptr, false);
    for (const auto& wideip : io::items(part, "wideips")) all["wideips"].push_back(wideip);
  }
  if (reply && all.is_object()) reply->data = all.dump(-1, ' ', false, io::Json::error_handler_t::replace);
  return io::print_reply(
      "dnsd", reply, call.json, [](const std::string& data) { return render_status(data, true); }, call.out, call.err);
}

int status(const io::Call& call) {
  const bool all = call.switches.at("all");
  const auto render = [all](const std::string& data) { return render_status(data, all); };
  if (call.switches.at("watch")) return io::watch_daemon(call, daemon(), "status", "{}", render);
  if (all) return status_of_all(call);
  return ask(call, "status", "{}", [&](const std::string& data) { return io::painted(render(data), call.out); });
}

std::vector<io::CommandSpec> local_commands(const Hooks& hooks) {
  return {
      {.name = "serve",
       .help = "Serve in the foreground until told to stop; prints one line `ready` when it answers",
       .options = {{.name = "replace",
                    .value_name = "",
                    .help = "Take over the sockets and the work of the dnsd that runs with this configuration, without "
                            "losing a query; it ends by itself. If this one cannot serve as well, it ends with status "
                            "1, and the other goes on. Where none runs, serve plainly"}},
       .run = [hooks](const io::Call& call) { return serve(call, hooks); }},
      {.name = "check",
       .help = "Report every fault of the configuration and its zones, or what it implies",
       .options = {{.name = "against",
                    .value_name = "running",
                    .help = "Tell instead what would change of the dnsd that runs: settings, which of them need a "
                            "restart, and the answers that would move, decided on what that dnsd knows at present. "
                            "Changes nothing. Exit status 0: nothing would change; 1: something would; 2: the "
                            "configuration has faults, or that dnsd does not answer",
                    .words = {"running"}}},
       .json = true,
       .daemon = true,
       .run = [hooks](const io::Call& call) { return check(call, hooks); }},
      {.name = "simulate",
       .help = "What this configuration answers on a timeline (YAML), or on a journal that a server wrote "
               "(events.jsonl): each change of an answer with its time and cause. A journal's decisions are made again "
               "from the inputs that stand with them; exit status 1 if one comes out otherwise than recorded",
       .arguments = {{"FILE", "The timeline, or the journal; its older parts, FILE.1 and so on, are read with it"}},
       .json = true,
       .run = [hooks](const io::Call& call) { return simulate(call, hooks); }},
  };
}

std::vector<io::CommandSpec> daemon_commands() {
  return {
      {.name = "explain",
       .help = "Why a wide-IP is answered as it is: the decision, and every input with its age",
       .arguments = {{"NAME", "The wide-IP"}},
       .options = {{.name = "client",
                    .value_name = "PREFIX",
                    .help = "What clients of this network get, and why: an address, or ADDRESS/LENGTH"}},
       .json = true,
       .daemon = true,
       .run =
           [](const io::Call& call) {
             const auto client = call.values.find("client");
             const std::string whose = client == call.values.end() ? "" : client->second;
             return ask(call, "explain",
                        "{\"name\":" + quoted(call.values.at("NAME")) + ",\"client\":" + quoted(whose) + "}",
                        render_explain);
           }},
      {.name = "status",
       .help = "What is answered, what the sites claim, and how fresh that is",
       .options = {{.name = "all", .value_name = "", .help = "Every wide-IP, however many there are"},
                   io::watch_option()},
       .json = true,
       .daemon = true,
       .run = status},
      {.name = "reload",
       .help = "Take over the configuration and zones as they are now: whole, or not at all",
       .json = true,
       .daemon = true,
       .reason = io::Reason::kOptional,
       .run = [](const io::Call& call) { return ask(call, "reload", "{}", render_reload); }},
      {.name = "forget-epoch",
       .help = "Forget the highest epoch of a pool whose sites were rebuilt and count from 1 again",
       .arguments = {{"POOL", "The pool"}},
       .json = true,
       .daemon = true,
       .reason = io::Reason::kRequired,
       .run =
           [](const io::Call& call) {
             return ask(call, "forget-epoch", "{\"pool\":" + quoted(call.values.at("POOL")) + "}", io::render_plainly);
           }},
      {.name = "resume",
       .help = "Bring back a member that a monitor with manual_resume keeps down",
       .arguments = {{"MEMBER", "Its name, its address, the monitor, or MONITOR@ADDRESS"}},
       .json = true,
       .daemon = true,
       .reason = io::Reason::kRequired,
       .run =
           [](const io::Call& call) {
             return ask(call, "resume", "{\"member\":" + quoted(call.values.at("MEMBER")) + "}", io::render_plainly);
           }},
      {.name = "events",
       .help = "The journal: inputs and decisions, the newest last",
       .options = {{.name = "last", .value_name = "N", .help = "How many", .standard = "50", .number = true}},
       .json = true,
       .daemon = true,
       .run =
           [](const io::Call& call) {
             return ask(call, "events", "{\"last\":" + call.values.at("last") + "}", render_events);
           }},
  };
}

}  // namespace

io::ProgramSpec program(const Hooks& hooks) {
  io::ProgramSpec out{.name = "dnsd",
                      .summary = "The name server of wideip: wide-IPs answer the site that holds the active writer",
                      .config = "/etc/wideip/dnsd.yaml",
                      .commands = local_commands(hooks)};
  for (auto& command : daemon_commands()) out.commands.push_back(std::move(command));
  for (auto& command : override_commands(daemon())) out.commands.push_back(std::move(command));
  out.commands.push_back(io::completion_command(out));
  return out;
}

}  // namespace dnsd::cli
