// A wide-IP as the decision wants it: its pools, members and settings. Values only.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/time.h"

namespace decide {

// A pool of a site; or an address with a monitor, which has no site and whose `pool` is its name in the wide-IP.
struct MemberId {
  std::string site;
  std::string pool;
  auto operator<=>(const MemberId&) const = default;
};

struct Member {
  MemberId id;
  std::vector<base::IpAddress> addresses;  // A and AAAA; a family without one is answered with NODATA
  std::string monitor{};                   // tells of each address by itself whether it is up; empty: a site's claim
  std::uint32_t ratio = 1;                 // weight with ratio
  std::vector<std::string> regions{};      // where it stands: for topology and readers
  bool disabled = false;                   // never answered, whatever is found; not with active_writer
  // In place of addresses: the name is an alias of this one. Its monitor looks at a place of its own; without a monitor
  // it is always up. Lower case, no final dot. All members of a pool are so, or none.
  std::string cname{};
  [[nodiscard]] bool of_site() const { return !id.site.empty(); }
  bool operator==(const Member&) const = default;
};

enum class MethodKind : std::uint8_t {
  kActiveWriter,
  kGlobalAvailability,
  kRoundRobin,
  kRatio,
  kStaticPersist,
  kAllAvailable,
  kReaders,
  kTopology,
};

enum class Then : std::uint8_t { kServfail, kNodata, kRefuse, kFallback, kAll };

// What is answered while no member is up (spec.md section 5).
struct NonePolicy {
  base::Duration hold{};  // how long the last accepted answer is kept; zero: not at all
  Then then = Then::kServfail;
  std::vector<base::IpAddress> fallback;  // for kFallback
};

// How long is long, derived from the poll interval.
struct Pace {
  base::Duration late_after{};    // a claim not renewed for this long is answered with min_ttl
  base::Duration silent_after{};  // a member not heard for this long counts as SILENT
  base::Duration calm_after{};    // the time without trouble after which the full TTL returns
  // late: two polls and half a one for the way; silent: four polls, at least 1 s; calm: eight polls, at least 2 s.
  [[nodiscard]] static Pace of(base::Duration poll);
};

// Clients with so many bits of their address in common keep one member (static_persist).
struct PersistBits {
  std::uint8_t ipv4 = 24;
  std::uint8_t ipv6 = 56;
  bool operator==(const PersistBits&) const = default;
};

// Members among which one method chooses.
struct Pool {
  std::string name;
  MethodKind method = MethodKind::kRoundRobin;
  std::vector<std::size_t> members{};  // of WideIp::members
  std::uint32_t ratio = 1;             // weight among the pools
  std::vector<std::string> regions{};  // for topology over the pools
  std::uint32_t max_answers = 1;       // members in one answer; 0: all
  std::uint32_t min_members_up = 1;    // with fewer the pool is not used
  base::Duration ramp_up{};            // a member that came back has its full weight after this long
  PersistBits persist{};               // for static_persist
};

// What must be up as well, or no member counts.
struct Requirement {
  std::string name;
  bool wideip = false;  // a wide-IP that answers with members that are up; else a monitor with an address of its own
  bool operator==(const Requirement&) const = default;
};

// What an operator's order may not do without break-glass (safety.h).
struct Safety {
  std::uint32_t at_least = 1;             // members that stay in service
  std::vector<std::string> never_both{};  // of these somebody stays in service; each as the `what` of an Override
  bool confirm_drain = false;             // the order is to be confirmed
  bool confirm_pin = false;
  bool operator==(const Safety&) const = default;
};

struct WideIp {
  std::string name;                               // for texts
  MethodKind method = MethodKind::kActiveWriter;  // over the pools; over the members where there are none
  std::uint32_t ttl_s = 5;
  std::uint32_t min_ttl_s = 1;
  NonePolicy on_none;
  base::Duration hold_down{};   // least time between two changes of the answer; zero: none
  std::vector<Member> members;  // of all pools
  Pace pace = Pace::of(base::milliseconds(250));
  std::vector<Pool> pools{};            // in order of preference; none with active_writer
  std::vector<Requirement> required{};  // their observations follow those of the members
  Safety safety{};
};

}  // namespace decide
