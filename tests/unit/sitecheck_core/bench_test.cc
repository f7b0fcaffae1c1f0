#include "tests/unit/sitecheck_core/bench.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace core::testing {

Bench::Bench(std::uint8_t id) {
  config.site = id == 1 ? "site1" : "site2";
  config.id = id;
  config.peers = {PeerConfig{id == 1 ? "site2" : "site1", static_cast<std::uint8_t>(3 - id), 2}};
  config.timing = *ecv::preset("lan");
  config.checkpoints = {{"a", Scope::kExternal, "a"}, {"b", Scope::kExternal, "b"}, {"c", Scope::kExternal, "c"}};
  PoolConfig pool;
  pool.name = "main";
  pool.nodes.push_back({"db", true, 1});
  config.pools.push_back(pool);
  loaded.slots = LoadedPool::Slots::kValid;
  loaded.record.max_epoch = ecv::Epoch::make(5, 1);
}

void Bench::start() {
  site = std::make_unique<Site>(config, identity, std::span(&loaded, 1), now);
  log.clear();
  next_poll_ = next_peer_ = now;
  give(GuardStatus{0, true, ""});
}

NodePolled Bench::look(NodeIndex node) const {
  NodePolled p;
  p.node = node;
  p.warning = warning;
  if (!node_answers || dead_nodes.contains(node)) {
    p.result = node_error;
    p.message = "no answer";
    return p;
  }
  p.read_only = node == 0 ? node_read_only : !open_nodes.contains(node);
  if (!*p.read_only) p.write = node_writes ? WriteProbe::kOk : WriteProbe::kFailed;
  p.closed = *p.read_only;
  p.io = io;
  p.sql = sql;
  p.io_errno = io_errno;
  p.sql_errno = sql_errno;
  p.gtid = gtids.contains(node) ? gtids.at(node) : gtid;
  p.semi_sync = semi_sync;
  p.semi_sync_replicas = semi_sync_replicas;
  p.epoch_row = row;
  p.epoch_row_read = true;
  return p;
}

ecv::Datagram Bench::from_peer(bool fresh) {
  ecv::Datagram d;
  d.pool = "main";
  d.from = config.peers.front().site;
  d.to = config.site;
  d.boot_id = peer_boot;
  d.seq = ++peer_seq_;
  d.nonce = ++peer_nonce_;
  d.echo = fresh ? our_nonce_ : 0;
  d.state = peer_state;
  d.epoch = peer_epoch;
  d.max_epoch_seen = peer_max;
  d.eligible = peer_eligible;
  d.position = peer_gtid;
  d.config_hash = peer_hash.value_or(config_hash(config));
  d.guard = peer_guard;
  d.target = peer_target;
  d.service = peer_service;
  d.service_at = peer_service_at;
  return d;
}

void Bench::perform(const Action& action, std::vector<Event>& outcomes) {
  if (const auto* a = std::get_if<SendPeer>(&action)) {
    if (a->datagram.nonce != 0) our_nonce_ = a->datagram.nonce;
    const bool asks = a->datagram.want != ecv::Want::kNone;
    if (!asks || !peer_answers || !peer_speaks) return;
    auto d = from_peer();
    d.nonce = 0;
    d.answers.push_back({a->datagram.nonce, peer_answer, "", peer_epoch});
    outcomes.emplace_back(PeerDatagram{d, 0});
  } else if (const auto* round = std::get_if<StartRound>(&action)) {
    RoundDone done;
    done.round = round->round;
    done.items.assign(config.checkpoints.size(), {quorum, quorum ? "" : "refused"});
    outcomes.emplace_back(done);
  } else if (const auto* persist = std::get_if<Persist>(&action)) {
    outcomes.emplace_back(Persisted{0, persist->token, persist_ok, ""});
  } else if (const auto* assert_closed = std::get_if<AssertReadOnly>(&action)) {
    const auto closed = unclosable.contains(assert_closed->node) ? Closing::kUnknown : closing;
    if (closed == Closing::kClosed) {
      if (assert_closed->node == 0) node_read_only = true;
      open_nodes.erase(assert_closed->node);
    }
    outcomes.emplace_back(ReadOnlyAsserted{0, assert_closed->node, assert_closed->token, closed, ""});
  } else if (const auto* fence = std::get_if<Fence>(&action)) {
    if (closing == Closing::kClosed) {
      node_read_only = true;
      open_nodes.clear();
    }
    if (fence_answers) outcomes.emplace_back(FenceDone{0, fence->token, closing, fence->hard, ""});
  } else if (const auto* promote = std::get_if<Promote>(&action)) {
    if (silent_steps.contains(promote->step)) return;
    const bool ok = !failing_steps.contains(promote->step);
    if (ok && promote->step == PromoteStep::kOpenWrites) {
      if (promote->node == 0) {
        node_read_only = false;
      } else {
        open_nodes.insert(promote->node);
      }
    }
    outcomes.emplace_back(PromoteDone{0, promote->attempt, promote->step, ok, ok ? "" : "failed"});
  } else if (const auto* rejoin = std::get_if<Rejoin>(&action)) {
    outcomes.emplace_back(RejoinDone{0, rejoin->token, rejoin_ok, ""});
  } else if (const auto* probe = std::get_if<ProbeNow>(&action)) {
    outcomes.emplace_back(look(probe->node));
  }
}

// One step, and then the outcomes of its actions a millisecond later, until none is left.
void Bench::step(std::vector<Event> events) {
  for (int i = 0; i < 50; ++i) {
    std::vector<Action> actions;
    site->step(events, now, actions);
    events.clear();
    for (const auto& action : actions) perform(action, events);
    log.insert(log.end(), actions.begin(), actions.end());
    if (events.empty()) return;
    now += milliseconds(1);
  }
  ADD_FAILURE() << "the core and its shell never come to rest";
}

std::vector<std::string> Bench::reconfigure() {
  auto against = site->against(config);
  if (!against.empty()) return against;
  Reconfiguration next{config, {identity.boot_id + 1, identity.nonce_seed + 1, false}, {}};
  next.loaded.resize(config.pools.size());
  std::vector<Action> actions;
  std::vector<Event> events;
  site->reconfigure(next, now, actions);
  for (const auto& action : actions) perform(action, events);
  log.insert(log.end(), actions.begin(), actions.end());
  if (!events.empty()) step(std::move(events));
  return {};
}

void Bench::give(Event event) { step({std::move(event)}); }

void Bench::give_all(std::vector<Event> events) { step(std::move(events)); }

void Bench::run(Duration d) {
  const Instant end = now + d;
  while (now < end) {
    std::vector<Event> events;
    if (now >= next_poll_) {
      for (NodeIndex i = 0; i < config.pools[0].nodes.size(); ++i) events.emplace_back(look(i));
      next_poll_ = now + config.timing.interval;
    }
    if (peer_speaks && now >= next_peer_) {
      events.emplace_back(PeerDatagram{from_peer(), 0});
      next_peer_ = now + config.timing.interval;
    }
    step(std::move(events));
    Instant next = std::min({site->next_deadline(), next_poll_, end});
    if (peer_speaks) next = std::min(next, next_peer_);
    now = std::max(now + base::microseconds(100), next);
  }
}

bool Bench::reach(State wanted, Duration limit) {
  const Instant end = now + limit;
  while (now < end) {
    if (state() == wanted) return true;
    run(milliseconds(10));
  }
  return state() == wanted;
}

std::optional<ecv::Answer> Bench::answer_to(ecv::Nonce nonce) const {
  for (const auto& action : log) {
    const auto* sent = std::get_if<SendPeer>(&action);
    if (sent == nullptr) continue;
    for (const auto& a : sent->datagram.answers) {
      if (a.nonce == nonce) return a;
    }
  }
  return std::nullopt;
}

std::optional<ecv::Answer> Bench::ask(ecv::Want want, ecv::PoolState as) {
  auto d = from_peer();
  d.want = want;
  d.state = as;
  const auto nonce = d.nonce;
  give(PeerDatagram{d, 0});
  return answer_to(nonce);
}

// The bench itself: with everything well a new writer is found, and stays.
TEST(Bench, BringsUpAWriterAndKeepsIt) {
  Bench b;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(30));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().fences, 0U);
  EXPECT_GT(b.count(Counter::kRenewedByGrant), 100U);
}

}  // namespace core::testing
