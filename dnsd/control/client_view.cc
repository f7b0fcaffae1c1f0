#include "dnsd/control/client_view.h"

#include <algorithm>
#include <cstdio>

#include "zones/wire/name.h"

namespace control {

namespace {

std::string region_name(const Regions& regions, snapshot::Region number) {
  const auto at = std::find_if(regions.numbers.begin(), regions.numbers.end(),
                               [&](const auto& each) { return each.second == number; });
  return number == 0 || at == regions.numbers.end() ? "" : at->first;
}

std::vector<std::string> texts(const snapshot::DynamicAnswer& answer) {
  std::vector<std::string> out;
  for (const auto& address : answer.addresses) out.push_back(address.to_string());
  if (answer.outcome == snapshot::DynamicOutcome::kAlias) {
    out.push_back(wire::Name::from_wire(answer.alias).value_or(wire::Name()).to_string());
  }
  return out;
}

// What the data plane itself would choose.
ClientView::Part chosen(const snapshot::DynamicAnswer& answer, const base::IpAddress& client) {
  ClientView::Part out;
  const auto chooser = snapshot::Chooser::make(answer.choice);
  if (chooser == nullptr) return out;
  snapshot::Turns turns;
  const auto at = chooser->choose({client.bytes(), {}, 0, false}, turns).variant;
  out.answer = texts(answer.choice->variants[at]);
  return out;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : " ") + text;
  return out;
}

}  // namespace

std::optional<ClientView> view_client(const snapshot::DynamicAnswer& answer, const Regions& regions,
                                      const base::Prefix& client) {
  ClientView out;
  if (answer.outcome == snapshot::DynamicOutcome::kAnswer || answer.outcome == snapshot::DynamicOutcome::kAlias) {
    out.parts.push_back({texts(answer), 1});
    return out;
  }
  if (answer.outcome != snapshot::DynamicOutcome::kChoose || answer.choice == nullptr) return std::nullopt;
  const snapshot::Choice& choice = *answer.choice;
  if (choice.map != nullptr) {
    const auto place = choice.map->find(client.ip);
    out.region = region_name(regions, place.region);
    out.scope = place.scope;
    if (place.region < choice.group_of.size()) out.group = choice.group_of[place.region];
  }
  const snapshot::Group& group = choice.groups[out.group];
  out.how = group.how;
  if (group.how == snapshot::How::kHash) {
    out.scope = std::max(out.scope, client.ip.is_v6() ? group.bits_v6 : group.bits_v4);
    out.parts.push_back(chosen(answer, client.ip));
    return out;
  }
  for (std::size_t v = 0; v < choice.variants.size(); ++v) {
    const auto steps = group.how == snapshot::How::kOne
                           ? (group.table.front() == v ? 1 : 0)
                           : std::count(group.table.begin(), group.table.end(), static_cast<std::uint16_t>(v));
    if (steps == 0) continue;
    const double all = group.how == snapshot::How::kOne ? 1 : static_cast<double>(group.table.size());
    out.parts.push_back({texts(choice.variants[v]), static_cast<double>(steps) / all});
  }
  return out;
}

std::string client_text(const ClientView& view, const std::string& pool) {
  std::string out = view.region.empty() ? "is in no region that matters here" : "is in region " + view.region;
  out += pool.empty() ? ": " : ": pool " + pool + ", ";
  if (view.how == snapshot::How::kHash) out += "by its network: ";
  if (view.how == snapshot::How::kRotate) out += "in turn: ";
  bool first = true;
  for (const ClientView::Part& part : view.parts) {
    out += first ? "" : "; ";
    first = false;
    out += part.answer.empty() ? "no address" : joined(part.answer);
    if (view.how != snapshot::How::kRotate) continue;
    char share[32];
    std::snprintf(share, sizeof share, " (%.1f%%)", part.share * 100);
    out += share;
  }
  return out;
}

}  // namespace control
