#include "sitecheck/io/service_tests.h"

#include <algorithm>
#include <utility>

#include "probes/mysql_service.h"
#include "probes/mysql_target.h"

namespace sitecheck {

namespace {

// A handshake on a new connection takes four round trips where a poll on a kept one takes one: what the preset gives a
// poll would judge a healthy address over a long line.
constexpr int kRoundTrips = 4;

}  // namespace

struct ServiceTests::Test {
  Test(base::Loop& loop, core::PoolIndex p, const conf::Pool& pool, const conf::ServiceAt& at,
       const ecv::Timing& timing, bool from_site, std::function<void(core::Event)> call)
      : index(p),
        pool_name(pool.name),
        told(from_site),
        password(pool.service_account().password),
        interval(timing.interval),
        found{at.site, at.address, std::nullopt, std::nullopt, "", ""},
        on_event(std::move(call)),
        account(pool.service_account().user),
        probe(loop, at.address, {account, pool.service_account().password, probes::tls_of(pool)},
              kRoundTrips * timing.timeout),
        next(loop, [this] { test(); }) {
    next.start(base::Duration::zero());
  }

  void test() {
    probe.start([this](const probes::Observation& seen) {
      const auto now = base::read_boot_clock();
      found.ok = probes::service_answers(seen);
      found.tested_at = now;
      found.message = *found.ok ? "" : seen.detail.empty() ? std::string(probes::name(seen.outcome)) : seen.detail;
      note(seen.outcome == probes::Outcome::kMisconfigured, seen.detail);
      next.start(std::max<base::Duration>(base::Duration::zero(), interval - (now - seen.sent_at)));
      on_event(core::ServiceTested{index, found.site, *found.ok, found.message});
    });
  }

  // Each refusal may leave a line in the server's error log, which teaches people not to read it: said once.
  void note(bool refused, const std::string& why) {
    found.note = refused ? "the account " + account + " is refused (" + why +
                               "), and the server may log each test: create it there as `sitecheck grants` prints"
                         : "";
    if (!refused || std::exchange(noted, true)) return;
    base::log(base::Level::kWarn, "service.account", "a service address refuses the account of the tests",
              {{"site", found.site}, {"address", found.address.to_string()}, {"note", found.note}});
  }

  core::PoolIndex index;
  std::string pool_name;
  bool told;  // by its site, not by the configuration
  std::string password;
  base::Duration interval;
  ServiceFound found;
  std::function<void(core::Event)> on_event;
  std::string account;
  bool noted = false;
  probes::MysqlServiceProbe probe;
  base::Timer next;
};

ServiceTests::ServiceTests(base::Loop& loop, const conf::Sitecheck& conf, std::function<void(core::Event)> on_event)
    : loop_(loop), conf_(conf), on_event_(std::move(on_event)) {
  for (std::size_t i = 0; i < conf.pools.size(); ++i) {
    const auto& pool = conf.pools[i];
    for (const auto& at : pool.service_at) {
      tests_.push_back(std::make_unique<Test>(loop, i, pool, at, conf.arbiter.timing, false, on_event_));
    }
  }
}
ServiceTests::~ServiceTests() = default;

void ServiceTests::learn(const core::TestService& told) {
  const auto& pool = conf_.pools[told.pool];
  const bool named = std::any_of(pool.service_at.begin(), pool.service_at.end(),
                                 [&](const conf::ServiceAt& at) { return at.site == told.site; });
  if (named) return;
  const bool same = std::any_of(tests_.begin(), tests_.end(), [&](const auto& t) {
    return t->told && t->index == told.pool && t->found.site == told.site &&
           t->found.address.to_string() == told.address;
  });
  if (same) return;
  std::erase_if(tests_, [&](const auto& t) { return t->index == told.pool && t->found.site == told.site; });
  if (told.address.empty()) return;
  const auto address = base::SocketAddress::parse(told.address);
  if (!address) {
    return base::log(base::Level::kWarn, "service.address", "a site told a service address that is none",
                     {{"pool", pool.name}, {"site", told.site}, {"address", told.address}});
  }
  tests_.push_back(std::make_unique<Test>(loop_, told.pool, pool, conf::ServiceAt{told.site, *address, {}},
                                          conf_.arbiter.timing, true, on_event_));
}

void ServiceTests::reconfigure() {
  auto before = std::exchange(tests_, {});
  const auto keep = [&](core::PoolIndex index, const conf::Pool& pool, const conf::ServiceAt& at, bool told) {
    const auto account = pool.service_account();
    const auto same = std::find_if(before.begin(), before.end(), [&](const auto& t) {
      return t && t->pool_name == pool.name && t->found.site == at.site && t->found.address == at.address &&
             t->account == account.user && t->password == account.password;
    });
    if (same != before.end()) {
      tests_.push_back(std::move(*same));
      tests_.back()->index = index;
      tests_.back()->told = told;
    } else {
      tests_.push_back(std::make_unique<Test>(loop_, index, pool, at, conf_.arbiter.timing, told, on_event_));
    }
  };
  for (std::size_t i = 0; i < conf_.pools.size(); ++i) {
    const auto& pool = conf_.pools[i];
    for (const auto& at : pool.service_at) keep(i, pool, at, false);
    for (std::size_t t = 0; t < before.size(); ++t) {
      if (!before[t] || !before[t]->told || before[t]->pool_name != pool.name) continue;
      const conf::ServiceAt at{before[t]->found.site, before[t]->found.address, {}};
      const bool named = std::any_of(pool.service_at.begin(), pool.service_at.end(),
                                     [&](const conf::ServiceAt& own) { return own.site == at.site; });
      if (!named) keep(i, pool, at, true);
    }
  }
}

std::vector<ServiceFound> ServiceTests::found(core::PoolIndex pool) const {
  std::vector<ServiceFound> out;
  for (const auto& test : tests_) {
    if (test->index == pool) out.push_back(test->found);
  }
  return out;
}

}  // namespace sitecheck
