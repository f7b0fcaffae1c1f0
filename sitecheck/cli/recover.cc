#include "sitecheck/cli/recover.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/io/control.h"
#include "base/io/json_view.h"
#include "base/text_table.h"
#include "sitecheck/cli/ask.h"

namespace sitecheck::cli {

namespace {

using io::Json;

bool is_target(const Json& pool, const std::string& target) {
  const auto& nodes = io::items(pool, "nodes");
  const auto name = io::text(pool, "name");
  const auto means = [&](const std::string& node) { return node == target || name + "/" + node == target; };
  return name == target || std::any_of(nodes.begin(), nodes.end(), [&](const Json& node) {
           return means(io::text(node, "name")) || means(io::text(node, "host") + ":" + io::text(node, "port"));
         });
}

// A script means what it says; a person at a terminal sees first what is lost.
bool agreed(const io::Call& call, const std::string& target) {
  if (call.switches.at("yes") || call.json || ::isatty(STDIN_FILENO) == 0) return true;
  const auto control = io::find_control(call, daemon());
  if (!control) return false;
  const auto status = io::ask_control(*control, "status", "{}", "", base::seconds(5));
  if (!status) return true;  // not running: the command itself says so
  return confirmed(errant_of(status->data, target), std::cin, call.out);
}

int recover(const io::Call& call) {
  const std::string& target = call.values.at("NODE|POOL");
  const bool accept = call.switches.at("accept-errant");
  if (accept && !agreed(call, target)) {
    call.err << "sitecheck: nothing was changed\n";
    return 1;
  }
  return ask(call, "recover",
             "{" + member("target", target) + ",\"accept_errant\":" + (accept ? "true" : "false") + "}",
             io::render_plainly);
}

}  // namespace

std::vector<std::string> errant_of(const std::string& data, const std::string& target) {
  const Json status = Json::parse(data, nullptr, false);
  std::vector<std::string> out;
  for (const auto& pool : io::items(status, "pools")) {
    if (!is_target(pool, target)) continue;
    for (const auto& each : io::items(pool, "errant")) out.push_back(io::text(each));
    const Json& one = io::member(pool, "errant");
    if (one.is_string() && !one.get<std::string>().empty()) out.push_back(io::text(one));
  }
  return out;
}

bool confirmed(const std::vector<std::string>& errant, std::istream& in, std::ostream& out) {
  if (errant.empty()) return true;
  out << "These transactions are here and not at the writer; they are given up:\n";
  for (const auto& each : errant) out << "  " << base::for_terminal(each) << "\n";
  out << "Give them up? Type yes: " << std::flush;
  std::string line;
  return std::getline(in, line) && line == "yes";
}

io::CommandSpec recover_command() {
  return {.name = "recover",
          .help = "Bring a failed, flapping or quarantined node back, or a pool whose checkpoints were lost",
          .arguments = {{"NODE|POOL", "What to recover"}},
          .options = {{.name = "accept-errant",
                       .value_name = "",
                       .help = "Give up the transactions that the writer lacks; they are listed, and at a terminal "
                               "confirmed"},
                      {.name = "yes", .value_name = "", .help = "Do not ask at a terminal"}},
          .json = true,
          .daemon = true,
          .reason = io::Reason::kOptional,
          .run = recover};
}

}  // namespace sitecheck::cli
