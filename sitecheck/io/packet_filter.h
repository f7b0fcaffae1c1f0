// The kernel's part of a guard of kind nft (protocol.md section 5): a table of nftables in which TCP to and from the
// writer service passes only while one set element lives, whose timeout is what is left of the permit. So the kernel
// closes on time even if no process runs any more. Who may pass all the same: prefixes that are configured, and the
// sockets of `own` users on this host. Everybody else gets a TCP reset.
//
// The table is made by the program nft, at start or when somebody removed it; the element is renewed by netlink
// messages of this file's own. libnftables (GPL-2.0) and libnftnl (GPL-2.0-or-later) are not linked: this project's
// licence is BSD-2-Clause. A program that is run, and the kernel's interface, bind nobody.
// Owned by one thread. Calls take microseconds, load() some milliseconds.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/time.h"

namespace sitecheck {

struct FilterOptions {
  std::string pool;
  std::vector<base::SocketAddress> service;  // addresses of the local nodes, and the pool's service address
  std::vector<base::Prefix> allow;
  std::vector<uid_t> own;
};

[[nodiscard]] std::string filter_table(const std::string& pool);
// What nft(8) reads: the whole table, made anew in one transaction, the permit open for `left` if that is above zero.
[[nodiscard]] std::string filter_ruleset(const FilterOptions& options, base::Duration left);

class PacketFilter {
 public:
  // Replaces the table in one transaction: a permit that runs is never interrupted. Error: nft is missing or refused
  // it (no CAP_NET_ADMIN), with its words.
  [[nodiscard]] static base::Result<PacketFilter> load(FilterOptions options, base::Instant deadline);
  // Deletes the table of `pool`: nothing is filtered any more.
  [[nodiscard]] static base::Result<void> remove(const std::string& pool);

  // Open until `deadline` and no moment longer, whatever becomes of this process: the element is deleted and added in
  // one transaction, and again if the clock shows that this came too late to be true. A deadline that has passed
  // closes. Error: the kernel's; the element that was there still ends in time.
  [[nodiscard]] base::Result<void> open_until(base::Instant deadline);
  [[nodiscard]] base::Result<void> close();
  // Error: the table is gone, or another one stands in its place (a firewall that was loaded anew flushes all).
  [[nodiscard]] base::Result<void> look();
  [[nodiscard]] bool allows(const base::IpAddress& address) const;
  [[nodiscard]] const FilterOptions& options() const { return options_; }

 private:
  PacketFilter(FilterOptions options, base::Fd netlink);
  base::Result<void> renew(std::int64_t timeout_ms);

  FilterOptions options_;
  base::Fd netlink_;
  std::uint64_t handle_ = 0;  // of the table: another table of the same name has another
  std::uint32_t seq_ = 0;
};

}  // namespace sitecheck
