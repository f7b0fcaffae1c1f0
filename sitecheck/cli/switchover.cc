#include "sitecheck/cli/switchover.h"

#include <condition_variable>
#include <mutex>
#include <ostream>
#include <thread>

#include "base/io/control.h"
#include "base/io/json_view.h"
#include "base/text_table.h"
#include "conf/scalar.h"
#include "sitecheck/cli/ask.h"

namespace sitecheck::cli {

namespace {

using io::Json;

constexpr auto kLook = std::chrono::milliseconds(50);
// Beyond its limit a switchover needs the time to open again; without a limit the daemon has its own.
constexpr base::Duration kPatience = base::seconds(60);
constexpr base::Duration kLongest = base::seconds(2 * 86'400);

// While it lives: asks for the status again and again, and prints each step once.
class Progress {
 public:
  Progress(std::filesystem::path control, std::string pool, std::ostream& err)
      : control_(std::move(control)), pool_(std::move(pool)), err_(err), thread_([this] { run(); }) {}
  ~Progress() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void run() {
    std::string last;
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, kLook, [this] { return over_; })) {
      lock.unlock();
      const auto status = io::ask_control(control_, "status", "{}", "", base::seconds(1));
      auto line = status ? progress_line(status->data, pool_) : std::string();
      if (!line.empty() && line != last) err_ << line << std::endl;
      if (!line.empty()) last = std::move(line);
      lock.lock();
    }
  }

  std::filesystem::path control_;
  std::string pool_;
  std::ostream& err_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;  // under mutex_
  std::thread thread_;
};

int wrong(const io::Call& call, const std::string& why) {
  call.err << "sitecheck switchover: " << why << "\n";
  return 2;
}

// Text of the arguments; empty: usage was wrong, and told.
std::string arguments(const io::Call& call, base::Duration& timeout) {
  const std::string& to = call.values.at("to");
  const std::string& limit = call.values.at("limit");
  const bool abort = call.switches.at("abort");
  const bool dry_run = call.switches.at("dry-run");
  std::string out = "{" + member("pool", call.values.at("POOL"));
  if (abort) {
    if (!to.empty() || dry_run || !limit.empty()) {
      wrong(call, "--abort stands alone: it goes without --to, --dry-run and --limit");
      return "";
    }
    return out + ",\"abort\":true}";
  }
  if (to.empty()) {
    wrong(call, "--to SITE is needed, or --abort");
    return "";
  }
  out += "," + member("to", to) + ",\"dry_run\":" + (dry_run ? "true" : "false");
  if (!limit.empty()) {
    std::int64_t ms = 0;
    if (const auto fault = conf::parse_duration(limit, ms); fault || ms < 100 || ms > base::to_ms(kLongest)) {
      wrong(call, "--limit: found \"" + base::for_terminal(limit) +
                      "\"; allowed: a whole number with a unit (ms, s, m, h, d), 100ms to 2d");
      return "";
    }
    out += ",\"limit_ms\":" + std::to_string(ms);
    timeout = base::milliseconds(ms) + kPatience;
  }
  return out + "}";
}

int switch_over(const io::Call& call) {
  base::Duration timeout = kLongest + kPatience;
  const std::string args = arguments(call, timeout);
  if (args.empty()) return 2;
  const auto control = io::find_control(call, daemon());
  if (!control) return 2;
  std::optional<Progress> progress;
  if (!call.json && !call.switches.at("abort") && !call.switches.at("dry-run")) {
    progress.emplace(*control, call.values.at("POOL"), call.err);
  }
  // Printed after the last step was told: both write to one terminal.
  const auto reply = io::ask_control(*control, "switchover", args, call.reason, timeout);
  progress.reset();
  return io::print_reply("sitecheck", reply, call.json, io::render_plainly, call.out, call.err);
}

std::string step_text(const std::string& step, const std::string& target) {
  if (step == "closing") return "stopping the writes here";
  if (step == "reading") return "writes have stopped; reading the last position";
  if (step == "catching-up") return "waiting for " + target + " to hold every transaction";
  if (step == "released") return "the writer is released to " + target;
  if (step == "reopening") return "given up: opening here again";
  return step;
}

}  // namespace

std::string progress_line(const std::string& data, const std::string& pool) {
  const Json status = Json::parse(data, nullptr, false);
  for (const auto& each : io::items(status, "pools")) {
    if (io::text(each, "name") != pool) continue;
    const Json& switchover = io::member(each, "switchover");
    if (!switchover.is_object()) return "";
    return base::for_terminal(step_text(io::text(switchover, "step"), io::text(switchover, "target")));
  }
  return "";
}

io::CommandSpec switchover_command() {
  return {.name = "switchover",
          .help =
              "Hand the writer over to another site without losing a transaction: stop the writes, wait until the "
              "other site holds all of them, release the writer to it. Returns when it is over: 0 if the other site "
              "has the writer, 1 if this site writes on",
          .arguments = {{"POOL", "The pool; ordered at the site that is ACTIVE"}},
          .options = {{.name = "to", .value_name = "SITE", .help = "The site that shall write"},
                      {.name = "dry-run",
                       .value_name = "",
                       .help = "Say what would be done and what stands against it; status 1 if anything does"},
                      {.name = "limit",
                       .value_name = "TIME",
                       .help = "For how long writes stop at most, as 5s; then the old writer writes on. Default: "
                               "switchover_limit of the pool"},
                      {.name = "abort", .value_name = "", .help = "Give up the switchover that goes on"}},
          .json = true,
          .daemon = true,
          .reason = io::Reason::kOptional,
          .run = switch_over};
}

}  // namespace sitecheck::cli
