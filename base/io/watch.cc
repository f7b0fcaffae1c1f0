#include "base/io/watch.h"

#include <ostream>

#include "base/io/control.h"
#include "base/io/screen.h"

namespace io {

namespace {

constexpr base::Duration kPeriod = base::seconds(1);
// A daemon that is there answers in milliseconds; keys are read between two questions.
constexpr base::Duration kPatience = base::seconds(2);

int refuse(const Call& call, const Daemon& daemon, const std::string& why) {
  call.err << daemon.program << ": --watch: " << why << "; without --watch it is printed once\n";
  return 2;
}

}  // namespace

OptionSpec watch_option() {
  return {.name = "watch",
          .value_name = "",
          .help = "Draw it anew each second, in place; q or Ctrl-C ends it. At a terminal only",
          .letter = 'w'};
}

int watch_daemon(const Call& call, const Daemon& daemon, const std::string& command, const std::string& args,
                 const Renderer& render) {
  if (call.json) return refuse(call, daemon, "it draws a screen for people, which is no JSON");
  const auto control = find_control(call, daemon);
  if (!control) return 2;
  auto screen = Screen::open();
  if (!screen) return refuse(call, daemon, screen.error().message);
  for (auto event = Screen::Event::kTime; event != Screen::Event::kEnd; event = (*screen)->wait(kPeriod)) {
    const auto reply = ask_control(*control, command, args, "", kPatience);
    std::string text = daemon.program + " " + command + "  " + base::format_local(base::read_wall_clock()) +
                       "  each second; q ends it\n\n";
    if (!reply) {
      text += daemon.program + " does not answer: " + reply.error().message + "; asked again each second\n";
    } else {
      text += render(reply->data);
      if (!reply->error.empty()) text += daemon.program + ": " + reply->error + "\n";
    }
    (*screen)->draw(text);
  }
  return 0;
}

}  // namespace io
