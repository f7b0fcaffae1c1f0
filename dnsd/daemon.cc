#include "dnsd/daemon.h"

#include <csignal>
#include <iostream>
#include <utility>

#include "base/log.h"
#include "base/socket_bag.h"
#include "dnsd/control/privileges.h"

namespace dnsd {

namespace {

// A TCP client of a process that was replaced has this long to finish, besides its idle timeout.
constexpr base::Duration kLastClients = base::seconds(30);

data::ServerOptions server_options(const conf::Dnsd& config) {
  data::ServerOptions out;
  out.listen = config.server.listen;
  out.freebind = config.server.freebind;
  out.workers = config.server.workers;
  out.id = config.server.hostname.value_or(config.server.id);
  out.version = config.server.version;
  out.nsid = config.server.nsid;
  out.udp_payload = config.server.udp_payload;
  out.tcp_idle_timeout = config.server.tcp_idle_timeout;
  out.tcp_max_connections = config.server.tcp_max_connections;
  out.tcp_max_per_client = config.server.tcp_max_per_client;
  return out;
}

std::string ready_line(const conf::Dnsd& config, const data::Server& server, const control::Control& control) {
  std::string out = "ready";
  for (const auto& address : server.addresses()) out += " dns=" + address.to_string();
  if (const auto stats = control.stats_address()) out += " stats=" + stats->to_string();
  if (const auto relay = control.relay_address()) out += " relay=" + relay->to_string();
  if (!config.server.control.empty()) out += " control=" + config.server.control.string();
  return out;
}

conf::Dnsd without_names(conf::Dnsd& whole) {
  auto names = std::exchange(whole.wideips, {});
  conf::Dnsd out = whole;
  whole.wideips = std::move(names);
  return out;
}

}  // namespace

Daemon::Daemon(conf::Dnsd config, const cli::ServeOptions& options)
    : config_(without_names(config)),
      options_(options),
      renewal_(loop_,
               [this] {
                 policy_.renew_secret();
                 server_->set_policy(policy_.make(config_));
               }),
      manager_(loop_),
      drained_(loop_, [this] { end(0); }),
      predecessor_(loop_, {[this] {
                             auto all = server_->sockets();
                             for (const int fd : control_.sockets()) all.push_back(fd);
                             return all;
                           },
                           [this] { return policy_.secrets(); }, [this] { return control_.heard(); },
                           [this] { control_.pause(); }, [this] { control_.resume(); },
                           [this](pid_t successor) { retire(successor); }}),
      control_(loop_, std::move(config),
               {options.config,
                {},
                {},
                [this](const conf::Dnsd& now) {
                  config_ = now;
                  server_->set_policy(policy_.make(config_));
                },
                [this](const io::ControlRequest& request, const io::ControlAnswer& answer) {
                  if (!ready_) return answer({1, "{}", "replace: the running dnsd is not ready itself; try again"});
                  predecessor_.begin(request, answer);
                }},
               publisher_, board_) {}

int Daemon::fail(const std::string& message) {
  base::log(base::Level::kError, "start.failed", message);
  return 1;
}

int Daemon::run() {
  if (const auto faults = control_.load_zones(); !faults.empty()) {
    for (const conf::Fault& fault : faults) std::cerr << to_string(fault) << '\n';
    return 2;
  }
  if (auto bound = bind(); !bound) {
    if (shared()) control_.give_away();
    return fail(bound.error().message);
  }
  const base::Signal hangup(loop_, SIGHUP, [this] { reload(); });
  const base::Signal terminate(loop_, SIGTERM, [this] { end(0); });
  const base::Signal interrupt(loop_, SIGINT, [this] { end(0); });
  if (auto begun = begin(); !begun) return fail(begun.error().message);
  loop_.run();
  if (!succeeded_) manager_.stopping();
  listening_.reset();
  server_->stop();
  base::log(base::Level::kInfo, "stop", succeeded_ ? "stopped: another process has taken over" : "stopped");
  return status_;
}

base::Result<base::SocketBag> Daemon::inherit() {
  if (!options_.replace) return base::SocketBag::from_environment();
  auto asked = Successor::ask(config_.server.control);
  if (!asked) return tl::unexpected(asked.error());
  successor_ = *std::move(asked);
  if (!successor_) {
    base::log(base::Level::kInfo, "replace.nobody", "no dnsd runs here: this one serves plainly");
    return base::SocketBag::from_environment();
  }
  policy_.take_secrets(successor_->secrets());
  return std::move(successor_->sockets());
}

base::Result<void> Daemon::bind() {
  auto given = inherit();
  if (!given) return tl::unexpected(given.error());
  auto server = data::Server::bind(server_options(config_), publisher_, board_, &*given);
  if (!server) return tl::unexpected(server.error());
  server_ = *std::move(server);
  server_->set_policy(policy_.make(config_));
  renewal_.start(kSecretLife, kSecretLife);
  control_.set_listen(server_->addresses());
  if (auto bound = control_.bind(&*given); !bound) return bound;
  // What the predecessor had and this configuration has not ends with that process.
  if (!given->empty() && !successor_) {
    return base::fail("a socket was passed that the configuration does not name: " + given->left().front() +
                      "; add its address to server.listen, or take it out of the socket unit");
  }
  return drop_privileges();
}

base::Result<void> Daemon::drop_privileges() {
  if (config_.server.user.empty()) return {};
  const auto keep = server_->missing().empty() ? control::KeepBind::kNo : control::KeepBind::kYes;
  return control::become(config_.server.user, keep);
}

base::Result<void> Daemon::begin() {
  if (!successor_) return decide();
  replace();
  return {};
}

// From here on this process and no other decides.
base::Result<void> Daemon::decide() {
  if (auto opened = control_.open(); !opened) return opened;
  listening_ = std::make_unique<Listening>(loop_, *server_);
  control_.start([this] { ready(); });
  return {};
}

void Daemon::replace() {
  control_.listen_first([] {});
  successor_->begin(loop_,
                    {[this] { return control_.heard(); }, [this] { return control_.members(); },
                     [this] {
                       if (auto decided = decide(); !decided) end(fail(decided.error().message));
                     },
                     [this] { control_.succeed(); }, [this](const std::string& why) { end(fail("replace: " + why)); }});
}

void Daemon::ready() {
  server_->start();
  ready_ = true;
  const std::string line = ready_line(config_, *server_, control_);
  std::cout << line << std::endl;
  manager_.ready(line);
  if (successor_) successor_->serving();
}

void Daemon::reload() {
  manager_.reloading();
  control_.reload("SIGHUP", "", [this](const control::ReloadOutcome& outcome) {
    manager_.ready(outcome.done ? "reloaded" : "reload refused: see the log");
  });
}

void Daemon::retire(pid_t successor) {
  succeeded_ = true;
  manager_.succeeded_by(successor);
  control_.give_away();
  listening_.reset();
  server_->retire(config_.server.tcp_idle_timeout + kLastClients, [this] { drained_.send(); });
}

void Daemon::end(int status) {
  status_ = status;
  // What two processes have, one of them does not remove.
  if (shared()) control_.give_away();
  // A reload that is being read cannot be broken off: meanwhile this process serves on, and decides.
  control_.finish([this] { loop_.stop(); });
}

}  // namespace dnsd
