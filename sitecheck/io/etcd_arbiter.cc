#include "sitecheck/io/etcd_arbiter.h"

#include <map>
#include <utility>

namespace sitecheck {

namespace {

io::EtcdOptions options_of(const conf::Sitecheck& conf) {
  const auto& etcd = *conf.arbiter.etcd;
  io::EtcdOptions out;
  out.endpoints = etcd.endpoints;
  out.prefix = etcd.prefix;
  out.tls = {etcd.ca.string(), etcd.cert.string(), etcd.key.string()};
  out.user = etcd.user;
  out.password = etcd.password;
  out.limit = conf.arbiter.timing.window();
  out.confirm_every = 2 * conf.arbiter.timing.window();
  return out;
}

core::EtcdOwner owner_of(const std::optional<io::EtcdOwner>& owner) {
  if (!owner) return {};
  // A key without a value is somebody's all the same.
  return {owner->value.empty() ? "?" : owner->value, static_cast<std::uint64_t>(owner->create_revision)};
}

core::EtcdResult result_of(io::EtcdOutcome outcome) {
  switch (outcome) {
    case io::EtcdOutcome::kDone: return core::EtcdResult::kDone;
    case io::EtcdOutcome::kLost: return core::EtcdResult::kLost;
    case io::EtcdOutcome::kUnavailable: return core::EtcdResult::kUnavailable;
  }
  return core::EtcdResult::kUnavailable;
}

}  // namespace

struct EtcdArbiter::Impl {
  Impl(base::Loop& l, const conf::Sitecheck& conf, std::function<void(core::Event)> call)
      : loop(l),
        site(conf.site.name),
        timing(conf.arbiter.timing),
        on_event(std::move(call)),
        client(l, options_of(conf)) {
    for (const auto& pool : conf.pools) keys.push_back(pool.name);
  }

  struct Release {
    core::EtcdRelease action;
    base::Instant end;
    std::unique_ptr<base::Timer> again;
  };

  void watch(core::PoolIndex pool);
  void try_release(std::uint64_t id);
  [[nodiscard]] std::int64_t ttl_s() const {
    return std::chrono::duration_cast<base::seconds>(timing.etcd_ttl).count();
  }
  [[nodiscard]] std::string too_short(std::int64_t granted) const {
    return "etcd keeps a lease for " + std::to_string(granted) + " s only, not for " + std::to_string(ttl_s()) + " s";
  }

  base::Loop& loop;
  std::string site;
  ecv::Timing timing;
  std::function<void(core::Event)> on_event;
  io::EtcdClient client;
  std::vector<std::string> keys;  // by pool
  std::vector<std::unique_ptr<io::EtcdWatch>> watches;
  std::map<std::uint64_t, Release> releases;
  std::uint64_t next_release = 0;
};

EtcdArbiter::EtcdArbiter(base::Loop& loop, const conf::Sitecheck& conf, std::function<void(core::Event)> on_event)
    : impl_(std::make_unique<Impl>(loop, conf, std::move(on_event))) {
  for (std::size_t i = 0; i < impl_->keys.size(); ++i) impl_->watch(i);
}
EtcdArbiter::~EtcdArbiter() = default;

void EtcdArbiter::Impl::watch(core::PoolIndex pool) {
  watches.push_back(client.watch(keys[pool], [this, pool](const io::EtcdView& view) {
    on_event(core::EtcdWatched{pool, !view.blind, owner_of(view.owner), view.message});
  }));
}

void EtcdArbiter::campaign(const core::EtcdCampaign& a) {
  auto& self = *impl_;
  self.client.campaign(
      self.keys[a.pool], self.site, self.ttl_s(),
      [&self, a](const io::EtcdCampaign& c) {
        core::EtcdDone out{a.pool, a.token, result_of(c.outcome), c.lease_id, 0, {}, c.message};
        if (c.outcome == io::EtcdOutcome::kLost) out.owner = owner_of(c.owner);
        if (c.outcome == io::EtcdOutcome::kDone) out.create_revision = static_cast<std::uint64_t>(c.create_revision);
        if (c.outcome == io::EtcdOutcome::kDone && c.ttl_s < self.ttl_s()) {
          out.result = core::EtcdResult::kUnavailable;
          out.message = self.too_short(c.ttl_s);
          self.client.release(c.lease_id, [](const io::EtcdReply&) {});
        }
        self.on_event(std::move(out));
      },
      a.limit);
}

void EtcdArbiter::keep_alive(const core::EtcdKeepAlive& a) {
  auto& self = *impl_;
  self.client.keep_alive(
      a.lease_id,
      [&self, a](const io::EtcdKeepAlive& kept) {
        core::EtcdDone out{a.pool, a.token, result_of(kept.outcome), a.lease_id, 0, {}, kept.message};
        if (kept.outcome == io::EtcdOutcome::kDone && kept.ttl_s < self.ttl_s()) {
          out.result = core::EtcdResult::kUnavailable;
          out.message = self.too_short(kept.ttl_s);
        }
        self.on_event(std::move(out));
      },
      a.limit);
}

void EtcdArbiter::release(const core::EtcdRelease& a) {
  const auto id = impl_->next_release++;
  auto& release = impl_->releases[id];
  release.action = a;
  // Etcd counts on a clock of its own; a second more covers any drift that the timing allows.
  release.end = base::read_boot_clock() + impl_->timing.etcd_ttl + base::seconds(1);
  release.again = std::make_unique<base::Timer>(impl_->loop, [raw = impl_.get(), id] { raw->try_release(id); });
  impl_->try_release(id);
}

void EtcdArbiter::Impl::try_release(std::uint64_t id) {
  client.release(releases[id].action.lease_id, [this, id](const io::EtcdReply& reply) {
    auto& release = releases[id];
    const auto& a = release.action;
    if (reply.outcome != io::EtcdOutcome::kDone && base::read_boot_clock() < release.end) {
      return release.again->start(timing.interval);
    }
    core::EtcdDone out{a.pool, a.token, result_of(reply.outcome), a.lease_id, 0, {}, reply.message};
    releases.erase(id);
    on_event(std::move(out));
  });
}

const io::EtcdCounters& EtcdArbiter::counters() const { return impl_->client.counters(); }
const std::string& EtcdArbiter::endpoint() const { return impl_->client.endpoint(); }

}  // namespace sitecheck
