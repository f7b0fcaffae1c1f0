#include "dnsd/control/service_tests.h"

#include <set>
#include <utility>

#include "probes/mysql_service.h"

namespace control {

namespace {

using ecv::ServiceView;

// Many tests of one interval do not begin at one moment.
constexpr std::size_t kSpread = 32;

bool same(const conf::ServiceTest& a, const conf::ServiceTest& b) {
  return a.enabled == b.enabled && a.port == b.port && a.interval == b.interval && a.timeout == b.timeout &&
         a.fall == b.fall && a.user == b.user && a.password == b.password;
}

}  // namespace

std::string_view name(ServiceView view) {
  switch (view) {
    case ServiceView::kUnknown: return "unknown";
    case ServiceView::kUp: return "up";
    case ServiceView::kDown: return "down";
  }
  return "unknown";
}

struct ServiceTests::Test {
  Test(ServiceTests& owner_in, decide::MemberId member, base::SocketAddress address,
       const conf::ServiceTest& settings_in, base::Duration delay)
      : owner(owner_in),
        settings(settings_in),
        probe(owner.loop_, address, {settings.user, settings.password}, settings.timeout),
        again(owner.loop_, [this] { look(); }) {
    standing.member = std::move(member);
    standing.address = address;
    again.start(delay);
  }

  void look() {
    again.start(settings.interval);
    probe.start([this](const probes::Observation& seen) { take(seen); });
  }

  void take(const probes::Observation& seen) {
    const bool good = probes::service_answers(seen);
    ++(good ? owner.counters_.good : owner.counters_.failed);
    standing.last_tried = seen.sent_at;
    standing.failures = good ? 0 : standing.failures + 1;
    standing.error =
        good ? "" : std::string(probes::name(seen.outcome)) + (seen.detail.empty() ? "" : ": ") + seen.detail;
    const auto before = standing.view;
    if (good) {
      standing.view = ServiceView::kUp;
    } else if (before == ServiceView::kUp && standing.failures >= settings.fall) {
      standing.view = ServiceView::kDown;
    }
    if (standing.view != before && owner.on_change_) owner.on_change_(standing);
  }

  ServiceTests& owner;
  conf::ServiceTest settings;
  ServiceStanding standing;
  probes::MysqlServiceProbe probe;
  base::Timer again;
};

ServiceTests::ServiceTests(base::Loop& loop, OnChange on_change) : loop_(loop), on_change_(std::move(on_change)) {}
ServiceTests::~ServiceTests() = default;

void ServiceTests::configure(const conf::Dnsd& config) {
  auto before = std::exchange(tests_, {});
  if (!config.relay) return;
  std::set<std::string_view> told;
  for (const conf::EcvSite& site : config.sites) {
    if (!site.peer.empty()) told.insert(site.name);
  }
  for (const conf::WideIp& wideip : config.wideips) {
    if (!wideip.service_test.enabled) continue;
    for (const conf::Member& member : wideip.members) {
      if (!told.contains(member.site)) continue;
      for (const base::IpAddress& ip : member.addresses) {
        const std::pair key{decide::MemberId{member.site, member.pool},
                            base::SocketAddress{ip, wideip.service_test.port}};
        if (tests_.contains(key)) continue;  // under another name already
        auto known = before.extract(key);
        if (!known.empty() && same(known.mapped()->settings, wideip.service_test)) {
          tests_.insert(std::move(known));
        } else {
          const auto delay = wideip.service_test.interval * (tests_.size() % kSpread) / kSpread;
          tests_.emplace(key, std::make_unique<Test>(*this, key.first, key.second, wideip.service_test, delay));
        }
      }
    }
  }
}

ServiceView ServiceTests::view(const decide::MemberId& member) const {
  auto out = ServiceView::kUnknown;
  for (auto at = tests_.lower_bound({member, {}}); at != tests_.end() && at->first.first == member; ++at) {
    const ServiceView one = at->second->standing.view;
    if (one == ServiceView::kUp) return one;
    if (one == ServiceView::kDown) out = one;
  }
  return out;
}

std::vector<ServiceStanding> ServiceTests::standings() const {
  std::vector<ServiceStanding> out;
  out.reserve(tests_.size());
  for (const auto& [key, test] : tests_) out.push_back(test->standing);
  return out;
}

}  // namespace control
