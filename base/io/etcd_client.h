// The client of etcd as an arbiter (protocol.md section 1, mode C): leases, one key won by one transaction, and a
// watch.
//
// etcd v3's JSON gateway over HTTP (etcd 3.4 and later), on the event loop. One thread, the loop's, owns the client.
// Every call has one time limit and exactly one outcome, told from the loop and never from within the call; a callback
// may start other calls and may destroy the client, whose calls under way then stay silent. Whatever an endpoint says
// that is not a proper answer (nonsense, a body too large or cut short, a status, nothing) is `kUnavailable`: an etcd
// that cannot be understood is an etcd that is down, and nothing is ever taken for granted from it.
//
// Several endpoints: the one that answered last is asked first. An endpoint that refuses, or has not answered within
// its share of the limit, passes the call to the next within the same limit. A campaign repeated that way cannot lose
// to itself: it names its lease, and a key that carries that lease is won.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/io/http_client.h"
#include "base/time.h"
#include "base/uv.h"

namespace io {

struct EtcdOptions {
  std::vector<std::string> endpoints;  // "https://10.0.9.1:2379"; the host is an IP address
  std::string prefix;                  // before every key: "/wideip/"
  HttpTls tls;                         // of https endpoints
  std::string user;                    // empty: no authentication
  std::string password;
  base::Duration limit = base::seconds(1);  // of a call that names none: all endpoints together
  base::Duration confirm_every =
      base::seconds(1);  // a watch also reads so often (100 ms or more): a silent stream is no evidence
};

// Who holds a key.
struct EtcdOwner {
  std::string value;
  std::int64_t create_revision = 0;
  std::int64_t lease_id = 0;  // 0: none, so it never goes away by itself
  bool operator==(const EtcdOwner&) const = default;
};

enum class EtcdOutcome : std::uint8_t {
  kDone,         // as asked: won, kept, released, read
  kLost,         // campaign: another holds the key; keep_alive: the lease is no more
  kUnavailable,  // not known; `message` says why
};

// What every outcome carries.
struct EtcdReply {
  EtcdOutcome outcome = EtcdOutcome::kUnavailable;
  // No request that this outcome rests on was sent before it: leases count from here (protocol.md rule 1).
  base::Instant sent_at;
  std::string message;   // of kUnavailable, for people: endpoint and reason
  bool garbage = false;  // of kUnavailable: an endpoint answered what cannot be understood
};

struct EtcdCampaign : EtcdReply {
  std::int64_t lease_id = 0;         // kDone: the lease that holds the key; else the one that was tried
  std::int64_t create_revision = 0;  // kDone: of the key; grows with every owner of this etcd
  std::int64_t ttl_s = 0;            // kDone: as etcd granted it (etcd 3.4 makes 2 of 1)
  EtcdOwner owner;                   // kLost
};

struct EtcdKeepAlive : EtcdReply {
  std::int64_t ttl_s = 0;  // kDone: from sent_at, at least so long
};

struct EtcdRead : EtcdReply {
  std::optional<EtcdOwner> owner;  // kDone: none if nobody holds the key
  std::int64_t revision = 0;       // kDone: of the whole store; lower than one seen before: etcd was rebuilt
};

// What a watch knows.
struct EtcdView {
  bool blind = true;               // etcd cannot be asked now; the rest is of the last time that it could
  std::optional<EtcdOwner> owner;  // none: nobody holds the key
  std::string message;             // while blind: why
};

struct EtcdCounters {
  std::uint64_t calls = 0;            // requests sent
  std::uint64_t failed = 0;           // of them: without a proper answer
  std::uint64_t garbage = 0;          // of these: answered, but not understood
  std::uint64_t failovers = 0;        // times that another endpoint became the one asked first
  std::uint64_t authentications = 0;  // tokens fetched
};

// A watch; destroying it ends it. It may outlive its client, and is silent then.
class EtcdWatch {
 public:
  struct Impl;
  explicit EtcdWatch(std::shared_ptr<Impl> impl);
  ~EtcdWatch();
  EtcdWatch(const EtcdWatch&) = delete;
  EtcdWatch& operator=(const EtcdWatch&) = delete;

 private:
  std::shared_ptr<Impl> impl_;  // shared with its own callback while that runs: it may destroy the watch
};

class EtcdClient {
 public:
  EtcdClient(base::Loop& loop, EtcdOptions options);
  ~EtcdClient();
  EtcdClient(const EtcdClient&) = delete;
  EtcdClient& operator=(const EtcdClient&) = delete;

  using Limit = std::optional<base::Duration>;  // nothing: EtcdOptions::limit

  // Takes `key` with a new lease of `ttl_s` seconds if nobody holds it (create_revision == 0). After kLost and
  // kUnavailable the lease is revoked where etcd can be reached, so that a key put by a request whose answer was lost
  // does not stand for a whole TTL.
  void campaign(std::string_view key, std::string_view value, std::int64_t ttl_s,
                std::function<void(const EtcdCampaign&)> on_outcome, Limit limit = {});
  // Renews a lease. kLost only if etcd says of this very lease that it has no time left.
  void keep_alive(std::int64_t lease_id, std::function<void(const EtcdKeepAlive&)> on_outcome, Limit limit = {});
  // Revokes a lease, and its keys with it. kDone also if etcd does not know it (any more).
  void release(std::int64_t lease_id, std::function<void(const EtcdReply&)> on_outcome, Limit limit = {});
  // Who holds `key`, linearizably: not before this call began.
  void read(std::string_view key, std::function<void(const EtcdRead&)> on_outcome, Limit limit = {});
  // Tells who holds `key`: at once as soon as it is known, or that it cannot be known, then at every change of either.
  // Reconnects by itself. It follows one key, not its history: owners between two readings may be left out. The
  // callback may destroy the watch.
  [[nodiscard]] std::unique_ptr<EtcdWatch> watch(std::string_view key, std::function<void(const EtcdView&)> on_change);

  [[nodiscard]] const EtcdCounters& counters() const;
  // The endpoint asked first.
  [[nodiscard]] const std::string& endpoint() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace io
