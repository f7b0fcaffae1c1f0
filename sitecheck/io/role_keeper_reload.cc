// The configuration read anew, in the roles of a pool: what is no longer configured is kept beside what is until its
// on_demote has run.
#include <algorithm>
#include <utility>

#include "sitecheck/io/role_keeper_impl.h"

namespace sitecheck {

std::vector<std::string> addresses_of(const conf::Role& role) {
  std::vector<std::string> out;
  for (const auto& address : role.addresses) out.push_back(address.to_string());
  if (out.empty()) out.emplace_back();
  return out;
}

// Of the addresses that are configured; the others are nowhere.
core::Holders RoleKeeper::Impl::balanced(const RoleAtWork& role, const core::Holders& pinned) const {
  const auto part = [&](const core::Holders& all) {
    return core::Holders(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(role.live));
  };
  auto out = core::balance(part(role.wanted), part(pinned), role.able);
  out.resize(role.addresses.size());
  return out;
}

core::Holders RoleKeeper::Impl::wanted_of(const RoleAtWork& role, const core::Holder& writer) const {
  if (role.gone) return core::Holders(role.addresses.size());
  if (role.conf.kind == conf::RoleKind::kExclusive) {
    auto out = core::follow(role.live, writer);
    out.resize(role.addresses.size());
    return out;
  }
  if (mode == core::Mode::kActive) return balanced(role, role.pinned);
  const bool left = std::any_of(role.wanted.begin(), role.wanted.end(),
                                [this](const core::Holder& h) { return h && *h >= pool.nodes.size(); });
  auto out = left ? balanced(role, role.wanted) : role.wanted;  // manual: whoever is no more must let go
  for (std::size_t a = role.live; a < out.size(); ++a) out[a].reset();
  return out;
}

// Addresses and roles that are no longer configured and at no node any more.
void RoleKeeper::Impl::forget_what_is_gone() {
  for (auto& role : roles) {
    if (role->live == role->addresses.size() || is_at_work(*role)) continue;
    take_addresses(*role, {role->addresses.begin(), role->addresses.begin() + static_cast<std::ptrdiff_t>(role->live)});
  }
  std::erase_if(roles,
                [this](const auto& role) { return role->gone && role->addresses.empty() && !is_at_work(*role); });
}

void RoleKeeper::Impl::take_nodes(const conf::Pool& next) {
  const auto before = std::exchange(nodes, next.nodes);
  std::vector<core::Holder> to(before.size());
  const auto holds = [](const RoleAtWork& role, core::NodeIndex node) {
    const bool has = std::find(role.actual.begin(), role.actual.end(), core::Holder(node)) != role.actual.end();
    return has || ((role.run || role.keeping) && role.step.node == node);
  };
  for (core::NodeIndex i = 0; i < before.size(); ++i) {
    const auto at = std::find_if(next.nodes.begin(), next.nodes.end(), [&](const conf::Node& n) {
      return n.name == before[i].name && n.host == before[i].host && n.port == before[i].port;
    });
    if (at != next.nodes.end()) {
      to[i] = static_cast<core::NodeIndex>(at - next.nodes.begin());
    } else if (std::any_of(roles.begin(), roles.end(), [&](const auto& role) { return holds(*role, i); })) {
      to[i] = nodes.size();
      nodes.push_back(before[i]);
    }
  }
  const auto move = [&](core::Holders& holders) {
    for (auto& h : holders) h = h ? to[*h] : h;
  };
  for (auto& role : roles) {
    move(role->wanted);
    move(role->actual);
    move(role->pinned);
    for (auto& h : role->pinned) {
      if (h && *h >= next.nodes.size()) h.reset();
    }
    if (is_at_work(*role)) role->step.node = *to[role->step.node];
    std::vector<bool> able(next.nodes.size());
    for (core::NodeIndex i = 0; i < role->able.size() && i < to.size(); ++i) {
      if (to[i] && *to[i] < able.size()) able[*to[i]] = role->able[i];
    }
    role->able = std::move(able);
  }
}

// `configured` come first; of the others, those that are at a node, or on their way, stay until they are taken away.
void RoleKeeper::Impl::take_addresses(RoleAtWork& role, std::vector<std::string> configured) {
  const auto before = std::exchange(role.addresses, std::move(configured));
  role.live = role.addresses.size();
  const auto wanted = std::exchange(role.wanted, core::Holders(role.live));
  const auto actual = std::exchange(role.actual, core::Holders(role.live));
  const auto pinned = std::exchange(role.pinned, core::Holders(role.live));
  const auto confirm = std::exchange(role.confirm, std::vector<bool>(role.live));
  const auto alarms = std::exchange(role.alarms, {});
  const auto step = role.step.address;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto end = role.addresses.begin() + static_cast<std::ptrdiff_t>(role.live);
    const auto at = std::find(role.addresses.begin(), end, before[i]);
    auto index = static_cast<std::size_t>(at - role.addresses.begin());
    const bool moves = is_at_work(role) && step == i;
    if (at == end) {
      if (!actual[i] && !moves) continue;
      index = role.addresses.size();
      role.addresses.push_back(before[i]);
      role.wanted.emplace_back();
      role.actual.emplace_back();
      role.pinned.emplace_back();
      role.confirm.push_back(false);
    } else {
      role.wanted[index] = wanted[i];
      role.pinned[index] = pinned[i];
      role.confirm[index] = confirm[i];
    }
    role.actual[index] = actual[i];
    if (moves) role.step.address = index;
    if (const auto alarm = alarms.find(i); alarm != alarms.end()) role.alarms[index] = alarm->second;
  }
}

void RoleKeeper::reconfigure(const conf::Pool& next) {
  auto& s = *impl_;
  s.take_nodes(next);
  s.pool = next;
  for (auto& role : s.roles) {
    const auto at = std::find_if(next.roles.begin(), next.roles.end(),
                                 [&](const conf::Role& r) { return r.name == role->conf.name; });
    role->gone = at == next.roles.end();
    if (!role->gone) role->conf = *at;
    s.take_addresses(*role, role->gone ? std::vector<std::string>() : addresses_of(role->conf));
    role->retry_at.reset();
    if (role->gone) role->why = "reload";
  }
  for (const auto& conf : next.roles) {
    if (std::any_of(s.roles.begin(), s.roles.end(), [&](const auto& r) { return r->conf.name == conf.name; })) continue;
    auto role = std::make_unique<RoleAtWork>();
    role->conf = conf;
    s.take_addresses(*role, addresses_of(conf));
    s.roles.push_back(std::move(role));
  }
  s.forget_what_is_gone();
  s.go_on();
}

bool RoleKeeper::idle() const {
  const auto& roles = impl_->roles;
  return std::none_of(roles.begin(), roles.end(), [](const auto& role) {
    return role->run || role->keeping ||
           std::any_of(role->actual.begin(), role->actual.end(), [](const auto& h) { return h.has_value(); });
  });
}

const std::string& RoleKeeper::pool() const { return impl_->pool.name; }

}  // namespace sitecheck
