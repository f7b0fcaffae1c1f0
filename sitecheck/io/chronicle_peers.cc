// What passes between the sites: who is heard on which path, what they say of themselves, who grants whom.
#include <algorithm>

#include "sitecheck/io/chronicle_impl.h"

namespace sitecheck {

namespace {

constexpr base::Duration kMinute = base::seconds(60);
constexpr std::uint64_t kMany = 100;

std::string_view words(ecv::DatagramFault f) {
  switch (f) {
    case ecv::DatagramFault::kTruncated: return "cut off";
    case ecv::DatagramFault::kMalformed: return "no datagram of wideip";
    case ecv::DatagramFault::kVersion: return "of another protocol version";
    case ecv::DatagramFault::kUnknownKey: return "signed with a key that is not known here";
    case ecv::DatagramFault::kMismatch: return "its signature does not match";
    case ecv::DatagramFault::kNone: return "signed with a key of another purpose";
  }
  return "not to be verified";
}

std::string_view words(ecv::Want w) {
  switch (w) {
    case ecv::Want::kNone: return "asks for nothing";
    case ecv::Want::kRenew: return "asks to remain the writer";
    case ecv::Want::kPromote: return "asks to become the writer";
    case ecv::Want::kRelease: return "gives its votes back";
  }
  return "";
}

std::string epoch_text(ecv::Epoch e) { return e.value == 0 ? "" : std::to_string(e.counter()); }

}  // namespace

std::optional<core::PoolIndex> Chronicle::Impl::pool_named(const std::string& name) const {
  for (std::size_t i = 0; i < config.pools.size(); ++i) {
    if (config.pools[i].name == name) return i;
  }
  return std::nullopt;
}

std::size_t Chronicle::Impl::paths_of(const std::string& party) const {
  for (const auto& peer : config.peers) {
    if (peer.site == party) return static_cast<std::size_t>(std::max(0, peer.paths));
  }
  for (const auto& witness : config.witnesses) {
    if (witness.id == party) return static_cast<std::size_t>(std::max(0, witness.paths));
  }
  return 0;
}

// Only a configured party has paths; whatever else a verified datagram names is the core's to refuse, and counted.
void Chronicle::Impl::take(const core::PeerDatagram& e) {
  heard_any = true;
  const auto& d = e.datagram;
  const auto index = pool_named(d.pool);
  if (!index || e.path >= paths_of(d.from)) return;
  auto [at, first] = paths.try_emplace({d.from, e.path}, Path{now, false});
  if (first || at->second.lost) {
    add("path " + d.from + std::to_string(e.path), base::Level::kInfo, "peer.heard",
        d.from + " is heard on path " + std::to_string(e.path + 1) +
            (first ? "" : " again, after " + base::format_duration(now - at->second.heard)),
        {{"site", d.from}});
  }
  at->second = {now, false};
  const std::string key = d.from + " of " + d.pool;
  const bool wishes = last.contains("want " + key);
  if (news("want " + key, std::string(words(d.want))) && (wishes || d.want != ecv::Want::kNone)) {
    add("want " + key, base::Level::kInfo, "peer.wants", d.from + " " + std::string(words(d.want)), {{"pool", d.pool}});
  }
  const std::string says = std::string(ecv::name(d.state)) + (d.eligible ? ", eligible" : ", not eligible") +
                           (d.epoch.value == 0 ? "" : ", epoch " + epoch_text(d.epoch));
  if (news("state " + key, says)) {
    add("state " + key, base::Level::kInfo, "peer.state", d.from + " says that it is " + says,
        {{"pool", d.pool}, {"site", d.from}});
  }
  tell_answers(d.answers, *index, d.from, false);
}

void Chronicle::Impl::tell_answers(const std::vector<ecv::Answer>& answers, core::PoolIndex index,
                                   const std::string& party, bool ours) {
  for (const auto& answer : answers) {
    const std::string key = (ours ? "answer to " : "answer of ") + party + " for " + pool(index);
    const std::string subject = ours ? "this site" : party;
    const std::string object = ours ? party : "this site";
    std::string message;
    switch (answer.kind) {
      case ecv::AnswerKind::kGrant: message = subject + " grants " + object; break;
      case ecv::AnswerKind::kRefuse: message = subject + " refuses " + object + ": " + answer.reason; break;
      case ecv::AnswerKind::kRelease:
        message = subject + " releases the writer to " + object + " (epoch " + epoch_text(answer.epoch) + ")";
        break;
    }
    if (!news(key, message)) continue;
    add(key, base::Level::kInfo, ours ? "vote.given" : "vote.got", std::move(message),
        {{"pool", pool(index)}, {"site", party}});
  }
}

void Chronicle::Impl::deed(const core::SendPeer& a) { tell_answers(a.datagram.answers, a.pool, a.datagram.to, true); }

void Chronicle::Impl::take(const core::PeerUnverifiable& e) {
  auto& kind = refused[{e.party, "", std::string(words(e.fault))}];
  if (kind.count++ != 0) return;
  kind.since = now;
  looked_at = {};  // the first is told at once
}

void Chronicle::Impl::take(const core::RelayDatagram& e) {
  const auto& said = e.datagram;
  if (said.service != ecv::ServiceView::kUnknown && pool_named(said.pool)) {
    const bool up = said.service == ecv::ServiceView::kUp;
    const std::string about = "service of " + said.pool + " by " + said.from;
    const bool first = !last.contains(about);
    if (news(about, up ? "up" : "down") && !(first && up)) {
      add(about, up ? base::Level::kInfo : base::Level::kWarn, up ? "service.up" : "service.down",
          said.from + (up ? " reaches our service address again" : " does not reach our service address"),
          {{"pool", said.pool}});
    }
  }
  if (!said.relay) return;
  const auto& relay = *e.datagram.relay;
  const auto at =
      std::find_if(config.peers.begin(), config.peers.end(), [&](const auto& p) { return p.id == relay.site; });
  if (at == config.peers.end() || !pool_named(e.datagram.pool)) return;
  const std::string key = "relay of " + at->site + " for " + e.datagram.pool;
  if (!news(key, std::to_string(relay.epoch.value))) return;
  add(key, base::Level::kInfo, "relay.heard",
      e.datagram.from + " relays that " + at->site + " is ACTIVE, epoch " + epoch_text(relay.epoch),
      {{"pool", e.datagram.pool}});
}

// Three datagrams in a row that do not come are no accident of one.
void Chronicle::Impl::look_at_paths() {
  const auto limit = 3 * config.timing.interval + config.timing.timeout;
  for (auto& [which, path] : paths) {
    if (path.lost || now - path.heard < limit) continue;
    path.lost = true;
    const auto& party = which.first;
    add("path " + party + std::to_string(which.second), base::Level::kWarn, "peer.path_lost",
        "nothing is heard from " + party + " on path " + std::to_string(which.second + 1) + " any more",
        {{"site", party}});
    const bool any = std::any_of(paths.begin(), paths.end(),
                                 [&](const auto& other) { return other.first.first == party && !other.second.lost; });
    if (!any) {
      add("silence " + party, base::Level::kWarn, "peer.silent", party + " is silent on every path", {{"site", party}});
    }
  }
}

std::vector<RefusedDatagrams> Chronicle::refused() const {
  std::vector<RefusedDatagrams> out;
  for (const auto& [which, kind] : impl_->refused) {
    const auto& [party, in, what] = which;
    out.push_back({party, in, what, kind.count, kind.since});
  }
  return out;
}

// Verified, but not taken: replayed, overtaken, of a process not proved alive, of an epoch from the far future.
void Chronicle::Impl::look_at_refused() {
  if (std::exchange(heard_any, false)) {
    const std::pair<core::Counter, const char*> kinds[] = {
        {core::Counter::kStale, "replayed or overtaken"},
        {core::Counter::kUnproven, "of a process that has not proved itself alive"},
        {core::Counter::kEpochRefused, "an epoch from the far future"},
    };
    for (std::size_t i = 0; i < config.pools.size(); ++i) {
      const auto view = site->pool(i, now);
      for (const auto& [counter, text] : kinds) {
        const auto n = view.counters.get(counter);
        if (n == 0) continue;
        auto& kind = refused[{"", pool(i), text}];
        if (kind.count == 0) kind.since = now;
        kind.ordinary = counter != core::Counter::kEpochRefused;
        kind.count = n;
      }
    }
  }
  for (auto& [which, kind] : refused) {
    if (kind.count <= kind.told || (kind.told > 0 && now - kind.told_at < kMinute)) continue;
    const auto& [party, in, what] = which;
    const auto more = kind.count - kind.told;
    // A restarted peer must prove itself, and a datagram may overtake another: a few of either are no trouble.
    const auto level = kind.ordinary && kind.count < kMany ? base::Level::kInfo : base::Level::kWarn;
    add("refused " + party + in + what, level, "peer.refused",
        "refused what comes" + (party.empty() ? "" : " from " + party) + ": " + what +
            (kind.told == 0 && more == 1 ? "" : " (" + std::to_string(more) + (kind.told == 0 ? ")" : " more)")),
        {{"pool", in}, {"site", party}, {"total", std::to_string(kind.count)}});
    kind.told = kind.count;
    kind.told_at = now;
  }
}

}  // namespace sitecheck
