// A decision in words: names for outputs, and the sentences of `dnsd explain`. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dnsd/decide/decide.h"

namespace decide {

// Stable words of --json outputs and the journal.
[[nodiscard]] std::string_view name(Value v);          // UP, DOWN, SILENT, CONFLICT
[[nodiscard]] std::string_view name(Ground g);         // lower case: never_heard, lease_over, void…
[[nodiscard]] std::string_view name(Outcome o);        // answer, servfail, nodata, refuse
[[nodiscard]] std::string_view name(Reason r);         // claim, highest, hold_down, conflict, held…
[[nodiscard]] std::string_view name(Then t);           // servfail, nodata, refuse, fallback
[[nodiscard]] std::string_view name(Health::Value v);  // UP, DOWN, SILENT
[[nodiscard]] std::string_view name(MethodKind m);     // active_writer, ratio…

// "7 of site 2", or "none".
[[nodiscard]] std::string epoch_text(ecv::Epoch epoch);
// "site1/main"; of an address with a monitor its name.
[[nodiscard]] std::string member_text(const MemberId& id);
// What is answered, or may be: addresses, and names with their final dot.
[[nodiscard]] std::vector<std::string> texts(const Decision& decision);
// "hold 5 m, then servfail".
[[nodiscard]] std::string policy_text(const NonePolicy& policy);

// Why this one member has its value, with its figures: "ACTIVE, epoch 7 of site 2, 1.7 s of lease left".
[[nodiscard]] std::string detail(const Observation& observed, const Verdict& verdict, ecv::Epoch highest,
                                 base::Instant now);

// The same for any member: of one with a monitor, what that found at each of its addresses.
[[nodiscard]] std::string detail(const Member& member, const Observation& observed, const Verdict& verdict,
                                 ecv::Epoch highest, base::Instant now);

// Why the answer is what it is, one sentence.
[[nodiscard]] std::string why(const WideIp& wideip, const Decision& decision);

// The decision rule by rule, in order, one sentence each. `before` is the memory that decide() was given.
[[nodiscard]] std::vector<std::string> steps(const WideIp& wideip, std::span<const Observation> observed,
                                             const Memory& before, const Decision& decision, base::Instant now);

}  // namespace decide
