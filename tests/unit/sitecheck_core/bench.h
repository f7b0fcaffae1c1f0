// A site on the bench: a shell that does what it is told at once, a healthy node, checkpoints that answer, and a peer
// that says what the test wants. Each part can be switched off or made to fail.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sitecheck/core/site.h"

namespace core::testing {

using base::Duration;
using base::Instant;
using base::milliseconds;

class Bench {
 public:
  // A pair; this is site1 (id 1) unless `id` is 2. Timing: lan.
  explicit Bench(std::uint8_t id = 1);

  SiteConfig config;
  Identity identity{77, 99, false};
  LoadedPool loaded;  // by default valid slots with epoch 5, last owned by nobody here

  // The world. Change at any time.
  bool node_answers = true;
  bool node_read_only = true;
  bool node_writes = true;  // the write probe of a writable node succeeds
  PollResult node_error = PollResult::kRefused;
  std::string io = "Yes";
  std::string sql = "Yes";
  int io_errno = 0;
  int sql_errno = 0;
  std::string gtid = "0-1-10";
  std::map<NodeIndex, std::string> gtids;  // of nodes that have another
  std::set<NodeIndex> dead_nodes;          // of several
  std::set<NodeIndex> open_nodes;          // others than the first, until they are closed
  std::set<NodeIndex> unclosable;          // whose closing cannot be confirmed
  SemiSync semi_sync = SemiSync::kUnknown;
  int semi_sync_replicas = 0;
  std::string warning;
  ecv::Epoch row;
  bool quorum = true;
  std::set<PromoteStep> failing_steps;
  std::set<PromoteStep> silent_steps;  // no outcome
  Closing closing = Closing::kClosed;  // of fences
  bool fence_answers = true;
  bool rejoin_ok = true;
  bool persist_ok = true;
  // The peer speaks every interval, and echoes.
  bool peer_speaks = true;
  bool peer_answers = true;  // grants what is asked for
  ecv::AnswerKind peer_answer = ecv::AnswerKind::kGrant;
  ecv::PoolState peer_state = ecv::PoolState::kStandby;
  ecv::Epoch peer_epoch;
  ecv::Epoch peer_max;
  bool peer_eligible = true;
  std::string peer_gtid = "0-1-10";
  std::string peer_guard = "process";
  ecv::ServiceView peer_service = ecv::ServiceView::kUnknown;  // what it finds at our address
  std::string peer_service_at;                                 // its own service address, as it tells it
  std::string peer_target;                                     // of a DRAINING peer
  std::uint64_t peer_boot = 500;
  std::optional<std::uint64_t> peer_hash;  // of another configuration

  void start();
  // Lets time pass, step by step, at the site's own deadlines.
  void run(Duration d);
  void run_ms(int ms) { run(milliseconds(ms)); }
  // Runs until the state is reached; false after `limit`.
  bool reach(State state, Duration limit = base::seconds(20));
  // A gap: nothing runs for so long.
  void pause(Duration d) { now += d; }
  // The site takes over `config` as it is now; what it says against that is given, and then nothing is done.
  std::vector<std::string> reconfigure();
  void give(Event event);
  void give_all(std::vector<Event> events);

  // What a peer's datagram looks like; `fresh` echoes our last nonce.
  [[nodiscard]] ecv::Datagram from_peer(bool fresh = true);
  void peer_datagram(ecv::Datagram d) { give(PeerDatagram{std::move(d), 0}); }

  [[nodiscard]] PoolView view() const { return site->pool(0, now); }
  [[nodiscard]] State state() const { return view().state; }
  [[nodiscard]] std::uint64_t count(Counter c) const { return view().counters.get(c); }
  // The last of its kind among all actions so far; null if there was none.
  template <typename T>
  [[nodiscard]] const T* last() const {
    for (auto at = log.rbegin(); at != log.rend(); ++at) {
      if (const auto* found = std::get_if<T>(&*at)) return found;
    }
    return nullptr;
  }
  template <typename T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> out;
    for (const auto& action : log) {
      if (const auto* found = std::get_if<T>(&action)) out.push_back(*found);
    }
    return out;
  }
  [[nodiscard]] const ecv::Datagram& said() const { return last<SendPeer>()->datagram; }
  // The answer given to the request `nonce`; nothing if there was none.
  [[nodiscard]] std::optional<ecv::Answer> answer_to(ecv::Nonce nonce) const;
  // Sends a request from the peer and returns the answer.
  std::optional<ecv::Answer> ask(ecv::Want want, ecv::PoolState as);

  Instant now{base::seconds(1000)};
  std::unique_ptr<Site> site;
  std::vector<Action> log;  // every action since start()

 private:
  void step(std::vector<Event> events);
  void perform(const Action& action, std::vector<Event>& outcomes);
  [[nodiscard]] NodePolled look(NodeIndex node) const;

  std::uint64_t peer_seq_ = 0;
  ecv::Nonce peer_nonce_ = 1000000;
  ecv::Nonce our_nonce_ = 0;
  Instant next_poll_;
  Instant next_peer_;
  std::vector<Event> pending_;
};

}  // namespace core::testing
