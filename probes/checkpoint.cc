#include "probes/checkpoint.h"

#include <array>
#include <utility>

#include "probes/dns.h"
#include "probes/http.h"
#include "probes/icmp.h"
#include "probes/mysql_looks.h"
#include "probes/tcp.h"

namespace probes {

namespace {

// Reaching an HTTP checkpoint is what counts: any answer that is not itself a gateway's complaint shows it.
const std::vector<StatusRange> kReached = {{100, 499}};

std::unique_ptr<Probe> make_http(io::HttpClient& client, const std::string& url, base::Duration timeout) {
  HttpCheck check;
  check.url = url;
  check.statuses = kReached;
  check.timeout = timeout;
  check.max_body = std::size_t{1} << 20;
  check.verify_tls = false;
  return std::make_unique<HttpProbe>(client, std::move(check));
}

}  // namespace

struct CheckpointRunner::Impl {
  // The two tries at one checkpoint in a round.
  struct Target {
    conf::Checkpoint checkpoint;
    std::unique_ptr<MysqlLooks> mysql;  // kMysql only; outlives the tries
    std::array<std::unique_ptr<Probe>, 2> tries;
    int under_way = 0;
    bool second_begun = false;
    bool decided = false;
    CheckpointResult result;
  };

  base::Loop& loop;
  io::HttpClient& client;
  base::Duration timeout;
  std::vector<Target> targets;
  base::Timer second;  // at half the timeout: every second try that has not begun begins
  base::Timer empty;   // ends a round without checkpoints
  std::size_t undecided = 0;
  Round round;
  std::function<void(const Round&)> on_done;

  Impl(base::Loop& on, io::HttpClient& with, std::vector<conf::Checkpoint> checkpoints, base::Duration limit);
  void cancel();
  void begin();
  std::unique_ptr<Probe> make_probe(const Target& target, base::Duration limit);
  void try_once(std::size_t index, std::size_t which, base::Duration limit);
  void try_again(std::size_t index);
  void observe(std::size_t index, const Observation& seen);
  void decide(Target& target);
  void finish();
};

CheckpointRunner::Impl::Impl(base::Loop& on, io::HttpClient& with, std::vector<conf::Checkpoint> checkpoints,
                             base::Duration limit)
    : loop(on),
      client(with),
      timeout(limit),
      second(on,
             [this] {
               for (std::size_t i = 0; i < targets.size(); ++i) try_again(i);
             }),
      empty(on, [this] { finish(); }) {
  targets.reserve(checkpoints.size());
  for (auto& checkpoint : checkpoints) {
    targets.emplace_back();
    auto& target = targets.back();
    target.checkpoint = std::move(checkpoint);
    const auto& c = target.checkpoint;
    if (c.kind != conf::CheckpointKind::kMysql) continue;
    target.mysql = std::make_unique<MysqlLooks>(loop, c.address, ServiceAccount{c.account.user, c.account.password});
  }
}

void CheckpointRunner::Impl::cancel() {
  second.stop();
  empty.stop();
  for (auto& target : targets) target.tries = {};
  on_done = nullptr;
}

void CheckpointRunner::Impl::begin() {
  round = {};
  round.begun_at = base::read_boot_clock();
  undecided = targets.size();
  if (undecided == 0) return empty.start(base::Duration::zero());
  second.start(timeout / 2);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    auto& target = targets[i];
    target.under_way = 0;
    target.second_begun = false;
    target.decided = false;
    target.result = {};
    target.result.id = target.checkpoint.id;
    target.result.detail = "no answer within " + base::format_duration(timeout);
    try_once(i, 0, timeout);
  }
}

std::unique_ptr<Probe> CheckpointRunner::Impl::make_probe(const Target& target, base::Duration limit) {
  const auto& c = target.checkpoint;
  switch (c.kind) {
    case conf::CheckpointKind::kTcp: return std::make_unique<TcpProbe>(loop, c.address, limit);
    case conf::CheckpointKind::kHttp: return make_http(client, c.url, limit);
    case conf::CheckpointKind::kMysql: return target.mysql->make(limit);
    case conf::CheckpointKind::kDns:
      return std::make_unique<DnsProbe>(loop, DnsCheck{c.address, c.dns_name, c.dns_type, limit});
    case conf::CheckpointKind::kIcmp: return std::make_unique<IcmpProbe>(loop, c.address.ip, limit);
  }
  return std::make_unique<TcpProbe>(loop, c.address, limit);
}

void CheckpointRunner::Impl::try_once(std::size_t index, std::size_t which, base::Duration limit) {
  auto& target = targets[index];
  ++target.under_way;
  target.tries[which] = make_probe(target, limit);
  target.tries[which]->start([this, index](const Observation& seen) { observe(index, seen); });
}

void CheckpointRunner::Impl::try_again(std::size_t index) {
  auto& target = targets[index];
  if (target.decided || target.second_begun) return;
  target.second_begun = true;
  const auto left = round.begun_at + timeout - base::read_boot_clock();
  if (left > base::Duration::zero()) try_once(index, 1, left);
}

void CheckpointRunner::Impl::observe(std::size_t index, const Observation& seen) {
  auto& target = targets[index];
  --target.under_way;
  if (target.decided) return;
  if (seen.ok()) {
    target.result.ok = true;
    target.result.latency = seen.latency;
    target.result.detail.clear();
    return decide(target);
  }
  target.result.detail = seen.detail;
  try_again(index);
  if (target.under_way == 0) decide(target);
}

void CheckpointRunner::Impl::decide(Target& target) {
  target.decided = true;
  if (--undecided == 0) finish();
}

void CheckpointRunner::Impl::finish() {
  round.ended_at = base::read_boot_clock();
  for (const auto& target : targets) round.results.push_back(target.result);
  const auto done = std::move(round);
  const auto call = std::move(on_done);
  cancel();
  call(done);  // may destroy this
}

CheckpointRunner::CheckpointRunner(base::Loop& loop, io::HttpClient& client, std::vector<conf::Checkpoint> checkpoints,
                                   base::Duration timeout)
    : impl_(std::make_unique<Impl>(loop, client, std::move(checkpoints), timeout)) {}
CheckpointRunner::~CheckpointRunner() = default;

void CheckpointRunner::begin(std::function<void(const Round&)> on_done) {
  impl_->cancel();
  impl_->on_done = std::move(on_done);
  impl_->begin();
}

bool CheckpointRunner::busy() const { return impl_->on_done != nullptr; }

}  // namespace probes
