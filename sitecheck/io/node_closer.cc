#include "sitecheck/io/node_closer.h"

#include <algorithm>
#include <cstdlib>
#include <list>
#include <utility>

#include "base/log.h"
#include "probes/mysql_dialect.h"
#include "sitecheck/io/local_process.h"
#include "sitecheck/io/session_sweep.h"

namespace sitecheck {

namespace {

using base::milliseconds;
using probes::MysqlResult;

constexpr auto kPing = base::seconds(5);        // of an idle standing connection
constexpr auto kReconnect = milliseconds(500);  // after a standing connection broke or could not be made
constexpr auto kConnectLimit = milliseconds(500);
constexpr auto kRetry = milliseconds(5);  // between two tries of a closing
constexpr unsigned kAccessDenied = 1227;  // for want of a privilege

// One standing admin connection: made at once, pinged when idle, made anew when it breaks.
class Standing {
 public:
  Standing(base::Loop& loop, const probes::MysqlTarget& target)
      : client(loop, target), ping_(loop, [this] { ping(); }) {
    client.on_break([this] { ping(); });
  }
  void start() { ping(); }
  [[nodiscard]] bool silent() const { return !client.connected() && !refused_; }

  probes::MysqlClient client;

 private:
  void ping() {
    if (client.busy()) return ping_.start(kReconnect);
    client.query("SELECT 1", kConnectLimit, [this](const MysqlResult& r) {
      refused_ = r.fault == probes::MysqlFault::kServer;
      ping_.start(r.ok() ? kPing : kReconnect);
    });
  }

  base::Timer ping_;
  bool refused_ = false;  // by the server itself
};

}  // namespace

struct NodeCloser::Impl {
  Impl(base::Loop& loop, CloserOptions o)
      : options(std::move(o)),
        process(options.pid_file, options.admin.port),
        setter(loop, options.admin),
        killer(loop, options.admin),
        retry_set(loop, [this] { set_read_only(); }),
        retry_kill(loop, [this] { list_sessions(); }),
        sweep(loop, killer.client, options.spared_users),
        loop_ref(loop) {}

  struct Attempt {
    CloseMode mode;
    std::function<void(const Closed&)> done;
    std::unique_ptr<base::Timer> limit;
    std::unique_ptr<base::Timer> kill_process;
    bool killed = false;
  };

  void begin(CloseMode mode, base::Duration limit, std::function<void(const Closed&)> done);
  [[nodiscard]] bool wants(CloseMode at_least) const;
  void set_read_only();
  void run_close(const std::vector<std::string>& statements, std::size_t at);
  void read_back();
  void on_setter_fault(const MysqlResult& r);
  void list_sessions();
  void kill_sessions(std::vector<std::string> statements, std::size_t at);
  void on_sessions(const MysqlResult& r, bool after_read_back);
  void read_back_again();
  void kill_process(Attempt& attempt);
  void confirm(core::Closing closing, const std::string& how, bool sessions_too);
  void expire(Attempt* attempt);

  CloserOptions options;
  LocalProcess process;
  Standing setter;
  Standing killer;
  base::Timer retry_set;
  base::Timer retry_kill;
  SessionSweep sweep;
  base::Loop& loop_ref;
  std::list<std::unique_ptr<Attempt>> attempts;
  bool setting = false;
  bool killing = false;
  std::uint64_t generation = 0;  // of the newest closing: an older read-back proves nothing for it
  bool read_only = false;        // read back in this closing
  std::uint64_t barrier = 0;     // highest session id of the first list after that; 0: no list yet
  std::string trouble = "no answer yet";
};

bool NodeCloser::Impl::wants(CloseMode at_least) const {
  return std::any_of(attempts.begin(), attempts.end(), [&](const auto& a) { return a->mode >= at_least; });
}

void NodeCloser::Impl::begin(CloseMode mode, base::Duration limit, std::function<void(const Closed&)> done) {
  const bool running = wants(CloseMode::kSoft);
  auto attempt = std::make_unique<Attempt>();
  Attempt* raw = attempt.get();
  attempt->mode = mode;
  attempt->done = std::move(done);
  attempt->limit = std::make_unique<base::Timer>(loop_ref, [this, raw] { expire(raw); });
  attempt->limit->start(limit);
  if (mode == CloseMode::kHard) {
    attempt->kill_process = std::make_unique<base::Timer>(loop_ref, [this, raw] { kill_process(*raw); });
    attempt->kill_process->start(running ? base::Duration::zero() : limit / 4);
  }
  attempts.push_back(std::move(attempt));
  ++generation;
  read_only = false;
  barrier = 0;
  if (!setting) set_read_only();
  if (mode >= CloseMode::kSoft && !killing) list_sessions();
}

void NodeCloser::Impl::set_read_only() {
  setting = !attempts.empty();
  if (!setting) return;
  if (setter.client.connected()) {
    return run_close(probes::close_sql(probes::ServerVersion::parse(setter.client.server_version())), 0);
  }
  setter.client.query("SELECT 1", kConnectLimit, [this](const MysqlResult& r) {
    if (!r.ok()) return on_setter_fault(r);
    run_close(probes::close_sql(probes::ServerVersion::parse(setter.client.server_version())), 0);
  });
}

void NodeCloser::Impl::run_close(const std::vector<std::string>& statements, std::size_t at) {
  if (at == statements.size()) return read_back();
  setter.client.query(statements[at], base::seconds(2), [this, statements, at](const MysqlResult& r) {
    if (!r.ok()) return on_setter_fault(r);
    run_close(statements, at + 1);
  });
}

void NodeCloser::Impl::read_back() {
  const auto v = probes::ServerVersion::parse(setter.client.server_version());
  setter.client.query(probes::state_sql(v), kConnectLimit, [this, v, sent = generation](const MysqlResult& r) {
    if (!r.ok()) return on_setter_fault(r);
    if (sent != generation) return set_read_only();
    const auto state = probes::read_state(v, r);
    if (!state.read_only.value_or(false) || !state.super_read_only.value_or(true)) {
      trouble = "read_only does not read back as 1";
      retry_set.start(kRetry);
      return;
    }
    setting = false;
    read_only = true;
    barrier = 0;
    process.remember();
    confirm(core::Closing::kClosed, "read_only=1 read back", false);
  });
}

void NodeCloser::Impl::on_setter_fault(const MysqlResult& r) {
  trouble = r.message;
  if (r.refused) {
    const ProcessState state = process.look();
    if (state == ProcessState::kGone) {
      setting = false;
      return confirm(core::Closing::kProcessGone, "the process is gone and its port refuses", true);
    }
    trouble += state == ProcessState::kRunning ? "; its process still runs" : "; whether its process runs is not known";
  }
  retry_set.start(kRetry);
}

void NodeCloser::Impl::list_sessions() {
  if (!wants(CloseMode::kSoft)) {
    killing = false;
    return;
  }
  killing = true;
  const bool after_read_back = read_only;
  killer.client.query(probes::sessions_sql(), kConnectLimit,
                      [this, after_read_back](const MysqlResult& r) { on_sessions(r, after_read_back); });
}

void NodeCloser::Impl::on_sessions(const MysqlResult& r, bool after_read_back) {
  if (r.code == kAccessDenied || (r.ok() && !probes::sees_all_sessions(r))) {
    trouble = "the admin account " + options.admin.user + " lacks PROCESS: which sessions are left is not known";
    killer.client.close();  // what it was granted since counts for a new session
    return retry_kill.start(kRetry);
  }
  if (!r.ok()) {
    trouble = r.message;
    if (!setting) set_read_only();  // it closed, and died since: its process decides
    return retry_kill.start(kRetry);
  }
  std::vector<probes::Session> victims;
  std::uint64_t highest = 0;
  bool old_left = false;
  const auto openers = options.also_kill ? options.also_kill() : std::vector<std::uint64_t>{};
  for (std::size_t i = 0; i < r.rows.size(); ++i) {
    const std::string id = r.get("id", i).value_or("");
    const std::uint64_t n = std::strtoull(id.c_str(), nullptr, 10);
    highest = std::max(highest, n);
    // Sessions of ours that go all the same: a heartbeat that is held up would hold read_only up.
    const bool opener =
        r.get("beat", i).value_or("") == "1" || std::find(openers.begin(), openers.end(), n) != openers.end();
    if (!opener && !probes::is_client_session(r.get("user", i).value_or(""), r.get("command", i).value_or(""),
                                              options.spared_users)) {
      continue;
    }
    victims.push_back({id, opener ? "" : r.get("user", i).value_or("")});
    old_left = old_left || barrier == 0 || n <= barrier;
  }
  if (after_read_back && read_only) {
    if (!old_left) return read_back_again();
    if (barrier == 0) barrier = highest;
    trouble = std::to_string(victims.size()) + " client sessions are left";
  }
  kill_sessions(probes::kill_sql(probes::ServerVersion::parse(killer.client.server_version()), victims), 0);
}

// The last word: a session that was killed above may have opened the node between the read-back and its end.
void NodeCloser::Impl::read_back_again() {
  const auto v = probes::ServerVersion::parse(killer.client.server_version());
  killer.client.query(probes::state_sql(v), kConnectLimit, [this, v, sent = generation](const MysqlResult& r) {
    if (!r.ok() || sent != generation) return retry_kill.start(kRetry);
    if (!probes::read_state(v, r).read_only.value_or(false)) {
      trouble = "read_only was taken back";
      read_only = false;
      barrier = 0;
      if (!setting) set_read_only();
      return retry_kill.start(kRetry);
    }
    confirm(core::Closing::kClosed, "read_only=1 read back and no client session left", true);
    // Those that came meanwhile; then whatever was asked for since.
    sweep.start([this] { return wants(CloseMode::kSoft); }, [this] { list_sessions(); });
  });
}

void NodeCloser::Impl::kill_sessions(std::vector<std::string> statements, std::size_t at) {
  if (at == statements.size()) return retry_kill.start(milliseconds(1));
  const std::string sql = statements[at];
  killer.client.query(sql, kConnectLimit, [this, statements = std::move(statements), at](const MysqlResult& r) mutable {
    constexpr unsigned kNoSuchThread = 1094;
    if (!r.ok() && r.code != kNoSuchThread) {
      trouble = r.message;
      if (r.fault != probes::MysqlFault::kServer) return retry_kill.start(kRetry);
    }
    kill_sessions(std::move(statements), at + 1);
  });
}

void NodeCloser::Impl::kill_process(Attempt& attempt) {
  const auto sent = process.kill();
  attempt.killed = sent.has_value();
  if (sent) {
    base::log(base::Level::kWarn, "fence.sigkill", "the local mysqld was killed", {{"node", options.node}});
  } else if (process.look() != ProcessState::kGone) {
    trouble += "; it cannot be killed: " + sent.error().message;
    base::log(base::Level::kError, "fence.sigkill_failed", "the local mysqld could not be killed",
              {{"node", options.node}, {"error", sent.error().message}});
  }
}

// Ends the attempts that this proof satisfies: read_only alone is enough for kAssert only.
void NodeCloser::Impl::confirm(core::Closing closing, const std::string& how, bool sessions_too) {
  std::list<std::unique_ptr<Attempt>> satisfied;
  for (auto it = attempts.begin(); it != attempts.end();) {
    const auto next = std::next(it);
    if (sessions_too || (*it)->mode == CloseMode::kAssert) satisfied.splice(satisfied.end(), attempts, it);
    it = next;
  }
  for (auto& attempt : satisfied) attempt->done({closing, how, attempt->killed});
}

void NodeCloser::Impl::expire(Attempt* attempt) {
  const auto it = std::find_if(attempts.begin(), attempts.end(), [&](const auto& a) { return a.get() == attempt; });
  if (it == attempts.end()) return;
  const auto ended = std::move(*it);
  attempts.erase(it);
  ended->done({core::Closing::kUnknown, trouble, ended->killed});
}

NodeCloser::NodeCloser(base::Loop& loop, CloserOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
NodeCloser::~NodeCloser() = default;

void NodeCloser::start() {
  impl_->setter.start();
  impl_->killer.start();
}

void NodeCloser::close(CloseMode mode, base::Duration limit, std::function<void(const Closed&)> done) {
  impl_->begin(mode, limit, std::move(done));
}

bool NodeCloser::ready() const { return impl_->setter.client.connected() && impl_->killer.client.connected(); }

bool NodeCloser::silent() const { return impl_->setter.silent() && impl_->killer.silent(); }

void NodeCloser::look(base::Duration limit, std::function<void(std::optional<bool>)> done) {
  auto& client = impl_->setter.client;
  client.query("SELECT @@global.read_only AS read_only", limit, [done = std::move(done)](const MysqlResult& r) {
    done(r.ok() ? probes::parse_switch(r.get("read_only").value_or("")) : std::nullopt);
  });
}

}  // namespace sitecheck
