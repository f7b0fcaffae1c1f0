// The decision engine on a clock that is told: the same code as in the server, over sites and monitors that somebody
// tells of (a timeline, or the journal of a real server). Pure.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "conf/dnsd.h"
#include "dnsd/control/engine.h"
#include "dnsd/control/inputs.h"

namespace control {

// What a wide-IP is answered with, as told to people.
struct AnswerText {
  std::string outcome;              // "answer", "servfail"…
  std::vector<std::string> answer;  // all that some client gets
  struct Region {
    std::string name;  // "": the clients of no other one
    std::vector<std::string> answer;
    bool operator==(const Region&) const = default;
  };
  std::vector<Region> regions{};  // where clients of some get other answers
  bool alarm = false;             // a conflict, say
  bool operator==(const AnswerText&) const = default;
};
// `answered`: the addresses and aliases of `decision` for this name, in words.
[[nodiscard]] AnswerText answer_text(const decide::WideIp& wideip, const decide::Decision& decision,
                                     std::vector<std::string> answered);

struct AnswerChange {
  base::Instant at;
  std::string name;
  std::optional<AnswerText> from;  // nothing: the first that is known
  AnswerText to;
  std::uint32_t ttl_s = 0;
  std::string why;
  std::uint64_t names = 1;  // that change alike, `name` the first of them
};

class Simulation {
 public:
  using OnChange = std::function<void(AnswerChange)>;

  // `ledger`: what is remembered at the beginning. Nothing is decided before start().
  Simulation(const conf::Dnsd& config, Ledger ledger, OnChange on_change);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // A process begins, with what the one before wrote down, and has heard nobody.
  void start(base::Instant at);
  // Times must not go back. Lets everything happen that is due before `at`, while those who renew go on renewing.
  void run_to(base::Instant at);
  // From `at` on the member is as `input` says, and its claim is renewed at each poll until `until`.
  void tell(base::Instant at, const MemberInput& input, base::Instant until);
  void probe(base::Instant at, const ProbeInput& input);
  // These orders are in force from now on, and no others, over restarts too.
  void order(base::Instant at, const std::vector<decide::Override>& orders);
  void forget(base::Instant at, const std::string& pool);
  // All that happens at this instant was told: changes of answers are reported.
  void settle(base::Instant at);

  [[nodiscard]] const std::vector<Target>& members() const { return members_; }
  [[nodiscard]] const Engine& engine() const { return *engine_; }

 private:
  struct Renewal {
    MemberInput input;
    base::Instant until;
  };
  void renew(base::Instant at);

  const conf::Dnsd& config_;
  OnChange on_change_;
  Ledger ledger_;  // as on the disk
  std::vector<Target> members_;
  std::unique_ptr<HealthTable> health_;
  std::unique_ptr<Engine> engine_;
  std::map<decide::MemberId, Renewal> renewals_;
  decide::Orders orders_;
  std::set<std::uint32_t> touched_;  // names that were decided since the last settle()
  std::map<std::string, AnswerText> answers_;
};

}  // namespace control
