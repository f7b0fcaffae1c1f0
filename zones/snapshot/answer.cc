#include "zones/snapshot/answer.h"

#include <algorithm>
#include <array>

#include "zones/snapshot/table.h"
#include "zones/wire/rdata.h"

namespace snapshot {

namespace {

// A chain of CNAMEs and DNAMEs is followed this far; the client's resolver goes on by itself.
constexpr std::size_t kMaxChain = 16;

// True if `name` is `ancestor` (in lower case) or below it.
bool is_below(base::ByteView name, base::ByteView ancestor) {
  wire::QueryName lowered;
  lowered.assign(name);
  for (std::size_t i = 0; i <= lowered.labels; ++i) {
    const auto suffix = lowered.suffix(i);
    if (suffix.size() == ancestor.size()) return std::equal(suffix.begin(), suffix.end(), ancestor.begin());
  }
  return false;
}

// One run of the algorithm. The name being searched starts as the question and moves along the chain.
class Composer {
 public:
  Composer(const Snapshot& snapshot, const wire::Query& query, const base::ByteView& client, Desk& desk)
      : snapshot_(snapshot), table_(snapshot.table()), query_(query), client_(client), type_(query.type), desk_(desk) {}

  Answer run(std::uint64_t hash) {
    name_ = &query_.name;
    hash_ = hash;
    while (step()) {
    }
    return result_;
  }

 private:
  wire::MessageWriter& out() { return desk_.writer; }

  // Handles the present name; true if a chain leads on to another.
  bool step() {
    const Found found = table_.find(*name_, hash_);
    if (found.node == kNone) return hop_ > 0 ? end(Outcome::kAnswer, wire::kNoError) : refuse();
    if (hop_ == 0) {
      result_.authoritative = true;
      result_.source = found.node;
    }
    if (seen(found.hash)) return end(Outcome::kAnswer, wire::kNoError);
    const Node* node = &table_.nodes[found.node];
    bool exact = found.exact;
    if (exact && type_ == wire::kTypeDs && node->parent_side != kNone) {
      node = &table_.nodes[node->parent_side];
      exact = node->name_size == name_->size;  // else the child stands below a delegation or a DNAME
    }
    if (node->cut != kNone) {
      if (node->cut == kNoData) return hop_ > 0 ? end(Outcome::kAnswer, wire::kNoError) : not_ready();
      // At the cut itself the parent answers for DS (RFC 4035 section 3.1.4.1), for all else the child does.
      const bool ds = type_ == wire::kTypeDs && node->name_size == name_->size;
      if (!ds) return refer(*node);
    }
    if (exact) return at_node(*node, true);
    if (const Rrset* dname = table_.rrset(*node, wire::kTypeDname)) return substitute(*node, *dname);
    if (node->wildcard != kNone) {
      if (hop_ == 0) result_.source = node->wildcard;
      return at_node(table_.nodes[node->wildcard], false);
    }
    if (hop_ == 0) result_.source = table_.zones[node->zone].apex;
    return negative(*node, Outcome::kNxdomain, wire::kNxDomain);
  }

  // `own`: the node's name is the name searched, not a wildcard that stands in for it (RFC 4592 section 3.3.3).
  bool at_node(const Node& node, bool own) {
    const bool address = type_ == wire::kTypeA || type_ == wire::kTypeAaaa || type_ == wire::kTypeAny;
    if (node.slot != kNone) {
      if (address) return dynamic(node);
      if (snapshot_.records(node.slot).every_type()) return dynamic_other(node);
    }
    const Rrset* set = type_ == wire::kTypeAny ? smallest(node) : table_.rrset(node, type_);
    if (set != nullptr) {
      put_set(*set, own);
      if (!result_.truncated) put_hosts(*set);
      return end(Outcome::kAnswer, wire::kNoError);
    }
    if (const Rrset* cname = table_.rrset(node, wire::kTypeCname); cname != nullptr && type_ != wire::kTypeAny) {
      return follow(*cname);
    }
    return negative(node, Outcome::kNodata, wire::kNoError);
  }

  // RFC 8482 section 4.1: ANY is answered with one RRset, here the smallest.
  [[nodiscard]] const Rrset* smallest(const Node& node) const {
    const Rrset* best = nullptr;
    for (std::uint32_t i = 0; i < node.rrset_count; ++i) {
      const Rrset& set = table_.rrsets[node.rrset_first + i];
      if (best == nullptr || set.direct.size < best->direct.size) best = &set;
    }
    return best;
  }

  bool dynamic(const Node& node) {
    const DynamicRecords& records = snapshot_.records(node.slot);
    return records.outcome() <= DynamicOutcome::kNodata ? serve(node, records) : serve_other(node, records);
  }

  [[gnu::noinline]] bool serve_other(const Node& node, const DynamicRecords& records) {
    if (records.outcome() == DynamicOutcome::kChoose) return choose(node, records);
    begin_dynamic(records);
    if (records.outcome() == DynamicOutcome::kAlias) return follow_alias(records);
    if (records.outcome() == DynamicOutcome::kRefuse) return fail(Outcome::kRefused, wire::kRefused);
    return fail(Outcome::kServfail, wire::kServFail);
  }

  // Not within dynamic(), so that names with one answer for all do not pay for its frame.
  [[gnu::noinline]] bool choose(const Node& node, const DynamicRecords& held) {
    const DynamicRecords& records = chosen(node, held, false);
    return records.outcome() <= DynamicOutcome::kNodata ? serve(node, records) : serve_other(node, records);
  }

  const DynamicRecords& chosen(const Node& node, const DynamicRecords& held, bool other) {
    const Asked asked{client_, query_.edns.subnet, node.slot, type_ == wire::kTypeAaaa, other};
    const auto found = held.chooser().choose(asked, desk_.turns);
    // Where an alias leads to another such name, the whole answer is for those for whom both are.
    result_.scope = std::max(result_.scope, found.scope);
    return *found.records;
  }

  // A type that a wide-IP has no data of, where the name may be an alias, which has all types of its target.
  [[gnu::noinline]] bool dynamic_other(const Node& node) {
    const DynamicRecords* records = &snapshot_.records(node.slot);
    if (records->outcome() == DynamicOutcome::kChoose) records = &chosen(node, *records, true);
    if (records->outcome() > DynamicOutcome::kNodata) return serve_other(node, *records);
    begin_dynamic(*records);
    return negative(node, Outcome::kNodata, wire::kNoError, records->ttl_s());
  }

  void begin_dynamic(const DynamicRecords& records) {
    result_.dynamic = true;
    if (hop_ > 0 && result_.has_ede && !records.has_ede()) return;  // that of the alias which led here
    result_.has_ede = records.has_ede();
    result_.ede = records.ede();
  }

  // RFC 1034 section 4.3.2 step 3a: the alias goes out, and what its target has, but where the alias itself is asked
  // for. It stands alone (RFC 2181 section 10.1).
  bool follow_alias(const DynamicRecords& records) {
    used_[hop_] = nullptr;
    const auto record = records.alias();
    if (!put_each(wire::kTypeCname, records.ttl_s(), record, 1) || type_ == wire::kTypeCname ||
        type_ == wire::kTypeAny) {
      return end(Outcome::kAnswer, wire::kNoError);
    }
    return go_to(RecordCursor(record).rdata());
  }

  [[gnu::always_inline]] inline bool serve(const Node& node, const DynamicRecords& records) {
    begin_dynamic(records);
    const bool v6 = type_ != wire::kTypeA && (type_ == wire::kTypeAaaa || records.count_a() == 0);  // else ANY
    const std::size_t count = v6 ? records.count_aaaa() : records.count_a();
    // Another site may have an address of this family: the absence must not be cached longer than the answer.
    if (count == 0) return negative(node, Outcome::kNodata, wire::kNoError, records.ttl_s());
    put_records(v6 ? wire::kTypeAaaa : wire::kTypeA, records.ttl_s(), v6 ? records.aaaa() : records.a(), count);
    return end(Outcome::kAnswer, wire::kNoError);
  }

  void put_set(const Rrset& set, bool own) {
    if (hop_ == 0 && own) {
      put_copy(table_.octets(set.direct), set.count);
    } else if (hop_ == 0 && set.direct.at == set.records.at) {
      put_copy(table_.octets(set.records), set.count);
    } else if (!own || !used(set)) {
      put_each(set.type, set.ttl_s, table_.octets(set.records), set.count);
    }
  }

  // Records without names that could be compressed: behind the question they are ready as they are.
  void put_records(wire::Type type, std::uint32_t ttl_s, base::ByteView records, std::size_t count) {
    if (hop_ == 0) {
      put_copy(records, count);
    } else {
      put_each(type, ttl_s, records, count);
    }
  }

  void put_copy(base::ByteView records, std::size_t count) {
    if (out().bytes(records)) {
      out().count(wire::Section::kAnswer, count);
    } else {
      result_.truncated = true;
    }
  }

  bool put_each(wire::Type type, std::uint32_t ttl_s, base::ByteView records, std::size_t count) {
    return put_section(wire::Section::kAnswer, name_->suffix(0), type, ttl_s, records, count, true);
  }

  // A whole RRset, or nothing; what is missing but `needed` sets TC.
  bool put_section(wire::Section section, base::ByteView owner, wire::Type type, std::uint32_t ttl_s,
                   base::ByteView records, std::size_t count, bool needed) {
    const auto before = out().mark();
    for (RecordCursor at(records); !at.done(); at.next()) {
      if (!out().record(owner, type, wire::kClassIn, ttl_s, at.rdata())) {
        out().rewind(before);
        if (needed) result_.truncated = true;
        return false;
      }
    }
    out().count(section, count);
    return true;
  }

  bool follow(const Rrset& cname) {
    used_[hop_] = nullptr;
    const auto records = table_.octets(cname.records);
    if (!put_each(wire::kTypeCname, cname.ttl_s, records, 1)) return end(Outcome::kAnswer, wire::kNoError);
    return go_to(RecordCursor(records).rdata());
  }

  bool go_to(base::ByteView target) {
    chain_.assign(target);
    name_ = &chain_;
    hash_ = table_.hash(chain_);
    return ++hop_ < kMaxChain || end(Outcome::kAnswer, wire::kNoError);
  }

  // RFC 6672 section 3.2: the DNAME, and a CNAME made from it with the same TTL.
  bool substitute(const Node& node, const Rrset& dname) {
    const auto records = table_.octets(dname.records);
    const auto target = RecordCursor(records).rdata();
    // A DNAME into its own subtree is met again and again: the record goes out once.
    const bool again = used(dname);
    used_[hop_] = &dname;
    if (!again &&
        !put_section(wire::Section::kAnswer, table_.name_of(node), wire::kTypeDname, dname.ttl_s, records, 1, true)) {
      return end(Outcome::kAnswer, wire::kNoError);
    }
    const std::size_t prefix = static_cast<std::size_t>(name_->size - node.name_size);
    if (prefix + target.size() > wire::kMaxName) return end(Outcome::kYxdomain, wire::kYxDomain);
    std::array<std::uint8_t, wire::kMaxName> made;
    std::copy_n(name_->bytes.begin(), prefix, made.begin());
    std::copy(target.begin(), target.end(), made.begin() + static_cast<std::ptrdiff_t>(prefix));
    const base::ByteView name{made.data(), prefix + target.size()};
    if (!out().record(name_->suffix(0), wire::kTypeCname, wire::kClassIn, dname.ttl_s, name)) {
      result_.truncated = true;
      return end(Outcome::kAnswer, wire::kNoError);
    }
    out().count(wire::Section::kAnswer);
    // A target below its own owner would only grow: once is enough.
    const bool inward = is_below(target, table_.name_of(node));
    if (inward || type_ == wire::kTypeCname || type_ == wire::kTypeAny) return end(Outcome::kAnswer, wire::kNoError);
    return go_to(name);
  }

  // NODATA and NXDOMAIN carry the SOA at its negative TTL (RFC 2308 sections 2 and 5).
  bool negative(const Node& node, Outcome outcome, wire::Rcode rcode, std::uint32_t cap_s = kNone) {
    const Zone& zone = table_.zones[node.zone];
    const Rrset& soa = table_.rrsets[zone.soa];
    const Node& apex = table_.nodes[zone.apex];
    const auto ttl_s = std::min(zone.negative_ttl_s, cap_s);
    if (hop_ == 0 && zone.soa_moves) {
      put_soa(zone, table_.octets(soa.direct), name_->size - apex.name_size, ttl_s);
    } else {
      put_section(wire::Section::kAuthority, table_.name_of(apex), wire::kTypeSoa, ttl_s, table_.octets(soa.records), 1,
                  true);
    }
    return end(outcome, rcode);
  }

  // The SOA in its direct form, which was made for a question of the apex: `longer`, by how many octets this one is.
  void put_soa(const Zone& zone, base::ByteView direct, int longer, std::uint32_t ttl_s) {
    const auto at = out().size();
    if (!out().bytes(direct)) {
      result_.truncated = true;
      return;
    }
    out().put32(at + kRecordTtl, ttl_s);
    std::size_t i = 0;
    do {  // the owner's stands at 0
      const std::size_t pointer = zone.soa_pointers[i];
      out().put16(at + pointer, static_cast<std::uint16_t>((direct[pointer] << 8 | direct[pointer + 1]) + longer));
    } while (++i < zone.soa_pointers.size() && zone.soa_pointers[i] != 0);
    out().count(wire::Section::kAuthority);
  }

  // RFC 1034 section 4.3.2 step 3b. A referral is not authoritative, unless a CNAME of ours led here.
  bool refer(const Node& node) {
    if (hop_ == 0) result_.authoritative = false;
    const Rrset& ns = table_.rrsets[table_.cuts[node.cut].ns];
    if (put_section(wire::Section::kAuthority, table_.name_of(node), wire::kTypeNs, ns.ttl_s, table_.octets(ns.records),
                    ns.count, true)) {
      put_hosts(ns);
    }
    return end(Outcome::kReferral, wire::kNoError);
  }

  // True if this DNAME has led on already, and so is in the answer.
  [[nodiscard]] bool used(const Rrset& dname) const {
    const auto last = used_.begin() + static_cast<std::ptrdiff_t>(hop_);
    return std::find(used_.begin(), last, &dname) != last;
  }

  // Addresses of the hosts that a set names. RFC 9471 section 3: glue below the cut that does not fit sets TC; other
  // addresses are only a help.
  void put_hosts(const Rrset& set) {
    for (std::uint32_t i = 0; i < set.hosts_count; ++i) {
      const Glue& glue = table_.glue[set.hosts_first + i];
      const Rrset& addresses = table_.rrsets[glue.rrset];
      put_section(wire::Section::kAdditional, table_.octets(glue.owner), addresses.type, addresses.ttl_s,
                  table_.octets(addresses.records), addresses.count, glue.needed);
    }
  }

  [[nodiscard]] bool seen(std::uint64_t hash) {
    const auto last = seen_.begin() + static_cast<std::ptrdiff_t>(hop_);
    if (std::find(seen_.begin(), last, hash) != last) return true;
    seen_[hop_] = hash;
    return false;
  }

  // Always false, so that a caller may `return end(...)` to stop.
  bool end(Outcome outcome, wire::Rcode rcode) {
    result_.outcome = hop_ > 0 && rcode == wire::kNoError ? Outcome::kAnswer : outcome;
    result_.rcode = rcode;
    return false;
  }
  bool fail(Outcome outcome, wire::Rcode rcode) {
    constexpr std::size_t kTypeAndClass = 4;
    out().rewind({wire::kHeaderSize + query_.name.size + kTypeAndClass, 0, {}});
    result_.authoritative = false;
    return end(outcome, rcode);
  }
  // RFC 8914 section 4.21.
  bool refuse() {
    result_.has_ede = true;
    result_.ede = wire::kEdeNotAuthoritative;
    return fail(Outcome::kRefused, wire::kRefused);
  }

  // Never what the zone around has of the name: a negative answer of that one would be kept, and hide the name for
  // longer than this zone is missing (RFC 8914 section 4.15).
  [[gnu::noinline]] bool not_ready() {
    result_.has_ede = true;
    result_.ede = wire::kEdeNotReady;
    return fail(Outcome::kServfail, wire::kServFail);
  }

  const Snapshot& snapshot_;
  const Table& table_;
  const wire::Query& query_;
  const base::ByteView& client_;
  const wire::Type type_;
  Desk& desk_;
  const wire::QueryName* name_ = nullptr;
  std::uint64_t hash_ = 0;  // of *name_
  wire::QueryName chain_;
  std::size_t hop_ = 0;
  std::array<std::uint64_t, kMaxChain> seen_;  // by hop: hash of the name searched
  std::array<const Rrset*, kMaxChain> used_;   // by hop: the DNAME that led on
  Answer result_;
};

}  // namespace

Answer answer(const Snapshot& snapshot, const wire::Query& query, std::uint64_t hash, const base::ByteView& client,
              Desk& desk) {
  return Composer(snapshot, query, client, desk).run(hash);
}

std::uint64_t Prefetch::begin(const Snapshot& snapshot, const wire::QueryName& name) {
  const auto hash = snapshot.table().hash(name);
  snapshot.table().prefetch_bucket(hash);
  return hash;
}

void Prefetch::follow(const Snapshot& snapshot, std::uint64_t hash) { snapshot.table().prefetch_node(hash); }

}  // namespace snapshot
