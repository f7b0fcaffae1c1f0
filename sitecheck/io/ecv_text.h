// The plain-text and classic forms of the ECV report (spec: UP/DOWN for balancers, OK/NO as MPP gave them). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/io/http_server.h"
#include "sitecheck/io/ecv_server.h"

namespace sitecheck {

enum class View : std::uint8_t { kActive, kWritable, kReadable };
// "active", "writable", "readable"; nothing for others.
[[nodiscard]] std::optional<View> parse_view(std::string_view word);

// Whether a pool shows UP. `claims` is that its site is ACTIVE with lease left.
// active: it claims. writable: it claims, and a local ACTIVE node is not read-only. readable: a local node is STANDBY,
// or there is none and it is active; a shared node while it is active.
[[nodiscard]] bool pool_shows(View view, bool claims, const std::vector<EcvNode>& nodes);

// The same of one node. Another site's node never shows active or writable here: this site cannot vouch for it.
[[nodiscard]] bool node_shows(View view, bool claims, const std::vector<EcvNode>& nodes, const EcvNode& node);

// By name, or by host:port; null if there is none.
[[nodiscard]] const EcvNode* find_node(const std::vector<EcvNode>& nodes, std::string_view name_or_host_port);

// "OK/ACTIVE (PRIMARY)", or with a last message "OK_WARN/ACTIVE (PRIMARY) : (OK_WARN/1) message".
[[nodiscard]] std::string format_report(const EcvNode& node);

// The body for ?is-active=, ?report= or ?list; nothing if none of them is asked. A node is active as node_shows() says;
// an unknown one is not.
[[nodiscard]] std::optional<std::string> answer_classic(bool claims, const std::vector<EcvNode>& nodes,
                                                        const io::ServerRequest& request);

}  // namespace sitecheck
