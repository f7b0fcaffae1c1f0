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

// The names of one list, and what is said of a name that is none of them: looked for once, though many may say it.
class Known {
 public:
  // `what`: "site"; `list`: "sites".
  Known(const char* what, const char* list) : what_(what), list_(list) {}
  void add(std::string_view name) {
    if (!known_.insert(name).second) return;
    names_.push_back(name);
    if (names_.size() <= kShown) allowed_ += (allowed_.empty() ? "" : ", ") + std::string(name);
  }
  void check(Reading& reading, const Mark& at, std::string_view name) {
    if (name.empty() || known_.contains(name)) return;
    auto [said, is_new] = said_.try_emplace(name);
    if (is_new) said->second = did_you_mean(name, names_);
    std::string allowed = allowed_;
    if (names_.empty()) allowed = std::string("a name from ") + list_ + ", which has none";
    if (names_.size() > kShown) allowed += " and " + std::to_string(names_.size() - kShown) + " more";
    reading.fault(at, std::string(what_) + ": \"" + std::string(name) + "\" is not among the " + list_ + said->second +
                          "; allowed: " + allowed);
  }

 private:
  static constexpr std::size_t kShown = 16;
  const char* what_;
  const char* list_;
  std::vector<std::string_view> names_;
  std::unordered_set<std::string_view> known_;
  std::string allowed_;
  std::unordered_map<std::string_view, std::string> said_;
};

// What each requires: a monitor with an address of its own, or another wide-IP, and never in a circle.
class Requirements {
 public:
  Requirements(Reading& reading, Dnsd& d) : reading_(reading), d_(d) {
    some_ = std::any_of(d.wideips.begin(), d.wideips.end(), [](const WideIp& w) { return !w.required.empty(); });
  }

  void check() {
    if (!some_) return;
    for (const WideIp& w : d_.wideips) names_.insert(w.name);
    for (WideIp& w : d_.wideips) {
      for (Requirement& required : w.required) resolve(w, required);
    }
    report_circle();
  }

 private:
  void resolve(const WideIp& w, Requirement& required) {
    const Mark at = mark_of(w, required.at);
    if (find_monitor(d_.monitors, required.name) != nullptr) {
      if (knows_where(d_.monitors, required.name)) return;
      return reading_.fault(
          at, "requires: monitor \"" + required.name + "\" does not know where to look; give it an address");
    }
    required.name = canonical(required.name);
    required.wideip = names_.contains(required.name);
    if (required.wideip) return;
    std::vector<std::string_view> names;
    for (const Monitor& m : d_.monitors) names.push_back(m.name);
    for (const WideIp& each : d_.wideips) names.push_back(each.name);
    reading_.fault(at, "requires: \"" + required.name + "\" is neither a monitor nor a wide-IP" +
                           did_you_mean(required.name, names));
  }

  // Whoever requires only what is settled is settled too; who is left at the end stands in a circle, or behind one.
  void report_circle() {
    std::vector<const WideIp*> left;
    for (const WideIp& w : d_.wideips) {
      if (!w.required.empty()) left.push_back(&w);
    }
    std::unordered_set<std::string_view> open;
    for (const WideIp* w : left) open.insert(w->name);
    for (bool progress = true; progress;) {
      progress = std::erase_if(left, [&](const WideIp* w) {
                   const bool waits = std::any_of(w->required.begin(), w->required.end(), [&](const Requirement& r) {
                     return r.wideip && r.name != w->name && open.contains(r.name);
                   });
                   if (!waits) open.erase(w->name);
                   return !waits;
                 }) > 0;
    }
    if (left.empty()) return;
    tell_circle(left);
  }

  // Everyone left requires one who is left too: whoever follows them comes by a place again.
  void tell_circle(const std::vector<const WideIp*>& left) {
    const auto next = [&](const WideIp& w) {
      for (const Requirement& r : w.required) {
        const auto at = std::find_if(left.begin(), left.end(), [&](const WideIp* one) { return one->name == r.name; });
        if (r.wideip && at != left.end()) return std::pair(*at, r.at);
      }
      return std::pair(&w, w.required.front().at);
    };
    std::vector<const WideIp*> way{left.front()};
    auto again = way.end();
    while (again == way.end()) {
      const WideIp* then = next(*way.back()).first;
      again = std::find(way.begin(), way.end(), then);
      if (again == way.end()) {
        way.push_back(then);
        again = way.end();
      }
    }
    std::string circle;
    for (auto at = again; at != way.end(); ++at) circle += (*at)->name + " -> ";
    reading_.fault(mark_of(**again, next(**again).second), "requires: a circle: " + circle + (*again)->name);
  }

  Reading& reading_;
  Dnsd& d_;
  bool some_ = false;
  std::unordered_set<std::string_view> names_;
};

// A member that is a CNAME.
void check_alias(Reading& reading, const Dnsd& d, const WideIp& w, const Member& member, bool apex) {
  const MemberOptions& more = member.more();
  if (more.cname.empty()) return;
  if (apex) {
    reading.fault(mark_of(w, more.cname_at), "cname: \"" + w.name +
                                                 "\" is the apex of a zone, where SOA and NS stand and no CNAME can "
                                                 "(RFC 1034 section 3.6.2); allowed there: address");
  }
  if (find_monitor(d.monitors, more.monitor) != nullptr && !knows_where(d.monitors, more.monitor)) {
    reading.fault(mark_of(w, member.site_at), "monitor: \"" + more.monitor +
                                                  "\" looks at the member's address, and a cname has none; give the "
                                                  "monitor an address, or take it out: the member is always up then");
  }
}

// What an item's rules need of the other lists.
void check_wideips(Reading& reading, Dnsd& d) {
  std::unordered_set<std::string> origins;
  std::string list;
  for (const auto& zone : d.zones) {
    if (zone.origin.empty()) continue;
    if (origins.insert(canonical(zone.origin)).second && origins.size() <= 10) {
      list += (list.empty() ? "" : ", ") + zone.origin;
    }
  }
  Known sites("site", "sites");
  Known monitors("monitor", "monitors");
  for (const EcvSite& site : d.sites) sites.add(site.name);
  for (const Monitor& monitor : d.monitors) monitors.add(monitor.name);
  Known regions("region", "regions");
  for (const Topology::Region& region : d.topology.regions) regions.add(region.name);
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
    const bool apex = origins.contains(canonical(w.name));
    for (const Member& member : w.members) {
      check_alias(reading, d, w, member, apex);
      sites.check(reading, mark_of(w, member.site_at), member.site);
      if (member.site.empty()) monitors.check(reading, mark_of(w, member.site_at), member.more().monitor);
      for (std::size_t i = 0; i < member.more().regions.size(); ++i) {
        regions.check(reading, mark_of(w, member.more().regions_at[i]), member.more().regions[i]);
      }
    }
    for (const MemberPool& pool : w.pools) {
      for (std::size_t i = 0; i < pool.regions.size(); ++i) {
        regions.check(reading, mark_of(w, pool.regions_at[i]), pool.regions[i]);
      }
    }
  }
  Requirements(reading, d).check();
}

void check_trust(Reading& reading, const Value& root, const Dnsd& d) {
  const bool asks = std::any_of(d.wideips.begin(), d.wideips.end(), [](const WideIp& w) {
    return std::any_of(w.members.begin(), w.members.end(), [](const Member& m) { return !m.site.empty(); });
  });
  if (asks && !has_key(d.keys, ecv::Purpose::kDnsd)) {
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

void check_tls(Reading& reading, const EcvSite& site) {
  if (site.tls.cert.empty() != site.tls.key.empty()) {
    reading.fault(site.tls.mark, "tls of site " + site.name + ": cert and key belong together; one of them is missing");
  }
  const auto is_https = [](const std::string& url) { return url.starts_with("https://"); };
  if (site.tls != ClientTls{} && std::none_of(site.ecv.begin(), site.ecv.end(), is_https)) {
    reading.warn(site.tls.mark, "site " + site.name + " has tls but no https URL: nothing uses it");
  }
}

void check_paths(Reading& reading, const Dnsd& d) {
  for (const auto& site : d.sites) {
    check_tls(reading, site);
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

void apply_rules(Reading& reading, const Value& root, Dnsd& out) {
  check_keys(reading, root, out.keys);
  check_zones(reading, root, out);
  check_monitors(reading, root, out.monitors);
  check_gate(reading, root, out.monitors, out.checkpoints);
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
