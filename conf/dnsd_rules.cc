#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "conf/monitor_table.h"
#include "conf/rules.h"

namespace conf {

namespace {

// Lower case, no final dot; "" is the root.
std::string canonical(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

void check_zones(Reading& reading, const Value& root, const Dnsd& d) {
  Unique origins(reading, "zone");
  for (std::size_t i = 0; i < d.zones.size(); ++i) {
    origins.add(canonical(d.zones[i].origin), place(root, "zones", i, "origin"));
  }
  if (d.zones.empty() && root.find("zones") != nullptr && root.find("zones")->kind == Value::Kind::kSequence) {
    reading.fault(place(root, "zones"), "zones: found an empty list; allowed: at least one zone");
  }
}

bool within(const std::unordered_set<std::string>& origins, std::string_view name) {
  if (origins.contains("")) return true;
  while (true) {
    if (origins.contains(std::string(name))) return true;
    const auto dot = name.find('.');
    if (dot == std::string_view::npos) return false;
    name.remove_prefix(dot + 1);
  }
}

Mark mark_of(const WideIp& w, Spot spot) { return {w.mark.file, spot.line, spot.column}; }

// Whether each stands in `sites`, and none of them twice.
void check_members(Reading& reading, const Value& list, const WideIp& w) {
  if (w.members.empty()) {
    reading.fault(list.mark(), "members: found an empty list; allowed: at least one member");
  }
  for (std::size_t m = 0; m < w.members.size(); ++m) {
    const Member& member = w.members[m];
    if (member.site.empty() || member.pool.empty()) continue;
    const auto twin = std::find_if(w.members.begin(), w.members.begin() + static_cast<std::ptrdiff_t>(m),
                                   [&](const Member& o) { return o.site == member.site && o.pool == member.pool; });
    if (&*twin == &member) continue;
    const auto& first = list.items[static_cast<std::size_t>(twin - w.members.begin())];
    reading.fault(list.items[m].mark(), "the member \"" + member.site + "/" + member.pool + "\" stands already at " +
                                            to_string(first.mark()));
  }
}

// The sites, and what is said of a name that is none of them: looked for once, though many members may say it.
class Sites {
 public:
  explicit Sites(const Dnsd& d) {
    for (const auto& site : d.sites) {
      names_.push_back(site.name);
      known_.insert(site.name);
      if (names_.size() <= kShown) list_ += (list_.empty() ? "" : ", ") + site.name;
    }
    if (names_.empty()) list_ = "a name from sites, which has none";
    if (names_.size() > kShown) list_ += " and " + std::to_string(names_.size() - kShown) + " more";
  }

  void check(Reading& reading, const WideIp& w, const Member& member) {
    if (member.site.empty() || known_.contains(member.site)) return;
    auto [said, is_new] = said_.try_emplace(member.site);
    if (is_new) said->second = did_you_mean(member.site, names_);
    reading.fault(mark_of(w, member.site_at),
                  "site: \"" + member.site + "\" is not among the sites" + said->second + "; allowed: " + list_);
  }

 private:
  static constexpr std::size_t kShown = 16;
  std::vector<std::string_view> names_;
  std::unordered_set<std::string_view> known_;
  std::string list_;
  std::unordered_map<std::string_view, std::string> said_;
};

// What an item's rules need of the other lists.
void check_wideips(Reading& reading, const Dnsd& d) {
  std::unordered_set<std::string> origins;
  std::string list;
  for (const auto& zone : d.zones) {
    if (zone.origin.empty()) continue;
    if (origins.insert(canonical(zone.origin)).second && origins.size() <= 10) {
      list += (list.empty() ? "" : ", ") + zone.origin;
    }
  }
  Sites sites(d);
  std::unordered_map<std::string_view, const WideIp*> names;
  names.reserve(d.wideips.size());
  for (const WideIp& w : d.wideips) {
    if (!w.name.empty()) {
      const auto at = [](const WideIp& one) { return mark_of(one, one.name_at); };
      const auto [first, is_new] = names.emplace(w.name, &w);
      if (!is_new) {
        reading.fault(at(w), "wide-IP \"" + w.name + "\" stands already at " + to_string(at(*first->second)));
      }
      // Without a single good origin the zones have faults of their own.
      if (!origins.empty() && !within(origins, w.name)) {
        reading.fault(at(w), "name: \"" + w.name + "\" lies outside every zone; allowed: names within " + list);
      }
    }
    for (const Member& member : w.members) sites.check(reading, w, member);
  }
}

void check_trust(Reading& reading, const Value& root, const Dnsd& d) {
  if (!d.wideips.empty() && !has_key(d.keys, ecv::Purpose::kDnsd)) {
    reading.fault(place(root, root.find("keys") == nullptr ? "wideips" : "keys"),
                  "the reports of the sites cannot be verified: no key has for: dnsd");
  }
  for (std::size_t i = 0; i < d.keys.size(); ++i) {
    if (d.keys[i].purpose != ecv::Purpose::kPeers) continue;
    const std::string key = "key \"" + d.keys[i].id + "\" is for: peers";
    if (!d.relay) {
      reading.warn(place(root, "keys", i),
                   key +
                       ", so this server is to vote (mode witness), but it has no relay port to "
                       "be asked at; add relay: {listen: …}, or take the key out");
    } else {
      reading.warn(place(root, "keys", i), key +
                                               ": this server votes (mode witness), and who breaks into it could grant "
                                               "the right to write; take the key out unless the sites name " +
                                               (d.server.id.empty() ? "it" : d.server.id) + " as a voter");
    }
  }
}

void check_paths(Reading& reading, const Dnsd& d) {
  for (const auto& site : d.sites) {
    if (site.ecv.size() == 1) {
      reading.warn(site.mark, "site " + site.name +
                                  " has one ECV path: when it fails, the site is SILENT although it "
                                  "may be well; two are advised");
    }
    if (d.relay && site.peer.empty()) {
      reading.warn(site.mark, "site " + site.name +
                                  " has no peer address: this server relays nothing to it and votes for nobody there");
    }
  }
  if (!d.relay && std::any_of(d.sites.begin(), d.sites.end(), [](const EcvSite& s) { return !s.peer.empty(); })) {
    reading.warn(d.sites.front().mark,
                 "sites have peer addresses but there is no relay: this server relays nothing; "
                 "relays keep two sites from writing when the link between them is cut");
  }
}

void check_topology(Reading& reading, const Value& root, const Topology& topology) {
  const Value* value = root.find("topology");
  if (value == nullptr || value->kind != Value::Kind::kMapping) return;
  const Value* database = value->find("database");
  if (topology.asks_database() && database == nullptr) {
    reading.fault(value->mark(), "topology: a region names a country or a continent, but there is no database");
  }
  if (!topology.asks_database() && database != nullptr) {
    reading.warn(database->mark(), "database is not used: no region names a country or a continent");
  }
}

}  // namespace

bool Topology::asks_database() const {
  return std::any_of(regions.begin(), regions.end(),
                     [](const Region& r) { return !r.countries.empty() || !r.continents.empty(); });
}

void check_wideip(Reading& reading, const Value& item, const WideIp& w) {
  const auto place = [&](std::string_view key) {
    const Value* value = item.find(key);
    return value == nullptr ? item.mark() : value->mark();
  };
  if (w.min_ttl_s > w.ttl_s) {
    reading.fault(place("min_ttl"), "min_ttl " + std::to_string(w.min_ttl_s) + " is above ttl " +
                                        std::to_string(w.ttl_s) + "; allowed: at most the ttl");
  }
  const Mark none = place("on_none");
  if (w.method == Method::kActiveWriter && w.on_none.then == OnNone::kAll) {
    reading.fault(none,
                  "on_none: all with method active_writer would name two writers; allowed: servfail, nodata, "
                  "refuse, fallback");
  }
  const bool has_fallback = item.find("fallback_address") != nullptr;
  if (w.on_none.then == OnNone::kFallback && !has_fallback) {
    reading.fault(none, "on_none: fallback needs addresses; give them as fallback_address");
  }
  if (w.on_none.then != OnNone::kFallback && has_fallback) {
    reading.warn(place("fallback_address"), "fallback_address is not used: on_none does not say fallback");
  }
  const ServiceTest& test = w.service_test;
  if (test.timeout > test.interval) {
    reading.fault(place("service_test"), "service_test: timeout " + std::to_string(base::to_ms(test.timeout)) +
                                             " ms is longer than interval " +
                                             std::to_string(base::to_ms(test.interval)) +
                                             " ms; allowed: at most the interval");
  }
  const Value* members = item.find("members");
  if (members != nullptr && members->kind == Value::Kind::kSequence) check_members(reading, *members, w);
}

void apply_rules(Reading& reading, const Value& root, Dnsd& out) {
  check_keys(reading, root, out.keys);
  check_zones(reading, root, out);
  check_monitors(reading, root, out.monitors);
  check_wideips(reading, out);
  check_trust(reading, root, out);
  check_paths(reading, out);
  check_topology(reading, root, out.topology);
}

std::vector<Dnsd::Vote> Dnsd::votes() const {
  std::vector<Vote> out;
  if (!relay || !has_key(keys, ecv::Purpose::kPeers)) return out;
  for (const WideIp& wideip : wideips) {
    for (const Member& member : wideip.members) {
      const auto site =
          std::find_if(sites.begin(), sites.end(), [&](const EcvSite& s) { return s.name == member.site; });
      if (site == sites.end() || site->peer.empty()) continue;
      auto vote = std::find_if(out.begin(), out.end(), [&](const Vote& v) { return v.pool == member.pool; });
      if (vote == out.end()) vote = out.insert(out.end(), Vote{member.pool, {}});
      if (std::find(vote->sites.begin(), vote->sites.end(), &*site) == vote->sites.end()) vote->sites.push_back(&*site);
    }
  }
  return out;
}

std::vector<ecv::Key> Dnsd::ring() const {
  std::vector<ecv::Key> keys_of_ring;
  for (const auto& key : keys) keys_of_ring.push_back(key.key);
  return keys_of_ring;
}

}  // namespace conf
