// One selection method: judges the members and chooses among them. Each method is one file (README.md tells how to
// add one); what all share, holding, anti-flap, memory and TTL, is in decide.cc.
#pragma once

#include <span>
#include <vector>

#include "dnsd/decide/decide.h"

namespace decide {

struct Judgement {
  std::vector<Verdict> verdicts;    // one for each member
  std::vector<std::size_t> chosen;  // members to answer with; empty: none
  ecv::Epoch epoch;                 // of the choice; 0 for a method without epochs
  bool conflict = false;            // the members contradict each other: hold the last answer
  bool outranked = false;           // the choice was made between several live claims
};

class Method {
 public:
  Method() = default;
  Method(const Method&) = delete;
  Method& operator=(const Method&) = delete;
  virtual ~Method() = default;
  // Must not choose a member whose verdict is not kUp.
  [[nodiscard]] virtual Judgement judge(const WideIp& wideip, std::span<const Observation> observed,
                                        const Durable& durable, base::Instant now) const = 0;
};

[[nodiscard]] const Method& method(MethodKind kind);

[[nodiscard]] const Method& active_writer();

}  // namespace decide
