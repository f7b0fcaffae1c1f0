#include "sitecheck/io/role_leftovers.h"

#include <algorithm>
#include <utility>

#include "sitecheck/io/role_hook.h"

namespace sitecheck {

std::vector<Placed> left_over(const std::vector<Placed>& kept, const std::vector<Placed>& now) {
  std::vector<Placed> out;
  std::copy_if(kept.begin(), kept.end(), std::back_inserter(out), [&](const Placed& p) {
    return !p.node.empty() && std::none_of(now.begin(), now.end(), [&](const Placed& n) {
      return n.pool == p.pool && n.role == p.role && n.address == p.address && n.node == p.node;
    });
  });
  return out;
}

namespace {

struct Owed {
  Placed what;
  base::Instant next;
  std::string why;  // the last failure
};

bool same_place(const Placed& a, const Placed& b) {
  return a.pool == b.pool && a.role == b.role && a.address == b.address && a.node == b.node;
}

std::string name_of(const Placed& p) { return p.address.empty() ? "role " + p.role : p.address + " of role " + p.role; }

}  // namespace

struct RoleLeftovers::Impl {
  Impl(base::Loop& l, RoleKeeperOptions o, std::function<void(const Placed&)> t, base::Duration r)
      : loop(l), options(std::move(o)), taken(std::move(t)), retry(r), timer(l, [this] { begin(); }) {}

  void begin();
  bool start(const Placed& p);
  void over(const Placed& p, bool ok, const std::string& text);
  void owe(Placed p, base::Duration in, std::string why);

  base::Loop& loop;
  std::vector<Placed> left;
  std::vector<Owed> owed;
  RoleKeeperOptions options;
  std::function<void(const Placed&)> taken;
  base::Duration retry;
  core::Mode mode = core::Mode::kPassive;  // until the first look
  std::unique_ptr<io::Subprocess> run;
  base::Timer timer;
};

// What is left comes first: the roles wait for it.
void RoleLeftovers::Impl::begin() {
  while (mode != core::Mode::kPassive && !run && !left.empty()) {
    const Placed p = left.front();
    if (!start(p)) over(p, true, "no on_demote");
  }
  if (mode == core::Mode::kPassive || run || owed.empty()) return;
  const auto at =
      std::min_element(owed.begin(), owed.end(), [](const Owed& a, const Owed& b) { return a.next < b.next; });
  const auto wait = at->next - base::read_boot_clock();
  if (wait > base::Duration::zero()) return timer.start(wait);
  (void)start(at->what);
}

bool RoleLeftovers::Impl::start(const Placed& p) {
  if (p.on_demote.empty()) return false;
  const RoleHook hook{p.on_demote,
                      p.hook_timeout,
                      false,
                      p.owed ? "retry" : "removed",
                      options.site,
                      p.pool,
                      p.role,
                      p.kind,
                      p.address,
                      p.node,
                      p.host,
                      p.port,
                      0};
  run = std::make_unique<io::Subprocess>(loop, hook_process(hook), [this, p](const io::SubprocessEnd& end) {
    const auto done = std::move(run);  // lives until this has returned
    over(p, end.ok(), end.ok() ? hook_text(end.output) : hook_text(end.describe()));
    begin();
  });
  return true;
}

void RoleLeftovers::Impl::over(const Placed& p, bool ok, const std::string& text) {
  std::erase_if(left, [&](const Placed& other) { return same_place(other, p); });
  std::erase_if(owed, [&](const Owed& other) { return same_place(other.what, p); });
  const std::string what = name_of(p);
  std::string message;
  if (p.owed) {
    message = what + " is no longer at " + p.node + ", after all";
  } else {
    message = what + " is no longer configured" +
              (ok ? ", and was taken from " + p.node : "; on_demote at " + p.node + " failed: " + text);
  }
  // Of a row of failures the first is told, by whoever owes it; the alarm stands all the while.
  if (options.journal && (ok || !p.owed)) {
    options.journal({ok ? base::Level::kInfo : base::Level::kWarn,
                     p.owed ? "role.hook" : "role.removed",
                     message,
                     {{"pool", p.pool}, {"role", p.role}, {"node", p.node}, {"output", text}}});
  }
  if (!ok) owe(p, retry, text);
  options.keep([] {});
  if (ok && p.owed && taken) taken(p);
}

void RoleLeftovers::Impl::owe(Placed p, base::Duration in, std::string why) {
  std::erase_if(owed, [&](const Owed& other) { return same_place(other.what, p); });
  p.owed = true;
  p.pinned.clear();
  owed.push_back({std::move(p), base::read_boot_clock() + in, std::move(why)});
}

// What an earlier process owed is tried at once, beside the roles.
RoleLeftovers::RoleLeftovers(base::Loop& loop, std::vector<Placed> left, RoleKeeperOptions options,
                             std::function<void(const Placed&)> taken, base::Duration retry)
    : impl_(std::make_unique<Impl>(loop, std::move(options), std::move(taken), retry)) {
  for (auto& p : left) {
    if (p.owed) {
      impl_->owe(std::move(p), base::Duration::zero(), "not tried again yet");
    } else {
      impl_->left.push_back(std::move(p));
    }
  }
}
RoleLeftovers::~RoleLeftovers() = default;

bool RoleLeftovers::look(core::Mode mode) {
  const bool news = mode != impl_->mode;
  impl_->mode = mode;
  if (news || !impl_->left.empty()) impl_->begin();
  return impl_->left.empty();
}

void RoleLeftovers::owe(Placed p, std::string why) {
  impl_->owe(std::move(p), impl_->retry, std::move(why));
  impl_->begin();
}

bool RoleLeftovers::owes() const { return !impl_->owed.empty(); }

void RoleLeftovers::forgive(const std::vector<Placed>& now) {
  std::erase_if(impl_->owed, [&](const Owed& o) {
    return std::any_of(now.begin(), now.end(), [&](const Placed& p) {
      return p.pool == o.what.pool && p.address == o.what.address && p.node == o.what.node &&
             (!p.address.empty() || p.role == o.what.role);
    });
  });
}

std::vector<Placed> RoleLeftovers::placed() const {
  auto out = impl_->left;
  for (const auto& o : impl_->owed) out.push_back(o.what);
  return out;
}

std::vector<std::string> RoleLeftovers::alarms(const std::string& pool) const {
  std::vector<std::string> out;
  for (const auto& o : impl_->owed) {
    if (o.what.pool != pool) continue;
    out.push_back(name_of(o.what) + ": on_demote at " + o.what.node + " failed: " + o.why +
                  "; it may have it still. Tried again every " + base::format_duration(impl_->retry));
  }
  return out;
}

}  // namespace sitecheck
