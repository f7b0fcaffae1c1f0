#include "dnsd/decide/safety.h"

#include <algorithm>

#include "dnsd/decide/explain.h"

namespace decide {

namespace {

bool is_writer(const WideIp& wideip) { return wideip.method == MethodKind::kActiveWriter; }

bool pins(const Decision& decision) { return decision.reason == Reason::kPinned || decision.reason == Reason::kForced; }

// Whether the member could be answered, now or once the writer is there. A standby is in reserve though it is not up.
bool in_reserve(const WideIp& wideip, const Outlook& at, std::size_t i) {
  const auto pin = pinned_member(wideip, at.observed);
  if (at.observed[i].drained) return false;
  if (is_writer(wideip)) return (!pin || *pin == i) && at.decision.verdicts[i].value != Value::kSilent;
  return at.decision.verdicts[i].value == Value::kUp && (!pins(at.decision) || pin == i);
}

// Nobody of the group is left.
bool all_out(const WideIp& wideip, const Outlook& at, const std::vector<std::string>& group) {
  for (std::size_t i = 0; i < wideip.members.size(); ++i) {
    const MemberId& id = wideip.members[i].id;
    const bool meant = std::any_of(group.begin(), group.end(), [&](const auto& each) { return means(each, id); });
    if (meant && in_reserve(wideip, at, i)) return false;
  }
  return true;
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& each : names) out += (out.empty() ? "" : ", ") + each;
  return out;
}

std::string members(std::size_t count) {
  return count == 0 ? "nobody" : count == 1 ? "1 member" : std::to_string(count) + " members";
}

std::optional<Refusal> not_up(const WideIp& wideip, const Outlook& after) {
  const auto pin = pinned_member(wideip, after.observed);
  if (pin && after.decision.accepted() && after.decision.members == std::vector{wideip.members[*pin].id}) {
    return std::nullopt;
  }
  const std::string who = pin ? member_text(wideip.members[*pin].id) : std::string("the member");
  if (is_writer(wideip)) {
    return Refusal{Rule::kPinUp,
                   who +
                       " does not hold the writer: clients would write where nothing may be written, or where a "
                       "second writer is; to move the writer, use `sitecheck switchover`"};
  }
  return Refusal{Rule::kPinUp, who + " is not up"};
}

}  // namespace

std::string_view name(Rule rule) {
  switch (rule) {
    case Rule::kPinUp: return "pin_up";
    case Rule::kAtLeast: return "at_least";
    case Rule::kNeverBoth: return "never_both";
    case Rule::kConfirm: return "confirm";
  }
  return "?";
}

std::size_t in_service(const WideIp& wideip, const Outlook& at) {
  if (is_writer(wideip) || pins(at.decision)) return at.decision.members.size();
  const auto& verdicts = at.decision.verdicts;
  return static_cast<std::size_t>(
      std::count_if(verdicts.begin(), verdicts.end(), [](const Verdict& v) { return v.value == Value::kUp; }));
}

std::optional<Refusal> breach(const WideIp& wideip, OrderKind kind, const Outlook& before, const Outlook& after) {
  if (kind == OrderKind::kPin) {
    if (auto refusal = not_up(wideip, after)) return refusal;
  }
  const std::size_t had = in_service(wideip, before);
  const std::size_t left = in_service(wideip, after);
  if (left < had && left < wideip.safety.at_least) {
    std::string why = "it would leave " + members(left) + " in service of " + std::to_string(had) +
                      ", and at_least is " + std::to_string(wideip.safety.at_least);
    if (is_writer(wideip)) why += "; move the writer to another site first (`sitecheck switchover`)";
    return Refusal{Rule::kAtLeast, std::move(why)};
  }
  const auto& group = wideip.safety.never_both;
  if (group.empty() || all_out(wideip, before, group) || !all_out(wideip, after, group)) return std::nullopt;
  return Refusal{Rule::kNeverBoth, "it would leave nobody of " + list(group) + " in service, against never_both"};
}

}  // namespace decide
