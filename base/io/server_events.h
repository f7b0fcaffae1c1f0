// Server-sent events (WHATWG HTML standard, section "Server-sent events"): the text of an event, and a stream of them.
//
// A stream that has nothing to tell sends a heartbeat now and then, so that each side learns when the other is gone.
#pragma once

#include <string>
#include <string_view>

#include "base/io/http_server.h"

namespace io {

// One event. `name`: letters. Each line of `data` becomes a line of its own, which the reader joins again.
[[nodiscard]] std::string event_text(std::string_view name, std::string_view data);

// A comment, which readers skip.
inline constexpr std::string_view kHeartbeat = ":\n\n";

// Answers with a stream of events, of which `first` (texts of events) are there at once.
[[nodiscard]] ResponseStream open_events(Responder responder, std::string first);

}  // namespace io
