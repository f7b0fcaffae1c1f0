#include "dnsd/control/answer.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "dnsd/decide/explain.h"
#include "zones/snapshot/choice_tables.h"
#include "zones/wire/name.h"
#include "zones/wire/types.h"

namespace control {

namespace {

using decide::Pick;
using Addresses = std::vector<base::IpAddress>;

// One step of a rotation: an answer for each family (null: none), and how often.
struct Step {
  const Pick* v4 = nullptr;
  const Pick* v6 = nullptr;
  std::uint64_t weight = 1;
};

class Builder {
 public:
  Builder(const decide::WideIp& wideip, snapshot::DynamicAnswer usual, snapshot::Choice& out)
      : wideip_(wideip), usual_(std::move(usual)), out_(out) {}

  void add(const decide::Group& group) {
    snapshot::Group made;
    switch (group.how) {
      case decide::How::kOne: made.table = {variant(first(group.v4), first(group.v6))}; break;
      case decide::How::kRotate: made = rotate(group); break;
      case decide::How::kHash: made = hash(group); break;
    }
    // One answer for everybody need not be chosen.
    if (std::all_of(made.table.begin(), made.table.end(), [&](std::uint16_t v) { return v == made.table.front(); })) {
      made = {snapshot::How::kOne, {made.table.front()}};
    }
    out_.groups.push_back(std::move(made));
  }

 private:
  static const Pick* first(const std::vector<Pick>& picks) { return picks.empty() ? nullptr : &picks.front(); }

  void append(const Pick* pick, bool v6, Addresses& out) const {
    if (pick == nullptr) return;
    for (const std::size_t i : pick->members) {
      for (const auto& address : wideip_.members[i].addresses) {
        if (address.is_v6() == v6) out.push_back(address);
      }
    }
  }

  // Of the member that is an alias; empty if none of them is. Picks of two families name one alias both, or none does.
  [[nodiscard]] std::string alias(const Pick* v4, const Pick* v6) const {
    for (const Pick* pick : {v4, v6}) {
      if (pick == nullptr || pick->members.empty()) continue;
      const std::string& cname = wideip_.members[pick->members.front()].cname;
      if (!cname.empty()) return cname;
    }
    return "";
  }

  // The number of the variant with these answers.
  std::uint16_t variant(const Pick* v4, const Pick* v6) {
    Addresses addresses;
    const std::string cname = alias(v4, v6);
    if (cname.empty()) {
      append(v4, false, addresses);
      append(v6, true, addresses);
    }
    const auto [at, is_new] =
        numbers_.emplace(std::pair(cname, addresses), static_cast<std::uint16_t>(out_.variants.size()));
    if (is_new) {
      out_.variants.push_back(usual_);
      snapshot::DynamicAnswer& made = out_.variants.back();
      made.addresses = std::move(addresses);
      if (!cname.empty()) {
        const auto target = wire::Name::parse(cname).value_or(wire::Name());
        made.outcome = snapshot::DynamicOutcome::kAlias;
        made.alias.assign(target.wire().begin(), target.wire().end());
      }
    }
    return at->second;
  }

  snapshot::Group rotate(const decide::Group& group);
  snapshot::Group hash(const decide::Group& group);
  [[nodiscard]] std::vector<std::uint16_t> hashed(const std::vector<Pick>& picks) const;

  const decide::WideIp& wideip_;
  const snapshot::DynamicAnswer usual_;  // but for the addresses
  snapshot::Choice& out_;
  std::map<std::pair<std::string, Addresses>, std::uint16_t> numbers_;
};

std::uint64_t total(const std::vector<Pick>& picks) {
  return std::accumulate(picks.begin(), picks.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Pick& pick) { return sum + pick.weight; });
}

// The weights scaled to that sum; rounded, with one at least for each, if they do not divide it.
std::vector<std::uint64_t> scaled(const std::vector<Pick>& picks, std::uint64_t sum) {
  const std::uint64_t all = total(picks);
  std::vector<std::uint64_t> out;
  for (const Pick& pick : picks) out.push_back(std::max<std::uint64_t>(pick.weight * sum / all, 1));
  return out;
}

// A sum to which the weights of both can be scaled without loss, or at least one that leaves little of it.
std::uint64_t common_sum(const std::vector<Pick>& v4, const std::vector<Pick>& v6) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 30U;  // times a weight of 2^32 it is still a number
  std::uint64_t divisor = 0;
  for (const auto* picks : {&v4, &v6}) {
    for (const Pick& pick : *picks) divisor = std::gcd(divisor, pick.weight);
  }
  const std::uint64_t a = total(v4) / divisor;
  const std::uint64_t b = total(v6) / divisor;
  if (a > kMost || b > kMost) return kMost;
  return std::min(std::lcm(a, b), kMost);
}

// Both lists walked side by side, each as long as its weights say: every member keeps its share in its family, and the
// two are the same member wherever the lists are alike.
std::vector<Step> side_by_side(const std::vector<Pick>& v4, const std::vector<Pick>& v6) {
  std::vector<Step> out;
  if (v4.empty() || v6.empty()) {
    for (const Pick& pick : v4) out.push_back({&pick, nullptr, pick.weight});
    for (const Pick& pick : v6) out.push_back({nullptr, &pick, pick.weight});
    return out;
  }
  const std::uint64_t sum = common_sum(v4, v6);
  auto left4 = scaled(v4, sum);
  auto left6 = scaled(v6, sum);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < v4.size() && j < v6.size()) {
    const std::uint64_t weight = std::min(left4[i], left6[j]);
    out.push_back({&v4[i], &v6[j], weight});
    if ((left4[i] -= weight) == 0) ++i;
    if ((left6[j] -= weight) == 0) ++j;
  }
  // Where weights were rounded one list may be the longer one: nobody is left out.
  for (; i < v4.size(); ++i) out.push_back({&v4[i], &v6.back(), left4[i]});
  for (; j < v6.size(); ++j) out.push_back({&v4.back(), &v6[j], left6[j]});
  return out;
}

snapshot::Group Builder::rotate(const decide::Group& group) {
  const auto steps = side_by_side(group.v4, group.v6);
  std::uint64_t divisor = 0;
  std::uint64_t most = 0;
  for (const Step& step : steps) {
    divisor = std::gcd(divisor, step.weight);
    most = std::max(most, step.weight);
  }
  most /= divisor;
  constexpr std::uint64_t kMost = 1'000'000;  // beyond it shares are rounded
  std::vector<snapshot::Share> shares;
  for (const Step& step : steps) {
    std::uint64_t weight = step.weight / divisor;
    if (most > kMost) weight = std::max<std::uint64_t>(weight * kMost / most, 1);
    shares.push_back({variant(step.v4, step.v6), static_cast<std::uint32_t>(weight)});
  }
  return {snapshot::How::kRotate, snapshot::rotation_table(shares)};
}

// For each place of the table the number of the pick.
std::vector<std::uint16_t> Builder::hashed(const std::vector<Pick>& picks) const {
  std::vector<snapshot::Share> shares;
  for (std::size_t i = 0; i < picks.size(); ++i) {
    const auto weight = std::clamp<std::uint64_t>(picks[i].weight, 1, 1'000'000);
    shares.push_back({static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(weight),
                      decide::member_text(wideip_.members[picks[i].members.front()].id)});
  }
  return snapshot::hash_table(shares);
}

// Each family by itself, so that a member that went in one moves nobody in the other.
snapshot::Group Builder::hash(const decide::Group& group) {
  const auto v4 = hashed(group.v4);
  const auto v6 = hashed(group.v6);
  snapshot::Group out{snapshot::How::kHash, {}, group.persist.ipv4, group.persist.ipv6};
  for (std::size_t i = 0; i < std::max(v4.size(), v6.size()); ++i) {
    out.table.push_back(variant(v4.empty() ? nullptr : &group.v4[v4[i]], v6.empty() ? nullptr : &group.v6[v6[i]]));
  }
  return out;
}

snapshot::DynamicAnswer plain(const decide::Decision& decision) {
  snapshot::DynamicAnswer out;
  out.ttl_s = decision.ttl_s;
  out.addresses = decision.addresses;
  switch (decision.outcome) {
    case decide::Outcome::kAnswer: out.outcome = snapshot::DynamicOutcome::kAnswer; break;
    case decide::Outcome::kServfail: out.outcome = snapshot::DynamicOutcome::kServfail; break;
    case decide::Outcome::kNodata: out.outcome = snapshot::DynamicOutcome::kNodata; break;
    case decide::Outcome::kRefuse: out.outcome = snapshot::DynamicOutcome::kRefuse; break;
  }
  if (decision.stale) out.ede = wire::kEdeStaleAnswer;
  if (decision.outcome == decide::Outcome::kServfail) out.ede = wire::kEdeNoReachableAuthority;
  return out;
}

}  // namespace

Regions regions_of(const Topology& topology) {
  Regions out;
  if (topology.regions.empty()) return out;
  out.map = topology.map;
  for (const std::string& region : topology.regions) out.numbers.emplace(region, topology.number(region));
  return out;
}

snapshot::DynamicAnswer to_answer(const decide::WideIp& wideip, const decide::Decision& decision,
                                  const Regions& regions) {
  snapshot::DynamicAnswer out = plain(decision);
  out.every_type = std::any_of(wideip.members.begin(), wideip.members.end(),
                               [](const decide::Member& member) { return !member.cname.empty(); });
  if (decision.answers.empty()) return out;
  snapshot::Choice choice;
  Builder builder(wideip, out, choice);
  for (const decide::Group& group : decision.answers.groups) builder.add(group);
  if (regions.map != nullptr) {
    for (const auto& [region, group] : decision.answers.regions) {
      const auto number = regions.numbers.find(region);
      if (number == regions.numbers.end()) continue;
      if (choice.group_of.size() <= number->second) choice.group_of.resize(number->second + std::size_t{1}, 0);
      choice.group_of[number->second] = static_cast<std::uint16_t>(group);
    }
  }
  if (choice.group_of.empty() && choice.groups.front().how == snapshot::How::kOne) {
    return choice.variants[choice.groups.front().table.front()];
  }
  if (!choice.group_of.empty()) choice.map = regions.map;
  out.outcome = snapshot::DynamicOutcome::kChoose;
  out.addresses.clear();
  out.choice = std::make_shared<const snapshot::Choice>(std::move(choice));
  return out;
}

}  // namespace control
