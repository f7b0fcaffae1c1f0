// From the plan to the table: which names exist, which are hidden, and every RRset in the form in which it goes out.
#include <algorithm>
#include <limits>
#include <numeric>
#include <unordered_set>

#include "zones/snapshot/plan.h"
#include "zones/snapshot/records.h"
#include "zones/wire/rdata.h"

namespace snapshot {

namespace {

class Layout {
 public:
  explicit Layout(const Builder::Plan& plan) : plan_(plan), table_(std::make_unique<Table>()), store_(*table_) {}

  base::Result<std::unique_ptr<Table>> run() {
    table_->zones.resize(plan_.zones.size());
    // Zones from the root down, so that the apex of a deeper zone replaces the cut above it.
    std::vector<std::uint32_t> order(plan_.zones.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(),
              [this](auto a, auto b) { return plan_.zones[a].origin.labels() < plan_.zones[b].origin.labels(); });
    inner_.resize(plan_.zones.size());
    for (const auto zone : order) {
      const Key& key = plan_.zones[zone].key;
      const auto outer = key.size() == 1 ? kNone : plan_.zone_of(parent_of(key));
      if (outer != kNone) inner_[outer].push_back(zone);
    }
    for (const auto zone : order) {
      if (auto good = zone_names(zone); !good) return tl::unexpected(good.error());
    }
    if (auto good = dynamic_names(); !good) return tl::unexpected(good.error());
    link_wildcards();
    if (!store_.fits() || table_->nodes.size() >= std::numeric_limits<std::int32_t>::max()) {
      return base::fail("the zones are larger than this server can hold (4 GiB of records)");
    }
    if (!store_.oversize().empty())
      return base::fail(store_.oversize() + " does not fit a DNS message of 65535 octets");
    table_->index(hidden_);
    return std::move(table_);
  }

 private:
  base::Result<void> zone_names(std::uint32_t index) {
    const PlannedZone& zone = plan_.zones[index];
    if (!zone.ready) {
      ensure_node(index, zone.key);
      table_->zones[index].apex = node_at_.at(zone.key);
      table_->nodes[table_->zones[index].apex].cut = kNoData;
      return {};  // it has no side of the zones within it: they answer for their DS as if it were not here
    }
    const PlannedSet* soa = zone.find(zone.key, wire::kTypeSoa);
    if (soa == nullptr) return base::fail("zone " + zone.origin.to_string() + " has no SOA at its apex");
    if (zone.find(zone.key, wire::kTypeNs) == nullptr) {
      return base::fail("zone " + zone.origin.to_string() + " has no NS at its apex");
    }
    ensure_node(index, zone.key);
    Zone& out = table_->zones[index];
    out.apex = node_at_.at(zone.key);
    out.names = static_cast<std::uint32_t>(zone.owners.size());
    for (const auto& [key, sets] : zone.owners) {
      const auto hider = hider_of(index, key);
      if (hider.empty()) put_owner(index, key, sets);
    }
    const Node& apex = table_->nodes[out.apex];
    for (std::uint32_t i = 0; i < apex.rrset_count; ++i) {
      if (table_->rrsets[apex.rrset_first + i].type == wire::kTypeSoa) out.soa = apex.rrset_first + i;
    }
    find_pointers(out);
    base::ByteReader numbers(base::ByteView(soa->rdatas[0]).last(20));
    out.serial = numbers.u32();
    numbers.bytes(12);
    out.negative_ttl_s = std::min(soa->ttl_s, numbers.u32());
    put_parent_sides(index);
    return {};
  }

  void find_pointers(Zone& zone) const {
    const auto direct = table_->octets(table_->rrsets[zone.soa].direct);
    zone.soa_moves = direct[0] != 0;
    std::size_t at = kRecordHead;
    std::size_t found = 1;  // the first is the owner's, at 0
    for (int names = 0; names < 2 && zone.soa_moves; ++names) {
      while (direct[at] != 0 && direct[at] <= wire::kMaxLabel) at += 1U + direct[at];
      const bool pointer = direct[at] != 0;
      if (pointer) zone.soa_pointers[found++] = static_cast<std::uint16_t>(at);
      at += pointer ? 2 : 1;
    }
  }

  // The owner of the cut or DNAME, or the origin of the deeper zone, that hides `name` of a zone; empty if none does.
  [[nodiscard]] Key hider_of(std::uint32_t zone, const Key& name) const {
    const PlannedZone& in = plan_.zones[zone];
    Key hider;
    for (Key at = name; at != in.key;) {
      at = parent_of(at);
      const bool cut = at != in.key && in.find(at, wire::kTypeNs) != nullptr;
      const bool deeper = at != in.key && plan_.zone_by_origin.contains(at);
      if (cut || deeper || in.find(at, wire::kTypeDname) != nullptr) hider = at;
    }
    return hider;
  }

  // The node of a name in this zone, made with the empty non-terminals above it (RFC 4592 section 2.2.2).
  std::uint32_t ensure_node(std::uint32_t zone, const Key& name) {
    const auto known = node_at_.find(name);
    if (known != node_at_.end() && table_->nodes[known->second].zone == zone) return known->second;
    const auto index = static_cast<std::uint32_t>(table_->nodes.size());
    Node node;
    node.zone = zone;
    const Run run = store_.octets(base::as_bytes(name));
    node.name = run.at;
    node.name_size = static_cast<std::uint8_t>(run.size);
    const bool apex = name == plan_.zones[zone].key;
    if (apex && known != node_at_.end()) {
      node.parent_side = known->second;
      // It may be a cut further up (then it stays visible), else it is this very name.
      if (table_->nodes[known->second].name_size == name.size()) hidden_[known->second] = true;
    }
    table_->nodes.push_back(node);
    hidden_.push_back(false);
    node_at_[name] = index;
    if (!apex) ensure_node(zone, parent_of(name));
    return index;
  }

  void put_owner(std::uint32_t zone, const Key& name, const PlannedOwner& sets) {
    const auto index = ensure_node(zone, name);
    const bool is_cut = name != plan_.zones[zone].key && plan_.zones[zone].find(name, wire::kTypeNs) != nullptr &&
                        !wire::Name::from_wire(base::as_bytes(name))->is_wildcard();
    table_->nodes[index].rrset_first = static_cast<std::uint32_t>(table_->rrsets.size());
    std::uint16_t count = 0;
    for (const auto& set : sets) {
      // Of what stands at a cut the parent serves only DS; NS goes out with referrals.
      if (is_cut && set.type != wire::kTypeDs) continue;
      table_->rrsets.push_back(store_.rrset(name, set));
      ++count;
    }
    table_->nodes[index].rrset_count = count;
    // Only now: the sets of an owner stand side by side, and those of its hosts come behind.
    for (const auto& set : sets) {
      const bool names_hosts = set.type == wire::kTypeNs || set.type == wire::kTypeMx || set.type == wire::kTypeSrv;
      if (is_cut || !names_hosts) continue;
      const Rrset* own = table_->rrset(table_->nodes[index], set.type);
      put_hosts(zone, set, static_cast<std::uint32_t>(own - table_->rrsets.data()), {});
    }
    if (is_cut) table_->nodes[index].cut = put_cut(zone, name);
  }

  std::uint32_t put_cut(std::uint32_t zone, const Key& name) {
    const PlannedSet& ns = *plan_.zones[zone].find(name, wire::kTypeNs);
    Cut cut;
    cut.ns = add_rrset(name, ns);
    put_hosts(zone, ns, cut.ns, name);
    table_->cuts.push_back(cut);
    return static_cast<std::uint32_t>(table_->cuts.size() - 1);
  }

  // The addresses of the hosts that NS, MX or SRV data name, as far as this zone has them: glue of a cut, help
  // elsewhere (RFC 1034 section 4.3.2 step 6). `cut`: empty, or its owner.
  void put_hosts(std::uint32_t zone, const PlannedSet& set, std::uint32_t rrset, const Key& cut) {
    const auto layout = wire::rdata_names(set.type);
    std::vector<Glue> found;
    std::unordered_set<Key> known;
    for (const auto& rdata : set.rdatas) {
      const auto host = *wire::Name::from_wire(base::ByteView(rdata).subspan(layout.before));
      const Key key = key_of(host);
      if (!known.insert(key).second) continue;
      for (const auto type : {wire::kTypeA, wire::kTypeAaaa}) {
        const PlannedSet* addresses = plan_.zones[zone].find(key, type);
        if (addresses == nullptr) continue;
        const bool needed = !cut.empty() && host.is_within(*wire::Name::from_wire(base::as_bytes(cut)));
        found.push_back({store_.octets(host.wire()), add_rrset(key, *addresses), needed});
      }
    }
    std::stable_partition(found.begin(), found.end(), [](const Glue& g) { return g.needed; });
    table_->rrsets[rrset].hosts_first = static_cast<std::uint32_t>(table_->glue.size());
    table_->rrsets[rrset].hosts_count = static_cast<std::uint32_t>(found.size());
    table_->glue.insert(table_->glue.end(), found.begin(), found.end());
  }

  std::uint32_t add_rrset(const Key& owner, const PlannedSet& set) {
    table_->rrsets.push_back(store_.rrset(owner, set));
    return static_cast<std::uint32_t>(table_->rrsets.size() - 1);
  }

  // For each deeper zone right inside this one: the node that answers for it here, even if this zone says nothing.
  void put_parent_sides(std::uint32_t index) {
    for (const auto child : inner_[index]) {
      const PlannedZone& inner = plan_.zones[child];
      const auto hider = hider_of(index, inner.key);
      if (hider.empty()) {
        ensure_node(index, inner.key);
      } else {
        node_at_.emplace(inner.key, node_at_.at(hider));
      }
    }
  }

  base::Result<void> dynamic_names() {
    for (std::uint32_t slot = 0; slot < plan_.dynamic_names.size(); ++slot) {
      const Key& name = plan_.dynamic_names[slot];
      const auto zone = plan_.zone_of(name);
      const auto hider = hider_of(zone, name);
      if (!hider.empty()) {
        return base::fail("wide-IP " + text_of(name) + " is below the delegation or DNAME at " + text_of(hider));
      }
      const auto node = ensure_node(zone, name);
      table_->nodes[node].slot = slot;
      table_->dynamic_nodes.push_back(node);
    }
    return {};
  }

  void link_wildcards() {
    for (const auto& [name, index] : node_at_) {
      if (name.size() < 3 || name[0] != 1 || name[1] != '*' || hidden_[index]) continue;
      const auto above = node_at_.find(parent_of(name));
      if (above == node_at_.end()) continue;
      const auto& nodes = table_->nodes;
      // Of a zone whose origin is a wildcard, the zone around it has its own side.
      const bool same = nodes[index].zone == nodes[above->second].zone;
      const auto wildcard = same ? index : nodes[index].parent_side;
      if (wildcard == kNone || nodes[wildcard].name_size != name.size()) continue;
      table_->nodes[above->second].wildcard = wildcard;
    }
  }

  const Builder::Plan& plan_;
  std::unique_ptr<Table> table_;
  RecordStore store_;
  std::unordered_map<Key, std::uint32_t> node_at_;
  std::vector<std::vector<std::uint32_t>> inner_;  // by zone: the zones right inside it
  std::vector<bool> hidden_;                       // nodes of the upper side of an apex: reached from it only
};

}  // namespace

base::Result<std::unique_ptr<Table>> lay_out(const Builder::Plan& plan) { return Layout(plan).run(); }

}  // namespace snapshot
