// The option tables of what sitecheck tells balancers and people of its own accord: agent and event_hook.
#pragma once

#include "conf/sitecheck.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] Row<Sitecheck> agent_row();
[[nodiscard]] Row<Sitecheck> event_hook_row();

}  // namespace conf
