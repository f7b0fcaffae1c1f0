#include "dnsd/control/service_tests.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
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

  // The next test begins an interval after this one, and never before this one has ended: one that gets no answer, as
  // from a balancer that hangs, must be heard of.
  void look() {
    probe.start([this](const probes::Observation& seen) {
      const auto took = base::read_boot_clock() - seen.sent_at;
      again.start(std::max<base::Duration>(base::Duration::zero(), settings.interval - took));
      take(seen);
    });
  }

  void take(const probes::Observation& seen) {
    const bool good = probes::service_answers(seen);
    ++(good ? owner.counters_.good : owner.counters_.failed);
    standing.last_tried = seen.sent_at;
    const std::string why = std::string(probes::name(seen.outcome)) + (seen.detail.empty() ? "" : ": ") + seen.detail;
    standing.error = good ? "" : why;
    note(seen.outcome == probes::Outcome::kMisconfigured, why);
    const bool counts = good || owner.heard_lately(standing.member);
    standing.failures = good || !counts ? 0 : standing.failures + 1;
    const auto before = standing.view;
    if (good) {
      standing.view = ServiceView::kUp;
    } else if (before == ServiceView::kUp && standing.failures >= settings.fall) {
      standing.view = ServiceView::kDown;
    }
    if (standing.view != before && owner.on_change_) owner.on_change_(standing);
  }

  // What fails while the site is not heard counts for nothing, but what was found before cannot be told any more.
  [[nodiscard]] ServiceView told() const {
    const bool doubtful = !standing.error.empty() && standing.failures == 0;
    return doubtful ? ServiceView::kUnknown : standing.view;
  }

  // Each refusal may leave a line in the server's error log, which teaches people not to read it: said once.
  void note(bool refused, const std::string& why) {
    standing.note = refused ? "the account " + settings.user + " is refused (" + why +
                                  "), and the server may log each test: create it as `sitecheck grants` prints"
                            : "";
    if (!refused || std::exchange(noted, true)) return;
    base::log(base::Level::kWarn, "service.account", "a service address refuses the account of the tests",
              {{"site", standing.member.site},
               {"pool", standing.member.pool},
               {"address", standing.address.to_string()},
               {"note", standing.note}});
  }

  ServiceTests& owner;
  conf::ServiceTest settings;
  ServiceStanding standing;
  probes::MysqlServiceProbe probe;
  base::Timer again;
  bool noted = false;
};

ServiceTests::ServiceTests(base::Loop& loop, OnChange on_change) : loop_(loop), on_change_(std::move(on_change)) {}
ServiceTests::~ServiceTests() = default;

void ServiceTests::configure(const conf::Dnsd& config) {
  wanted_.clear();
  lately_ = decide::Pace::of(config.poll).late_after;
  std::set<std::string_view> told;
  for (const conf::EcvSite& site : config.sites) {
    if (!site.peer.empty()) told.insert(site.name);
  }
  for (const conf::WideIp& wideip : config.wideips) {
    // Elsewhere a member's address is where readers go: it says nothing of the writer.
    if (wideip.method != conf::Method::kActiveWriter) continue;
    if (!config.relay || !wideip.service_test.enabled) continue;
    for (const conf::Member& member : wideip.members) {
      if (!told.contains(member.site)) continue;
      for (const base::IpAddress& ip : member.addresses) {
        wanted_[{member.site, member.pool}].push_back({ip, wideip.service_test});
      }
    }
  }
  std::erase_if(told_, [&](const auto& known) { return !wanted_.contains(known.first); });
  auto before = std::exchange(tests_, {});
  for (const auto& [member, addresses] : wanted_) begin(member, before);
}

void ServiceTests::hear(const decide::MemberId& member, const std::string& service_at, base::Instant heard) {
  if (!wanted_.contains(member)) return;
  const auto [at, first] = told_.try_emplace(member);
  Told& told = at->second;
  told.heard = heard;
  if (!first && told.text == service_at) return;
  told.text = service_at;
  const auto address = base::SocketAddress::parse(service_at);
  told.port = address && address->port != 0 ? std::optional(address->port) : std::nullopt;
  if (!told.port && !service_at.empty()) {
    base::log(base::Level::kWarn, "service.address", "a site tells of a service address that is none",
              {{"site", member.site}, {"pool", member.pool}, {"address", service_at}});
  }
  Tests before;
  for (auto test = tests_.lower_bound({member, {}}); test != tests_.end() && test->first.first == member;) {
    before.insert(tests_.extract(test++));
  }
  begin(member, before);
}

bool ServiceTests::heard_lately(const decide::MemberId& member) const {
  const auto told = told_.find(member);
  return told != told_.end() && base::read_boot_clock() - told->second.heard <= lately_;
}

// Begins the tests of one member if its site tells of a service; what stays as it is is taken from `before`.
void ServiceTests::begin(const decide::MemberId& member, Tests& before) {
  const auto told = told_.find(member);
  if (told == told_.end() || !told->second.port) return;
  for (const Wanted& want : wanted_.at(member)) {
    const Key key{member, {want.ip, want.settings.port.value_or(*told->second.port)}};
    if (tests_.contains(key)) continue;  // under another name already
    auto known = before.extract(key);
    if (!known.empty() && same(known.mapped()->settings, want.settings)) {
      tests_.insert(std::move(known));
    } else {
      const auto delay = want.settings.interval * (tests_.size() % kSpread) / kSpread;
      tests_.emplace(key, std::make_unique<Test>(*this, member, key.second, want.settings, delay));
    }
  }
}

ServiceView ServiceTests::view(const decide::MemberId& member) const {
  auto out = ServiceView::kUnknown;
  for (auto at = tests_.lower_bound({member, {}}); at != tests_.end() && at->first.first == member; ++at) {
    const ServiceView one = at->second->told();
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
