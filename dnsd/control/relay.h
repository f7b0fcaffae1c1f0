// Relays (protocol.md rule 14): on each interval, to every other site of a pool and over every path, "site X is ACTIVE
// with this epoch, heard so long ago". They may inhibit a standby; they never count as a grant, nor as the peer
// speaking. Beside it, or alone where there is no claim to tell of, stands what the tests of the receiver's own service
// address found (section 3). What comes in is read for one thing only: the receiver's nonce, which a new process must
// echo (rule 11).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/io/udp.h"
#include "conf/dnsd.h"
#include "dnsd/control/engine.h"
#include "ecv/datagram.h"

namespace control {

// Who is told of a member's claim.
struct Listener {
  decide::MemberId id;
  std::vector<base::SocketAddress> paths;
};

// For each member, the other members of its wide-IPs, once each.
[[nodiscard]] std::map<decide::MemberId, std::vector<Listener>> listeners(const conf::Dnsd& config);

// What the tests found of a member's service address.
using ServiceOf = std::function<ecv::ServiceView(const decide::MemberId&)>;

struct RelayCounters {
  std::uint64_t sent = 0;
  std::uint64_t send_failed = 0;
  std::uint64_t received = 0;                      // verified, from a site
  std::uint64_t unverified = 0;                    // or from nobody we know
  std::map<std::string, std::uint64_t> refused{};  // those, by reason, in words
};

class Relayer {
 public:
  // `keys` of purpose dnsd, read at each use. Without a key nothing is sent.
  Relayer(std::string id, const ecv::KeyRing& keys);

  void configure(const conf::Dnsd& config) { listeners_ = listeners(config); }
  // Sends what is due now through `socket`. Of services that are not known nothing is told.
  void send(io::UdpSocket& socket, const HealthTable& health, const Ledger& ledger, const ServiceOf& service,
            base::Instant now);
  void receive(base::ByteView bytes);

  [[nodiscard]] const RelayCounters& counters() const { return counters_; }

 private:
  void refuse(std::string_view why);
  void tell(io::UdpSocket& socket, const Listener& listener, const std::optional<ecv::Relay>& relay,
            ecv::ServiceView service, const ecv::Key& key);

  std::string id_;
  const ecv::KeyRing& keys_;
  std::uint64_t boot_id_;
  std::uint64_t seq_ = 0;
  std::map<decide::MemberId, std::vector<Listener>> listeners_;
  std::map<decide::MemberId, ecv::Nonce> heard_nonces_;
  RelayCounters counters_;
};

// The claim of a member as it may be told to others: ACTIVE, lease left, and not below the highest epoch accepted.
[[nodiscard]] std::optional<ecv::Relay> to_relay(const decide::Claim& claim, ecv::Epoch highest, base::Instant now);

}  // namespace control
