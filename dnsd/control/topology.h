// In which region a client is: the networks of the configuration and those of its database, as one map for the workers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "conf/dnsd.h"
#include "conf/fault.h"
#include "zones/snapshot/client_map.h"

namespace control {

// Immutable; any thread.
struct Topology {
  std::vector<std::string> regions;                // number i + 1 in the map
  std::shared_ptr<const snapshot::ClientMap> map;  // never null; without regions every client is in none
  std::string database;                            // what it is and of when; empty: none

  // 0: there is no such region.
  [[nodiscard]] snapshot::Region number(std::string_view region) const;

  struct Where {
    std::string_view region;  // empty: none; borrowed
    std::uint8_t scope = 0;   // length of the shortest prefix around the client that lies in it as a whole
  };
  [[nodiscard]] Where region_of(const base::IpAddress& client) const;
};

enum class UseDatabase : bool { kNo, kYes };

// Reads the database if a region asks for it. With kNo the countries and continents are left out. Error: what is wrong
// with the database; never with kNo.
[[nodiscard]] base::Result<Topology> make_topology(const conf::Topology& config,
                                                   UseDatabase database = UseDatabase::kYes);

// What `dnsd check` finds: a database that cannot be used, regions that nobody is in. Tells the configuration how large
// its map is.
[[nodiscard]] conf::Findings check_topology(conf::Topology& config);

// Two that differ at most in what their database holds.
[[nodiscard]] bool same_rules(const conf::Topology& a, const conf::Topology& b);

}  // namespace control
