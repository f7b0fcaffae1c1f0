#include "sitecheck/io/event_hook.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <list>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/io/subprocess.h"
#include "base/log.h"
#include "sitecheck/io/event_rate.h"

namespace sitecheck {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostWaiting = 100;

std::string_view level_name(base::Level level) {
  switch (level) {
    case base::Level::kDebug: return "debug";
    case base::Level::kInfo: return "info";
    case base::Level::kWarn: return "warn";
    case base::Level::kError: return "error";
  }
  return "info";
}

std::string field(const core::Journal& entry, std::string_view key) {
  const auto at = std::find_if(entry.fields.begin(), entry.fields.end(), [&](const auto& f) { return f.first == key; });
  return at == entry.fields.end() ? "" : at->second;
}

// The program is run in /, so that a path may not depend on where the daemon was started.
std::vector<std::string> absolute(std::vector<std::string> command) {
  std::error_code error;
  if (!command.empty() && command[0].find('/') != std::string::npos) {
    const auto path = std::filesystem::absolute(command[0], error);
    if (!error) command[0] = path.string();
  }
  return command;
}

}  // namespace

struct EventHook::Impl {
  // A run that is to be, or is.
  struct Run {
    std::string event;
    std::string json;
    std::vector<std::pair<std::string, std::string>> environment;
  };
  struct Test {
    std::unique_ptr<io::Subprocess> child;
    std::function<void(bool, const std::string&)> done;
  };

  Impl(base::Loop& on, const conf::EventHook& c, std::string here)
      : loop(on), conf(c), site(std::move(here)), rate(c.rate, c.per), wake(on, [this] { tell_held_back(); }) {
    conf.command = absolute(std::move(conf.command));
  }

  [[nodiscard]] bool wanted(const core::Journal& entry) const;
  [[nodiscard]] Run make(const core::Journal& entry) const;
  [[nodiscard]] std::unique_ptr<io::Subprocess> start(const Run& run, io::Subprocess::Done done);
  void queue(Run run);
  void run_next();
  void ended(const io::SubprocessEnd& end);
  void tell_held_back();
  void wait_for_room();

  base::Loop& loop;
  conf::EventHook conf;
  std::string site;
  EventRate rate;
  EventHookCounters counters;
  std::deque<Run> waiting;  // the first is running while `child` is there
  std::unique_ptr<io::Subprocess> child;
  std::list<Test> tests;
  base::Timer wake;
};

bool EventHook::Impl::wanted(const core::Journal& entry) const {
  return entry.level >= conf.level && std::any_of(conf.events.begin(), conf.events.end(),
                                                  [&](const auto& pattern) { return matches_glob(pattern, entry.id); });
}

EventHook::Impl::Run EventHook::Impl::make(const core::Journal& entry) const {
  const std::string time = base::format_utc(base::read_wall_clock());
  const std::string level(level_name(entry.level));
  Json fields = Json::object();
  for (const auto& [key, value] : entry.fields) fields[key] = value;
  const Json json{{"time", time},    {"site", site}, {"event", entry.id}, {"level", level}, {"message", entry.message},
                  {"fields", fields}};
  return {entry.id,
          json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n",
          {{"WIDEIP_TIME", time},
           {"WIDEIP_SITE", site},
           {"WIDEIP_EVENT", entry.id},
           {"WIDEIP_LEVEL", level},
           {"WIDEIP_MESSAGE", entry.message},
           {"WIDEIP_POOL", field(entry, "pool")}}};
}

std::unique_ptr<io::Subprocess> EventHook::Impl::start(const Run& run, io::Subprocess::Done done) {
  return std::make_unique<io::Subprocess>(
      loop,
      io::SubprocessOptions{
          .argv = conf.command, .environment = run.environment, .input = run.json, .timeout = conf.timeout},
      std::move(done));
}

void EventHook::Impl::queue(Run run) {
  if (waiting.size() >= kMostWaiting) {
    ++counters.dropped;
    return base::log(base::Level::kError, "event_hook.dropped", "the hook is too slow; an event was not told",
                     {{"event", run.json}});
  }
  waiting.push_back(std::move(run));
  if (!child) run_next();
}

void EventHook::Impl::run_next() {
  child.reset();
  if (waiting.empty()) return;
  ++counters.runs;
  child = start(waiting.front(), [this](const io::SubprocessEnd& end) { ended(end); });
}

void EventHook::Impl::ended(const io::SubprocessEnd& end) {
  if (!end.ok()) {
    ++counters.failed;
    base::log(base::Level::kError, "event_hook.failed", "an event was not told: the hook failed",
              {{"why", end.describe()}, {"event", waiting.front().json}});
  }
  waiting.pop_front();
  run_next();
}

void EventHook::Impl::wait_for_room() {
  const auto next = rate.next();
  if (!next) return;
  const auto now = base::read_boot_clock();
  wake.start(*next <= now ? base::Duration::zero() : *next - now);
}

void EventHook::Impl::tell_held_back() {
  const auto held = rate.take(base::read_boot_clock());
  if (!held) return wait_for_room();
  core::Journal entry;
  entry.level = base::Level::kWarn;
  entry.id = "hook.held_back";
  entry.message = std::to_string(held->count) + " more were held back";
  for (const auto& [event, count] : held->events) entry.fields.emplace_back(event, std::to_string(count));
  queue(make(entry));
}

EventHook::EventHook(base::Loop& loop, const conf::EventHook& conf, std::string site)
    : impl_(std::make_unique<Impl>(loop, conf, std::move(site))) {}

EventHook::~EventHook() = default;

void EventHook::tell(const core::Journal& entry) {
  if (!impl_->wanted(entry)) return;
  if (impl_->rate.admit(entry.id, base::read_boot_clock())) return impl_->queue(impl_->make(entry));
  ++impl_->counters.held_back;
  impl_->wait_for_room();
}

void EventHook::test(std::function<void(bool, const std::string&)> done) {
  core::Journal entry;
  entry.id = "hook.test";
  entry.message = "a test: nothing has happened";
  auto& tests = impl_->tests;
  const auto at = tests.insert(tests.end(), Impl::Test{nullptr, std::move(done)});
  at->child = impl_->start(impl_->make(entry), [this, at](const io::SubprocessEnd& end) {
    const auto test = std::move(*at);
    impl_->tests.erase(at);
    test.done(end.ok(), end.ok() ? "the hook ran, exit status 0" : "the hook failed: " + end.describe());
  });
}

const EventHookCounters& EventHook::counters() const { return impl_->counters; }

}  // namespace sitecheck
