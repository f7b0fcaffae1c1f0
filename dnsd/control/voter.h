// This server as a witness (protocol.md section 1, mode B): with a relay port and a key of purpose peers it votes in
// the pools of its wide-IPs, asked by their sites over signed datagrams. What is promised is kept by ecv::Witness, the
// code that sitecheck votes by too; this verifies, hands over, signs and sends.
//
// A new voter, at a start or because a reload changed the sites of a pool, grants nobody for T_grant (rule 5): so a
// restart and such a reload are safe, and never hand out a second vote. A reload that leaves a pool's sites as they are
// keeps its promise.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/io/udp.h"
#include "conf/dnsd.h"
#include "ecv/witness.h"

namespace control {

struct VoteStanding {
  std::string pool;
  ecv::Witness::View view;
  std::map<std::string, std::uint64_t> refusals;  // by the reason given
};

struct VoteCounters {
  std::uint64_t received = 0;  // verified
  std::uint64_t foreign = 0;   // verified, but for another receiver or of a pool in which this server has no vote
  std::uint64_t sent = 0;
  std::uint64_t send_failed = 0;
};

class Voter {
 public:
  // `on_holder(pool, before, now)`: another site has the vote, or nobody ("") has it any more.
  using OnHolder = std::function<void(const std::string&, const std::string&, const std::string&)>;
  Voter(std::string id, OnHolder on_holder);

  void configure(const conf::Dnsd& config, base::Instant now);
  // True if a key of purpose peers verifies the datagram: it is dealt with, and its answer, if any, is sent through
  // `socket` on every path of the site. Else it is somebody else's.
  [[nodiscard]] bool take(base::ByteView bytes, const base::SocketAddress& from, io::UdpSocket& socket,
                          base::Instant now);
  // Notices promises that have run out.
  void look(base::Instant now);

  [[nodiscard]] std::vector<VoteStanding> standings(base::Instant now) const;
  [[nodiscard]] const VoteCounters& counters() const { return counters_; }

 private:
  struct Pool {
    std::vector<ecv::WitnessSettings::Site> sites;
    std::map<std::string, std::vector<base::SocketAddress>> paths;  // by site
    ecv::Witness witness;
    std::string holder;  // as last told
    std::map<std::string, std::uint64_t> refusals;
  };
  void answer(Pool& pool, const ecv::Datagram& reply, io::UdpSocket& socket);
  void tell(const std::string& name, Pool& pool, base::Instant now);

  std::string id_;
  OnHolder on_holder_;
  ecv::KeyRing keys_;
  std::map<std::string, Pool> pools_;
  VoteCounters counters_;
};

}  // namespace control
