// MySQL lives, its balancer died: a writer that nobody reaches by its service address is handed on (protocol.md
// section 3, "Service address").
#include "sitecheck/core/service.h"

#include "sitecheck/core/pool.h"

namespace core {

using ecv::ServiceView;

namespace {

constexpr std::size_t kMaxDnsds = 16;
constexpr base::Duration kRetry = base::seconds(60);  // after a switchover that was given up

}  // namespace

void ServiceViews::tested(const std::string& site, bool ok, int fall) {
  Test& test = tests_[site];
  test.failures = ok ? 0 : test.failures + 1;
  if (ok) test.found = ServiceView::kUp;
  if (test.failures >= fall && test.found == ServiceView::kUp) test.found = ServiceView::kDown;
}

void ServiceViews::unheard(const std::string& site) { tests_[site].failures = 0; }

ServiceView ServiceViews::at(const std::string& site) const {
  const auto found = tests_.find(site);
  return found == tests_.end() ? ServiceView::kUnknown : found->second.found;
}

void ServiceViews::told(const std::string& dnsd, ServiceView found, base::Instant now) {
  if (dnsds_.size() >= kMaxDnsds && !dnsds_.contains(dnsd)) return;
  dnsds_[dnsd] = {found, now};
}

ServiceViews::Voices ServiceViews::dnsds(base::Instant now, base::Duration lately) const {
  Voices out;
  for (const auto& [name, voice] : dnsds_) {
    if (now - voice.at > lately) continue;
    out.up += voice.found == ServiceView::kUp ? 1 : 0;
    out.down += voice.found == ServiceView::kDown ? 1 : 0;
  }
  return out;
}

std::vector<ServiceVoice> ServiceViews::voices(base::Instant now, base::Duration lately) const {
  std::vector<ServiceVoice> out;
  for (const auto& [name, voice] : dnsds_) {
    if (now - voice.at <= lately && voice.found != ServiceView::kUnknown) out.push_back({name, voice.found});
  }
  return out;
}

void Pool::take(const ServiceTested& e) {
  const Peer* p = e.site.empty() ? nullptr : peers_.find(e.site);
  if (p == nullptr || p->witness()) return;
  // Who does not hear the site at all is cut off from it, or it is dead: that says nothing of its service address.
  if (!e.ok && !peers_.fresh(*p, now_)) return services_.unheard(e.site);
  const auto before = services_.at(e.site);
  services_.tested(e.site, e.ok, timing().fall);
  const auto found = services_.at(e.site);
  if (found == before) return;
  journal(base::Level::kInfo, "pool.service",
          e.site + (found == ServiceView::kUp ? ": service address reached" : ": service address not reached"),
          {{"site", e.site}, {"why", e.message}});
}

// What the others find here. Down: every other site that is heard says so, and so does every dnsd that tests.
ServiceView Pool::own_service() const {
  if (config_->service.empty()) return ServiceView::kUnknown;
  const auto dnsds = services_.dnsds(now_, 2 * timing().lease);
  int up = dnsds.up;
  int down = 0;
  int silent = 0;  // other sites that do not tell
  for (const auto& p : peers_.all()) {
    if (!peers_.fresh(p, now_)) continue;
    const auto found = p.link.said()->service;
    up += found == ServiceView::kUp ? 1 : 0;
    if (p.witness()) continue;  // a dnsd
    down += found == ServiceView::kDown ? 1 : 0;
    silent += found == ServiceView::kUnknown ? 1 : 0;
  }
  if (up > 0) return ServiceView::kUp;
  return down > 0 && silent == 0 ? ServiceView::kDown : ServiceView::kUnknown;
}

// The sites in the order of the configuration, then the dnsds by name.
std::vector<ServiceVoice> Pool::service_voices(base::Instant now) const {
  std::vector<ServiceVoice> out;
  if (config_->service.empty()) return out;
  auto dnsds = services_.voices(now, 2 * timing().lease);
  for (const auto& p : peers_.all()) {
    if (!peers_.fresh(p, now) || p.link.said()->service == ServiceView::kUnknown) continue;
    std::erase_if(dnsds, [&](const ServiceVoice& v) { return v.from == p.name; });  // a witness speaks twice
    out.push_back({p.name, p.link.said()->service});
  }
  out.insert(out.end(), dnsds.begin(), dnsds.end());
  return out;
}

// It survives a restart: a new process knows no better whether its clients reach it.
void Pool::set_service_lost(bool lost) {
  if (lost == service_lost_) return;
  service_lost_ = record_.service_lost = lost;
  persist_if_changed();
}

void Pool::watch_service() {
  if (config_->service.empty()) return;
  if (const auto found = own_service(); found != service_) {
    service_ = found;
    service_since_ = now_;
    emit(Changed{index_});
  }
  if (service_ != ServiceView::kDown) {
    clear_alarm("service");
    if (service_ == ServiceView::kUp) set_service_lost(false);
    return;
  }
  if (state_ != State::kActive || now_ - service_since_ < timing().fall * timing().interval) return;
  // A balancer that asks for health lets nobody through to a standby: it needs a while to see that this site is ACTIVE.
  if (now_ - since_ < timing().promote_wait) return;
  const std::string what = "the service address is not reached by any other site or dnsd";
  if (site_->mode != Mode::kActive) {
    return raise_alarm("service", what + "; mode " + std::string(core::name(site_->mode)) +
                                      ": a person hands the writer over by switchover");
  }
  std::string against;
  for (const auto& peer : site_->peers) {
    const auto reasons = against_switchover(peer.site);
    if (reasons.empty()) {
      if (service_retry_ && now_ < *service_retry_) return;
      service_retry_ = now_ + kRetry;
      counters_.add(Counter::kServiceLost);
      raise_alarm("service", what + "; the writer is handed to " + peer.site);
      return begin_switchover(peer.site, what, std::nullopt);
    }
    against += "; " + reasons.front();
  }
  raise_alarm("service", what + ", and no other site can take the writer" + against);
}

}  // namespace core
