// Tests of the members' addresses (protocol.md section 3, service address): does a MySQL server answer where the
// wide-IP sends its clients? The sites are told; the answer of this server never depends on it.
//
// An address that never answered here since the start is not judged: a name server that no firewall lets through must
// not take part in a writer's handover.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/uv.h"
#include "conf/dnsd.h"
#include "dnsd/decide/types.h"
#include "ecv/datagram.h"

namespace control {

struct ServiceStanding {
  decide::MemberId member;
  base::SocketAddress address;
  ecv::ServiceView view = ecv::ServiceView::kUnknown;
  int failures = 0;                         // in a row
  std::optional<base::Instant> last_tried;  // when the latest test that is over began
  std::string error;                        // of the latest test; empty if it got through
};

struct ServiceCounters {
  std::uint64_t good = 0;
  std::uint64_t failed = 0;
};

class ServiceTests {
 public:
  using OnChange = std::function<void(const ServiceStanding&)>;

  // `on_change`, from the loop: an address is up or down, and was not before.
  ServiceTests(base::Loop& loop, OnChange on_change);
  ~ServiceTests();
  ServiceTests(const ServiceTests&) = delete;
  ServiceTests& operator=(const ServiceTests&) = delete;

  // Begins, and ends, what the configuration asks for: every address of every member whose site can be told of it.
  // Tests that stay as they are go on undisturbed, with what they know.
  void configure(const conf::Dnsd& config);

  // Up if any address of the member is up; down if none is and one is down.
  [[nodiscard]] ecv::ServiceView view(const decide::MemberId& member) const;
  // In the order of member and address.
  [[nodiscard]] std::vector<ServiceStanding> standings() const;
  [[nodiscard]] const ServiceCounters& counters() const { return counters_; }

 private:
  struct Test;
  base::Loop& loop_;
  OnChange on_change_;
  ServiceCounters counters_;
  std::map<std::pair<decide::MemberId, base::SocketAddress>, std::unique_ptr<Test>> tests_;
};

// "unknown", "up", "down".
[[nodiscard]] std::string_view name(ecv::ServiceView view);

}  // namespace control
