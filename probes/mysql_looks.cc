#include "probes/mysql_looks.h"

#include <utility>

#include "base/io/deadline.h"

namespace probes {

class MysqlLooks::Look final : public Probe {
 public:
  Look(MysqlLooks& from, base::Duration timeout)
      : from_(from), timeout_(timeout), timer_(from.loop_, [this] { give_up(); }) {}
  ~Look() override { cancel(); }
  Look(const Look&) = delete;
  Look& operator=(const Look&) = delete;

  void start(std::function<void(const Observation&)> on_done) override;
  void cancel() override;
  void finish(Observation seen);

 private:
  void give_up();

  MysqlLooks& from_;
  base::Duration timeout_;
  io::Deadline timer_;
  base::Instant begun_;
  bool crowded_ = false;
  std::function<void(const Observation&)> on_done_;
};

void MysqlLooks::Look::start(std::function<void(const Observation&)> on_done) {
  cancel();
  on_done_ = std::move(on_done);
  begun_ = base::read_boot_clock();
  crowded_ = from_.logins_.size() >= kMostLate;
  timer_.start(crowded_ ? base::Duration::zero() : timeout_);
  if (crowded_) return;
  from_.logins_.emplace_front();
  const auto login = from_.logins_.begin();
  login->look = this;
  login->probe = std::make_unique<MysqlServiceProbe>(from_.loop_, from_.address_, from_.account_, kPatience);
  login->probe->start([from = &from_, login](const Observation& seen) {
    Look* waiting = login->look;
    const Observation kept = seen;
    from->logins_.erase(login);
    if (waiting != nullptr) waiting->finish(kept);
  });
}

void MysqlLooks::Look::cancel() {
  timer_.stop();
  on_done_ = nullptr;
  for (auto& login : from_.logins_) {
    if (login.look == this) login.look = nullptr;
  }
}

void MysqlLooks::Look::finish(Observation seen) {
  if (service_answers(seen)) {
    seen.outcome = Outcome::kOk;
    seen.detail.clear();
  }
  if (!seen.detail.empty()) seen.detail = from_.address_.to_string() + ": " + seen.detail;
  const auto call = std::move(on_done_);
  cancel();
  call(seen);  // may destroy this
}

void MysqlLooks::Look::give_up() {
  Observation seen;
  seen.outcome = Outcome::kTimeout;
  seen.sent_at = begun_;
  seen.latency = base::read_boot_clock() - begun_;
  seen.detail = crowded_ ? std::to_string(kMostLate) + " earlier logins are still without an answer"
                         : "no MySQL handshake within " + base::format_duration(timeout_);
  finish(std::move(seen));
}

MysqlLooks::MysqlLooks(base::Loop& loop, const base::SocketAddress& address, ServiceAccount account)
    : loop_(loop), address_(address), account_(std::move(account)) {}
MysqlLooks::~MysqlLooks() = default;

std::unique_ptr<Probe> MysqlLooks::make(base::Duration timeout) { return std::make_unique<Look>(*this, timeout); }

}  // namespace probes
