// dnsd.yaml as a value (spec.md section 9). Loaded by load_dnsd(), which reports every fault at once.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/log.h"
#include "base/time.h"
#include "conf/fault.h"
#include "conf/monitor.h"
#include "conf/setting.h"
#include "conf/stats.h"
#include "conf/wideip.h"
#include "ecv/mac.h"

namespace conf {

struct KeyFile {
  std::string id;
  std::filesystem::path file;  // empty if the secret came from the environment
  ecv::Purpose purpose = ecv::Purpose::kDnsd;
  ecv::Key key;  // read at load
};

struct Zone {
  std::string origin;  // as written, without or with the final dot
  std::filesystem::path file;
  Mark mark;
};

// `log:` of both programs.
struct Log {
  base::LogFormat format = base::LogFormat::kText;
  base::Level level = base::Level::kInfo;
};

// `topology:`: in which region a client is, for answers that differ by it.
struct Topology {
  struct Region {
    std::string name;
    std::vector<base::Prefix> networks;
    std::vector<std::string> countries;   // ISO 3166-1: "DE"
    std::vector<std::string> continents;  // AF, AN, AS, EU, NA, OC, SA
    bool operator==(const Region&) const = default;
  };
  std::vector<Region> regions;     // nothing stands in two of them
  std::filesystem::path database;  // MaxMind DB; empty: none
  Mark database_at;
  // Of the map that was made of it, for `check`; nothing before.
  struct Size {
    std::size_t ranges_v4 = 0;
    std::size_t ranges_v6 = 0;
    std::size_t octets = 0;
    std::string database;  // what it is and of when; empty: none
  };
  std::optional<Size> size;
  Mark mark;

  [[nodiscard]] bool asks_database() const;
};

struct EcvSite {
  std::string name;
  std::vector<std::string> ecv;           // base URLs, one per path
  std::vector<base::SocketAddress> peer;  // datagram addresses, one per path
  Mark mark;
  ClientTls tls{};  // of https paths
};

struct Dnsd {
  struct Server {
    std::string id;
    std::vector<base::SocketAddress> listen;
    bool freebind = true;
    int workers = 0;  // 0: auto, one per core
    std::string nsid;
    std::optional<std::string> hostname;  // answer to id.server and hostname.bind; nothing: the id; empty: refused
    std::string version;                  // answer to version.bind; empty: refused
    // RFC 9018: the first makes cookies, all are accepted. Empty: the server makes its own.
    std::vector<std::array<std::uint8_t, 16>> cookie_secrets;
    std::filesystem::path cookie_secret_file;
    std::filesystem::path state_dir;
    std::filesystem::path control;
    std::string user;  // dropped to after binding; empty: stays
    base::Duration tcp_idle_timeout = base::seconds(10);
    int tcp_max_connections = 1000;
    int tcp_max_per_client = 100;
    std::uint16_t udp_payload = 1232;
  } server;
  Log log;
  std::optional<Stats> stats;
  std::optional<base::SocketAddress> relay;
  std::vector<KeyFile> keys;
  std::vector<EcvSite> sites;
  std::vector<Zone> zones;
  std::vector<Monitor> monitors;
  std::vector<std::string> checkpoints;                // monitors by which this server knows that it is the one cut off
  base::Duration wait_first_round = base::seconds(3);  // the longest that a start waits for the monitors' first looks
  std::vector<WideIp> wideips;
  // Response rate limiting; per second, 0: no limit.
  struct RateLimit {
    std::uint32_t responses = 0;
    std::optional<std::uint32_t> nxdomains;  // nothing: as responses
    std::optional<std::uint32_t> errors;     // nothing: as responses
    base::Duration window = base::seconds(15);
    std::uint32_t slip = 2;
    std::uint8_t ipv4_prefix = 24;
    std::uint8_t ipv6_prefix = 56;
    std::vector<base::Prefix> exempt;
    std::uint32_t accounts = 65536;
    bool operator==(const RateLimit&) const = default;
  } rate_limit;
  Topology topology;
  bool reload_on_change = false;                  // as soon as something of `watched`, or of the zones, changes
  base::Duration poll = base::milliseconds(250);  // longest wait between two reports of a site
  std::vector<std::filesystem::path> files;       // this one and those that it includes
  std::vector<Setting> settings;                  // as written, but for the wide-IPs (conf/changes.h)
  std::vector<std::filesystem::path> watched;     // what was read, or looked for: files, secrets, patterns of include

  [[nodiscard]] std::vector<ecv::Key> ring() const;

  // A pool in which this server votes (protocol.md section 1, mode B), and who may ask for the vote.
  struct Vote {
    std::string pool;
    std::vector<const EcvSite*> sites;  // with peer addresses; of this value
  };
  // The pools of the wide-IPs' members, in their order, if there is a relay port and a key for peers; else none.
  [[nodiscard]] std::vector<Vote> votes() const;
};

}  // namespace conf
