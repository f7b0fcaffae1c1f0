// One site's host: its clock, its disk, and three processes apart: sitecheck (the core that ships, with a model of its
// shell), the guard, and mysqld.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sitecheck/core/site.h"
#include "tests/sim/database.h"
#include "tests/sim/scenario.h"

namespace sim {

class World;

class Host {
 public:
  Host(World& world, int id);

  [[nodiscard]] base::Instant local(Time t) const;
  [[nodiscard]] Time true_time(base::Instant local) const;

  // sitecheck
  void start_sitecheck();
  void crash_sitecheck();
  void stop_sitecheck();
  void continue_sitecheck();
  void give(core::Event event);              // reaches its sockets now
  void notice_peer(const ecv::Datagram& d);  // ground truth for I10
  void use_config(bool other) { other_config_ = other; }
  void lose_state();
  [[nodiscard]] bool runs() const { return site_.has_value(); }
  [[nodiscard]] bool listens() const { return site_ && !stopped_ && !frozen_; }
  [[nodiscard]] core::PoolView view() const;
  [[nodiscard]] ecv::Report report() const;
  [[nodiscard]] core::State state() const { return state_; }
  void command(core::Operation operation);

  // host
  void crash();
  void start();
  void freeze();
  void thaw();
  [[nodiscard]] bool up() const { return up_; }
  void set_wrong_key(bool on) { wrong_key_ = on; }
  [[nodiscard]] bool wrong_key() const { return wrong_key_; }

  void begin();  // polling, first boot
  void seed_state(const core::Record& record);
  Database database;

 private:
  struct Slot {
    bool valid = false;
    bool corrupt = false;
    core::Record record;
    std::uint64_t seq = 0;
  };
  [[nodiscard]] core::LoadedPool load() const;
  void step(std::span<const core::Event> events);
  void wake_at(base::Instant deadline);
  void outcome(Time delay, core::Event event);  // back to this very process
  void watch_state(const core::Journal& journal);

  void perform(const core::SendPeer& a);
  void perform(const core::StartRound& a);
  void perform(const core::ProbeNow& a);
  void perform(const core::Persist& a);
  void perform(const core::SetPermit& a);
  void perform(const core::ClearPermit& a);
  void perform(const core::AssertReadOnly& a);
  void perform(const core::Fence& a);
  void perform(const core::Promote& a);
  void perform(const core::AbortPromotion& a);
  void perform(const core::Rejoin& a);
  void perform(const core::EtcdCampaign& /*a*/) {}
  void perform(const core::EtcdKeepAlive& /*a*/) {}
  void perform(const core::EtcdRelease& /*a*/) {}
  void perform(const core::Journal& a);
  void perform(const core::Changed& a);
  void perform(const core::CommandReply& a);

  [[nodiscard]] Time begin_write();
  void write_slot(const core::Record& record);
  void promote_on_database(const core::Promote& a);
  void poll();
  void poll_every(std::uint64_t generation);
  [[nodiscard]] core::NodePolled look() const;
  void renew_guard(base::Instant deadline);
  void guard_look();
  void guard_close();
  [[nodiscard]] std::array<bool, kMaxCheckpoints> try_checkpoints();

  World* world_;
  int id_;
  double rate_;
  Time offset_;
  bool up_ = true;
  bool frozen_ = false;
  Time frozen_at_ = 0;
  std::uint64_t kernel_boot_ = 1;
  bool wrong_key_ = false;
  bool other_config_ = false;

  std::optional<core::Site> site_;
  std::uint64_t generation_ = 0;  // of the process
  std::uint64_t boot_id_ = 0;
  bool stopped_ = false;
  std::vector<core::Event> inbox_;
  std::vector<core::Action> actions_;
  Time wake_ = -1;
  core::State state_ = core::State::kInit;
  std::optional<std::uint64_t> round_;
  std::uint64_t fences_ = 0;

  std::array<Slot, 2> slots_{};
  Time disk_free_at_ = 0;
  struct Mapped {
    base::Instant deadline;
    ecv::Epoch epoch;
    std::uint64_t kernel_boot;
  };
  std::optional<Mapped> mapped_;

  std::optional<base::Instant> guard_deadline_;
  Time guard_look_ = -1;

  // Ground truth for I10.
  std::map<std::uint64_t, std::uint64_t> heard_seq_;  // per process of the peer, replays included
  Time heard_at_ = 0;
  Time round_failed_at_ = 0;
  Time booted_at_ = 0;
  friend class World;
};

}  // namespace sim
