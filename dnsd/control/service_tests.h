// Tests of the members' addresses (protocol.md section 3, service address): does a MySQL server answer where the
// wide-IP sends its clients? The sites are told; the answer of this server never depends on it.
//
// The port is the one that the site's report tells, unless the configuration names another; a site that tells of no
// service has none tested. A failure counts only while the site's reports come: who hears nothing of a site is cut off
// from it, or it is dead, and that says nothing of its service address.
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
  std::string note;                         // the server answers but refuses our account: what to create; else ""
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

  // Begins, and ends, what the configuration asks for: every address of every member whose site can be told of it, as
  // soon as a report tells where its service is. Tests that stay as they are go on undisturbed, with what they know.
  void configure(const conf::Dnsd& config);
  // A believed report of the member came in, which told of this service address: ADDRESS@PORT, "" for none. Text that
  // is no address is logged, and ends the member's tests.
  void hear(const decide::MemberId& member, const std::string& service_at, base::Instant heard);

  // For the site: up if any address of the member is up; down if none is and one is down. Of one that fails while its
  // site is not heard nothing is told.
  [[nodiscard]] ecv::ServiceView view(const decide::MemberId& member) const;
  // In the order of member and address.
  [[nodiscard]] std::vector<ServiceStanding> standings() const;
  [[nodiscard]] const ServiceCounters& counters() const { return counters_; }

 private:
  struct Test;
  using Key = std::pair<decide::MemberId, base::SocketAddress>;
  using Tests = std::map<Key, std::unique_ptr<Test>>;
  // What the configuration asks for: one address of a member.
  struct Wanted {
    base::IpAddress ip;
    conf::ServiceTest settings;
  };
  // What a member's reports say.
  struct Told {
    std::string text;
    std::optional<std::uint16_t> port;
    base::Instant heard;
  };
  void begin(const decide::MemberId& member, Tests& before);
  [[nodiscard]] bool heard_lately(const decide::MemberId& member) const;

  base::Loop& loop_;
  OnChange on_change_;
  ServiceCounters counters_;
  std::map<decide::MemberId, std::vector<Wanted>> wanted_;
  base::Duration lately_{};  // reports that are older than this are not fresh
  std::map<decide::MemberId, Told> told_;
  Tests tests_;
};

// "unknown", "up", "down".
[[nodiscard]] std::string_view name(ecv::ServiceView view);

}  // namespace control
