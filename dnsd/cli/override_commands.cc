#include "dnsd/cli/override_commands.h"

#include <unistd.h>

#include <iostream>
#include <ostream>
#include <string>

#include "base/io/control.h"
#include "base/io/json_view.h"
#include "base/text_table.h"
#include "dnsd/cli/render.h"

namespace dnsd::cli {

namespace {

constexpr base::Duration kTimeout = base::seconds(30);

std::string text(const io::Json& args) { return args.dump(-1, ' ', false, io::Json::error_handler_t::replace); }

std::string value(const io::Call& call, const char* name) {
  const auto at = call.values.find(name);
  return at == call.values.end() ? "" : at->second;
}

// A person at a terminal repeats the name of what the order is about.
bool repeats(const io::Call& call, const std::string& word) {
  if (::isatty(STDIN_FILENO) != 1) return false;
  call.err << "This is to be confirmed. Type " << base::for_terminal(word) << " to go on: " << std::flush;
  std::string typed;
  return static_cast<bool>(std::getline(std::cin, typed)) && typed == word;
}

int give(const io::Call& call, const io::Daemon& daemon, const std::string& command, io::Json args) {
  const auto control = io::find_control(call, daemon);
  if (!control) return 2;
  args["for"] = value(call, "for");
  args["until"] = value(call, "until");
  args["break_glass"] = call.switches.at("break-glass");
  auto reply = io::ask_control(*control, command, text(args), call.reason, kTimeout);
  if (reply && reply->exit == 1) {
    const std::string word = io::text(io::Json::parse(reply->data, nullptr, false), "confirm");
    if (!word.empty() && (call.switches.at("yes") || repeats(call, word))) {
      args["confirm"] = word;
      reply = io::ask_control(*control, command, text(args), call.reason, kTimeout);
    }
  }
  return io::print_reply("dnsd", reply, call.json, render_order, call.out, call.err);
}

std::vector<io::OptionSpec> order_options(const std::string& length) {
  return {
      {.name = "for", .value_name = "DURATION", .help = length},
      {.name = "until", .value_name = "TIME", .help = "Until then instead: 2026-11-23T03:00:00Z, or with an offset"},
      {.name = "yes", .value_name = "", .help = "Confirm it, where the safety rules want that"},
      {.name = "break-glass",
       .value_name = "",
       .help = "Even against the safety rules. It is logged as an error, stands in the journal, in status and on "
               "the status page, and raises an alarm while it is in force"}};
}

io::CommandSpec drain_command(const io::Daemon& daemon) {
  auto options = order_options("How long, 1s to 30d, or forever: until `dnsd undrain` (default: 1h)");
  options.insert(options.begin(), {.name = "wideip", .value_name = "NAME", .help = "For this wide-IP alone"});
  return {
      .name = "drain",
      .help =
          "Send nobody to a member. Where a method may choose others, they are answered; with active_writer "
          "nobody else can be, so that the one that holds the writer is refused: switch over first. Exit "
          "status 1: a safety rule refuses it",
      .arguments = {{"WHAT", "A site, a pool of it as SITE/POOL, or a member at an address by its name or address"}},
      .options = std::move(options),
      .json = true,
      .daemon = true,
      .reason = io::Reason::kRequired,
      .run = [&daemon](const io::Call& call) {
        return give(call, daemon, "drain", {{"what", call.values.at("WHAT")}, {"wideip", value(call, "wideip")}});
      }};
}

io::CommandSpec pin_command(const io::Daemon& daemon) {
  auto options = order_options("How long, 1s to 30d; with --break-glass at most 1d. This or --until is needed");
  return {.name = "pin",
          .help =
              "Answer a wide-IP with one member alone. While that is not up the method goes on without the pin; with "
              "active_writer nobody is answered unless the pinned site holds the writer. With --break-glass it is "
              "answered whatever is known of it: with active_writer clients may then write where nothing may be "
              "written",
          .arguments = {{"NAME", "The wide-IP"},
                        {"MEMBER", "A site, a pool of it as SITE/POOL, or a member by its name or address"}},
          .options = std::move(options),
          .json = true,
          .daemon = true,
          .reason = io::Reason::kRequired,
          .run = [&daemon](const io::Call& call) {
            return give(call, daemon, "pin", {{"wideip", call.values.at("NAME")}, {"what", call.values.at("MEMBER")}});
          }};
}

// `pin` in the words of those who think of the answer.
io::CommandSpec override_command(const io::Daemon& daemon) {
  auto out = pin_command(daemon);
  out.name = "override";
  out.help = "The same as `dnsd pin NAME MEMBER`, which `dnsd unpin NAME` takes back";
  out.arguments = {{"NAME=MEMBER", "The wide-IP, and whom it is answered with, by an address of his, say"}};
  out.run = [&daemon](const io::Call& call) {
    const std::string& word = call.values.at("NAME=MEMBER");
    const auto equals = word.find('=');
    if (equals == word.npos || equals == 0 || equals + 1 == word.size()) {
      call.err << "dnsd override: found \"" << base::for_terminal(word)
               << "\"; expected NAME=MEMBER, as mysql.example.com=192.0.2.11\n";
      return 2;
    }
    return give(call, daemon, "pin", {{"wideip", word.substr(0, equals)}, {"what", word.substr(equals + 1)}});
  };
  return out;
}

}  // namespace

std::vector<io::CommandSpec> override_commands(const io::Daemon& daemon) {
  const auto ask = [&daemon](const io::Call& call, const std::string& command, const io::Json& args) {
    return io::ask_daemon(call, daemon, command, text(args), command == "overrides" ? render_overrides : render_ended);
  };
  std::vector<io::CommandSpec> out;
  out.push_back(drain_command(daemon));
  out.push_back(
      {.name = "undrain",
       .help = "Take a drain back",
       .arguments = {{"WHAT", "As it was drained"}},
       .options = {{.name = "wideip", .value_name = "NAME", .help = "The one that was drained for this one alone"}},
       .json = true,
       .daemon = true,
       .reason = io::Reason::kOptional,
       .run = [ask](const io::Call& call) {
         return ask(call, "undrain", {{"what", call.values.at("WHAT")}, {"wideip", value(call, "wideip")}});
       }});
  out.push_back(pin_command(daemon));
  out.push_back(override_command(daemon));
  out.push_back({.name = "unpin",
                 .help = "Take a pin back",
                 .arguments = {{"NAME", "The wide-IP"}},
                 .json = true,
                 .daemon = true,
                 .reason = io::Reason::kOptional,
                 .run = [ask](const io::Call& call) {
                   return ask(call, "unpin", {{"wideip", call.values.at("NAME")}});
                 }});
  out.push_back({.name = "overrides",
                 .help = "The drains and pins in force: who gave them, why, and until when",
                 .json = true,
                 .daemon = true,
                 .run = [ask](const io::Call& call) { return ask(call, "overrides", io::Json::object()); }});
  return out;
}

}  // namespace dnsd::cli
