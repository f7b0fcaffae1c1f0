// A wide-IP of dnsd.yaml as a value: its pools, members, and what is answered when none of them is up.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "conf/fault.h"

namespace conf {

enum class Method : std::uint8_t {
  kActiveWriter,
  kGlobalAvailability,
  kRoundRobin,
  kRatio,
  kStaticPersist,
  kAllAvailable,
  kReaders,
  kTopology
};
// As in the file: "active_writer".
[[nodiscard]] std::string_view name(Method method);

enum class OnNone : std::uint8_t { kServfail, kNodata, kRefuse, kFallback, kAll };

struct NonePolicy {
  base::Duration hold{};  // 0: no hold
  OnNone then = OnNone::kServfail;
  std::vector<base::IpAddress> fallback;
};

// Where a value stands within the file of what it belongs to.
struct Spot {
  int line = 0;
  int column = 0;
};

// What the members of most wide-IPs do without.
struct MemberOptions {
  std::string cname;  // a member without addresses: what its name is an alias of; lower case, no final dot
  Spot cname_at{};
  std::string monitor;  // of a member without a site
  std::uint32_t ratio = 1;
  std::vector<std::string> regions;
  std::vector<Spot> regions_at;
  bool disabled = false;  // never answered, whatever its monitor or its site says
};

struct Member {
  std::string site;                        // empty: addresses with a monitor
  std::string pool;                        // of the site; of addresses with a monitor: the member's name
  std::vector<base::IpAddress> addresses;  // A and AAAA; none of one with a cname
  Spot site_at{};                          // of the site, or of the monitor
  // Shared by copies of the configuration, and nothing where all is as usual: there are many members.
  std::shared_ptr<MemberOptions> options{};

  [[nodiscard]] const MemberOptions& more() const;
};

// The account of the service tests unless the configuration names another: no right, no password. It need not exist,
// but a server logs who is refused.
inline constexpr const char* kServiceUser = "wideip_probe";

// How the addresses of a wide-IP's members are tested: by a MySQL handshake, whose outcome the sites are told
// (protocol.md section 3, service address). It never decides an answer here.
struct ServiceTest {
  bool enabled = true;
  std::optional<std::uint16_t> port;  // nothing: as each site's report tells
  base::Duration interval = base::seconds(1);
  base::Duration timeout = base::seconds(1);  // of one handshake, at most the interval
  int fall = 3;                               // failures in a row that make it down
  std::string user = kServiceUser;            // need not exist: a server that refuses it answers
  std::string password;                       // read at load
};

// With static_persist: clients with so many bits of their address in common are one network, which keeps its member
// (RFC 7871 section 11.1 proposes these).
struct PersistBits {
  std::uint8_t ipv4 = 24;
  std::uint8_t ipv6 = 56;
  bool operator==(const PersistBits&) const = default;
};

// Members among which one method chooses.
struct MemberPool {
  std::string name;  // empty: the one of a wide-IP without `pools`
  Method method = Method::kRoundRobin;
  std::size_t first = 0;  // of WideIp::members
  std::size_t count = 0;
  std::uint32_t ratio = 1;
  std::optional<std::uint32_t> max_answers;  // members in one answer; nothing: all with all_available, else 1
  std::uint32_t min_members_up = 1;
  base::Duration ramp_up{};
  PersistBits persist{};
  std::vector<std::string> regions;
  std::vector<Spot> regions_at;
};

// What a wide-IP requires: a monitor with an address of its own, or another wide-IP.
struct Requirement {
  std::string name;
  Spot at;
  bool wideip = false;
};

// What an operator's order may not do without break-glass.
struct Safety {
  std::uint32_t at_least = 1;           // members that stay in service
  std::vector<std::string> never_both;  // sites or members of which somebody stays in service; none, or two and more
  bool confirm_drain = false;
  bool confirm_pin = false;
  Spot at{};  // line 0: nothing is written
};

struct WideIp {
  std::string name;  // lower case, no final dot
  Method method = Method::kActiveWriter;
  std::uint32_t ttl_s = 5;
  std::uint32_t min_ttl_s = 1;
  NonePolicy on_none{std::chrono::minutes(5), OnNone::kServfail, {}};
  base::Duration hold_down{};  // least time between two changes of the answer (anti-flap)
  ServiceTest service_test;
  std::vector<Member> members;  // of all pools, in their order
  Mark mark;
  Spot name_at{};
  std::vector<MemberPool> pools{};  // none with active_writer; else one at least
  std::vector<Requirement> required{};
  Safety safety{};

  // Some member is a CNAME.
  [[nodiscard]] bool may_be_alias() const;
};

}  // namespace conf
