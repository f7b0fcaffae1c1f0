#include "tests/unit/sitecheck_core/cluster.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace core::testing {

using base::milliseconds;

Cluster::Cluster(ArbiterKind arbiter, int sites, int count) {
  for (int i = 1; i <= sites; ++i) {
    Member m;
    m.config.site = "site" + std::to_string(i);
    m.config.id = static_cast<std::uint8_t>(i);
    m.config.arbiter = arbiter;
    m.config.timing = *ecv::preset("lan");
    if (arbiter == ArbiterKind::kEtcd) m.config.timing = ecv::for_etcd(m.config.timing);
    for (int j = 1; j <= sites; ++j) {
      if (j != i) m.config.peers.push_back({"site" + std::to_string(j), static_cast<std::uint8_t>(j), 1});
    }
    for (int w = 1; w <= count; ++w) m.config.witnesses.push_back({"w" + std::to_string(w), 1});
    PoolConfig pool;
    pool.name = "main";
    pool.nodes.push_back({"db" + std::to_string(i), true, 1});
    m.config.pools.push_back(pool);
    m.loaded.slots = LoadedPool::Slots::kValid;
    m.loaded.record.max_epoch = ecv::Epoch::make(5, 1);
    members.push_back(std::move(m));
  }
  witnesses.resize(static_cast<std::size_t>(count));
}

void Cluster::start() {
  for (int w = 0; w < static_cast<int>(witnesses.size()); ++w) restart_witness(w);
  for (int i = 0; i < static_cast<int>(members.size()); ++i) boot(i);
  tick();
}

void Cluster::restart_witness(int w) {
  ecv::WitnessSettings s;
  s.id = "w" + std::to_string(w + 1);
  s.pool = "main";
  for (const auto& m : members) s.sites.push_back({m.config.site, m.config.id, 1});
  s.boot_id = ++boots_ + 5000;
  s.nonce_seed = s.boot_id * 977;
  witnesses[index(w)] = std::make_unique<ecv::Witness>(std::move(s), now);
}

void Cluster::boot(int i) {
  auto& m = members[index(i)];
  ++m.process;
  ++boots_;
  m.site = std::make_unique<Site>(m.config, Identity{boots_ + 100, boots_ * 7919, false}, std::span(&m.loaded, 1), now);
  watched_ = "?";
  step(i, {GuardStatus{0, true, ""}});
  poll(i);
}

void Cluster::crash(int i) {
  members[index(i)].site.reset();
  ++members[index(i)].process;
}

void Cluster::restart(int i) { boot(i); }

void Cluster::lose(int i) {
  crash(i);
  members[index(i)].database = false;
  set_writable(i, false);
}

bool Cluster::open(const std::string& from, const std::string& to) const {
  return !cuts_.contains({from, to}) && !cuts_.contains({from, "*"}) && !cuts_.contains({"*", to});
}

void Cluster::cut_both(const std::string& a, const std::string& b) {
  cut(a, b);
  cut(b, a);
}

void Cluster::step(int i, std::vector<Event> events) {
  auto& m = members[index(i)];
  if (!m.site) return;
  std::vector<Action> actions;
  m.site->step(events, now, actions);
  for (const auto& a : actions) perform(i, a);
  m.log.insert(m.log.end(), actions.begin(), actions.end());
  at(std::max(m.site->next_deadline(), now + base::microseconds(50)), [this, i, p = m.process] {
    if (members[index(i)].process == p && now >= members[index(i)].site->next_deadline()) step(i, {});
  });
}

void Cluster::give(int i, Event event) { step(i, {std::move(event)}); }

void Cluster::command(int i, Operation operation, std::string target) {
  Command c;
  c.id = 1;
  c.operation = operation;
  c.who = "test";
  c.reason = "test";
  c.target = std::move(target);
  give(i, c);
}

void Cluster::outcome(int i, Event event) {
  at(now + milliseconds(1), [this, i, p = members[index(i)].process, event = std::move(event)] {
    if (members[index(i)].process == p) step(i, {event});
  });
}

void Cluster::deliver(const ecv::Datagram& d) {
  sent_[{d.from, d.to}] = d;
  if (!open(d.from, d.to)) return;
  at(now + delay, [this, d] {
    for (int i = 0; i < static_cast<int>(members.size()); ++i) {
      if (members[index(i)].config.site == d.to) step(i, {PeerDatagram{d, 0}});
    }
    for (std::size_t w = 0; w < witnesses.size(); ++w) {
      if (!witnesses[w] || d.to != "w" + std::to_string(w + 1)) continue;
      if (const auto reply = witnesses[w]->take(d, 0, now)) deliver(*reply);
    }
  });
}

void Cluster::set_writable(int i, bool yes) {
  members[index(i)].writable = yes;
  const auto open = std::count_if(members.begin(), members.end(), [](const Member& m) { return m.writable; });
  overlap_ = overlap_ || open > 1;
}

void Cluster::poll(int i) {
  auto& m = members[index(i)];
  for (NodeIndex n = 0; n < m.config.pools[0].nodes.size(); ++n) {
    NodePolled p;
    p.node = n;
    if (m.database) {
      p.read_only = !m.writable;
      if (m.writable) p.write = WriteProbe::kOk;
      if (m.replicates) p.io = p.sql = "Yes";
      p.gtid = m.gtid;
      p.epoch_row_read = true;
    } else {
      p.result = PollResult::kRefused;
    }
    step(i, {p});
  }
  at(now + m.config.timing.interval, [this, i, p = m.process] {
    if (members[index(i)].process == p) poll(i);
  });
}

void Cluster::perform(int i, const Action& action) {
  auto& m = members[index(i)];
  if (const auto* a = std::get_if<SendPeer>(&action)) {
    deliver(a->datagram);
  } else if (const auto* persist = std::get_if<Persist>(&action)) {
    m.loaded.slots = LoadedPool::Slots::kValid;
    m.loaded.record = persist->record;
    outcome(i, Persisted{0, persist->token, true, ""});
  } else if (const auto* permit = std::get_if<SetPermit>(&action)) {
    m.guard = permit->deadline;
    if (permit->resumable) m.loaded.permit = LoadedPool::Permit{permit->deadline, permit->epoch, permit->lease_id};
  } else if (std::holds_alternative<ClearPermit>(action)) {
    m.loaded.permit.reset();
  } else if (const auto* closed = std::get_if<AssertReadOnly>(&action)) {
    if (m.database) set_writable(i, false);
    outcome(
        i, ReadOnlyAsserted{0, closed->node, closed->token, m.database ? Closing::kClosed : Closing::kProcessGone, ""});
  } else if (const auto* fence = std::get_if<Fence>(&action)) {
    set_writable(i, false);
    outcome(i, FenceDone{0, fence->token, m.database ? Closing::kClosed : Closing::kProcessGone, fence->hard, ""});
  } else if (const auto* promote = std::get_if<Promote>(&action)) {
    if (promote->step == PromoteStep::kPersistEpoch) m.loaded.record = promote->record;
    if (promote->step == PromoteStep::kStopReplication) m.replicates = false;
    if (promote->step == PromoteStep::kArmGuard) m.guard = promote->deadline;
    if (promote->step == PromoteStep::kOpenWrites && m.database) set_writable(i, true);
    outcome(i, PromoteDone{0, promote->attempt, promote->step, m.database, m.database ? "" : "no database"});
  } else if (const auto* rejoin = std::get_if<Rejoin>(&action)) {
    m.follows = rejoin->of;
    m.replicates = true;
    outcome(i, RejoinDone{0, rejoin->token, true, ""});
  } else if (const auto* campaign = std::get_if<EtcdCampaign>(&action)) {
    ask_etcd(
        i,
        [this, name = m.config.site, ttl = m.config.timing.etcd_ttl] {
          EtcdDone done;
          done.lease_id = static_cast<std::int64_t>(++etcd.revision);
          if (!etcd.owner.empty()) {
            done.result = EtcdResult::kLost;
            done.owner = {etcd.owner, etcd.create_revision};
            return done;
          }
          etcd.owner = name;
          etcd.lease = done.lease_id;
          etcd.create_revision = ++etcd.revision;
          etcd.expires = now + ttl;
          done.result = EtcdResult::kDone;
          done.create_revision = etcd.create_revision;
          return done;
        },
        campaign->token);
  } else if (const auto* keep = std::get_if<EtcdKeepAlive>(&action)) {
    ask_etcd(
        i,
        [this, id = keep->lease_id, ttl = m.config.timing.etcd_ttl] {
          EtcdDone done;
          done.result = etcd.lease == id && !etcd.owner.empty() ? EtcdResult::kDone : EtcdResult::kLost;
          if (done.result == EtcdResult::kDone) etcd.expires = now + ttl;
          return done;
        },
        keep->token);
  } else if (const auto* free = std::get_if<EtcdRelease>(&action)) {
    ask_etcd(
        i,
        [this, id = free->lease_id] {
          if (etcd.lease == id) etcd.owner.clear();
          EtcdDone done;
          done.result = EtcdResult::kDone;
          return done;
        },
        free->token);
  } else if (const auto* reply = std::get_if<CommandReply>(&action)) {
    m.replies.push_back(*reply);
  }
}

void Cluster::ask_etcd(int i, std::function<EtcdDone()> what, std::uint64_t token) {
  const auto name = members[index(i)].config.site;
  const auto p = members[index(i)].process;
  const bool asked = open(name, "etcd");
  at(now + delay, [this, i, name, p, asked, what = std::move(what), token] {
    EtcdDone done;
    if (asked && !etcd.garbage) done = what();
    if (!open("etcd", name)) done = EtcdDone{};
    done.token = token;
    at(now + delay, [this, i, p, done] {
      if (members[index(i)].process == p) step(i, {done});
    });
    watch_etcd();
  });
}

void Cluster::watch_etcd() {
  if (members.front().config.arbiter != ArbiterKind::kEtcd) return;
  for (int i = 0; i < static_cast<int>(members.size()); ++i) {
    const auto& name = members[index(i)].config.site;
    EtcdWatched w;
    w.known = open("etcd", name) && open(name, "etcd") && !etcd.garbage;
    if (w.known) w.owner = {etcd.owner, etcd.owner.empty() ? 0 : etcd.create_revision};
    outcome(i, w);
  }
}

// The guard, and the leases of etcd.
void Cluster::tick() {
  for (int i = 0; i < static_cast<int>(members.size()); ++i) {
    if (members[index(i)].writable && now > members[index(i)].guard) set_writable(i, false);
  }
  if (!etcd.owner.empty() && now >= etcd.expires) etcd.owner.clear();
  std::string state = etcd.owner + (etcd.garbage ? "!" : "");
  for (const auto& [from, to] : cuts_) state += from + to;
  if (state != watched_) {
    watched_ = state;
    watch_etcd();
  }
  at(now + milliseconds(10), [this] { tick(); });
}

void Cluster::run(base::Duration d) {
  const auto end = now + d;
  while (!events_.empty() && events_.begin()->first <= end) {
    const auto next = events_.begin();
    now = std::max(now, next->first);
    const auto what = std::move(next->second);
    events_.erase(next);
    what();
  }
  now = end;
}

bool Cluster::reach(int i, State wanted, base::Duration limit) {
  const auto end = now + limit;
  while (now < end && (!members[index(i)].site || state(i) != wanted)) run_ms(1);
  return members[index(i)].site && state(i) == wanted;
}

int Cluster::writer(base::Duration limit) {
  const auto end = now + limit;
  for (;;) {
    for (int i = 0; i < static_cast<int>(members.size()); ++i) {
      if (members[index(i)].site && state(i) == State::kActive) return i;
    }
    if (now >= end) return -1;
    run_ms(10);
  }
}

TEST(Cluster, APairOfModeAFindsAWriterToo) {
  Cluster c(ArbiterKind::kCheckpoints, 2, 0);
  c.start();
  EXPECT_EQ(c.writer(), 0);
  c.run(base::seconds(10));
  EXPECT_EQ(c.state(1), State::kStandby);
  EXPECT_FALSE(c.overlap());
}

}  // namespace core::testing
