#include "dnsd/control/topology.h"

#include <algorithm>
#include <map>

#include "dnsd/control/geo_database.h"

namespace control {

namespace {

// A person's networks count before the database's.
constexpr std::uint8_t kOfDatabase = 0;
constexpr std::uint8_t kOfConfiguration = 1;

using ByCode = std::map<std::string, snapshot::Region, std::less<>>;

snapshot::Region find(const ByCode& codes, std::string_view code) {
  const auto at = codes.find(code);
  return at == codes.end() ? snapshot::Region{0} : at->second;
}

// Only what some region asks for.
base::Result<std::string> add_database(const conf::Topology& config, snapshot::ClientMapBuilder& builder) {
  ByCode countries;
  ByCode continents;
  for (std::size_t i = 0; i < config.regions.size(); ++i) {
    const auto number = static_cast<snapshot::Region>(i + 1);
    for (const std::string& code : config.regions[i].countries) countries.emplace(code, number);
    for (const std::string& code : config.regions[i].continents) continents.emplace(code, number);
  }
  const auto database = GeoDatabase::open(config.database);
  if (!database) return tl::unexpected(database.error());
  const auto read = database->each([&](const base::Prefix& network, std::string_view country, std::string_view on) {
    auto region = find(countries, country);
    if (region == 0) region = find(continents, on);
    if (region != 0) builder.add(network, region, kOfDatabase);
  });
  if (!read) return tl::unexpected(read.error());
  return database->description();
}

}  // namespace

base::Result<Topology> make_topology(const conf::Topology& config, UseDatabase database) {
  Topology out;
  snapshot::ClientMapBuilder builder;
  if (database == UseDatabase::kYes && config.asks_database()) {
    auto added = add_database(config, builder);
    if (!added) return tl::unexpected(added.error());
    out.database = *std::move(added);
  }
  for (const auto& region : config.regions) {
    out.regions.push_back(region.name);
    const auto number = static_cast<snapshot::Region>(out.regions.size());
    for (const base::Prefix& network : region.networks) builder.add(network, number, kOfConfiguration);
  }
  out.map = std::move(builder).build();
  return out;
}

snapshot::Region Topology::number(std::string_view region) const {
  const auto at = std::find(regions.begin(), regions.end(), region);
  return at == regions.end() ? snapshot::Region{0} : static_cast<snapshot::Region>(at - regions.begin() + 1);
}

Topology::Where Topology::region_of(const base::IpAddress& client) const {
  const auto place = map->find(client.unmapped());
  return {place.region == 0 ? std::string_view() : std::string_view(regions[place.region - 1U]), place.scope};
}

conf::Findings check_topology(conf::Topology& config) {
  const auto made = make_topology(config);
  if (!made) return {{{config.database_at, "database: " + made.error().message}}, {}};
  const auto& map = *made->map;
  config.size = {map.ranges_v4(), map.ranges_v6(), map.octets(), made->database};
  conf::Findings out;
  for (std::size_t i = 0; i < config.regions.size(); ++i) {
    if (map.holds(static_cast<snapshot::Region>(i + 1))) continue;
    out.warnings.push_back({config.mark, "topology: no client can be in region \"" + config.regions[i].name +
                                             "\": the database knows no network of its countries and continents, or "
                                             "other regions hold them all"});
  }
  return out;
}

bool same_rules(const conf::Topology& a, const conf::Topology& b) {
  return a.regions == b.regions && a.database == b.database;
}

}  // namespace control
