#include "sitecheck/io/role_keeper.h"

#include <algorithm>
#include <utility>

#include "sitecheck/io/role_hook.h"
#include "sitecheck/io/role_keeper_impl.h"

namespace sitecheck {

namespace {

constexpr base::Duration kRetry = base::seconds(30);  // of a hook on_promote that failed

io::SubprocessEnd nothing_run() {
  io::SubprocessEnd out;
  out.exit = 0;
  return out;
}

}  // namespace

core::Holder RoleKeeper::Impl::index_of(const std::string& node) const {
  for (core::NodeIndex i = 0; i < pool.nodes.size(); ++i) {
    if (pool.nodes[i].name == node) return i;
  }
  return std::nullopt;
}

void RoleKeeper::Impl::restore(const std::vector<Placed>& placed) {
  for (const auto& conf : pool.roles) {
    auto role = std::make_unique<RoleAtWork>();
    role->conf = conf;
    role->addresses = addresses_of(conf);
    const auto count = role->live = role->addresses.size();
    role->actual.resize(count);
    role->pinned.resize(count);
    role->confirm.assign(count, true);  // the machine may have booted meanwhile
    for (const auto& p : placed) {
      const auto at = std::find(role->addresses.begin(), role->addresses.end(), p.address);
      if (p.pool != pool.name || p.role != conf.name || at == role->addresses.end() || p.owed) continue;
      const auto index = static_cast<std::size_t>(at - role->addresses.begin());
      role->actual[index] = index_of(p.node);
      role->pinned[index] = index_of(p.pinned);
    }
    role->wanted = role->actual;
    roles.push_back(std::move(role));
  }
}

void RoleKeeper::Impl::tell(const RoleAtWork& role, base::Level level, const std::string& message,
                            std::vector<std::pair<std::string, std::string>> more) const {
  core::Journal entry{level, "role.hook", message, {{"pool", pool.name}, {"role", role.conf.name}}};
  for (auto& field : more) entry.fields.push_back(std::move(field));
  if (options.journal) options.journal(entry);
}

void RoleKeeper::Impl::want(RoleAtWork& role, core::Holders wanted, const std::string& why) {
  if (role.wanted == wanted) return;
  role.wanted = std::move(wanted);
  role.why = why;
  role.retry_at.reset();
}

void RoleKeeper::Impl::go_on() {
  for (auto& role : roles) go_on(*role);
}

std::optional<core::RoleStep> RoleKeeper::Impl::next(const RoleAtWork& role) const {
  if (const auto step = core::next_step(role.actual, role.wanted)) return step;
  if (role.retry_at && *role.retry_at > base::read_boot_clock()) return std::nullopt;
  for (std::size_t a = 0; a < role.confirm.size(); ++a) {
    if (role.confirm[a] && role.wanted[a]) return core::RoleStep{true, a, *role.wanted[a]};
  }
  return std::nullopt;
}

// A reload may give an address to another role: it is taken away from where it was for the one before.
bool RoleKeeper::Impl::is_elsewhere(const RoleAtWork& role, std::size_t address) const {
  const auto& text = role.addresses[address];
  return !text.empty() && std::any_of(roles.begin(), roles.end(), [&](const auto& other) {
    if (other.get() == &role) return false;
    for (std::size_t a = other->live; a < other->addresses.size(); ++a) {
      if (other->addresses[a] == text && other->actual[a]) return true;
    }
    return false;
  });
}

// What a node gets is written down before, so that it is taken away again whatever happens to this process.
void RoleKeeper::Impl::go_on(RoleAtWork& role) {
  if (!looked || mode == core::Mode::kPassive || role.run || role.keeping) return;
  const auto step = next(role);
  if (!step || (step->promote && is_elsewhere(role, step->address))) return;
  role.step = *step;
  role.step_why = role.why;
  role.keeping = true;
  if (step->promote) role.actual[step->address] = step->node;
  options.keep([this, &role, alive = std::weak_ptr<bool>(lives)] {
    if (alive.expired()) return;
    role.keeping = false;
    run(role);
  });
}

io::SubprocessOptions RoleKeeper::Impl::order(const RoleAtWork& role, const std::vector<std::string>& args) const {
  const auto& node = nodes[role.step.node];
  return hook_process({args, role.conf.hook_timeout, role.step.promote, role.step_why, options.site, pool.name,
                       role.conf.name, std::string(conf::name(role.conf.kind)), role.addresses[role.step.address],
                       node.name, node.host, node.port, epoch.counter()});
}

void RoleKeeper::Impl::run(RoleAtWork& role) {
  const auto& args = role.step.promote ? role.conf.on_promote : role.conf.on_demote;
  if (args.empty()) return ended(role, nothing_run());
  role.run = std::make_unique<io::Subprocess>(loop, order(role, args), [this, &role](const io::SubprocessEnd& end) {
    const auto over = std::move(role.run);  // lives until this has returned
    ended(role, end);
  });
}

void RoleKeeper::Impl::ended(RoleAtWork& role, const io::SubprocessEnd& end) {
  const auto [promote, address, node] = role.step;
  role.confirm[address] = promote && !end.ok();
  if (!promote) role.actual[address].reset();
  if (end.ok() || !promote) role.alarms.erase(address);
  if (end.ok()) {
    const std::string what = role.addresses[address].empty() ? "role " + role.conf.name : role.addresses[address];
    tell(role, base::Level::kInfo, what + (promote ? " is at " : " is no longer at ") + nodes[node].name,
         {{"node", nodes[node].name}, {"why", role.step_why}, {"output", hook_text(end.output)}});
  } else {
    failed(role, end);
  }
  if (next(role)) {
    go_on(role);
  } else {
    options.keep([] {});
  }
  for (auto& other : roles) {
    if (other.get() != &role) go_on(*other);  // it may have waited for an address
  }
}

// A promotion is tried again here. A demotion is owed: the next node gets the address meanwhile, since the host that
// failed is likely the one that cannot answer.
void RoleKeeper::Impl::failed(RoleAtWork& role, const io::SubprocessEnd& end) {
  const auto [promote, address, node] = role.step;
  const std::string hook = promote ? "on_promote" : "on_demote";
  const std::string what = role.addresses[address].empty() ? "role " + role.conf.name : role.addresses[address];
  tell(role, base::Level::kWarn, hook + " failed: " + hook_text(end.describe()),
       {{"node", nodes[node].name}, {"why", role.step_why}, {"output", hook_text(end.output)}});
  if (!promote) {
    if (options.owes) options.owes(placed(role, address, node), hook_text(end.describe()));
    return;
  }
  role.alarms[address] = "role " + role.conf.name + ": on_promote for " + what + " at " + nodes[node].name + ": " +
                         hook_text(end.describe());
  role.retry_at = base::read_boot_clock() + kRetry;
  retry.start(kRetry + base::milliseconds(1));
}

Placed RoleKeeper::Impl::placed(const RoleAtWork& role, std::size_t address, const core::Holder& node) const {
  Placed out{pool.name, role.conf.name, role.addresses[address], name_of(node), name_of(role.pinned[address])};
  out.kind = conf::name(role.conf.kind);
  out.on_demote = role.conf.on_demote;
  out.hook_timeout = role.conf.hook_timeout;
  if (node) {
    out.host = nodes[*node].host;
    out.port = nodes[*node].port;
  }
  return out;
}

base::Result<RoleAtWork*> RoleKeeper::Impl::find_role(const std::string& name) {
  RoleAtWork* found = nullptr;
  std::string known;
  for (auto& role : roles) {
    if (role->gone) continue;
    known += (known.empty() ? "" : ", ") + role->conf.name;
    if (!name.empty() ? role->conf.name != name : role->conf.kind != conf::RoleKind::kBalanced) continue;
    if (found != nullptr) return base::fail("there are several balanced roles; name one with --role: " + known);
    found = role.get();
  }
  if (found == nullptr) {
    return base::fail(
        (name.empty() ? std::string("the pool has no balanced role") : "the pool has no role \"" + name + "\"") +
        "; there are: " + (known.empty() ? "none" : known));
  }
  if (found->conf.kind != conf::RoleKind::kBalanced) {
    return base::fail("role " + found->conf.name +
                      " is exclusive: it goes with the writer; see switchover, and move-role --role " +
                      found->conf.name);
  }
  return found;
}

RoleKeeper::RoleKeeper(base::Loop& loop, const conf::Pool& pool, const std::vector<Placed>& placed,
                       RoleKeeperOptions options)
    : impl_(std::make_unique<Impl>(loop, pool, std::move(options))) {
  impl_->restore(placed);
}
RoleKeeper::~RoleKeeper() = default;

void RoleKeeper::look(const core::PoolConfig& config, const core::PoolView& view, core::Mode mode,
                      const std::set<std::string>& in_downtime) {
  auto& s = *impl_;
  if (s.roles.empty()) return;
  const bool polled = std::all_of(view.nodes.begin(), view.nodes.end(),
                                  [](const core::NodeView& n) { return !n.local || n.polled_at.has_value(); });
  if (!polled || view.state == core::State::kInit) return;
  s.mode = mode;
  s.epoch = view.max_epoch_seen;
  if (mode == core::Mode::kPassive) return;
  s.forget_what_is_gone();
  const auto writer = s.index_of(view.writer);
  for (auto& role : s.roles) {
    if (role->conf.kind == conf::RoleKind::kBalanced) {
      role->able = core::readers(config, view, in_downtime, role->able);
    }
    const std::string why = role->gone                                     ? "reload"
                            : role->conf.kind == conf::RoleKind::kBalanced ? "balance"
                            : writer                                       ? "writer"
                                                                           : "no-writer";
    s.want(*role, s.wanted_of(*role, writer), why);
  }
  s.looked = true;
  s.go_on();
}

base::Result<std::string> RoleKeeper::move(const std::string& node, const std::string& name,
                                           const std::string& address) {
  auto& s = *impl_;
  if (!s.looked) return base::fail("the pool's nodes are not known yet");
  if (s.mode == core::Mode::kPassive) return base::fail("mode passive: nothing is touched");
  const auto found = s.find_role(name);
  if (!found) return base::fail(found.error().message);
  RoleAtWork& role = **found;
  if (address.empty() && role.live > 1) {
    return base::fail("role " + role.conf.name + " has several addresses; name one with --address");
  }
  const auto end = role.addresses.begin() + static_cast<std::ptrdiff_t>(role.live);
  const auto at = address.empty() ? role.addresses.begin() : std::find(role.addresses.begin(), end, address);
  if (at == end) return base::fail("role " + role.conf.name + " has no address " + address);
  const auto index = static_cast<std::size_t>(at - role.addresses.begin());
  const auto to = node == "auto" ? std::nullopt : s.index_of(node);
  if (node != "auto") {
    if (!to) return base::fail("the pool has no node \"" + node + "\"");
    if (*to >= role.able.size() || !role.able[*to]) return base::fail(node + " may not be read now; see status");
  }
  role.pinned[index] = to;
  auto wanted = role.wanted;
  if (s.mode == core::Mode::kActive) {
    wanted = s.balanced(role, role.pinned);
  } else if (to) {
    wanted[index] = to;
  }
  s.want(role, std::move(wanted), "move");
  s.options.keep([] {});
  s.go_on(role);
  return *at + (to ? " goes to " + node + " and stays there while it may be read"
                   : " goes where the balance puts it: " + s.name_of(role.wanted[index]));
}

void RoleKeeper::confirm(const std::string& address) {
  for (auto& role : impl_->roles) {
    for (std::size_t a = 0; a < role->live; ++a) {
      if (role->addresses[a] == address && role->actual[a]) role->confirm[a] = true;
    }
  }
  impl_->go_on();
}

std::vector<RoleView> RoleKeeper::view() const {
  std::vector<RoleView> out;
  for (const auto& role : impl_->roles) {
    RoleView v{role->conf.name, role->conf.kind, {}, "", role->alarms.empty() ? "" : role->alarms.begin()->second};
    for (std::size_t a = 0; a < role->addresses.size(); ++a) {
      if (a >= role->live && !role->actual[a]) continue;  // taken away
      v.addresses.push_back({role->addresses[a], impl_->name_of(role->wanted[a]), impl_->name_of(role->actual[a]),
                             impl_->name_of(role->pinned[a])});
    }
    if (role->gone && v.addresses.empty()) continue;
    if (role->run) {
      v.running = (role->step.promote ? "on_promote " : "on_demote ") + impl_->name_of(role->step.node);
    }
    out.push_back(std::move(v));
  }
  return out;
}

std::vector<Placed> RoleKeeper::placed() const {
  std::vector<Placed> out;
  for (const auto& role : impl_->roles) {
    for (std::size_t a = 0; a < role->addresses.size(); ++a) {
      if (a >= role->live && !role->actual[a]) continue;
      out.push_back(impl_->placed(*role, a, role->actual[a]));
    }
  }
  return out;
}

std::vector<std::string> RoleKeeper::alarms() const {
  std::vector<std::string> out;
  for (const auto& role : impl_->roles) {
    for (const auto& [hook, text] : role->alarms) out.push_back(text);
  }
  return out;
}

}  // namespace sitecheck
