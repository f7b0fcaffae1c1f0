// The inside of Chronicle, shared by chronicle.cc (its turn, nodes and checkpoints), chronicle_peers.cc (what passes
// between the sites) and chronicle_deeds.cc (what was done, and what became of it).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sitecheck/io/chronicle.h"

namespace sitecheck {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Chronicle::Impl {
  explicit Impl(core::SiteConfig c) : config(std::move(c)) {}

  // Adds a line, unless its source, `key`, has told too much of late.
  void add(const std::string& key, base::Level level, std::string id, std::string message, Fields fields = {});
  void sum_up();
  // True if `value` is not what was last told of `key`.
  bool news(const std::string& key, const std::string& value);
  [[nodiscard]] const std::string& pool(core::PoolIndex index) const { return config.pools[index].name; }
  [[nodiscard]] const std::string& node(core::PoolIndex p, core::NodeIndex n) const {
    return config.pools[p].nodes[n].name;
  }
  [[nodiscard]] std::string since(const std::string& key);  // " after 1.2 s", and forgets

  void take(const core::NodePolled& e);
  void take(const core::RoundDone& e);
  void take(const core::PeerDatagram& e);
  void take(const core::PeerUnverifiable& e);
  void take(const core::RelayDatagram& e);
  void take(const core::Persisted& e);
  void take(const core::ReadOnlyAsserted& e);
  void take(const core::FenceDone& e);
  void take(const core::PromoteDone& e);
  void take(const core::RejoinDone& e);
  void take(const core::GuardStatus& e);
  void take(const core::EtcdDone& e);
  void take(const core::EtcdWatched& e);
  void take(const core::ServiceTested& e);
  void take(const core::Command& /*e*/) {}  // the core tells it with its outcome
  void take(const core::ModeSet& /*e*/) {}  // the core journals it

  void deed(const core::SendPeer& a);
  void deed(const core::SetPermit& a);
  void deed(const core::ClearPermit& a);
  void deed(const core::Fence& a);
  void deed(const core::Promote& a);
  void deed(const core::Rejoin& a);
  void deed(const core::EtcdCampaign& a);
  void deed(const core::EtcdKeepAlive& a);
  void deed(const core::EtcdRelease& a);
  void deed(const core::TestService& a);
  void deed(const core::Journal& a) { out.push_back(a); }
  template <typename A>
  void deed(const A& /*a*/) {}  // what it leads to is told

  [[nodiscard]] bool as_before(const core::NodePolled& e);
  void tell_replication(const core::NodePolled& e, const std::string& key);
  void tell_answers(const std::vector<ecv::Answer>& answers, core::PoolIndex pool, const std::string& party, bool ours);
  void look_at_paths();
  void look_at_refused();
  [[nodiscard]] std::optional<core::PoolIndex> pool_named(const std::string& name) const;
  [[nodiscard]] std::size_t paths_of(const std::string& party) const;

  struct Budget {  // of one source
    base::Instant since;
    int told = 0;
    int held_back = 0;
  };
  struct Path {
    base::Instant heard;
    bool lost = false;
  };
  struct Refused {
    std::uint64_t told = 0;
    std::uint64_t count = 0;
    base::Instant told_at;
    base::Instant since;
    bool ordinary = false;  // happens now and then without any fault
  };

  struct Polled {  // what is told of a poll
    bool told = false;
    core::PollResult result = core::PollResult::kOk;
    std::optional<bool> read_only;
    core::WriteProbe write = core::WriteProbe::kNotTried;
    std::string io;
    std::string sql;
  };

  core::SiteConfig config;
  const core::Site* site = nullptr;  // during tell()
  base::Instant now;
  std::vector<core::Journal> out;
  std::map<std::string, std::string> last;       // by what it is about
  std::vector<std::vector<Polled>> last_polled;  // by pool and node
  std::map<std::string, base::Instant> begun;
  std::map<std::string, Budget> budgets;
  std::map<std::pair<std::string, std::size_t>, Path> paths;                     // by party and path
  std::map<std::tuple<std::string, std::string, std::string>, Refused> refused;  // by party, pool and kind
  std::map<std::string, std::uint64_t> etcd_asked;                               // what the token of a pool was for
  base::Instant looked_at;
  bool heard_any = false;  // a datagram came since the counters were looked at
};

}  // namespace sitecheck
