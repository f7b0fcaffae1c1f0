#include "sitecheck/io/serve.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/io/http_metrics.h"
#include "base/io/journal.h"
#include "base/io/service_manager.h"
#include "base/log.h"
#include "sitecheck/io/commands.h"
#include "sitecheck/io/configuration_json.h"
#include "sitecheck/io/ecv_server.h"
#include "sitecheck/io/key_ring.h"
#include "sitecheck/io/live_status.h"
#include "sitecheck/io/outlets.h"
#include "sitecheck/io/reload.h"
#include "sitecheck/io/runner.h"
#include "sitecheck/io/stats.h"
#include "sitecheck/io/status_json.h"

namespace sitecheck {

namespace {

class Daemon {
 public:
  explicit Daemon(const conf::Sitecheck& c) : conf_(c), started_(base::read_boot_clock()) {}

  base::Result<void> open(bool bootstrap);
  int run();

 private:
  base::Result<void> open_ecv();
  base::Result<void> open_stats();
  void open_reloader();
  [[nodiscard]] CommandContext context();
  [[nodiscard]] ApiProvider api();
  base::Result<void> open_control();
  [[nodiscard]] EcvProvider provider();
  void write_journal(const core::Journal& entry);
  [[nodiscard]] std::string ready_line() const;
  void reload();
  [[nodiscard]] Present present() const { return {base::read_boot_clock(), base::read_wall_clock(), started_}; }
  [[nodiscard]] std::filesystem::path journal_path() const { return conf_.state_dir / "journal.jsonl"; }

  const conf::Sitecheck& conf_;  // at the start; the runner has what was read since
  base::Instant started_;
  base::Loop loop_;  // declared first: everything below lives on it
  io::ServiceManager manager_{loop_};
  std::optional<io::Journal> journal_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<EcvServer> ecv_;
  std::unique_ptr<LiveStatus> live_;  // of the stats port's page; its streams end before their server
  std::unique_ptr<StatsServer> stats_;
  std::unique_ptr<Outlets> outlets_;
  std::unique_ptr<Reloader> reloader_;
  std::unique_ptr<io::ControlServer> control_;
};

base::Result<void> Daemon::open(bool bootstrap) {
  std::error_code error;
  std::filesystem::create_directories(conf_.state_dir, error);
  if (error) return base::fail(conf_.state_dir.string() + ": " + error.message());
  io::JournalOptions rotation;
  if (conf_.journal.size > 0) rotation = {conf_.journal.size, static_cast<unsigned>(std::max(0, conf_.journal.keep))};
  auto journal = io::Journal::open(journal_path(), rotation);
  if (!journal) return base::fail(journal.error().message);
  journal_.emplace(std::move(*journal));
  // The control socket comes first: it tells a second daemon of the same configuration from a stale one.
  if (const auto opened = open_control(); !opened) return opened;
  RunnerOptions options;
  options.bootstrap = bootstrap;
  options.on_changed = [this](core::PoolIndex pool) {
    if (ecv_) ecv_->notify(runner_->conf().pools[pool].name);
    if (live_) live_->changed();
  };
  options.on_journal = [this](const core::Journal& entry) { write_journal(entry); };
  auto runner = Runner::start(loop_, conf_, std::move(options));
  if (!runner) return base::fail(runner.error().message);
  runner_ = std::move(*runner);
  if (const auto opened = open_ecv(); !opened) return opened;
  auto outlets = Outlets::open(loop_, conf_, *runner_);
  if (!outlets) return base::fail(outlets.error().message);
  outlets_ = std::move(*outlets);
  open_reloader();
  return open_stats();
}

EcvProvider Daemon::provider() {
  EcvProvider out;
  out.report = [this](std::string_view pool) -> std::optional<ecv::Report> {
    const auto& pools = runner_->conf().pools;
    for (std::size_t i = 0; i < pools.size(); ++i) {
      if (pools[i].name != pool) continue;
      ecv::Report report = runner_->site().report(i, base::read_boot_clock());
      report.instance = conf_.site.name + ":" + std::to_string(::getpid());
      report.boot_id = runner_->boot_id();
      return report;
    }
    return std::nullopt;
  };
  out.nodes = [this](std::string_view pool) { return ecv_nodes(*runner_, pool, base::read_boot_clock()); };
  return out;
}

base::Result<void> Daemon::open_ecv() {
  EcvOptions options;
  options.listen = conf_.ecv.listen;
  options.http.tls = conf_.ecv.tls;
  options.rate_limit = conf_.ecv.rate_limit;
  options.max_wait = conf_.arbiter.timing.poll;
  auto server = EcvServer::listen(loop_, std::move(options), key_ring(conf_, ecv::Purpose::kDnsd), provider());
  if (!server) return base::fail(server.error().message);
  ecv_ = std::move(*server);
  return {};
}

ApiProvider Daemon::api() {
  ApiProvider out;
  out.status = [this] { return status_json(*runner_, present()); };
  out.site = [this] { return status_json(*runner_, present(), false); };
  out.pools = [this] {
    std::vector<std::string> names;
    for (const auto& pool : runner_->conf().pools) names.push_back(pool.name);
    return names;
  };
  out.pool = [this](std::size_t index) { return pool_status_json(*runner_, index, present()); };
  out.configuration = [this] { return configuration_json(runner_->conf()); };
  out.command = [this](const io::ControlRequest& request, const io::ControlAnswer& answer) {
    handle_command(context(), request, answer);
  };
  out.stream = [this](io::Responder responder) { live_->open(std::move(responder)); };
  return out;
}

base::Result<void> Daemon::open_stats() {
  if (!conf_.stats) return {};
  live_ = std::make_unique<LiveStatus>(loop_, [this] { return status_json(*runner_, present()); });
  // What this process has written so far is among them.
  if (const auto before = io::read_journal(journal_path(), {LiveStatus::kMostEvents, std::nullopt})) {
    live_->recall(*before);
  }
  StatsProvider stats;
  stats.metrics = [this] {
    return metrics_text(*runner_, &ecv_->counters(), present()) + outlets_->metrics() +
           (reloader_ ? reload_metrics(reloader_->counters()) : "") +
           io::http_metrics("wideip_sitecheck",
                            {{"stats", stats_ ? &stats_->http() : nullptr}, {"ecv", &ecv_->http()}});
  };
  stats.ready = [this] { return runner_->looked_at_all(); };
  stats.api = api();
  auto server = StatsServer::listen(loop_, *conf_.stats, std::move(stats));
  if (!server) return base::fail(server.error().message);
  stats_ = std::move(*server);
  return {};
}

CommandContext Daemon::context() {
  return {*runner_, journal_path(), [this] { return present(); }, outlets_ ? outlets_->hook() : nullptr,
          reloader_.get()};
}

void Daemon::open_reloader() {
  if (conf_.files.empty()) return;
  ReloaderHooks hooks;
  hooks.before = [this](const conf::Sitecheck& next) {
    if (auto taken = outlets_->take_agent(next); !taken) return taken;
    if (auto renewed = ecv_->renew(next.ecv.tls); !renewed) return renewed;
    return stats_ && next.stats ? stats_->renew(*next.stats) : base::Result<void>();
  };
  hooks.after = [this](const conf::Sitecheck& before) {
    const auto& conf = runner_->conf();
    base::configure_log(conf.log.format, conf.log.level);
    ecv_->set_keys(key_ring(conf, ecv::Purpose::kDnsd));
    outlets_->take_hook(before, conf);
  };
  hooks.journal = [this](const core::Journal& entry) { write_journal(entry); };
  reloader_ = std::make_unique<Reloader>(loop_, *runner_, conf_.files.front(), std::move(hooks));
}

base::Result<void> Daemon::open_control() {
  auto server = io::ControlServer::listen(loop_, conf_.control,
                                          [this](const io::ControlRequest& request, const io::ControlAnswer& answer) {
                                            if (!runner_) return answer({1, "{}", "starting"});
                                            handle_command(context(), request, answer);
                                          });
  if (!server) return base::fail(server.error().message);
  control_ = std::move(*server);
  return {};
}

void Daemon::write_journal(const core::Journal& entry) {
  nlohmann::ordered_json line{{"event", entry.id}, {"message", entry.message}};
  for (const auto& [key, value] : entry.fields) line[key] = value;
  const std::string text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::string message = entry.message;
  for (const auto& [key, value] : entry.fields) message += (value.empty() ? "" : " " + key + "=" + value);
  base::log(entry.level, entry.id, message);
  const auto now = base::read_wall_clock();
  if (const auto written = journal_->append(now, text); !written) {
    base::log(base::Level::kWarn, "journal.failed", written.error().message);
  }
  if (live_) live_->event(R"({"time":")" + base::format_utc(now) + R"(",)" + text.substr(1));
  if (outlets_) outlets_->tell(entry);
}

std::string Daemon::ready_line() const {
  std::string line = "ready ecv=" + ecv_->address().to_string() + " peer=" + runner_->peer_address().to_string();
  if (stats_) line += " stats=" + stats_->address().to_string();
  line += outlets_->ready();
  return line + " control=" + conf_.control.string();
}

void Daemon::reload() {
  if (!reloader_) return;
  manager_.reloading();
  reloader_->run(false, "SIGHUP", "", [this](const ReloadOutcome& outcome) {
    manager_.ready(outcome.done ? "reloaded" : "reload refused: see the log");
  });
}

int Daemon::run() {
  const base::Signal term(loop_, SIGTERM, [this] { loop_.stop(); });
  const base::Signal interrupt(loop_, SIGINT, [this] { loop_.stop(); });
  const base::Signal hangup(loop_, SIGHUP, [this] { reload(); });
  const std::string line = ready_line();
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
  manager_.ready(line);
  loop_.run();
  manager_.stopping();
  base::log(base::Level::kInfo, "serve.stopped", "stopped; the writer keeps its permit until it ends");
  return 0;
}

}  // namespace

int serve(const conf::Sitecheck& conf, bool bootstrap) {
  std::signal(SIGPIPE, SIG_IGN);
  Daemon daemon(conf);
  if (const auto opened = daemon.open(bootstrap); !opened) {
    base::log(base::Level::kError, "serve.failed", opened.error().message);
    return 1;
  }
  return daemon.run();
}

}  // namespace sitecheck
