#include "dnsd/decide/override.h"

#include "dnsd/decide/explain.h"

namespace decide {

std::string_view name(OrderKind kind) { return kind == OrderKind::kDrain ? "drain" : "pin"; }

bool in_force(const Override& order, base::Instant now) { return !order.until || now < *order.until; }

bool means(std::string_view what, const MemberId& id) {
  if (id.site.empty()) return !what.empty() && what == id.pool;
  if (!what.starts_with(id.site)) return false;
  what.remove_prefix(id.site.size());
  return what.empty() || (what.front() == '/' && what.substr(1) == id.pool);
}

Orders::Orders(std::span<const Override> orders, base::Instant now) {
  for (const Override& order : orders) {
    if (!in_force(order, now)) continue;
    if (order.kind == OrderKind::kPin) {
      Own& own = own_[order.wideip];
      own.pinned = order.what;
      own.forced = order.break_glass;
    } else {
      (order.wideip.empty() ? everywhere_ : own_[order.wideip].drained).insert(order.what);
    }
  }
}

std::set<std::string> Orders::singled_out() const {
  std::set<std::string> out;
  for (const auto& [name, own] : own_) out.insert(name);
  return out;
}

Ordered Orders::of(std::string_view wideip, const MemberId& id) const {
  Ordered out;
  if (empty()) return out;
  const std::string text = member_text(id);
  const auto among = [&](const std::set<std::string, std::less<>>& names) {
    return names.contains(text) || (!id.site.empty() && names.contains(id.site));
  };
  out.drained = among(everywhere_);
  const auto own = own_.find(wideip);
  if (own == own_.end()) return out;
  out.drained = out.drained || among(own->second.drained);
  out.pinned = !own->second.pinned.empty() && means(own->second.pinned, id);
  out.forced = out.pinned && own->second.forced;
  return out;
}

void Orders::mark(const WideIp& wideip, std::span<Observation> observed) const {
  for (std::size_t i = 0; i < wideip.members.size() && i < observed.size(); ++i) {
    const Ordered ordered = of(wideip.name, wideip.members[i].id);
    observed[i].drained = ordered.drained;
    observed[i].pinned = ordered.pinned;
    observed[i].forced = ordered.forced;
  }
}

std::optional<std::size_t> pinned_member(const WideIp& wideip, std::span<const Observation> observed) {
  for (std::size_t i = 0; i < wideip.members.size() && i < observed.size(); ++i) {
    if (observed[i].pinned && !observed[i].drained) return i;
  }
  return std::nullopt;
}

}  // namespace decide
