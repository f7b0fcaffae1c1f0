// What sitecheck's page shows as it happens: GET /api/v1/stream, a stream of server-sent events (shapes in
// conf/schema/sitecheck.openapi.json).
//
//   status  the whole status: first, at once when something happened, and each second; less often of a site with so
//           many nodes that it is long
//   event   a line of the journal, at once
//
// Each stream is bounded (io::ResponseStream). Owned by the loop's thread.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "base/io/http_server.h"
#include "base/time.h"
#include "base/uv.h"

namespace sitecheck {

class LiveStatus {
 public:
  static constexpr std::size_t kMostEvents = 100;

  // `status` gives the JSON text of the status.
  LiveStatus(base::Loop& loop, std::function<std::string()> status);
  // Lines of the journal from before the start, oldest first.
  void recall(const std::vector<std::string>& lines);
  void open(io::Responder responder);
  // Something happened that the status tells.
  void changed();
  // A line of the journal.
  void event(const std::string& line);

 private:
  void tell();
  void send(const std::string& text);

  std::function<std::string()> status_;
  std::deque<std::string> events_;
  std::list<io::ResponseStream> streams_;
  base::Instant not_before_{};  // the next status
  base::Timer soon_;
  base::Timer second_;
};

}  // namespace sitecheck
