#include "sitecheck/io/outlets.h"

#include "base/io/metrics_text.h"
#include "sitecheck/io/same.h"
#include "sitecheck/io/status_json.h"

namespace sitecheck {

namespace {

std::optional<AgentPool> agent_pool(const Runner& runner, std::string_view name) {
  const auto& pools = runner.conf().pools;
  const auto now = base::read_boot_clock();
  for (std::size_t i = 0; i < pools.size(); ++i) {
    if (pools[i].name != name) continue;
    const auto report = runner.site().report(i, now);
    return AgentPool{is_active(report), report.state == ecv::PoolState::kDraining, ecv_nodes(runner, name, now)};
  }
  return std::nullopt;
}

}  // namespace

base::Result<std::unique_ptr<Outlets>> Outlets::open(base::Loop& loop, const conf::Sitecheck& conf,
                                                     const Runner& runner) {
  std::unique_ptr<Outlets> out(new Outlets());
  out->loop_ = &loop;
  out->runner_ = &runner;
  if (const auto opened = out->take_agent(conf); !opened) return base::fail(opened.error().message);
  if (conf.event_hook) out->hook_ = std::make_unique<EventHook>(loop, *conf.event_hook, conf.site.name);
  return out;
}

base::Result<void> Outlets::take_agent(const conf::Sitecheck& next) {
  if (next.agent && agent_) return agent_->reconfigure(*next.agent);
  if (!next.agent) {
    agent_.reset();
    return {};
  }
  auto agent = AgentServer::listen(*loop_, *next.agent,
                                   [runner = runner_](std::string_view pool) { return agent_pool(*runner, pool); });
  if (!agent) return base::fail(agent.error().message);
  agent_ = std::move(*agent);
  return {};
}

// A hook that stays the same keeps its queue and its rate.
void Outlets::take_hook(const conf::Sitecheck& before, const conf::Sitecheck& now) {
  if (same(before.event_hook, now.event_hook)) return;
  hook_ = now.event_hook ? std::make_unique<EventHook>(*loop_, *now.event_hook, now.site.name) : nullptr;
}

void Outlets::tell(const core::Journal& entry) {
  if (hook_) hook_->tell(entry);
}

std::string Outlets::ready() const {
  std::string out;
  if (!agent_) return out;
  for (const auto& address : agent_->addresses()) out += (out.empty() ? " agent=" : ",") + address.to_string();
  return out;
}

std::string Outlets::metrics() const {
  io::MetricsText out;
  const auto count = [&out](const char* name, const char* help, std::uint64_t value) {
    out.counter(name, help, {}, static_cast<double>(value));
  };
  if (agent_) {
    const auto& c = agent_->counters();
    count("wideip_sitecheck_agent_answers_total", "Agent checks of balancers answered.", c.answers);
    count("wideip_sitecheck_agent_refused_total", "Agent checks that asked for nothing known, or were too many.",
          c.refused);
  }
  if (hook_) {
    const auto& c = hook_->counters();
    count("wideip_sitecheck_hook_runs_total", "Runs of the event hook.", c.runs);
    count("wideip_sitecheck_hook_failures_total", "Of them, failed: the event stands in the log.", c.failed);
    count("wideip_sitecheck_hook_held_back_total", "Events held back by the rate of the event hook.", c.held_back);
    count("wideip_sitecheck_hook_dropped_total", "Events not told as the event hook is too slow.", c.dropped);
  }
  return out.text();
}

}  // namespace sitecheck
