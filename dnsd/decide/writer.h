// active_writer judges claims, where the other methods choose among members that are up: what it finds, for decide.cc;
// readers fall back to it.
#pragma once

#include <span>
#include <vector>

#include "dnsd/decide/decide.h"

namespace decide {

struct Judgement {
  std::vector<Verdict> verdicts;    // one for each member
  std::vector<std::size_t> chosen;  // at most one, whose verdict is kUp
  ecv::Epoch epoch;                 // of the choice
  bool conflict = false;            // the members contradict each other: hold the last answer
  bool outranked = false;           // the choice was made between several live claims
};

// `observed` has one entry for each member of `wideip`, at least.
[[nodiscard]] Judgement judge_writer(const WideIp& wideip, std::span<const Observation> observed,
                                     const Durable& durable, base::Instant now);

}  // namespace decide
