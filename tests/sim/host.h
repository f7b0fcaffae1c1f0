// One site's host: its clock, its disk, and three processes apart: sitecheck (the core that ships, with a model of its
// shell), the guard, and mysqld.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sitecheck/core/site.h"
#include "tests/sim/database.h"
#include "tests/sim/guard.h"
#include "tests/sim/random.h"
#include "tests/sim/scenario.h"

namespace sim {

class World;

class Host {
 public:
  Host(World& world, int id);

  [[nodiscard]] int id() const { return id_; }
  [[nodiscard]] base::Instant local(Time t) const;
  [[nodiscard]] Time true_time(base::Instant local) const;
  [[nodiscard]] Random& local_random() { return random_; }

  // sitecheck
  void start_sitecheck();
  void crash_sitecheck();
  void stop_sitecheck();
  void continue_sitecheck();
  void give(core::Event event);  // reaches its sockets now
  void give_peer(const core::Event& datagram, int from, bool replayed);
  void give_unverifiable(ecv::DatagramFault fault, int path, const std::string& party);
  void command(core::Operation operation, const std::string& target = "");
  void use_config(bool other) { other_config_ = other; }
  void lose_state();
  void seed_state(const core::Record& record);
  [[nodiscard]] bool runs() const { return site_.has_value(); }
  [[nodiscard]] bool listens() const { return site_ && !stopped_ && !frozen_; }
  [[nodiscard]] core::Standing standing() const { return site_->standing(0); }
  [[nodiscard]] core::PoolView view() const { return site_->pool(0, local_now()); }
  [[nodiscard]] ecv::Report report() const { return site_->report(0, local_now()); }
  [[nodiscard]] core::State state() const { return state_; }
  [[nodiscard]] Time state_since() const { return state_since_; }
  // An outcome for the process that asked: one that has been replaced meanwhile does not get it.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  void give_to(std::uint64_t generation, core::Event event) {
    if (generation == generation_) give(std::move(event));
  }

  // host
  void crash();
  void start();
  void freeze();
  void thaw();
  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] bool runs_processes() const { return up_ && !frozen_; }
  void set_wrong_key(bool on) { wrong_key_ = on; }
  [[nodiscard]] bool wrong_key() const { return wrong_key_; }

  void guard_away(bool stop);
  void guard_back();

  void begin();  // polling, first boot
  Database database;
  Guard guard;

  // Tallies of the checks.
  std::uint64_t fences = 0;      // of the process that runs
  std::uint64_t promotions = 0;  // of the host
  int finished = 0;              // promotions since the start, or a recovery by a person, that ended ACTIVE: for I13

 private:
  struct Slot {
    bool valid = false;
    core::Record record;
    std::uint64_t seq = 0;
  };
  struct Heard {
    std::uint64_t boot_id = 0;
    std::uint64_t seq = 0;     // the highest
    std::uint64_t before = 0;  // bit n: the one n before it
  };
  [[nodiscard]] base::Instant local_now() const;
  [[nodiscard]] core::LoadedPool load() const;
  std::size_t step(std::span<const core::Event> events);  // how many actions came of it
  void wake_at(base::Instant deadline);
  template <typename Outcome>
  void outcome(Time delay, Outcome event);
  void watch_state(const core::Journal& journal);
  void check_promotion(const std::string& why);
  [[nodiscard]] bool accepts(int site) const;
  void check_opened();
  bool notice_peer(const ecv::Datagram& d, int from);
  Heard* heard(std::uint64_t boot_id);
  void give_replayed(std::span<const core::Event> events);

  void perform(core::SendPeer& a);
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
  void perform(const core::WriteBeat& a);
  void perform(const core::EtcdCampaign& a);
  void perform(const core::EtcdKeepAlive& a);
  void perform(const core::EtcdRelease& a);
  void perform(const core::TestService& /*a*/) {}  // the world tests by itself
  void perform(const core::Journal& a);
  void perform(const core::Changed& /*a*/) {}
  void perform(const core::CommandReply& a);

  [[nodiscard]] Time begin_write();
  void write_slot(const core::Record& record);
  void promote_on_database(const core::Promote& a);
  void poll();
  void poll_every();
  void poll_service();
  void look(core::NodePolled& p) const;
  [[nodiscard]] Database* source() const;
  [[nodiscard]] Mask try_checkpoints();
  void finish_round(std::uint64_t round, Mask ok);

  World* world_;
  int id_;
  Random random_;  // delays inside this host
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
  core::Event poll_event_{core::NodePolled{}};  // these two: their strings are used again and again
  core::Event round_event_{core::RoundDone{}};
  Time wake_ = -1;
  core::State state_ = core::State::kInit;
  Time state_since_ = 0;
  bool person_ = false;  // the promotion that is under way is a person's wish

  std::array<Slot, 2> slots_{};
  Time disk_free_at_ = 0;
  struct Mapped {
    base::Instant deadline;
    ecv::Epoch epoch;
    std::int64_t lease_id;
    std::uint64_t kernel_boot;
  };
  std::optional<Mapped> mapped_;
  std::optional<base::Instant> deadline_;  // what the guard was last told
  int service_round_ = 0;

  // Ground truth for I10, I13 and I16.
  std::vector<Heard> heard_;  // by process of a peer, what this process has taken; the latest one is the last
  Time heard_at_ = 0;
  struct Rival {
    Time heard_at = 0;
    Time eligible_since = 0;  // without a gap
  };
  std::array<Rival, kMaxParties> rivals_{};
  Time round_failed_at_ = 0;
  Time booted_at_ = 0;
};

}  // namespace sim
