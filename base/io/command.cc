#include "base/io/command.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "base/io/command_line.h"
#include "base/io/control.h"
#include "base/io/control_line.h"
#include "base/io/json_view.h"
#include "base/text_table.h"

namespace io {

namespace {

std::string plain(const Json& value) {
  if (value.is_string()) return base::for_terminal(value.get<std::string>());
  return base::for_terminal(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

// Text with its own line breaks, each line made safe.
std::string lines_of(const std::string& text) {
  std::string out;
  std::size_t from = 0;
  while (from < text.size()) {
    const auto end = std::min(text.find('\n', from), text.size());
    out += base::for_terminal(text.substr(from, end - from)) + "\n";
    from = end + 1;
  }
  return out;
}

}  // namespace

std::string render_plainly(const std::string& data) {
  const Json value = Json::parse(data, nullptr, false);
  if (value.is_discarded()) return "";
  if (!value.is_object()) return value.is_null() ? "" : plain(value) + "\n";
  if (const auto text = value.find("text"); text != value.end() && text->is_string()) {
    return lines_of(text->get<std::string>());
  }
  std::string out;
  if (const auto lines = value.find("lines"); lines != value.end() && lines->is_array()) {
    for (const auto& line : *lines) out += plain(line) + "\n";
    return out;
  }
  for (const auto& [key, member] : value.items()) out += base::for_terminal(key) + ": " + plain(member) + "\n";
  return out;
}

std::string render_skips(const std::string& data) {
  const Json all = Json::parse(data, nullptr, false);
  std::string out;
  const Json& told = items(all, "skips");
  for (const Json& each : told) out += base::for_terminal(text(each)) + "\n";
  const auto more = number(all, "skipped") - static_cast<std::int64_t>(told.size());
  return more <= 0 ? out : out + "and " + std::to_string(more) + " more before these\n";
}

std::string render_events(const std::string& data) {
  const Json value = Json::parse(data, nullptr, false);
  const auto events = value.is_object() ? value.find("events") : value.end();
  if (!value.is_object() || events == value.end() || !events->is_array()) return render_plainly(data);
  std::string out;
  for (const auto& event : *events) {
    if (!event.is_object()) continue;
    std::string line;
    for (const std::string_view key : {"time", "event", "message"}) {
      if (const auto member = event.find(key); member != event.end())
        line += (line.empty() ? "" : "  ") + plain(*member);
    }
    for (const auto& [key, member] : event.items()) {
      if (key == "time" || key == "event" || key == "message") continue;
      line += "  " + base::for_terminal(key) + "=" + plain(member);
    }
    out += line + "\n";
  }
  return render_skips(data) + (out.empty() ? "no events\n" : out);
}

std::optional<std::filesystem::path> find_control(const Call& call, const Daemon& daemon) {
  if (!call.control.empty()) return call.control;
  auto path = daemon.control(call.config);
  if (path) return *std::move(path);
  call.err << daemon.program << ": " << path.error().message
           << "; --config FILE names another, --control PATH the socket without one\n";
  return std::nullopt;
}

int ask_daemon(const Call& call, const Daemon& daemon, const std::string& command, const std::string& args,
               const Renderer& render, base::Duration timeout) {
  const auto control = find_control(call, daemon);
  if (!control) return 2;
  return run_command({.program = daemon.program,
                      .control = *control,
                      .name = command,
                      .args = args,
                      .reason = call.reason,
                      .json = call.json,
                      .timeout = timeout},
                     render, call.out, call.err);
}

int run_command(const Command& command, const Renderer& render, std::ostream& out, std::ostream& err) {
  const auto reply = ask_control(command.control, command.name, command.args, command.reason, command.timeout);
  return print_reply(command.program, reply, command.json, render, out, err);
}

int print_reply(const std::string& program, const base::Result<ControlReply>& reply, bool json, const Renderer& render,
                std::ostream& out, std::ostream& err) {
  if (!reply) {
    const std::string& why = reply.error().message;
    err << program
        << (nobody_answers(reply.error())
                ? " is not running, or cannot be reached: " + why + "; start it with `" + program + " serve`"
                : " cannot be asked: " + why)
        << "\n";
    return 1;
  }
  const Json data = Json::parse(reply->data, nullptr, false);
  const bool has_data = !data.is_discarded() && !data.is_null() && !(data.is_object() && data.empty());
  if (json) {
    out << (data.is_discarded() ? std::string("{}") : data.dump(2, ' ', false, Json::error_handler_t::replace)) << "\n";
  } else if (has_data) {
    out << render(reply->data);
  } else if (reply->error.empty() && reply->exit == 0) {
    out << "done\n";
  }
  if (!reply->error.empty()) err << program << ": " << lines_of(reply->error);
  return reply->exit;
}

}  // namespace io
