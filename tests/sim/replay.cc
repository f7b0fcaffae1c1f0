#include "tests/sim/replay.h"

#include <cstdio>
#include <optional>

#include "sitecheck/io/replay.h"

namespace sim {

namespace {

// What is worth telling of one action; "" if it is routine.
std::string told(const core::Action& action) {
  if (const auto* a = std::get_if<core::Journal>(&action)) {
    std::string line = a->id + ": " + a->message;
    for (const auto& [key, value] : a->fields) {
      if (key != "from" && key != "to" && !value.empty()) line += " " + key + "=" + value;
    }
    return line;
  }
  if (const auto* a = std::get_if<core::Fence>(&action)) return (a->hard ? "hard fence: " : "fence: ") + a->reason;
  if (const auto* a = std::get_if<core::Promote>(&action)) return "promotion: " + std::string(core::name(a->step));
  if (std::holds_alternative<core::ClearPermit>(action)) return "the permit is cleared";
  if (const auto* a = std::get_if<core::CommandReply>(&action)) return "reply: " + a->message;
  return "";
}

}  // namespace

int replay_file(const std::string& path) {
  std::optional<base::Instant> begin;
  const auto result = sitecheck::replay(
      path, [&](const core::Site& site, const sitecheck::FlightStep& step, std::span<const core::Action> actions) {
        if (!begin) {
          begin = step.now;
          std::printf("%s lives again\n", site.config().site.c_str());
        }
        for (const auto& action : actions) {
          const auto line = told(action);
          const auto at = std::chrono::duration<double>(step.now - *begin).count();
          if (!line.empty()) std::printf("%9.3f  %s\n", at, line.c_str());
        }
      });
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    return 2;
  }
  std::printf("%llu steps, %llu events, %llu actions%s%s\n", static_cast<unsigned long long>(result->steps),
              static_cast<unsigned long long>(result->events), static_cast<unsigned long long>(result->actions),
              result->ended.empty() ? "" : "; ended early: ", result->ended.c_str());
  if (!result->differs_at) return 0;
  std::printf("from step %llu on the core wants something else than it did then\n",
              static_cast<unsigned long long>(*result->differs_at));
  return 1;
}

}  // namespace sim
