#include "base/io/server_events.h"

#include <utility>

namespace io {

std::string event_text(std::string_view name, std::string_view data) {
  std::string out = "event: ";
  out += name;
  while (true) {
    const auto end = data.find_first_of("\r\n");  // either ends a line of a stream of events
    out += "\ndata: ";
    out += data.substr(0, end);
    if (end == std::string_view::npos) break;
    const bool pair = data.substr(end, 2) == "\r\n";
    data.remove_prefix(end + (pair ? 2 : 1));
  }
  return out + "\n\n";
}

ResponseStream open_events(Responder responder, std::string first) {
  ServerResponse head;
  head.content_type = "text/event-stream";
  head.body = std::move(first);
  // The last is for proxies that would collect what they are to pass on.
  head.headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}, {"X-Accel-Buffering", "no"}};
  return responder.stream(std::move(head));
}

}  // namespace io
