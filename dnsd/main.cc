// dnsd: the name server of wideip. Wires command line, control plane and data plane; decides nothing itself.
#include <sys/resource.h>

#include <csignal>
#include <iostream>
#include <string>

#include "base/log.h"
#include "base/uv.h"
#include "dnsd/cli/cli.h"
#include "dnsd/control/control.h"
#include "dnsd/control/privileges.h"
#include "dnsd/control/zone_table.h"
#include "dnsd/data/server.h"
#include "dnsd/policy.h"

namespace {

data::ServerOptions server_options(const conf::Dnsd& config) {
  data::ServerOptions out;
  out.listen = config.server.listen;
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

// Each connection and each poll of a site is a descriptor; the usual soft limit of 1,024 is made for programs that use
// select(2).
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int fail(const std::string& message) {
  base::log(base::Level::kError, "start.failed", message);
  return 1;
}

// Every socket is bound before privileges are dropped, and privileges are dropped before a packet is read.
// Where the configuration names no file of secrets for cookies, the server takes a new one each day.
class Policies {
 public:
  Policies(base::Loop& loop, const conf::Dnsd& config) : config_(config), renewal_(loop, [this] { renew(); }) {
    renewal_.start(dnsd::kSecretLife, dnsd::kSecretLife);
  }
  std::shared_ptr<const data::Policy> present() { return maker_.make(config_); }
  void serve(data::Server& server) { server_ = &server; }
  void reloaded(const conf::Dnsd& config) {
    config_ = config;
    if (server_ != nullptr) server_->set_policy(present());
  }

 private:
  void renew() {
    maker_.renew_secret();
    if (server_ != nullptr) server_->set_policy(present());
  }

  conf::Dnsd config_;
  dnsd::PolicyMaker maker_;
  data::Server* server_ = nullptr;
  base::Timer renewal_;
};

int serve(const conf::Dnsd& config, const dnsd::cli::ServeOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  base::Loop loop;
  snapshot::Publisher publisher;
  snapshot::CounterBoard board;
  Policies policies(loop, config);
  control::Control control(
      loop, config, {options.config, {}, {}, [&](const conf::Dnsd& now) { policies.reloaded(now); }}, publisher, board);
  if (const auto faults = control.load_zones(); !faults.empty()) {
    for (const conf::Fault& fault : faults) std::cerr << to_string(fault) << '\n';
    return 2;
  }
  auto server = data::Server::bind(server_options(config), publisher, board);
  if (!server) return fail(server.error().message);
  (*server)->set_policy(policies.present());
  policies.serve(**server);
  control.set_listen((*server)->addresses());
  if (auto bound = control.bind(); !bound) return fail(bound.error().message);
  if (!config.server.user.empty()) {
    if (auto became = control::become(config.server.user); !became) return fail(became.error().message);
  }
  if (auto opened = control.open(); !opened) return fail(opened.error().message);

  const base::Signal hangup(loop, SIGHUP, [&] { (void)control.reload("SIGHUP", ""); });
  const base::Signal terminate(loop, SIGTERM, [&] { loop.stop(); });
  const base::Signal interrupt(loop, SIGINT, [&] { loop.stop(); });
  control.start([&] {
    (*server)->start();
    std::cout << ready_line(config, **server, control) << std::endl;
  });
  loop.run();
  (*server)->stop();
  base::log(base::Level::kInfo, "stop", "stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return dnsd::cli::run(argc, argv, {serve, control::check_zones}); }
