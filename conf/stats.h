// HTTP ports as both files configure them: the stats port with the REST API, and what a port may ask of its clients.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/io/api_access.h"
#include "base/io/server_tls.h"
#include "base/ip.h"
#include "conf/fault.h"

namespace conf {

using io::AnonymousReaders;
using io::ServerTls;  // PEM text, read at load

// A bearer token of the REST API.
struct ApiToken {
  std::string name;  // who comes with it
  bool write = false;
  std::string secret;  // read at load
  Mark mark;
};

// Requests a second and client, if nothing else is said: for people, pages and scrapes that is plenty.
inline constexpr std::uint32_t kStatsRate = 100;

// The stats port, with metrics and the REST API.
struct Stats {
  base::SocketAddress listen;
  std::optional<ServerTls> tls;
  AnonymousReaders anonymous = AnonymousReaders::kLoopback;  // of /api/v1
  std::vector<ApiToken> tokens;
  std::uint32_t rate_limit = kStatsRate;  // 0: none
  Mark mark;
};

[[nodiscard]] io::ApiAccess access_of(const Stats& stats);

// The port of the reports of a site.
struct EcvPort {
  base::SocketAddress listen;
  std::optional<ServerTls> tls;
  std::uint32_t rate_limit = 0;  // requests a second and client; 0: none
};

// What a client of https trusts, and by what it is known itself. Read anew for each connection.
struct ClientTls {
  std::filesystem::path ca;    // empty: the system's authorities
  std::filesystem::path cert;  // empty: none
  std::filesystem::path key;
  Mark mark;
  bool operator==(const ClientTls& o) const { return ca == o.ca && cert == o.cert && key == o.key; }
};

}  // namespace conf
