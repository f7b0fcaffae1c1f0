#include "sitecheck/io/reload.h"

#include <algorithm>
#include <deque>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "base/io/file_watch.h"
#include "base/log.h"
#include "conf/changes.h"
#include "conf/load.h"
#include "sitecheck/io/fixed_settings.h"
#include "sitecheck/io/same.h"
#include "sitecheck/io/translate.h"

namespace sitecheck {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTold = 50;  // changes that the journal tells one by one
// Several files, or one and its secret, are often written one after the other.
constexpr base::Duration kQuiet = base::milliseconds(200);
constexpr const char* kByItself = "change of a file";  // who

Json to_json(const std::vector<conf::Fault>& faults) {
  Json out = Json::array();
  for (const auto& fault : faults) {
    out.push_back({{"file", fault.mark.file},
                   {"line", fault.mark.line},
                   {"column", fault.mark.column},
                   {"message", fault.message}});
  }
  return out;
}

std::string lines(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& line : all) out += "\n" + line;
  return out;
}

// What a guard closes, and how.
bool same_for_guard(const conf::Pool& a, const conf::Pool& b) {
  const auto local = [](const conf::Pool& pool) {
    std::vector<conf::Node> out;
    for (const auto& node : pool.nodes) {
      if (is_local(node)) out.push_back(node);
    }
    std::sort(out.begin(), out.end(), [](const conf::Node& x, const conf::Node& y) { return x.name < y.name; });
    return out;
  };
  return same(a.admin, b.admin) && a.guard_allow == b.guard_allow && a.service == b.service && same(local(a), local(b));
}

std::vector<std::string> notes_of(const conf::Sitecheck& before, const conf::Sitecheck& after) {
  std::vector<std::string> out;
  for (const auto& pool : after.pools) {
    if (pool.guard == conf::GuardKind::kNone) continue;
    const auto old = std::find_if(before.pools.begin(), before.pools.end(),
                                  [&](const conf::Pool& p) { return p.name == pool.name; });
    if (old != before.pools.end() && same_for_guard(*old, pool)) continue;
    if (before.reload_on_change && !pool.guard_address) continue;  // the guard does so by itself
    out.push_back("reload the guard of pool " + pool.name +
                  " too (SIGHUP, or systemctl reload): until it watches the same nodes, this site cannot become the "
                  "writer");
  }
  return out;
}

void log_outcome(const ReloadOutcome& out) {
  for (const auto& fault : out.faults) base::log(base::Level::kError, "reload.fault", conf::to_string(fault));
  for (const auto& key : out.restart) {
    base::log(base::Level::kError, "reload.restart_needed",
              "this setting changes only by a restart; nothing was changed", {{"setting", key}});
  }
  for (const auto& why : out.refused) base::log(base::Level::kError, "reload.refused", why);
  for (const auto& warning : out.warnings) base::log(base::Level::kWarn, "reload.warning", conf::to_string(warning));
  for (const auto& note : out.notes) base::log(base::Level::kWarn, "reload.note", note);
}

std::string describe(const ReloadOutcome& out) {
  if (!out.faults.empty()) return "refused: " + std::to_string(out.faults.size()) + " faults";
  if (!out.restart.empty()) return "refused: restart needed";
  if (!out.refused.empty()) return "refused: " + out.refused.front();
  return out.changes.empty() ? "done: nothing is changed" : "done: " + std::to_string(out.changes.size()) + " changes";
}

}  // namespace

io::ControlReply to_reply(const ReloadOutcome& o) {
  const Json data{{"done", o.done},
                  {"dry_run", o.dry_run},
                  {"changes", o.changes},
                  {"notes", o.notes},
                  {"faults", to_json(o.faults)},
                  {"restart_needed", o.restart},
                  {"refused", o.refused},
                  {"warnings", to_json(o.warnings)},
                  {"took_ms", base::to_ms(o.took)},
                  {"held_ms", base::to_ms(o.held)}};
  io::ControlReply out{0, data.dump(-1, ' ', false, Json::error_handler_t::replace), ""};
  if (!o.faults.empty()) {
    out.exit = 2;
    out.error = "the configuration has faults, nothing was changed:";
    for (const auto& fault : o.faults) out.error += "\n" + conf::to_string(fault);
  } else if (!o.restart.empty()) {
    out.exit = 1;
    out.error =
        "restart needed, nothing was changed: these settings are fixed while sitecheck runs (a restart within "
        "the lease keeps the writer):" +
        lines(o.restart);
  } else if (!o.refused.empty()) {
    out.exit = 1;
    out.error = "refused, nothing was changed:" + lines(o.refused);
  }
  return out;
}

struct Reloader::Impl {
  Impl(base::Loop& l, Runner& r, std::filesystem::path path, ReloaderHooks h)
      : loop(l), runner(r), file(std::move(path)), hooks(std::move(h)), read(loop, [this] { go_on(); }) {
    (void)watch({});
  }
  ~Impl() {
    if (reader.joinable()) reader.join();
  }

  struct Order {
    bool dry_run = false;
    std::string who;
    std::string reason;
    std::function<void(const ReloadOutcome&)> done;
  };

  void run(Order order) {
    orders.push_back(std::move(order));
    if (!reader.joinable()) begin();
  }
  void begin();
  void go_on();
  bool watch(const std::vector<std::filesystem::path>& seen);
  void judge(conf::Sitecheck next, ReloadOutcome& out);
  void take_over(conf::Sitecheck next, ReloadOutcome& out);
  void tell(const Order& order, const ReloadOutcome& out);

  base::Loop& loop;
  Runner& runner;
  std::filesystem::path file;
  ReloaderHooks hooks;
  ReloadCounters counters;
  std::optional<io::FileWatch> files;  // with reload_on_change
  std::vector<std::filesystem::path> watched;
  std::deque<Order> orders;  // the first one is under way
  base::Instant begun;
  std::thread reader;
  conf::Loaded<conf::Sitecheck> loaded;  // of the thread, until it has sent `read`
  base::Async read;
};

void Reloader::Impl::begin() {
  begun = base::read_boot_clock();
  reader = std::thread([this] {
    loaded = conf::load_sitecheck(file);
    read.send();
  });
}

void Reloader::Impl::go_on() {
  if (!reader.joinable()) return;
  reader.join();
  auto order = std::move(orders.front());
  orders.pop_front();
  auto now_loaded = std::exchange(loaded, {});
  ReloadOutcome out;
  out.dry_run = order.dry_run;
  out.warnings = std::move(now_loaded.warnings);
  out.faults = std::move(now_loaded.faults);
  const auto seen = now_loaded.value.watched;
  const auto from = base::read_boot_clock();
  if (out.faults.empty()) judge(std::move(now_loaded.value), out);
  const auto to = base::read_boot_clock();
  out.held = to - from;
  out.took = to - begun;
  if (!order.dry_run) {
    ++(out.done ? counters.done : counters.refused);
    log_outcome(out);
    tell(order, out);
    // What changed before the watch knew that it matters was perhaps read too early.
    if (watch(seen)) orders.push_back({false, kByItself, "", nullptr});
  }
  if (!orders.empty()) begin();
  if (order.done) order.done(out);
}

// Watches what is in force, and what was `seen` by the last attempt, which may have had faults. True: that is other
// than before.
bool Reloader::Impl::watch(const std::vector<std::filesystem::path>& seen) {
  const auto& conf = runner.conf();
  auto all = conf.reload_on_change ? conf.watched : std::vector<std::filesystem::path>();
  if (conf.reload_on_change) all.insert(all.end(), seen.begin(), seen.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (all == watched) return false;
  watched = std::move(all);
  if (watched.empty()) return files.reset(), false;
  if (!files) files.emplace(loop, kQuiet, [this] { run({false, kByItself, "", nullptr}); });
  if (const auto watching = files->watch(watched); !watching) {
    base::log(base::Level::kWarn, "reload.unwatched", "some files are not watched: after a change of them, run reload",
              {{"why", watching.error().message}});
  }
  return true;
}

void Reloader::Impl::judge(conf::Sitecheck next, ReloadOutcome& out) {
  const auto& before = runner.conf();
  out.changes = conf::changes(before.settings, next.settings);
  for (auto& line : secret_changes(before, next)) out.changes.push_back(std::move(line));
  out.restart = fixed_differences(before, next);
  if (!out.restart.empty()) return;
  out.refused = runner.against(next);
  if (!out.refused.empty()) return;
  out.notes = notes_of(before, next);
  if (out.dry_run) {
    out.done = true;
  } else {
    take_over(std::move(next), out);
  }
}

void Reloader::Impl::take_over(conf::Sitecheck next, ReloadOutcome& out) {
  const auto before = runner.conf();
  auto taken = hooks.before ? hooks.before(next) : base::Result<void>();
  if (taken) taken = runner.reconfigure(std::move(next));
  if (!taken && hooks.before) (void)hooks.before(before);
  if (!taken) {
    out.refused.push_back(taken.error().message);
    out.notes.clear();
    return;
  }
  out.done = true;
  if (hooks.after) hooks.after(before);
}

void Reloader::Impl::tell(const Order& order, const ReloadOutcome& out) {
  if (!hooks.journal) return;
  hooks.journal({out.done ? base::Level::kInfo : base::Level::kError,
                 out.done ? "reload.done" : "reload.refused",
                 describe(out),
                 {{"who", order.who}, {"reason", order.reason}}});
  if (!out.done) return;
  for (std::size_t i = 0; i < std::min(out.changes.size(), kTold); ++i) {
    hooks.journal({base::Level::kInfo, "reload.change", out.changes[i], {}});
  }
  if (out.changes.size() <= kTold) return;
  hooks.journal({base::Level::kInfo,
                 "reload.change",
                 "and " + std::to_string(out.changes.size() - kTold) + " further changes",
                 {}});
}

Reloader::Reloader(base::Loop& loop, Runner& runner, std::filesystem::path file, ReloaderHooks hooks)
    : impl_(std::make_unique<Impl>(loop, runner, std::move(file), std::move(hooks))) {}
Reloader::~Reloader() = default;

void Reloader::run(bool dry_run, std::string who, std::string reason, std::function<void(const ReloadOutcome&)> done) {
  impl_->run({dry_run, std::move(who), std::move(reason), std::move(done)});
}

const ReloadCounters& Reloader::counters() const { return impl_->counters; }

}  // namespace sitecheck
