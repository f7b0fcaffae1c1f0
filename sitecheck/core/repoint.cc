// After a promotion the other replicas follow the new writer (spec.md section 3): at its own site its node, at other
// sites its site. Each node is proved a subset first and has its own retry; one with errant transactions stays out and
// is named, while the pool goes on with its best node.
#include "sitecheck/core/pool.h"

namespace core {

namespace {

constexpr base::Duration kRejoinRetry = base::seconds(5);
constexpr base::Duration kRejoinLimit = base::seconds(30);

// `source` is a node of that site: where it is not known which one writes, each will do.
bool is_of(const std::string& source, const std::string& site) {
  return source.size() > site.size() && source[site.size()] == '/' && source.starts_with(site);
}

}  // namespace

// Nothing that was set up before counts: a new writer is made here.
void Pool::forget_following() {
  for (NodeIndex i = 0; i < following_.size(); ++i) {
    following_[i] = Following{};
    following_[i].may_adopt = false;
    clear_alarm("replication." + nodes_[i].config().name);
  }
}

// Who is to be followed now; nothing while there is no writer, or it is about to change.
std::optional<Pool::Source> Pool::source() const {
  if (state_ == State::kActive) {
    const Node& writer = nodes_[*writer_];
    if (!writer.answers() || !writer.position_known() || !writer.polled_at()) return std::nullopt;
    return Source{site_->site, writer_, key_of(site_->site, writer_), &writer.position(), *writer.polled_at()};
  }
  const Peer* peer = state_ == State::kStandby || state_ == State::kFenced ? peers_.writer(now_) : nullptr;
  if (peer == nullptr || peer->link.said()->state != ecv::PoolState::kActive) return std::nullopt;
  if (peer->link.said()->position.empty()) return std::nullopt;
  const auto node = writer_at(peer->name);
  return Source{peer->name, node, key_of(peer->name, node), &peer->position(), *peer->link.heard_at()};
}

// Which node of another site writes, as our own polls show; it may have moved there. Nothing where one only is watched
// (replicate_from says enough), or where none or several were found open: then what is followed stays.
std::optional<NodeIndex> Pool::writer_at(const std::string& site) const {
  std::optional<NodeIndex> open;
  int watched = 0;
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    const auto& config = nodes_[i].config();
    if (config.local || config.site != site) continue;
    ++watched;
    if (!nodes_[i].seen_open()) continue;
    if (open) return std::nullopt;
    open = i;
  }
  return watched > 1 ? open : std::nullopt;
}

bool Pool::follows(const Following& f, const std::string& site, std::optional<NodeIndex> node) const {
  return node ? f.source == key_of(site, node) : f.source == site || is_of(f.source, site);
}

std::string Pool::key_of(const std::string& site, std::optional<NodeIndex> node) const {
  return node ? site + "/" + nodes_[*node].config().name : site;
}

void Pool::act_repointing() {
  if (nodes_.size() < 2 || (passive() && !may_write())) return;
  const auto best = best_node();
  const auto from = source();
  if (!from) return;
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].config().local && best != i) repoint(i, *from);
  }
}

void Pool::repoint(NodeIndex index, const Source& from) {
  Node& node = nodes_[index];
  Following& f = following_[index];
  if (f.asked_at && now_ - *f.asked_at < kRejoinLimit) return;
  if (!node.answers() || !node.closed() || node.state() == ecv::NodeState::kMaint) return f.sample.reset();
  const bool told_apart = from.node && from.site != site_->site;  // which node of another site: not by its running
  if (f.source.empty() && f.may_adopt && !told_apart && (node.replicating() || node.connecting())) f.source = from.key;
  f.may_adopt = false;
  const bool waits = node.state() == ecv::NodeState::kAwaitingRecovery;
  const bool out = waits || node.state() == ecv::NodeState::kFenced || node.state() == ecv::NodeState::kUnknown;
  const bool right = f.source == from.key || (!from.node && is_of(f.source, from.site));
  if (right && !out && !f.errant) return;
  if ((f.retry_at && now_ < *f.retry_at) || (waits && !node.may_return(now_))) return;
  switch (prove(node, f, from)) {
    case Proof::kWaiting: return;
    case Proof::kErrant: return keep_out(index, from);
    case Proof::kSubset: break;
  }
  f.sample.reset();
  f.errant = false;
  clear_alarm("errant." + node.config().name);
  if (right) return node.returned();
  f.wanted = from.key;
  f.asked_at = now_;
  f.token = ++token_;
  emit(Rejoin{index_, index, f.token, from.site, from.node});
}

// As for the best node: a sample, against what the writer is known to hold at least 2W later.
Pool::Proof Pool::prove(const Node& node, Following& f, const Source& from) const {
  if (f.accepted) return Proof::kSubset;
  if (!node.position_known()) return Proof::kWaiting;
  if (!f.sample) {
    f.sample = node.position();
    f.sampled_at = now_;
  }
  if (from.known_at - f.sampled_at < 2 * timing().window()) return Proof::kWaiting;
  return from.position->contains(*f.sample) ? Proof::kSubset : Proof::kErrant;
}

// A rejoin counts as done when both threads run; the source may refuse just after (error 1236: it has purged what this
// node lacks, or never had it). Then what was set up does not count: a person hears of it, and it is set up again, as
// long as the data is a proven subset. The alarm stays until replication has run for as long as lies between two tries.
void Pool::watch_replication(NodeIndex index) {
  const Node& node = nodes_[index];
  Following& f = following_[index];
  const auto& name = node.config().name;
  if (!node.replicating()) {
    f.runs_since.reset();
  } else if (!f.runs_since) {
    f.runs_since = now_;
  }
  if (f.runs_since && now_ - *f.runs_since >= kRejoinRetry) {
    clear_alarm("replication." + name);
    clear_alarm(best_node() == index ? "rejoin" : "rejoin." + name);
  }
  if (!node.source_lost() || !must_follow(index)) return;
  raise_alarm("replication." + name,
              name + ": " + node.message() +
                  "; it is set up again every 5 s. If that does not help, the writer no longer has what this node "
                  "lacks: see Last_IO_Error there, and rebuild the node from a backup of the writer");
  if (best_node() == index) {
    follows_ = false;
    sample_.reset();
    rejoin_after_ = now_ + kRejoinRetry;
  } else {
    f.source.clear();
    f.sample.reset();
    f.retry_at = now_ + kRejoinRetry;
  }
}

void Pool::keep_out(NodeIndex index, const Source& from) {
  Node& node = nodes_[index];
  Following& f = following_[index];
  const auto& name = node.config().name;
  raise_alarm("errant." + name, name + " holds transactions that the writer lacks and stays out: " +
                                    f.sample->lacking_in(*from.position).substr(0, 300) +
                                    "; rebuild it, or accept them with recover --accept-errant");
  if (!f.errant) counters_.add(Counter::kNodeErrant);
  f.errant = true;
  f.sample.reset();
  f.retry_at = now_ + kRejoinRetry;
  node.set(ecv::NodeState::kFenced);
}

// The outcome of a Rejoin that is not the best node's.
void Pool::repointed(const RejoinDone& e) {
  for (NodeIndex i = 0; i < following_.size(); ++i) {
    Following& f = following_[i];
    if (!f.asked_at || f.token != e.token) continue;
    f.asked_at.reset();
    Node& node = nodes_[i];
    const auto& name = node.config().name;
    if (!e.ok) {
      f.retry_at = now_ + kRejoinRetry;
      return raise_alarm("rejoin." + name, name + " does not follow " + f.wanted + ": " + e.message);
    }
    clear_alarm("rejoin." + name);
    counters_.add(Counter::kRepointed);
    f.source = f.wanted;
    node.replication_set_up();
    f.accepted = false;
    if (node.state() != ecv::NodeState::kMaint && !node.failed()) node.returned();
    return journal(base::Level::kInfo, "node.follows", name + " follows " + f.source,
                   {{"node", name}, {"source", f.source}});
  }
}

// Replication of this node ought to run.
bool Pool::must_follow(NodeIndex index) const {
  if (writer_ == index) return false;
  if (best_node() == index) return follows_ && peer_writes();
  return !following_[index].source.empty() && (peer_writes() || state_ == State::kActive);
}

}  // namespace core
