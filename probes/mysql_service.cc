#include "probes/mysql_service.h"

#include <algorithm>
#include <array>
#include <utility>

#include "probes/mysql_client.h"

namespace probes {

namespace {

// Server errors: too many connections (1040, 1203), resources of the account used up (1226).
constexpr std::array<unsigned, 3> kBusy{1040, 1203, 1226};
// Server errors about who asks: no such account or password (1044, 1045, 1698, 4151), host not allowed or blocked
// (1130, 1129), authentication that the client cannot do (1251, 1275, 1524); the client's own: no plugin for it (2059,
// 2061), TLS demanded (2026, 3159). Each comes after the server's greeting.
constexpr std::array<unsigned, 13> kRefusesWho{1044, 1045, 1698, 4151, 1130, 1129, 1251,
                                               1275, 1524, 2059, 2061, 2026, 3159};

}  // namespace

Outcome login_outcome(const MysqlResult& result) {
  if (result.ok()) return Outcome::kOk;
  const auto among = [&](const auto& codes) {
    return std::find(codes.begin(), codes.end(), result.code) != codes.end();
  };
  if (result.connecting && among(kBusy)) return Outcome::kDegraded;
  if (result.connecting && among(kRefusesWho)) return Outcome::kMisconfigured;
  switch (result.fault) {
    case MysqlFault::kTimeout: return Outcome::kTimeout;
    case MysqlFault::kUnreachable: return result.refused ? Outcome::kRefused : Outcome::kUnreachable;
    case MysqlFault::kServer: return Outcome::kMismatch;  // a proxy that has no server to ask
    case MysqlFault::kTooLarge: return Outcome::kProtocol;
    default: return Outcome::kReset;
  }
}

struct MysqlServiceProbe::Impl {
  base::Loop& loop;
  MysqlTarget target;
  base::Duration timeout;
  std::unique_ptr<MysqlClient> client;  // of the look under way
  base::Instant sent_at;
  std::function<void(const Observation&)> on_done;

  void finish(const MysqlResult& result) {
    Observation seen{login_outcome(result), sent_at, base::read_boot_clock() - sent_at, result.message};
    const auto done = std::exchange(on_done, {});
    client.reset();
    if (done) done(seen);
  }
};

MysqlServiceProbe::MysqlServiceProbe(base::Loop& loop, const base::SocketAddress& address, ServiceAccount account,
                                     base::Duration timeout)
    : impl_(new Impl{loop,
                     {address.ip.to_string(),
                      address.port,
                      std::move(account.user),
                      std::move(account.password),
                      {},
                      false,
                      std::move(account.tls)},
                     timeout,
                     nullptr,
                     {},
                     {}}) {}

MysqlServiceProbe::~MysqlServiceProbe() { cancel(); }

void MysqlServiceProbe::start(std::function<void(const Observation&)> on_done) {
  cancel();
  impl_->on_done = std::move(on_done);
  impl_->sent_at = base::read_boot_clock();
  impl_->client = std::make_unique<MysqlClient>(impl_->loop, impl_->target);
  impl_->client->query("DO 1", impl_->timeout, [raw = impl_.get()](const MysqlResult& result) { raw->finish(result); });
}

void MysqlServiceProbe::cancel() {
  impl_->on_done = {};
  // Out of the way first: closing tells the statement that it was cancelled.
  const auto client = std::exchange(impl_->client, nullptr);
}

bool service_answers(const Observation& seen) {
  return seen.ok() || seen.outcome == Outcome::kMisconfigured || seen.outcome == Outcome::kDegraded;
}

}  // namespace probes
