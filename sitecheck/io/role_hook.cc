#include "sitecheck/io/role_hook.h"

namespace sitecheck {

io::SubprocessOptions hook_process(const RoleHook& hook) {
  io::SubprocessOptions out;
  out.argv = hook.args;
  out.timeout = hook.timeout;
  out.environment = {{"WIDEIP_EVENT", hook.promote ? "promote" : "demote"},
                     {"WIDEIP_WHY", hook.why},
                     {"WIDEIP_SITE", hook.site},
                     {"WIDEIP_POOL", hook.pool},
                     {"WIDEIP_ROLE", hook.role},
                     {"WIDEIP_KIND", hook.kind},
                     {"WIDEIP_ADDRESS", hook.address},
                     {"WIDEIP_NODE", hook.node},
                     {"WIDEIP_NODE_ADDRESS", hook.host},
                     {"WIDEIP_NODE_PORT", std::to_string(hook.port)},
                     {"WIDEIP_EPOCH", std::to_string(hook.counter)}};
  return out;
}

std::string hook_text(std::string text) {
  constexpr std::size_t kTold = 500;  // bytes
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.size() > kTold) text = text.substr(0, kTold) + "...";
  return text;
}

}  // namespace sitecheck
