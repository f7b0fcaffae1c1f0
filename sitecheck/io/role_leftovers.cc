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

struct RoleLeftovers::Impl {
  Impl(base::Loop& l, std::vector<Placed> p, RoleKeeperOptions o)
      : loop(l), left(std::move(p)), options(std::move(o)) {}

  void begin();
  void over(bool ok, const std::string& text);

  base::Loop& loop;
  std::vector<Placed> left;  // the first is under way
  RoleKeeperOptions options;
  std::unique_ptr<io::Subprocess> run;
  std::vector<std::pair<std::string, std::string>> alarms;  // pool, text
};

void RoleLeftovers::Impl::begin() {
  while (!run && !left.empty()) {
    const Placed& p = left.front();
    if (p.on_demote.empty()) {
      over(true, "no on_demote");
      continue;
    }
    const RoleHook hook{p.on_demote, p.hook_timeout, false,  "removed", options.site, p.pool, p.role,
                        p.kind,      p.address,      p.node, p.host,    p.port,       0};
    run = std::make_unique<io::Subprocess>(loop, hook_process(hook), [this](const io::SubprocessEnd& end) {
      const auto done = std::move(run);  // lives until this has returned
      over(end.ok(), end.ok() ? hook_text(end.output) : hook_text(end.describe()));
      begin();
    });
  }
}

void RoleLeftovers::Impl::over(bool ok, const std::string& text) {
  const Placed p = left.front();
  left.erase(left.begin());
  const std::string what = p.address.empty() ? "role " + p.role : p.address + " of role " + p.role;
  core::Journal line{ok ? base::Level::kInfo : base::Level::kWarn,
                     "role.removed",
                     what + " is no longer configured" +
                         (ok ? ", and was taken from " + p.node : "; on_demote at " + p.node + " failed: " + text),
                     {{"pool", p.pool}, {"role", p.role}, {"node", p.node}, {"output", text}}};
  if (!ok) alarms.emplace_back(p.pool, line.message + "; see to it that the address is gone there");
  if (options.journal) options.journal(line);
  options.keep([] {});
}

RoleLeftovers::RoleLeftovers(base::Loop& loop, std::vector<Placed> left, RoleKeeperOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(left), std::move(options))) {}
RoleLeftovers::~RoleLeftovers() = default;

bool RoleLeftovers::look(core::Mode mode) {
  if (mode != core::Mode::kPassive) impl_->begin();
  return impl_->left.empty();
}

const std::vector<Placed>& RoleLeftovers::placed() const { return impl_->left; }

std::vector<std::string> RoleLeftovers::alarms(const std::string& pool) const {
  std::vector<std::string> out;
  for (const auto& [of, text] : impl_->alarms) {
    if (of == pool) out.push_back(text);
  }
  return out;
}

}  // namespace sitecheck
