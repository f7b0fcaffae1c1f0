// Mode B: the permit is a majority of votes: of this site, the other sites, and the witnesses. A vote is a promise for
// T_grant from its receipt; the lease counts from the send of the latest request that a majority has granted
// (protocol.md sections 1 and 2). A site that is closed gives its votes back, so that nobody waits for a promise to
// end.
#pragma once

#include "ecv/vote.h"
#include "sitecheck/core/arbiter.h"

namespace core {

class ArbiterWitness : public Arbiter {
 public:
  explicit ArbiterWitness(Seat& seat);

  void answered(Peer& p, const ecv::PeerLink::Request& request, const ecv::Answer& a) override;
  [[nodiscard]] std::optional<std::string> refuse(const Peer& p, const ecv::Datagram& d) override;
  void granted(const Peer& p, const ecv::Datagram& d) override;
  void given_back(const Peer& p) override;
  void act() override;
  void act_candidate() override;
  [[nodiscard]] bool may_stand() override;
  [[nodiscard]] bool stand() override;
  void stop() override;
  void give_up() override;
  void resume(const LoadedPool::Permit& p, bool active) override;
  void release(Peer* target) override;
  [[nodiscard]] bool can_release(const Peer* target) const override { return another_is_fit(target); }
  [[nodiscard]] base::Duration release_wait() const override { return timing().grant_wait; }
  [[nodiscard]] bool needs_votes() const override { return true; }
  [[nodiscard]] ecv::Want want() const override;
  [[nodiscard]] bool connected() const override { return reachable() >= quorum(); }
  void deadlines(Earliest& next) const override;
  [[nodiscard]] ArbiterView view(base::Instant now) const override;

 private:
  // What one of the others said of our requests, since the candidacy began.
  struct Voter {
    std::optional<base::Instant> granted;  // the send of the latest request that it granted
    bool refused = false;                  // its latest answer
    std::string answer;                    // for status
    std::optional<base::Instant> answered_at;
  };
  [[nodiscard]] std::size_t quorum() const { return (voters_.size() + 1) / 2 + 1; }
  [[nodiscard]] std::size_t reachable() const;  // voters heard within W, this one included
  [[nodiscard]] bool moratorium() const;
  [[nodiscard]] ecv::Vote::Verdict ask_own(std::string_view for_site, base::Duration grant_wait);
  void vote_for_self();
  void refused(const Peer& p, const ecv::Answer& a);
  // The send from which a majority's grants count; nothing without one.
  [[nodiscard]] std::optional<base::Instant> majority() const;
  void renew();
  void forget_votes();

  ecv::Vote own_;
  bool resumed_ = false;
  std::optional<base::Instant> own_asked_;    // our own vote is ours; asked then
  std::vector<Voter> voters_;                 // in the order of Peers::all()
  mutable std::vector<base::Instant> asked_;  // majority() counts in it
  // The others may still have promised us their votes; they are told that we are closed, for T_grant since
  // `giving_since_`: by then each promise is over anyway.
  bool owes_ = true;
  std::optional<base::Instant> giving_since_;
};

}  // namespace core
