// The listen addresses over time: tells when one of them is at no interface, or back, and binds those that could not be
// bound before. On the control loop's thread.
#pragma once

#include <memory>
#include <set>

#include "base/io/address_watch.h"
#include "base/uv.h"
#include "dnsd/data/server.h"

namespace dnsd {

class Listening {
 public:
  // Looks at once, and from then on whenever this host's addresses change. Both must outlive it.
  Listening(base::Loop& loop, data::Server& server);

 private:
  void look();
  void tell();
  void bind();

  data::Server& server_;
  std::set<base::SocketAddress> absent_;         // as last told
  std::unique_ptr<io::AddressWatch> addresses_;  // nothing: not to be had; then the timer alone
  base::Timer retry_;                            // while something is missing
};

}  // namespace dnsd
