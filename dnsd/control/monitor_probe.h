// From a monitor of the configuration to the probe that looks.
#pragma once

#include <memory>
#include <optional>

#include "base/io/http_client.h"
#include "base/uv.h"
#include "conf/monitor.h"
#include "probes/http.h"
#include "probes/probe.h"

namespace control {

// Where it looks: at its own address, else at `member`; nothing where there is neither (exec).
[[nodiscard]] std::optional<base::IpAddress> place_of(const conf::Monitor& monitor,
                                                      const std::optional<base::IpAddress>& member);

// Null for composites, and for a monitor that has no place to look at but needs one. `client` outlives the probe.
[[nodiscard]] std::unique_ptr<probes::Probe> make_probe(base::Loop& loop, io::HttpClient& client,
                                                        const conf::Monitor& monitor,
                                                        const std::optional<base::IpAddress>& place);

// The request of an http or https monitor. What the URL names is what TLS asks for and demands: server_name, else host,
// else the address.
[[nodiscard]] probes::HttpCheck http_check(const conf::Monitor& monitor, const base::IpAddress& place);

}  // namespace control
