// A command of the command line against a running daemon: asks over the control socket, prints the answer.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace io {

struct Call;          // base/io/command_line.h
struct ControlReply;  // base/io/control.h

struct Command {
  std::string program;            // "dnsd", for messages
  std::filesystem::path control;  // the daemon's socket
  std::string name;
  std::string args = "{}";  // text of a JSON object
  std::string reason{};
  bool json = false;  // print `data` as it came
  base::Duration timeout = base::seconds(30);
};

// Makes text of the reply's `data` (the text of a JSON value).
using Renderer = std::function<std::string(const std::string& data)>;

// Gives the exit status of the reply, 1 if the daemon does not answer. What the daemon calls an error goes to `err`,
// after "program: "; it is printed beside the data if there is both.
int run_command(const Command& command, const Renderer& render, std::ostream& out, std::ostream& err);

// The second half of it: prints a reply, or that there is none.
int print_reply(const std::string& program, const base::Result<ControlReply>& reply, bool json, const Renderer& render,
                std::ostream& out, std::ostream& err);

// A program whose daemon is asked.
struct Daemon {
  std::string program;  // "dnsd", for messages
  // The control socket that a configuration names. Error: it cannot be told.
  std::function<base::Result<std::filesystem::path>(const std::filesystem::path& config)> control;
};

// The socket that --control or the configuration names. Nothing: it cannot be told, and why was printed.
[[nodiscard]] std::optional<std::filesystem::path> find_control(const Call& call, const Daemon& daemon);
// Asks the daemon as `call` says and prints its answer: run_command() with the socket found. 2 if it cannot be found.
int ask_daemon(const Call& call, const Daemon& daemon, const std::string& command, const std::string& args,
               const Renderer& render, base::Duration timeout = base::seconds(30));

// For data of no agreed shape: the member "text", or the lines of "lines", or "key: value" for each member.
[[nodiscard]] std::string render_plainly(const std::string& data);

// For {"events":[{"time","event","message",…}]}: a line each, further members as key=value.
[[nodiscard]] std::string render_events(const std::string& data);
// Of the same reply the lines of the journal that are none; empty: there are none.
[[nodiscard]] std::string render_skips(const std::string& data);

}  // namespace io
