#include "probes/mysql_client.h"

#include <strings.h>

#include <deque>
#include <utility>

#include "base/io/deadline.h"
#include "probes/mysql_driver.h"

namespace probes {

std::string_view name(MysqlFault f) {
  switch (f) {
    case MysqlFault::kNone: return "none";
    case MysqlFault::kTimeout: return "timeout";
    case MysqlFault::kUnreachable: return "unreachable";
    case MysqlFault::kLost: return "lost";
    case MysqlFault::kServer: return "server";
    case MysqlFault::kTooLarge: return "too_large";
    case MysqlFault::kCancelled: return "cancelled";
  }
  return "none";
}

std::optional<std::string> MysqlResult::get(std::string_view column, std::size_t row) const {
  if (row >= rows.size()) return std::nullopt;
  for (std::size_t i = 0; i < columns.size() && i < rows[row].size(); ++i) {
    if (columns[i].size() == column.size() && strncasecmp(columns[i].data(), column.data(), column.size()) == 0) {
      return rows[row][i];
    }
  }
  return std::nullopt;
}

class MysqlClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(base::Loop& loop, MysqlTarget target)
      : loop_(loop),
        target_(std::move(target)),
        deadline_(loop, [this] { on_deadline(); }),
        wake_(loop, [this] { on_wake(); }) {}

  struct Job {
    std::string sql;
    base::Duration timeout;
    Callback done;  // one of the two
    AllCallback all;
  };
  struct Answer {
    Callback done;
    AllCallback all;
    std::vector<MysqlResult> results;

    void tell() const {
      if (done) done(results.back());
      if (all) all(results);
    }
  };

  void query(Job job);
  // Drops the connection; gives what was in flight and queued.
  std::deque<Job> shut();

  base::Loop& loop_;
  MysqlTarget target_;
  std::function<void()> on_break_;
  std::unique_ptr<MysqlDriver> driver_;
  std::deque<Job> jobs_;
  std::vector<Answer> ready_;  // to tell from the loop
  bool running_ = false;       // the front of jobs_ is under way

 private:
  enum class Stage : std::uint8_t { kNone, kConnect, kSession, kStatement };

  void start_next();
  void take(MysqlDriver::Step step);
  void begin_session();
  void finish(std::vector<MysqlResult> results);
  void watch(int events);
  void on_ready(int status, int events);
  void on_deadline();
  void on_wake();
  void wake_soon() {
    waking_ = true;
    wake_.start(base::Duration::zero());
  }
  void drop_connection();

  Stage stage_ = Stage::kNone;
  std::size_t session_at_ = 0;
  std::unique_ptr<base::Poll> poll_;
  int polled_fd_ = -1;
  int watched_ = 0;
  bool on_loop_ = false;   // within on_ready()
  bool waking_ = false;    // wake_ is set
  io::Deadline deadline_;  // what waits in the socket wins
  base::Timer wake_;
};

void MysqlClient::Impl::query(Job job) {
  if (jobs_.size() >= kMaxQueued) {
    MysqlResult refused;
    refused.fault = MysqlFault::kCancelled;
    refused.message = "too many statements wait for this connection";
    ready_.push_back({std::move(job.done), std::move(job.all), {std::move(refused)}});
    return wake_soon();
  }
  jobs_.push_back(std::move(job));
  if (!running_) start_next();
}

void MysqlClient::Impl::start_next() {
  if (jobs_.empty() || running_) return;
  running_ = true;
  deadline_.start(jobs_.front().timeout);
  if (driver_ && driver_->usable()) {
    stage_ = Stage::kStatement;
    take(driver_->query(jobs_.front().sql));
    return;
  }
  drop_connection();
  driver_ = std::make_unique<MysqlDriver>(target_);
  stage_ = Stage::kConnect;
  session_at_ = 0;
  take(driver_->connect());
}

// Follows the operation under way: waits for it, or goes on to the next stage of the statement.
void MysqlClient::Impl::take(MysqlDriver::Step step) {
  while (step.done) {
    auto results = driver_->take_results();
    if (!results.back().ok()) results.back().connecting = stage_ != Stage::kStatement;
    if (!results.back().ok() || stage_ == Stage::kStatement) return finish(std::move(results));
    if (stage_ == Stage::kSession) ++session_at_;
    if (session_at_ < target_.session.size()) {
      stage_ = Stage::kSession;
      step = driver_->query(target_.session[session_at_]);
    } else {
      stage_ = Stage::kStatement;
      step = driver_->query(jobs_.front().sql);
    }
  }
  watch(step.wait);
}

void MysqlClient::Impl::finish(std::vector<MysqlResult> results) {
  deadline_.stop();
  running_ = false;
  if (!driver_->usable() || (!results.back().ok() && results.back().connecting)) {
    drop_connection();
  } else {
    watch(base::Poll::kReadable);
  }
  stage_ = Stage::kNone;
  ready_.push_back({std::move(jobs_.front().done), std::move(jobs_.front().all), std::move(results)});
  jobs_.pop_front();
  if (!on_loop_) wake_soon();
}

void MysqlClient::Impl::watch(int events) {
  const int fd = driver_->fd();
  if (fd < 0) {  // the library holds no socket although it waits: as good as broken
    return on_deadline();
  }
  if (!poll_ || polled_fd_ != fd) {
    poll_ = std::make_unique<base::Poll>(loop_, fd, [this](int status, int ready) { on_ready(status, ready); });
    polled_fd_ = fd;
  } else if (watched_ == events) {
    return;  // still watched so: an idle connection and one that waits for an answer look alike
  }
  watched_ = events;
  poll_->start(events);
}

void MysqlClient::Impl::on_ready(int status, int events) {
  const auto keep = shared_from_this();
  if (status < 0) watched_ = 0;  // libuv stops watching a socket with an error
  if (running_) {
    // An error of the socket shows as readable and writable: the library then reads the error itself.
    const int ready = status < 0 ? (MysqlDriver::kReadable | MysqlDriver::kWritable) : events;
    on_loop_ = true;  // no further turn is needed to tell the outcome
    take(driver_->resume(ready));
    on_loop_ = false;
    if (!ready_.empty()) on_wake();
    return;
  }
  // A server never speaks first: what it sends to an idle connection is its end (killed, shutting down, gone).
  drop_connection();
  if (on_break_) {
    const auto call = on_break_;
    call();
  }
}

void MysqlClient::Impl::on_deadline() {
  const auto keep = shared_from_this();
  if (!running_) return;
  MysqlResult result;
  result.fault = stage_ == Stage::kConnect ? MysqlFault::kUnreachable : MysqlFault::kTimeout;
  result.connecting = stage_ != Stage::kStatement;
  result.message = "no answer within " + base::format_duration(jobs_.front().timeout);
  poll_.reset();  // before the library closes the descriptor
  polled_fd_ = -1;
  driver_->abort();
  auto results = driver_->take_results();
  results.back() = std::move(result);
  finish(std::move(results));
}

void MysqlClient::Impl::on_wake() {
  const auto keep = shared_from_this();
  if (std::exchange(waking_, false)) wake_.stop();
  const auto answers = std::exchange(ready_, {});
  for (const auto& answer : answers) answer.tell();
  if (keep.use_count() > 1) start_next();
}

void MysqlClient::Impl::drop_connection() {
  poll_.reset();
  polled_fd_ = -1;
  driver_.reset();
}

std::deque<MysqlClient::Impl::Job> MysqlClient::Impl::shut() {
  deadline_.stop();
  running_ = false;
  stage_ = Stage::kNone;
  drop_connection();  // before the jobs go: the library borrows the statement that is in flight
  return std::exchange(jobs_, {});
}

MysqlClient::MysqlClient(base::Loop& loop, MysqlTarget target)
    : impl_(std::make_shared<Impl>(loop, std::move(target))) {}

MysqlClient::~MysqlClient() {
  impl_->on_break_ = nullptr;
  impl_->ready_.clear();
  impl_->shut();
}

void MysqlClient::query(std::string sql, base::Duration timeout, Callback done) {
  impl_->query({std::move(sql), timeout, std::move(done), nullptr});
}
void MysqlClient::query_all(std::string statements, base::Duration timeout, AllCallback done) {
  impl_->query({std::move(statements), timeout, nullptr, std::move(done)});
}
void MysqlClient::on_break(std::function<void()> call) { impl_->on_break_ = std::move(call); }
void MysqlClient::close() {
  const auto keep = impl_;
  MysqlResult result;
  result.fault = MysqlFault::kCancelled;
  result.message = "the connection was closed by this side";
  for (auto& job : keep->shut()) Impl::Answer{std::move(job.done), std::move(job.all), {result}}.tell();
}
bool MysqlClient::connected() const { return impl_->driver_ && impl_->driver_->usable(); }
bool MysqlClient::busy() const { return impl_->running_ || !impl_->jobs_.empty(); }
std::string MysqlClient::server_version() const { return impl_->driver_ ? impl_->driver_->server_version() : ""; }
std::uint64_t MysqlClient::connection_id() const { return impl_->driver_ ? impl_->driver_->connection_id() : 0; }
const MysqlTarget& MysqlClient::target() const { return impl_->target_; }

std::string join_statements(std::initializer_list<std::string_view> statements) {
  std::string out;
  for (const auto statement : statements) {
    if (!out.empty()) out += "; ";
    out += statement;
  }
  return out;
}

std::string quote_sql(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    if (c == '\0') {
      out += "\\0";
      continue;
    }
    out += c;
  }
  return out + "'";
}

std::string quote_identifier(std::string_view name) {
  std::string out = "`";
  for (const char c : name) {
    if (c == '`') out += c;
    out += c;
  }
  return out + "`";
}

}  // namespace probes
