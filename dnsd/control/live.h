// What the status page shows as it happens: GET /api/v1/stream, a stream of server-sent events (shapes in
// conf/schema/dnsd.openapi.json).
//
//   snapshot  once, first: everything, with the wide-IPs of the page that was asked for
//   wideips   those of them that changed, at once; after a burst at a pace that leaves the loop its time
//   listing   the page itself changed: other wide-IPs, or another order
//   event     a line of the journal, at once
//   second    each second: the server, claims with their leases, queries, clients. It is the heartbeat too.
//
// On the control loop's thread. Each stream is bounded (io::ResponseStream): who is slow is cut off, and asks anew.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/io/http_server.h"
#include "base/uv.h"
#include "dnsd/control/askers.h"
#include "dnsd/control/listing.h"
#include "dnsd/control/query_load.h"
#include "dnsd/control/timeline.h"
#include "dnsd/control/told.h"
#include "dnsd/control/view.h"

namespace control {

class Live {
 public:
  // `view` is asked whenever something is to be told; `seen` each second, for the queries for dynamic names since then.
  Live(base::Loop& loop, std::function<View()> view, std::function<std::vector<snapshot::SeenQuery>()> seen);
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  // Begins to sample. `before`: lines of the journal from before this process began.
  void start(const std::vector<std::string>& before);
  // Answers a GET of the stream; 400 if its arguments are none.
  void open(const io::ServerRequest& request, io::Responder responder);

  // A member has reported.
  void reported(const decide::MemberId& member, const ecv::Report& report);
  // Something of a wide-IP or a member is otherwise than before.
  void changed();
  // The wide-IPs are other ones.
  void reloaded();
  // A line of the journal.
  void event(const std::string& line);

 private:
  struct Client;
  struct Row;
  using Rows = std::unordered_map<std::size_t, Row>;

  void second();
  void flush();
  void tell(const View& view, Client& client, Rows& rows) const;
  void send_all(const std::string& text);
  void forget_closed();
  [[nodiscard]] std::string snapshot(const View& view, Client& client, Rows& rows) const;
  [[nodiscard]] std::string second_text(const View& view, const std::vector<std::string>& news) const;

  std::function<View()> view_;
  std::function<std::vector<snapshot::SeenQuery>()> seen_;
  Askers askers_;
  Timeline timeline_;
  QueryLoad load_;
  Told told_;
  std::list<Client> clients_;
  bool relist_ = false;         // which wide-IPs a page shows may be otherwise
  base::Instant not_before_{};  // the next flush
  base::Timer flush_;
  base::Timer second_;
};

}  // namespace control
